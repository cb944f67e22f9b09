"""Run the AWS emulator: ``python -m localstack.emulator``. Its settings come from the environment that ``parts/emulator.py`` writes."""

from __future__ import annotations

import sys
from typing import Final

FIRST_LINE_WAIT_SECONDS: Final = 0.002
"""How long a finished invocation waits for a first log line. The emulator's own figure of 50 ms is added to every answer of a
function that logs nothing; a line that comes later is collected with the next invocation."""


def shorten_log_wait() -> None:
    """Set the wait by the method's own parameter; a version that has no such parameter runs as it is."""
    from ministack.core import lambda_runtime

    worker = getattr(lambda_runtime, "Worker", None)
    drain = getattr(worker, "_drain_stderr_bounded", None)
    if drain is None or "first_line_wait" not in drain.__code__.co_varnames[1:2]:
        return
    _, *others = drain.__defaults__
    drain.__defaults__ = (FIRST_LINE_WAIT_SECONDS, *others)


def main() -> None:
    from ministack.app import main as serve

    shorten_log_wait()
    sys.argv = ["ministack"]
    serve()


if __name__ == "__main__":
    main()
