"""The records of ``engine-commands`` as an MSK event carries them, for the archive."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from mycrypto.archive import Record


def records_by_shard(event: Mapping[str, Any]) -> dict[int, list[Record]]:
    """The records of an event, by shard, in the order of their offsets. Raises ``KeyError`` for an event of another source."""
    shards: dict[int, list[Record]] = {}
    for batch in event["records"].values():
        for item in batch:
            payload = base64.b64decode(item["value"]) if item.get("value") else b""
            shards.setdefault(int(item["partition"]), []).append(Record(int(item["offset"]), int(item["timestamp"]), payload))
    return {shard: sorted(records) for shard, records in shards.items()}
