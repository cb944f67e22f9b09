"""The environment of the maintenance function."""

from __future__ import annotations

import msgspec

from mycrypto.log_producer import KafkaAuth


class Settings(msgspec.Struct, frozen=True):
    """URLs have no passwords: these are in the secrets."""

    stage: str
    database_url: str
    trade_database_url: str
    kafka_bootstrap_servers: str
    archive_bucket: str
    kafka_auth: KafkaAuth = "none"
    database_secret_name: str = ""
    redis_url: str = ""
    redis_secret_name: str = ""
    trade_database_secret_name: str = ""
