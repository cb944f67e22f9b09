"""How to reach the brokers: the part of the settings that every Kafka client of ours takes."""

from __future__ import annotations

import ssl
from typing import Any, Final, Literal

import msgspec

from engine_container.logs.msk_iam import token_provider
from engine_container.logs.wire import bearer

_BEARER: Final = "OAUTHBEARER"


class BrokerSettings(msgspec.Struct, frozen=True):
    """``servers`` is host:port[,host:port...]; ``auth`` is ``none`` on one machine and ``iam`` on AWS."""

    servers: str
    auth: Literal["none", "iam"] = "none"
    region: str = "eu-central-1"
    client_id: str = "mycrypto"


def tls_context(settings: BrokerSettings) -> ssl.SSLContext | None:
    """``None`` where the brokers speak without encryption."""
    return ssl.create_default_context() if settings.auth == "iam" else None


async def sasl_message(settings: BrokerSettings) -> tuple[str, bytes] | None:
    """Mechanism and fresh message to sign in with; ``None`` where the brokers ask for no sign-in. Raises ``OSError``."""
    if settings.auth == "none":
        return None
    return _BEARER, bearer(await token_provider(settings.region).token())


def client_options(settings: BrokerSettings) -> dict[str, Any]:
    """Keyword arguments for an aiokafka client."""
    options: dict[str, Any] = {"bootstrap_servers": settings.servers, "client_id": settings.client_id}
    if settings.auth == "iam":
        options |= {
            "security_protocol": "SASL_SSL",
            "ssl_context": tls_context(settings),
            "sasl_mechanism": _BEARER,
            "sasl_oauth_token_provider": token_provider(settings.region),
        }
    return options
