"""The CDK app on the emulator, deployed with the real ``cdk`` command, and only when there is something to deploy."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from mycrypto_local import toolchain
from mycrypto_local.aws import of_emulator
from mycrypto_local.parts.emulator import ACCOUNT, REGION
from mycrypto_local.parts.part import base_environment
from mycrypto_local.paths import REPOSITORY
from mycrypto_local.supervision import tail

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

CDK: Final = REPOSITORY / "node_modules" / ".bin" / "cdk"
DEPLOYED_FROM: Final = ("cdk.json", "package-lock.json", "infra", "functions", "layers/common")
STACK_PREFIX: Final = "mycrypto-local-"
MAIL_FROM: Final = "no-reply@mycrypto.example"
OUTPUTS: Final = "outputs.json"
"""What ``cdk`` writes into the state folder at the end of a deployment."""
MARK: Final = "/mycrypto/local/deployed"
"""A parameter in the emulator itself: when its state is lost, so is the claim that something is deployed."""
WHOLE: Final = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


class DeploymentError(RuntimeError):
    """``cdk`` failed; the message carries the end of what it printed."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """``environment`` reaches the emulator, ``context`` is what the app is told (-c key=value)."""

    state: Path
    environment: Mapping[str, str]
    context: Mapping[str, str]

    @property
    def log(self) -> Path:
        return self.state / "logs" / "cdk.log"

    def client(self, service: str) -> Any:
        """A boto3 client of the emulator."""
        return of_emulator(service, self.environment["AWS_ENDPOINT_URL"])

    def digest(self) -> str:
        """Of everything that decides what is deployed: the sources of the app and of what it ships, and the context."""
        seen = hashlib.sha256(msgspec.json.encode(dict(sorted(self.context.items()))))
        for name in DEPLOYED_FROM:
            top = REPOSITORY / name
            files = [top] if top.is_file() else sorted(path for path in top.rglob("*") if _shipped(path))
            for path in files:
                seen.update(str(path.relative_to(REPOSITORY)).encode() + b"\0")
                seen.update(hashlib.sha256(path.read_bytes()).digest())
        return seen.hexdigest()

    def is_current(self) -> bool:
        """Whether exactly this is deployed and whole."""
        ssm = self.client("ssm")
        try:
            mark = ssm.get_parameter(Name=MARK)["Parameter"]["Value"]
        except ssm.exceptions.ParameterNotFound:
            return False
        stacks = self._stacks()
        return mark == self.digest() and len(stacks) > 1 and all(status in WHOLE for status in stacks.values())

    def put_secrets(self, documents: Mapping[str, Mapping[str, Any]]) -> int:
        """Put secrets that are absent or differ into Secrets Manager; how many there were."""
        manager = self.client("secretsmanager")
        written = 0
        for name, document in documents.items():
            text = msgspec.json.encode(document).decode()
            try:
                if manager.get_secret_value(SecretId=name)["SecretString"] == text:
                    continue
                manager.put_secret_value(SecretId=name, SecretString=text)
            except manager.exceptions.ResourceNotFoundException:
                manager.create_secret(Name=name, SecretString=text)
            written += 1
        return written

    def allow_mail(self) -> None:
        """Verify the sender's address, as an operator does once in each account; LocalStack cannot do it in a stack."""
        self.client("ses").verify_email_identity(EmailAddress=MAIL_FROM)

    def deploy(self, tell: Callable[[str], None]) -> None:
        """Bootstrap if needed, deploy all stacks, and leave the mark. ``tell`` hears what is being done."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_text("")
        digest = self.digest()
        output = ["--output", str(self.state / "cdk.out")]
        app = ["--app", f"{sys.executable} -m infra.app", *output, *self._context()]
        if "CDKToolkit" not in self._stacks(""):
            tell("cdk bootstrap")
            self._run(["bootstrap", f"aws://{ACCOUNT}/{REGION}"], tell, folder=self.state)  # elsewhere it would run the app for nothing
        tell("cdk deploy --all")
        words = ["deploy", "--all", "--require-approval", "never", "--concurrency", "4", "--progress", "events"]
        self._run([*words, "--outputs-file", str(self.state / OUTPUTS), *app], tell)
        self.client("ssm").put_parameter(Name=MARK, Value=digest, Type="String", Overwrite=True)

    def outputs(self) -> dict[str, str]:
        """The outputs of all stacks as the emulator has them, without the stacks' names: those are unique already."""
        answer = self._cloudformation().describe_stacks()["Stacks"]
        ours = [stack for stack in answer if stack["StackName"].startswith(STACK_PREFIX)]
        return {output["OutputKey"]: output["OutputValue"] for stack in ours for output in stack.get("Outputs", ())}

    def _context(self) -> list[str]:
        return [word for key, value in {"stage": "local", **self.context}.items() for word in ("-c", f"{key}={value}")]

    def _cloudformation(self) -> CloudFormationClient:
        client: CloudFormationClient = self.client("cloudformation")
        return client

    def _stacks(self, prefix: str = STACK_PREFIX) -> dict[str, str]:
        stacks = self._cloudformation().describe_stacks()["Stacks"]
        return {stack["StackName"]: str(stack["StackStatus"]) for stack in stacks if stack["StackName"].startswith(prefix)}

    def _run(self, words: list[str], tell: Callable[[str], None], folder: Path = REPOSITORY) -> None:
        environment = {
            **base_environment(self.state, "cdk"),
            **self.environment,
            "CI": "1",
            "NO_COLOR": "1",
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "PYTHONPATH": str(REPOSITORY),
        }
        with self.log.open("a") as log:
            process = subprocess.Popen(
                [str(CDK), *words],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            with process:
                for line in process.stdout or ():
                    log.write(line)
                    if line.startswith(STACK_PREFIX):
                        tell(line.split("|")[0].strip().rstrip(":"))
        if process.returncode != 0:
            raise DeploymentError(f"cdk {words[0]} failed (all of it in {self.log}):\n{tail(self.log, 25)}")


def _shipped(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts and path.suffix not in {".pyc", ".so"}


@cache
def node_modules_are_current() -> bool:
    """Whether the installed ``cdk`` is the one that the lock file names."""
    installed = REPOSITORY / "node_modules" / ".package-lock.json"
    return CDK.exists() and installed.exists() and installed.stat().st_mtime >= (REPOSITORY / "package-lock.json").stat().st_mtime


def install_node_modules() -> None:
    """``npm ci``: exactly what the lock file names."""
    environment = {**os.environ, "PATH": toolchain.search_path()}
    done = subprocess.run(["npm", "ci", "--no-progress"], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(REPOSITORY / "node_modules", ignore_errors=True)
        raise DeploymentError(f"npm ci failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    os.utime(REPOSITORY / "node_modules" / ".package-lock.json")
