"""Lambda entry of the migrations: invoked by a deployment, with no input; answers with what was done."""

from __future__ import annotations

from typing import Any

import msgspec
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.migrations import service
from functions.migrations.settings import Settings
from mycrypto import database, secrets, settings, telemetry

logger = telemetry.logger("migrations")


def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Bring the server to what this version needs, or raise: then the deployment stops."""
    environment = settings.load(Settings)
    admin_dsn = database.conninfo(environment.database_url, environment.database_secret_name, application="migrations")
    passwords = {role: str(secrets.get(f"mycrypto/{environment.stage}/database/{role}")["password"]) for role in service.ROLES}
    report = service.migrate(admin_dsn, passwords)
    logger.info("migrated", applied=report.applied, extensions_missing=report.extensions_missing)
    answer: dict[str, Any] = msgspec.to_builtins(report)
    return answer
