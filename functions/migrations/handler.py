"""Lambda entry of the migrations: invoked by a deployment, with no input; answers with what was done.

``{"grant_administrator": ADDRESS, "invoked_by": WHO}`` makes a registered user the stage's administrator instead. IAM decides who may invoke
the function, and with it do that; the audit trail records it.
"""

from __future__ import annotations

from typing import Any

import msgspec
from aws_lambda_powertools.utilities.typing import LambdaContext
from psycopg.conninfo import make_conninfo

from functions.migrations import administrators, service
from functions.migrations.settings import Settings
from mycrypto import database, secrets, settings, telemetry

logger = telemetry.logger("migrations")


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Bring the server to what this version needs, or raise: then the deployment stops."""
    environment = settings.load(Settings)
    admin_dsn = database.conninfo(environment.database_url, environment.database_secret_name, application="migrations")
    if "grant_administrator" in event:
        return _grant(event, environment, admin_dsn)
    passwords = {role: str(secrets.get(f"mycrypto/{environment.stage}/database/{role}")["password"]) for role in service.ROLES}
    report = service.migrate(admin_dsn, passwords)
    logger.info("migrated", applied=report.applied, extensions_missing=report.extensions_missing)
    answer: dict[str, Any] = msgspec.to_builtins(report)
    return answer


def _grant(event: dict[str, Any], environment: Settings, admin_dsn: str) -> dict[str, Any]:
    owner = service.PLANS[0].owner
    password = str(secrets.get(f"mycrypto/{environment.stage}/database/{owner}")["password"])
    dsn = make_conninfo(admin_dsn, dbname=service.PLANS[0].name, user=owner, password=password)
    granted = administrators.grant(dsn, str(event["grant_administrator"]), invoked_by=str(event.get("invoked_by", "an operator")))
    logger.info("administrator granted", user_id=str(granted.user_id), changed=granted.changed)
    answer: dict[str, Any] = msgspec.to_builtins(granted)
    return answer
