"""What ``mycrypto status`` tells, as data."""

from __future__ import annotations

import msgspec
import psutil

from engine_container import build_core, compiled


class PartStatus(msgspec.Struct, frozen=True, kw_only=True):
    """``state`` is supervisord's word, or ``external`` for a server outside the runner. Memory in MB, 0 when not running.
    ``detail``: what is wrong, or which engine of several is active.
    """

    name: str
    state: str
    healthy: bool
    detail: str = ""
    port: int = 0
    pid: int = 0
    memory_mb: int = 0
    restarts: int = 0
    started_at: str = ""


class PlatformStatus(msgspec.Struct, frozen=True, kw_only=True):
    """``state``: running (all is healthy), degraded (something is not), stopped. ``hint``: what could be better, and the command for it."""

    state: str
    base_url: str
    mailbox_url: str
    binance_url: str
    """Of the Binance-compatible API."""
    aws_endpoint: str
    emulator: str
    """What plays AWS: ministack, localstack, or the address of one that ran already."""
    state_folder: str
    memory_mb: int
    parts: list[PartStatus]
    hint: str = ""


def core_hint() -> str:
    """Why the core runs interpreted, and what mends it; empty where it is compiled."""
    if compiled.is_fresh(compiled.build_folder()):
        return ""
    try:
        build_core.check_tools()
    except build_core.NoCompilerError as error:
        return f"The core runs interpreted, slower and with the same results: {error}, then: make up"
    return "The core runs interpreted, slower and with the same results. Compile it: make up"


def memory_mb(pid: int) -> int:
    """What a process and its children take of the machine's memory; pages they share are counted once."""
    total = 0
    try:
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            try:
                total += each.memory_full_info().pss
            except psutil.Error:
                continue
    except psutil.Error:
        return 0
    return total // 1_000_000
