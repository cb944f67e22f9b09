"""The connection of a tool that people run: that of the services, from the same environment."""

from __future__ import annotations

import os
from typing import Literal

from engine_container.logs.connection import BrokerSettings


def broker_settings(servers: str, auth: Literal["none", "iam"], client: str) -> BrokerSettings:
    """Signed for the region that ``AWS_REGION`` names: each task and each shell on AWS has it."""
    region = os.environ.get("AWS_REGION")
    return BrokerSettings(servers, auth, region, client) if region else BrokerSettings(servers, auth, client_id=client)
