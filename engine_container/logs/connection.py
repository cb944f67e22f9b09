"""How to reach the brokers: the part of the settings that every Kafka client of ours takes."""

from __future__ import annotations

import ssl
from typing import Any, Literal

import msgspec

from engine_container.logs.msk_iam import IamTokenProvider


class BrokerSettings(msgspec.Struct, frozen=True):
    """``servers`` is host:port[,host:port...]; ``auth`` is ``none`` on one machine and ``iam`` on AWS."""

    servers: str
    auth: Literal["none", "iam"] = "none"
    region: str = "eu-central-1"
    client_id: str = "mycrypto"


def client_options(settings: BrokerSettings) -> dict[str, Any]:
    """Keyword arguments for an aiokafka client."""
    options: dict[str, Any] = {"bootstrap_servers": settings.servers, "client_id": settings.client_id}
    if settings.auth == "iam":
        options |= {
            "security_protocol": "SASL_SSL",
            "ssl_context": ssl.create_default_context(),
            "sasl_mechanism": "OAUTHBEARER",
            "sasl_oauth_token_provider": IamTokenProvider(settings.region),
        }
    return options
