"""What commands and tests need to know of a platform that is up: where its front door is and what its outside world holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from mycrypto_local import addresses, local_secrets
from mycrypto_local.paths import state_folder
from mycrypto_local.ports import is_free
from mycrypto_local.servers import Servers
from mycrypto_local.simulate import WebhookSecrets


class NotRunningError(RuntimeError):
    """There is no platform to talk to; the message says how to start one."""


@dataclass(frozen=True, slots=True)
class Running:
    """A platform that is up. The DSNs carry passwords: they are for tools on this machine and never printed."""

    state: Path
    base_url: str
    webhooks: WebhookSecrets
    accounts_dsn: str
    """``exchange_dev`` as its owner."""
    history_dsn: str
    """``mytrader_trade_engine`` as its owner."""
    ports: dict[str, int]
    admin_dsn: str
    """The server as its superuser."""
    redis_url: str
    kafka_bootstrap: str
    aws_endpoint: str

    @classmethod
    def load(cls, state: Path | None = None) -> Self:
        """Read it from a state folder (default: ``MYCRYPTO_STATE`` or ``.local``); raises :class:`NotRunningError`."""
        folder = state or state_folder()
        ports = addresses.read(folder)
        if not ports or is_free(ports["gateway"]):
            raise NotRunningError(f"no platform is running from {folder}; start it with: make up")
        try:
            secrets = local_secrets.read(folder)
        except local_secrets.LocalSecretsError as error:
            raise NotRunningError(str(error)) from error
        servers = Servers.of(folder, ports, secrets)
        address = urlsplit(servers.admin_dsn)
        server = f"{address.hostname}:{address.port or 5432}"
        passwords = secrets.database_passwords
        return cls(
            state=folder,
            base_url=f"http://localhost:{ports['gateway']}",
            webhooks=WebhookSecrets(secrets.webhook_bank, secrets.webhook_chain),
            accounts_dsn=f"postgresql://exchange_owner:{passwords['exchange_owner']}@{server}/exchange_dev",
            history_dsn=f"postgresql://trade_engine_owner:{passwords['trade_engine_owner']}@{server}/mytrader_trade_engine",
            ports=ports,
            admin_dsn=servers.admin_dsn,
            redis_url=servers.redis_url,
            kafka_bootstrap=servers.bootstrap,
            aws_endpoint=servers.emulator.endpoint,
        )
