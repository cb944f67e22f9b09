"""LocalStack's executor of a function, with a process of this machine behind it."""

from __future__ import annotations

import json

from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from mycrypto_executor.process import Answer, FunctionProcess, StartError

LOCALHOST = "127.0.0.1"


class ProcessExecutor(RuntimeExecutor):  # type: ignore[misc] # LocalStack is in another environment
    """One execution environment: LocalStack gives it one invocation at a time."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:  # noqa: A002 -- LocalStack's own word
        super().__init__(id=id, function_version=function_version)
        self._process: FunctionProcess | None = None
        self._environment: dict[str, str] = {}

    def start(self, env_vars: dict[str, str]) -> None:
        self._environment = {name: str(value) for name, value in env_vars.items()}
        self._begin()

    def _begin(self) -> FunctionProcess:
        code = self.function_version.config.code.get_unzipped_code_location()
        try:
            self._process = FunctionProcess(str(code), self._environment)
        except StartError as error:
            document = {"errorType": "Runtime.InitError", "errorMessage": str(error)}
            raise StatusErrorException("the function does not start", payload=json.dumps(document).encode()) from error
        return self._process

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        process = self._process if self._process is not None and self._process.alive else self._begin()
        answer: Answer = process.invoke(
            request_id=payload["invoke-id"],
            arn=payload["invoked-function-arn"],
            payload=payload["payload"],
            seconds=self.function_version.config.timeout,
        )
        return InvocationResult(
            request_id=payload["invoke-id"], payload=answer.payload.encode(), is_error=answer.is_error, logs=answer.logs
        )

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()

    def get_address(self) -> str:
        return LOCALHOST

    def get_endpoint_from_executor(self) -> str:
        return LOCALHOST

    def get_runtime_endpoint(self) -> str:
        return ""  # a process answers through its pipe

    def get_logs(self) -> str:
        return self._process.logs if self._process is not None else ""

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        function_version.config.code.destroy_cached()
