"""The ports of one platform: chosen at its first start, kept in ``STATE/ports.json``, chosen again when another process took one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from mycrypto_local.ports import any_free, is_free, next_free

DEFAULTS: Final = {
    "gateway": 8080,
    "binance": 8084,
    "engine": 8081,
    "publisher": 8082,
    "pump": 8083,
    "emulator": 4566,
    "postgres": 5432,
    "valkey": 6379,
    "kafka": 9092,
    "kafka_controller": 9093,
}


def own(names: Iterable[str] = DEFAULTS) -> dict[str, int]:
    """Ports that no other process chooses; see :func:`mycrypto_local.ports.any_free`."""
    wanted = tuple(names)
    return dict(zip(wanted, any_free(len(wanted)), strict=True))


def read(state: Path) -> dict[str, int]:
    """The ports as they were last chosen; empty before the first start. A damaged file counts as none: ports are no data."""
    try:
        return msgspec.json.decode((state / "ports.json").read_bytes(), type=dict[str, int])
    except (FileNotFoundError, msgspec.MsgspecError):
        return {}


def choose(state: Path, usual_ports: Mapping[str, int] = DEFAULTS, *, running: bool = False) -> dict[str, int]:
    """A free port for each part, the former one where possible. ``running``: what has a port keeps it, since that may be the part itself."""
    former = read(state)
    chosen: dict[str, int] = dict(former) if running else {}
    for name, usual in usual_ports.items():
        if name in chosen:
            continue
        port = former.get(name, usual)
        if port in chosen.values() or not is_free(port):
            port = next_free(usual, chosen.values())
        chosen[name] = port
    if chosen != former:
        fresh = state / "ports.json.new"
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(chosen)))
        fresh.replace(state / "ports.json")
    return chosen


def binance_url(ports: Mapping[str, int]) -> str:
    """Where the Binance-compatible API is; "" where the platform was begun without it."""
    return f"http://127.0.0.1:{ports['binance']}" if "binance" in ports else ""
