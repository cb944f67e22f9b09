"""Become another program that dies with its starter: ``parent_death.py --signal N [--uid U --gid G] -- COMMAND ...``.

The kernel sends the signal when the parent goes, however it goes (``prctl PR_SET_PDEATHSIG``), so a killed runner or test run
leaves no server behind. The user is changed first because the kernel forgets the wish when credentials change. Run as a file
with ``python -I -S``: it imports nothing of ours.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--signal", type=int, required=True)
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    parent = os.getppid()
    if options.uid is not None:
        os.setgroups([])
        os.setgid(options.gid)
        os.setuid(options.uid)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, options.signal, 0, 0, 0)
        if os.getppid() != parent:  # the parent ended before the call, so the kernel will send no signal
            sys.exit(128 + options.signal)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    os.execvp(options.command[0], options.command)  # noqa: S606 -- the words come from the runner


if __name__ == "__main__":
    main()
