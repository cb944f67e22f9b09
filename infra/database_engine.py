"""The PostgreSQL of a stage on AWS: its version and its parameters, and whether a region takes them.

What RDS takes differs by version and is nowhere in a template: a parameter whose values another family writes otherwise, or a version that is
not offered any more, ends a deployment after ten minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import boto3

VERSION: Final = "18.3"
MAJOR: Final = VERSION.partition(".")[0]
FAMILY: Final = f"postgres{MAJOR}"
PARAMETERS: Final = {
    "rds.force_ssl": "1",
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track": "all",
    "log_min_duration_statement": "500",
    "log_connections": "1",  # since 18 a list of what to log; 1 is still taken, and means what it meant
    "log_lock_waits": "1",
    "idle_in_transaction_session_timeout": "60000",
    "synchronous_commit": "on",
}
_RANGE: Final = re.compile(r"(-?\d+)-(-?\d+)")


def allows(allowed: str, value: str) -> bool:
    """Whether RDS's words for a parameter's values, such as ``0,1`` or ``-1-2147483647``, take this one; a list of values item by item."""
    if not allowed:
        return True
    choices = allowed.split(",")
    matches = [match for match in map(_RANGE.fullmatch, choices) if match]
    bounds = [(int(match[1]), int(match[2])) for match in matches]

    def one(item: str) -> bool:
        number = int(item) if re.fullmatch(r"-?\d+", item) else None
        return item in choices or (number is not None and any(low <= number <= high for low, high in bounds))

    return all(one(item) for item in value.split(","))


def faults(region: str) -> Iterator[str]:
    """What the region does not take, a sentence each. Raises botocore's ``ClientError`` where it may not be asked."""
    asked = boto3.client("rds", region_name=region)
    if not asked.describe_db_engine_versions(Engine="postgres", EngineVersion=VERSION)["DBEngineVersions"]:
        offered = asked.describe_db_engine_versions(Engine="postgres", DBParameterGroupFamily=FAMILY)["DBEngineVersions"]
        found = ", ".join(version["EngineVersion"] for version in offered) or "none"
        yield f"PostgreSQL {VERSION} is not offered in {region}; of {FAMILY} there is: {found} (VERSION in infra/database_engine.py)"
        return
    pages = asked.get_paginator("describe_engine_default_parameters").paginate(DBParameterGroupFamily=FAMILY)
    known = {parameter["ParameterName"]: parameter for page in pages for parameter in page["EngineDefaults"]["Parameters"]}
    for name, value in PARAMETERS.items():
        parameter = known.get(name)
        if parameter is None or not parameter.get("IsModifiable", False):
            yield f"{FAMILY} does not let {name} be set (PARAMETERS in infra/database_engine.py)"
        elif not allows(parameter.get("AllowedValues", ""), value):
            yield f"{FAMILY} takes {parameter['AllowedValues']} for {name}, not {value} (PARAMETERS in infra/database_engine.py)"
