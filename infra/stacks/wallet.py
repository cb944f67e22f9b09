"""Money outside trading: the wallet, the two consumers of the engine's events, and the minute job."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from infra import functions, names
from infra.connections import Connections
from infra.constructs.function import PlatformFunction, common_layer
from infra.stages import Stage


class WalletStack(Stack):
    """wallet, settlement, history and maintenance.

    In stage local the event pump invokes settlement and history with the records of ``engine-events``; elsewhere MSK does.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, connections: Connections) -> None:
        super().__init__(scope, construct_id, description="MyCrypto: wallets, settlement, history")
        layers = [common_layer(self)]
        self.functions = {
            spec.name: PlatformFunction(self, spec, stage=stage, connections=connections, layers=[*layers]) for spec in functions.MONEY
        }
        events.Rule(
            self,
            "EveryMinute",
            rule_name=names.resource(stage.name, "every-minute"),
            schedule=events.Schedule.rate(Duration.minutes(1)),
            targets=[targets.LambdaFunction(self.functions[names.FUNCTION_MAINTENANCE].function, retry_attempts=0)],
        )
        for name, function in self.functions.items():
            CfnOutput(self, f"Function{name.title()}", value=function.function.function_name)
