"""Quick ids are version 7 UUIDs of now, and no two are the same."""

from __future__ import annotations

import time
from uuid import UUID

from engine_container.web.fast_path.uuid7 import new_uuid_bytes


def test_ids_are_fresh_version_7_uuids() -> None:
    before_ms = time.time_ns() // 1_000_000
    made = [UUID(bytes=new_uuid_bytes()) for _ in range(2_000)]
    after_ms = time.time_ns() // 1_000_000
    assert len(set(made)) == 2_000
    assert {(value.version, value.variant) for value in made} == {(7, "specified in RFC 4122")}
    assert all(before_ms <= value.int >> 80 <= after_ms for value in made)
