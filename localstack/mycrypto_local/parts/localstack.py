"""LocalStack without Docker: its runtime from PyPI, in an environment of its own, with an executor that runs functions as processes.

The environment lies among the downloads of the checkout. It has LocalStack at the versions and hashes of ``requirements/localstack.lock``, which pin
another botocore than ours, and the package ``localstack/executor``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mycrypto_local.emulator_kind import EmulatorKind
from mycrypto_local.parts.emulator import ACCOUNT, REGION, OwnEmulator
from mycrypto_local.parts.part import Part, base_environment
from mycrypto_local.paths import CACHE, REPOSITORY

LOCK: Final = REPOSITORY / "requirements" / "localstack.lock"
EXECUTOR: Final = REPOSITORY / "localstack" / "executor"
CURRENT: Final = CACHE / "localstack"
"""A link to the environment in use: a platform that runs is not restarted because a newer one is there."""
SERVICES: Final = "apigateway,cloudformation,cloudwatch,events,iam,kms,lambda,logs,s3,secretsmanager,ses,sns,sqs,ssm,sts"
FUNCTION_KEPT_MS: Final = 300_000


class LocalStackError(RuntimeError):
    """LocalStack cannot be fetched; the message is pip's last word."""


def environment_folder() -> Path:
    """Where the environment of this checkout's LocalStack is, or will be: named after all that is installed into it, and its Python."""
    seen = hashlib.sha256(LOCK.read_bytes() + sys.version.encode())
    for path in sorted(EXECUTOR.rglob("*")):
        if path.suffix in {".py", ".toml"}:
            seen.update(str(path.relative_to(EXECUTOR)).encode() + b"\0" + path.read_bytes())
    return CACHE / f"localstack-{seen.hexdigest()[:12]}"


def entry(package: str, lock: str) -> str:
    """What a lock says of one package: its version and hashes. Raises :class:`KeyError`."""
    lines = iter(lock.splitlines())
    for line in lines:
        if line.startswith(f"{package}=="):
            found = [line]
            while found[-1].endswith("\\"):
                found.append(next(lines))
            return "\n".join(found) + "\n"
    raise KeyError(package)


def ensure_environment(tell: Callable[[str], None]) -> None:
    """Make the environment unless it is there; ``tell`` hears that it takes minutes. Raises :class:`LocalStackError`."""
    folder = environment_folder()
    if not (folder / "complete").exists():
        tell("fetching LocalStack with pip")
        shutil.rmtree(folder, ignore_errors=True)  # an installation that was broken off
        _run([sys.executable, "-m", "venv", str(folder)])
        pip = [
            str(folder / "bin" / "python"),
            "-m",
            "pip",
            "--quiet",
            "--disable-pip-version-check",
            "install",
            "--no-deps",
            "--no-build-isolation",
        ]
        first = folder / "setuptools.lock"
        first.write_text(entry("setuptools", LOCK.read_text()))  # some packages are published as source only
        for lock in (first, LOCK):
            _run([*pip, "--require-hashes", f"--requirement={lock}"])
        source = folder / "executor"  # setuptools writes into the folder that it builds
        shutil.copytree(EXECUTOR, source, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
        _run([*pip, str(source)])
        (folder / "complete").touch()
    if not CURRENT.is_symlink() or CURRENT.readlink() != Path(folder.name):
        link = CACHE / f"{folder.name}.{os.getpid()}"
        link.symlink_to(folder.name)
        link.replace(CURRENT)


def _run(words: list[str]) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalStackError(f"LocalStack could not be installed:\n{(done.stdout + done.stderr)[-2_000:]}")


@dataclass(frozen=True, slots=True)
class LocalStack(OwnEmulator):
    @property
    def kind(self) -> EmulatorKind:
        return EmulatorKind.LOCALSTACK

    def install(self, tell: Callable[[str], None]) -> None:
        ensure_environment(tell)

    def prepare(self) -> None:
        """Begin with empty folders: its free line keeps nothing from one run to the next."""
        shutil.rmtree(self.home, ignore_errors=True)
        (self.home / "tmp").mkdir(parents=True)

    def part(self) -> Part:
        environment = base_environment(self.state, "emulator") | {
            "GATEWAY_LISTEN": f"127.0.0.1:{self.port}",
            "LOCALSTACK_HOST": f"127.0.0.1:{self.port}",
            "FILESYSTEM_ROOT": str(self.home),
            "TMPDIR": str(self.home / "tmp"),
            "SERVICES": SERVICES,
            "EAGER_SERVICE_LOADING": "1",
            "AWS_DEFAULT_REGION": REGION,
            "TEST_AWS_ACCOUNT_ID": ACCOUNT,
            "SQS_ENDPOINT_STRATEGY": "path",  # the others are names of a domain that has to be looked up
            "DNS_ADDRESS": "0",
            "DISABLE_EVENTS": "1",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "LAMBDA_RUNTIME_EXECUTOR": "mycrypto-process",
            "LAMBDA_KEEPALIVE_MS": str(FUNCTION_KEPT_MS),
            "LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT": "60",
            "MYCRYPTO_FUNCTION_PYTHON": sys.executable,
            "PATH": f"{CURRENT / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        }
        return Part(
            name="emulator",
            command=(str(CURRENT / "bin" / "python"), "-m", "localstack.runtime.main"),
            port=self.port,
            folder=REPOSITORY,
            environment=environment,
            stop_seconds_max=30,
            start_seconds_max=120,
            probe=self.probe,
        )
