"""The process of one function: ``python worker.py CODE_FOLDER``. Imports ``_HANDLER``, then answers line by line until its input ends.

Needs nothing but the standard library. The dependencies of the function are those of the interpreter; its own code comes from the folder.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

LOG_END = "\0end\n"


class Context:
    """What Lambda hands to a handler beside the event."""

    def __init__(self, request_id: str, arn: str, seconds: float) -> None:
        self.aws_request_id = request_id
        self.invoked_function_arn = arn
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME", "")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
        self.identity = None
        self.client_context = None
        self._ends = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._ends - time.monotonic()) * 1000))


def place(code: str, path: list[str]) -> list[str]:
    """The search path with the archive before all that the project itself adds, and behind what is installed."""
    rest = path[1:]  # without this file's folder
    installed = [at for at, folder in enumerate(rest) if Path(folder).name in {"site-packages", "dist-packages"}]
    at = installed[-1] + 1 if installed else 0
    return [*rest[:at], code, *rest[at:]]


def handler_of(name: str) -> Any:
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(module), function)


def failure(error: BaseException) -> str:
    return json.dumps(
        {
            "errorMessage": str(error),
            "errorType": type(error).__name__,
            "stackTrace": traceback.format_tb(error.__traceback__),
        }
    )


def answered(handler: Any, question: dict[str, Any]) -> dict[str, Any]:
    """The handler's answer to one question, or the document of its error."""
    context = Context(question["request_id"], question["arn"], question["seconds"])
    try:
        return {"payload": json.dumps(handler(json.loads(question["payload"] or "null"), context)), "is_error": False}
    except Exception as error:  # noqa: BLE001 -- Lambda answers with whatever a handler raises
        traceback.print_exc()
        return {"payload": failure(error), "is_error": True}


def main() -> None:
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the function prints is its log, and nothing of it an answer
    sys.path[:] = place(sys.argv[1], sys.path)
    questions: queue.Queue[dict[str, Any]] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            questions.put(json.loads(line))
        os._exit(0)  # LocalStack has ended, or has no use for this process any more

    def tell(document: dict[str, Any]) -> None:
        out.write(json.dumps(document) + "\n")
        out.flush()

    try:
        handler = handler_of(os.environ["_HANDLER"])
    except Exception as error:  # noqa: BLE001 -- nor is it known what an import may raise
        traceback.print_exc()
        tell({"error": f"{type(error).__name__}: {error}"})
        return
    threading.Thread(target=read, daemon=True).start()
    answer: dict[str, Any] = {"ready": True}
    while True:
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(2, LOG_END.encode())
        tell(answer)
        answer = answered(handler, questions.get())


if __name__ == "__main__":
    main()
