"""The stacks of a stage on AWS, in the order in which they need each other."""

from __future__ import annotations

import dataclasses

from aws_cdk import App

from infra import names
from infra.errors import ConfigurationError
from infra.stacks.backup import BackupCopyStack, BackupStack
from infra.stacks.data import DataStack
from infra.stacks.delivery import DeliveryStack
from infra.stacks.edge import EdgeStack
from infra.stacks.front import FrontAclStack, FrontStack
from infra.stacks.identity import IdentityStack
from infra.stacks.messaging import MessagingStack
from infra.stacks.network import NetworkStack
from infra.stacks.observability import ObservabilityStack
from infra.stacks.rest import RestStack
from infra.stacks.storage import StorageStack
from infra.stacks.streaming import StreamingStack
from infra.stacks.trading import TradingStack
from infra.stacks.wallet import WalletStack
from infra.stages import Stage


def build_cloud(app: App, stage: Stage) -> None:
    """Network, then data, then what uses it, then what shows it to the world, then what watches over it."""

    def called(area: str) -> str:
        return names.stack(stage.name, area)

    network = NetworkStack(app, called("network"), stage=stage)
    storage = StorageStack(app, called("storage"), stage=stage)
    messaging = MessagingStack(app, called("messaging"), stage=stage)
    access_logs, failed = storage.access_logs, messaging.failed_invocations
    if access_logs is None or failed is None:
        raise ConfigurationError(f"Stage '{stage.name}' does not run on AWS.")
    streaming = StreamingStack(app, called("streaming"), stage=stage, vpc=network.vpc, firewall=network.firewall)
    data = DataStack(app, called("data"), stage=stage, vpc=network.vpc, firewall=network.firewall, failed_invocations=failed)
    reach = dataclasses.replace(data.connections, kafka_bootstrap=streaming.bootstrap)
    identity = IdentityStack(
        app,
        called("identity"),
        stage=stage,
        connections=reach,
        queues=messaging.queues,
        documents_key_arn=storage.documents_key_arn,
    )
    wallet = WalletStack(
        app, called("wallet"), stage=stage, connections=reach, queues=messaging.queues, kafka_cluster_arn=streaming.cluster_arn
    )
    wallet.add_stack_dependency(identity)  # it has codes checked there
    edge = EdgeStack(app, called("edge"), stage=stage, functions={**identity.functions, **wallet.functions})
    trading = TradingStack(
        app,
        called("trading"),
        stage=stage,
        vpc=network.vpc,
        firewall=network.firewall,
        connections=reach,
        jwks_url=edge.jwks_url,
        redis_url=data.redis_url,
        access_logs=access_logs,
    )
    for stack in (identity, wallet, trading):
        # no table, no start; and what is read from a parameter has to be there
        stack.add_stack_dependency(data)
        stack.add_stack_dependency(streaming)
    acl = FrontAclStack(app, called("front-acl"), stage=stage)
    FrontStack(
        app,
        called("front"),
        stage=stage,
        api_domain=edge.api_domain,
        origin_secret=edge.origin_secret,
        balancer=trading.balancer,
        access_logs=access_logs,
        web_acl_arn=acl.arn,
    )
    ObservabilityStack(app, called("observability"), stage=stage, connections=reach, balancer=trading.balancer, gateways=trading.targets)
    BackupStack(
        app,
        called("backup"),
        stage=stage,
        resource_arns=[data.database.instance.instance_arn],
        bucket_arns=[storage.archive.bucket_arn, storage.kyc_documents.bucket_arn],
    )
    if stage.on_aws.working_hours:
        RestStack(
            app,
            called("rest"),
            stage=stage,
            hours=stage.on_aws.working_hours,
            cluster=trading.cluster.cluster_name,
            services=(*trading.engines, trading.publisher),
            mappings=wallet.mappings,
        )
    delivery = stage.on_aws.delivery
    if delivery:
        DeliveryStack(app, called("delivery"), stage=stage, delivery=delivery)
    copy_region = stage.on_aws.backup.copy_region
    if copy_region:
        BackupCopyStack(app, called("backup-copies"), stage=stage, region=copy_region)
