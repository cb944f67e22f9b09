"""The CDK app: ``npx cdk deploy --all -c stage=local ...``.

Stacks are named ``mycrypto-{stage}-{area}``. Outputs that others read:

| stack | outputs |
| --- | --- |
| storage | SnapshotBucket, ArchiveBucket, KycBucket |
| messaging | QueueEmailNotifications, QueueKycProcessing, QueueWithdrawalProcessing, QueueAuditLogs (URLs) |
| identity | FunctionAuth, FunctionAuthorizer, FunctionNotifications, FunctionAudit, FunctionKyc (names) |
| wallet | FunctionWallet, FunctionWithdrawals, FunctionSettlement, FunctionHistory, FunctionArchive, FunctionMaintenance (names) |
| edge | RestApiId, RestApiStage, RestApiPath (the path below the emulator's address that needs no name resolution) |

Nothing here asks AWS: a synth needs neither credentials nor a network.
"""

from __future__ import annotations

import sys

from aws_cdk import App, Tags

from infra import connections, functions, names, sources, stages
from infra.context import Context
from infra.errors import ConfigurationError
from infra.stacks.edge import EdgeStack
from infra.stacks.identity import IdentityStack
from infra.stacks.messaging import MessagingStack
from infra.stacks.storage import StorageStack
from infra.stacks.wallet import WalletStack
from infra.stages import Stage


def _build_local(app: App, stage: Stage) -> None:
    reach = connections.local(stage)
    StorageStack(app, names.stack(stage.name, "storage"), stage=stage)
    messaging = MessagingStack(app, names.stack(stage.name, "messaging"), stage=stage)
    identity = IdentityStack(app, names.stack(stage.name, "identity"), stage=stage, connections=reach, queues=messaging.queues)
    wallet = WalletStack(app, names.stack(stage.name, "wallet"), stage=stage, connections=reach, queues=messaging.queues)
    EdgeStack(app, names.stack(stage.name, "edge"), stage=stage, functions={**identity.functions, **wallet.functions})


def build(app: App) -> Stage:
    """Fill ``app`` with the stacks of the stage that its context names."""
    stage = stages.load(Context(app.node.try_get_context))
    if stage.is_local:
        sources.require_handlers(spec.name for spec in functions.ALL)
        _build_local(app, stage)
    else:
        sources.require_handlers(spec.name for spec in (*functions.ALL, *functions.ON_AWS))
        from infra.cloud import build_cloud  # a dozen large modules that stage local does without

        build_cloud(app, stage)
    for key, value in (("product", names.PRODUCT), ("stage", str(stage.name))):
        Tags.of(app).add(key, value, exclude_resource_types=["AWS::RDS::DBProxyTargetGroup"])  # the one type that refuses tags
    return stage


def main() -> None:
    """Synthesise, or say in one sentence why not."""
    app = App()
    try:
        build(app)
        if app.node.try_get_context("nag"):
            from infra import packs

            packs.check(app)
    except ConfigurationError as error:
        sys.exit(f"error: {error}")
    app.synth()


if __name__ == "__main__":
    main()
