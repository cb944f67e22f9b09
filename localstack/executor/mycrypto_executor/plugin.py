"""What LocalStack finds by the entry point: ``LAMBDA_RUNTIME_EXECUTOR=mycrypto-process`` chooses it."""

from __future__ import annotations

from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor


class ProcessExecutorPlugin(RuntimeExecutorPlugin):  # type: ignore[misc] # LocalStack is in another environment
    name = "mycrypto-process"

    def load(self, *_args: object, **_kwargs: object) -> type[RuntimeExecutor]:
        from mycrypto_executor.executor import ProcessExecutor

        return ProcessExecutor
