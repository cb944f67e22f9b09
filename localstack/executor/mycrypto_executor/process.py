"""A function as a process: started once, asked again and again, ended when it takes too long. Knows nothing of LocalStack.

The process is ``worker.py``, run by the interpreter that ``MYCRYPTO_FUNCTION_PYTHON`` names. A request goes in as one line of JSON, the answer comes
back as one; whatever the function prints is its log.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any, Final

WORKER: Final = Path(__file__).with_name("worker.py")
PYTHON: Final = "MYCRYPTO_FUNCTION_PYTHON"
HANDED_ON: Final = ("HOME", "LANG", "MALLOC_ARENA_MAX", "MYCRYPTO_PART", "MYCRYPTO_STATE", "PATH", "TMPDIR")
"""What a function sees of LocalStack's own environment; the two marks let the runner find what a killed LocalStack has left."""
START_SECONDS_MAX: Final = 60
STOP_SECONDS_MAX: Final = 3
LOG_SECONDS_MAX: Final = 1
LOG_CHARACTERS_MAX: Final = 1_000_000
LOG_END: Final = "\0end\n"
"""What the worker writes when it is ready and when it has answered: the log before it is complete."""


class StartError(RuntimeError):
    """The function's module cannot be imported, or the process ended; the message is what it said."""


@dataclass(frozen=True)
class Answer:
    """A JSON text, and what the function printed meanwhile."""

    payload: str
    is_error: bool
    logs: str


class FunctionProcess:
    """One process. Raises :class:`StartError` unless it is ready for its first request."""

    def __init__(self, code: str, environment: dict[str, str], *, start_seconds: float = START_SECONDS_MAX) -> None:
        own = {name: os.environ[name] for name in HANDED_ON if name in os.environ}
        self._process = subprocess.Popen(
            [os.environ.get(PYTHON, sys.executable), str(WORKER), code],
            cwd=code,
            env={**own, **environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self._answers: Queue[dict[str, Any] | None] = Queue()
        self._log: list[str] = []
        self._log_complete = threading.Event()
        self._readers = [
            threading.Thread(target=self._read_answers, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_log, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        try:
            ready = self._answers.get(timeout=start_seconds)
        except Empty:
            ready = None
        if ready is None or "error" in ready:
            self.stop()
            raise StartError(ready["error"] if ready else f"it was not ready within {start_seconds:g} s: {self.logs[-2_000:]}")
        self._log_complete.wait(LOG_SECONDS_MAX)  # what an import prints is not part of the first request's log

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def logs(self) -> str:
        """What was printed since the last request began."""
        return "".join(self._log)[-LOG_CHARACTERS_MAX:]

    def invoke(self, *, request_id: str, arn: str, payload: str, seconds: float) -> Answer:
        """Ask, and wait for the answer as long as the function may run. One that takes longer is killed; the next request needs a new process."""
        self._log[:] = [f"START RequestId: {request_id}\n"]  # LocalStack warns of an invocation without any log
        self._log_complete.clear()
        question = {"request_id": request_id, "arn": arn, "payload": payload, "seconds": seconds}
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            answer = self._answers.get(timeout=seconds)
        except Empty:
            self.kill()
            return self._failure("Sandbox.Timedout", f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds")
        except OSError:
            answer = None
        if answer is None:
            status = self._process.wait()
            return self._failure("Runtime.ExitError", f"RequestId: {request_id} Error: Runtime exited with status {status}")
        self._log_complete.wait(LOG_SECONDS_MAX)
        return Answer(answer["payload"], bool(answer["is_error"]), self.logs)

    def _failure(self, kind: str, message: str) -> Answer:
        return Answer(json.dumps({"errorType": kind, "errorMessage": message}), is_error=True, logs=f"{self.logs}{message}\n")

    def stop(self) -> None:
        """End it: a process whose input ends goes by itself when it is idle."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
        for reader in self._readers:
            reader.join(STOP_SECONDS_MAX)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _read_answers(self, lines: IO[str]) -> None:
        with lines:
            for line in lines:
                self._answers.put(json.loads(line))
        self._answers.put(None)

    def _read_log(self, lines: IO[str]) -> None:
        with lines:
            for line in lines:
                if line.endswith(LOG_END):
                    if line != LOG_END:
                        self._log.append(line.removesuffix(LOG_END) + "\n")
                    self._log_complete.set()
                else:
                    self._log.append(line)
