"""Who waits for whom, and how long: an answer is waited for longer outside than inside, an idle connection is closed outside first.

Else the outer part gives up on what the inner one still does, or sends a request into a connection that the inner one has just closed.
"""

from __future__ import annotations

from typing import Any

from engine_container.gateway.settings import GatewaySettings
from engine_container.web.keep_alive import KEEP_ALIVE_SECONDS
from functions.withdrawals import locks
from infra import functions, names
from infra.templates import Templates
from mycrypto import outbox
from mycrypto.database import CONNECT_TIMEOUT_SECONDS
from mycrypto_local.front_door import ANSWER_SECONDS_MAX


def _origins(stage: Templates, kind: str) -> list[dict[str, Any]]:
    """How the fronts reach API Gateway (``CustomOriginConfig``) or the load balancer (``VpcOriginConfig``)."""
    fronts = stage.properties("AWS::CloudFront::Distribution").values()
    found = [origin[kind] for front in fronts for origin in front["DistributionConfig"]["Origins"] if kind in origin]
    assert found
    return found


def _balancer_idle_seconds(stage: Templates) -> int:
    (balancer,) = stage.properties("AWS::ElasticLoadBalancingV2::LoadBalancer").values()
    settings = {item["Key"]: item["Value"] for item in balancer["LoadBalancerAttributes"]}
    return int(settings["idle_timeout.timeout_seconds"])


def _integration_seconds(stage: Templates) -> set[float]:
    methods = [method["Integration"] for method in stage.properties("AWS::ApiGateway::Method").values()]
    return {integration["TimeoutInMillis"] / 1_000 for integration in methods if integration["Type"] == "AWS_PROXY"}


def test_a_function_is_waited_for_longer_the_further_outside(on_aws: Templates) -> None:
    behind_api = [spec.timeout_s for spec in (functions.AUTH, functions.WALLET)]
    (gateway,) = _integration_seconds(on_aws)
    edge = min(origin["OriginReadTimeout"] for origin in _origins(on_aws, "CustomOriginConfig"))
    assert max(behind_api) < gateway
    assert gateway + functions.AUTHORIZER.timeout_s < edge
    assert gateway == ANSWER_SECONDS_MAX, "the front door of one machine waits as long as API Gateway"


def test_what_a_function_waits_for_fits_into_its_time() -> None:
    for spec in (functions.AUTH, functions.WALLET):
        assert spec.timeout_s > CONNECT_TIMEOUT_SECONDS + 2 * outbox.SEND_SECONDS_MAX


def test_the_message_of_a_function_that_died_is_shown_again_soon(on_aws: Templates) -> None:
    """A user's later withdrawals wait behind it: its queue is in order."""
    hidden = {
        str(queue["QueueName"]): int(queue["VisibilityTimeout"])
        for queue in on_aws.properties("AWS::SQS::Queue").values()
        if "VisibilityTimeout" in queue
    }
    for name, spec in ((names.QUEUE_WITHDRAWALS, functions.WITHDRAWALS), (names.QUEUE_KYC, functions.KYC)):
        (seconds,) = (seconds for queue, seconds in hidden.items() if name in queue)
        assert spec.timeout_s < seconds <= spec.timeout_s + 60
    assert functions.WITHDRAWALS.timeout_s <= locks.SECONDS < functions.WITHDRAWALS.timeout_s + 30, (
        "its lock is gone by then, and not before"
    )


def test_an_order_is_waited_for_longer_the_further_outside(on_aws: Templates) -> None:
    gateway = GatewaySettings(kafka_bootstrap_servers="", redis_url="", jwks_file="keys").answer_seconds_max
    for origin in _origins(on_aws, "VpcOriginConfig"):
        assert gateway < origin["OriginReadTimeout"] < _balancer_idle_seconds(on_aws)


def test_an_idle_connection_is_closed_further_outside_first(on_aws: Templates) -> None:
    for origin in _origins(on_aws, "VpcOriginConfig"):
        assert origin["OriginKeepaliveTimeout"] < _balancer_idle_seconds(on_aws) < KEEP_ALIVE_SECONDS
