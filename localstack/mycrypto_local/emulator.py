"""Run the AWS emulator: ``python -m mycrypto_local.emulator``. Its settings come from the environment that ``parts/emulator.py`` writes.

The emulator writes its state when it is asked to end, and only then. We run it inside a program of our own that writes it in
between too, so that after a kill -9 the stacks, functions and queues of half a minute ago are there and not none.
"""

from __future__ import annotations

import logging
import re
import signal
import sys
import threading
from typing import Any, Final

FIRST_LINE_WAIT_SECONDS: Final = 0.002
"""How long a finished invocation waits for a first log line. The emulator's own figure of 50 ms is added to every answer of a
function that logs nothing; a line that comes later is collected with the next invocation."""
SAVE_EVERY_SECONDS: Final = 30
SAVE_NOW: Final = signal.SIGUSR1


def shorten_log_wait() -> None:
    """Set the wait by the method's own default; a version that has no such parameter runs as it is."""
    from ministack.core import lambda_runtime

    worker = getattr(lambda_runtime, "Worker", None)
    drain = getattr(worker, "_drain_stderr_bounded", None)
    if drain is None or drain.__code__.co_varnames[1:2] != ("first_line_wait",):
        return
    _, *others = drain.__defaults__
    drain.__defaults__ = (FIRST_LINE_WAIT_SECONDS, *others)


def match_whole_arns() -> None:
    """Let ``*`` of an authorizer's policy match any characters, as IAM does. The emulator's own does not match a line break, so a path with one
    (%0A) was answered 401 to callers with a valid token. A version without this function runs as it is.
    """
    from ministack.services import apigateway_v1

    if hasattr(apigateway_v1, "_arn_matches"):
        apigateway_v1._arn_matches = arn_matches  # noqa: SLF001 -- by this name its evaluation of policies calls it


def arn_matches(pattern: str, arn: str) -> bool:
    """Whether a policy's resource, with ``*`` and ``?``, is this ARN."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, arn, re.DOTALL) is not None


def save_now_and_then(wanted: threading.Event) -> None:
    """Write the state every half minute, and whenever ``wanted`` is set. One service that cannot be written keeps its former file."""
    from ministack import app
    from ministack.core import persistence

    logging.getLogger("persistence").setLevel(logging.WARNING)
    while True:
        wanted.wait(SAVE_EVERY_SECONDS)
        wanted.clear()
        persistence.save_all(app._build_persistence_save_dict())  # noqa: SLF001 -- what it calls itself at the end


def main() -> None:
    from ministack.app import main as serve

    shorten_log_wait()
    match_whole_arns()
    wanted = threading.Event()

    def ask(_number: int, _frame: Any) -> None:
        wanted.set()

    signal.signal(SAVE_NOW, ask)
    threading.Thread(target=save_now_and_then, args=(wanted,), daemon=True, name="save").start()
    sys.argv = ["ministack"]
    serve()


if __name__ == "__main__":
    main()
