"""The Binance-compatible API has a name of its own, which leads to a port of its own of every gateway."""

from __future__ import annotations

import json
from typing import Any

from infra.constructs.distribution import API_HEADER, BINANCE_API
from infra.constructs.firewall import BINANCE_HTTP, GATEWAY_HTTP
from infra.templates import Templates


def test_the_balancer_knows_the_api_by_what_cloudfront_says(on_aws: Templates) -> None:
    found = [each["DistributionConfig"] for each in on_aws.properties("AWS::CloudFront::Distribution").values()]
    (facade,) = [each for each in found if API_HEADER in json.dumps(each)]
    (origin,) = facade["Origins"]
    assert origin["OriginCustomHeaders"] == [{"HeaderName": API_HEADER, "HeaderValue": BINANCE_API}]
    assert facade["WebACLId"]
    (rule,) = on_aws.properties("AWS::ElasticLoadBalancingV2::ListenerRule").values()
    assert rule["Conditions"] == [{"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": API_HEADER, "Values": [BINANCE_API]}}]
    groups = on_aws.properties("AWS::ElasticLoadBalancingV2::TargetGroup").values()
    assert {group["Port"] for group in groups} == {GATEWAY_HTTP, BINANCE_HTTP}
    assert {group.get("HealthCheckPort") for group in groups} == {str(GATEWAY_HTTP)}


def test_every_gateway_listens_at_the_port_that_the_balancer_may_reach(on_aws: Templates) -> None:
    tasks = on_aws.properties("AWS::ECS::TaskDefinition").values()
    (gateway,) = [container for task in tasks for container in task["ContainerDefinitions"] if container["Name"] == "gateway"]
    assert {mapping["ContainerPort"] for mapping in gateway["PortMappings"]} == {GATEWAY_HTTP, BINANCE_HTTP}
    assert {"Name": "BINANCE_PORT", "Value": str(BINANCE_HTTP)} in gateway["Environment"]
    ways_in = [each.get("FromPort") for each in on_aws.properties("AWS::EC2::SecurityGroupIngress").values()]
    assert BINANCE_HTTP in ways_in


def test_with_a_domain_the_api_is_at_a_name_below_it(synth: Any) -> None:
    stage = synth(
        "prod",
        domain="exchange.mycrypto.example",
        hosted_zone_id="Z0000000000000",
        global_certificate_arn="arn:aws:acm:us-east-1:111111111111:certificate/0",
        regional_certificate_arn="arn:aws:acm:eu-central-1:111111111111:certificate/0",
    )
    found = [each["DistributionConfig"] for each in stage.properties("AWS::CloudFront::Distribution").values()]
    (facade,) = [each for each in found if API_HEADER in json.dumps(each)]
    assert facade["Aliases"] == ["binance.exchange.mycrypto.example"]
    assert {"binance.exchange.mycrypto.example."} <= {record["Name"] for record in stage.properties("AWS::Route53::RecordSet").values()}
