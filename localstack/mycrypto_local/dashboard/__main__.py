"""``python -m mycrypto_local.dashboard STATE_FOLDER MINUTES`` prints the page; the front door runs it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mycrypto_local.dashboard import report
from mycrypto_local.running import NotRunningError, Running


def main() -> None:
    os.nice(5)  # the dashboard must not slow trading down
    folder, minutes = sys.argv[1:]
    try:
        sys.stdout.write(report.html(Running.load(Path(folder)), int(minutes)))
    except (NotRunningError, report.UnreadableError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
