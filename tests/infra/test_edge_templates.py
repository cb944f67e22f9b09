"""What clients reach in every template: routes, origins, limits, TLS, pages and their headers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import aws_apigateway as apigateway

from infra.errors import ConfigurationError
from infra.templates import Templates


def test_without_a_token_only_the_public_routes_answer(on_aws: Templates) -> None:
    paths = _paths(on_aws)
    public = {
        paths[found["ResourceId"]["Ref"]]
        for found in on_aws.properties("AWS::ApiGateway::Method").values()
        if found["AuthorizationType"] == "NONE"
    }
    assert public == {
        "/api/auth/health",
        "/api/auth/health/ready",
        "/api/auth/.well-known/jwks.json",
        "/api/auth/openapi.json",
        "/api/wallet/openapi.json",
        "/api/auth/config",
        "/api/auth/register",
        "/api/auth/login",
        "/api/auth/verify-email",
        "/api/auth/resend-verification",
        "/api/auth/refresh",
        "/api/auth/2fa/verify",
        "/api/auth/password/reset",
        "/api/auth/password/reset/confirm",
        "/api/auth/email-change/confirm",
        "/api/wallet/health",
        "/api/wallet/liabilities",
        "/api/wallet/health/ready",
        "/api/wallet/webhooks/{proxy+}",
    }


def _paths(stage: Templates) -> dict[str, str]:
    parts = {name.split("/", 1)[1]: found for name, found in stage.properties("AWS::ApiGateway::Resource").items()}

    def path(name: str) -> str:
        parent = parts[name]["ParentId"].get("Ref")
        return (path(parent) if parent in parts else "") + "/" + str(parts[name]["PathPart"])

    return {name: path(name) for name in parts}


def test_the_gateways_own_errors_are_problem_documents(local: Templates) -> None:
    responses = local.properties("AWS::ApiGateway::GatewayResponse")
    known = {getattr(apigateway.ResponseType, name).response_type for name in dir(apigateway.ResponseType) if name.isupper()}
    assert {found["ResponseType"] for found in responses.values()} == known, "a raw body would leave"
    for name, found in responses.items():
        body = json.loads(found["ResponseTemplates"]["application/json"])
        assert found["StatusCode"] == str(body["status"]), name
        assert body["trace_id"] == "$context.requestId"
        assert found["ResponseParameters"]["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
        assert found["ResponseParameters"]["gatewayresponse.header.X-Request-ID"] == "context.requestId"


def test_a_function_that_did_not_answer_is_never_said_to_have_failed(local: Templates) -> None:
    said = {
        found["ResponseType"]: (found["StatusCode"], json.loads(found["ResponseTemplates"]["application/json"])["code"])
        for found in local.properties("AWS::ApiGateway::GatewayResponse").values()
    }
    for kind in ("INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT", "API_CONFIGURATION_ERROR", "DEFAULT_5XX"):
        assert said[kind] == ("504", "OUTCOME_UNKNOWN")


def test_pages_of_allowed_origins_may_ask_without_a_token_and_read_every_refusal(synth: Any, on_aws: Templates) -> None:
    assert not any(found["HttpMethod"] == "OPTIONS" for found in on_aws.properties("AWS::ApiGateway::Method").values())
    made: Templates = synth("dev", allowed_origins="https://app.example,https://beta.example")
    paths = _paths(made)
    asked = {
        paths[found["ResourceId"]["Ref"]]: found
        for found in made.properties("AWS::ApiGateway::Method").values()
        if found["HttpMethod"] == "OPTIONS"
    }
    assert asked.keys() >= {"/api/auth/{proxy+}", "/api/auth/2fa/{proxy+}", "/api/wallet/{proxy+}"}
    assert {found["AuthorizationType"] for found in asked.values()} == {"NONE"}
    for found in made.properties("AWS::ApiGateway::GatewayResponse").values():
        assert found["ResponseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
    told = [found["Environment"]["Variables"] for found in made.properties("AWS::Lambda::Function").values() if "Environment" in found]
    assert {each["SERVICE_NAME"] for each in told if "ALLOWED_ORIGINS" in each} == {"auth", "wallet"}
    with pytest.raises(ConfigurationError, match=r"allowed_origins.*'\*' is no origin"):
        synth("dev", allowed_origins="*")


def test_who_is_throttled_is_told_when_to_come_back(on_aws: Templates) -> None:
    for found in on_aws.properties("AWS::ApiGateway::GatewayResponse").values():
        waits = found["ResponseParameters"].get("gatewayresponse.header.Retry-After") == "'1'"
        assert waits is (found["StatusCode"] in {"429", "503"})


def test_a_revoked_token_is_refused_at_the_next_request(on_aws: Templates) -> None:
    found = next(iter(on_aws.properties("AWS::ApiGateway::Authorizer").values()))
    assert found["AuthorizerResultTtlInSeconds"] == 0


def test_each_tier_has_its_share_of_the_api(on_aws: Templates) -> None:
    plans = {found["UsagePlanName"].rsplit("-", 1)[1]: found for found in on_aws.properties("AWS::ApiGateway::UsagePlan").values()}
    assert set(plans) == {"free", "basic", "pro", "vip"}
    assert plans["free"]["Throttle"]["RateLimit"] < plans["pro"]["Throttle"]["RateLimit"]
    assert "Throttle" not in plans["vip"]


def test_the_front_sends_each_prefix_where_it_belongs(on_aws: Templates) -> None:
    found = next(iter(on_aws.properties("AWS::CloudFront::Distribution").values()))["DistributionConfig"]
    patterns = [behaviour["PathPattern"] for behaviour in found["CacheBehaviors"]]
    assert patterns.index("/api/v1/auth/*") < patterns.index("/api/v1/*"), "the first pattern that matches wins"
    targets = {behaviour["PathPattern"]: behaviour["TargetOriginId"] for behaviour in found["CacheBehaviors"]}
    assert targets["/api/auth/*"] == targets["/api/v1/wallet/*"]
    assert targets["/ws"] == targets["/ws/*"] == targets["/api/v1/*"] != targets["/api/auth/*"]
    assert found["WebACLId"]


def test_the_public_keys_are_at_the_root_of_the_origin_too(on_aws: Templates) -> None:
    found = next(iter(on_aws.properties("AWS::CloudFront::Distribution").values()))["DistributionConfig"]
    behaviours = {behaviour["PathPattern"]: behaviour for behaviour in found["CacheBehaviors"]}
    root = behaviours["/.well-known/jwks.json"]
    assert root["TargetOriginId"] == behaviours["/api/auth/*"]["TargetOriginId"]
    (code,) = [each["FunctionCode"] for name, each in on_aws.properties("AWS::CloudFront::Function").items() if "FrontAliases" in name]
    assert root["FunctionAssociations"] == behaviours["/api/auth/*"]["FunctionAssociations"]
    assert "if (request.uri === '/.well-known/jwks.json') request.uri = '/api/auth/.well-known/jwks.json';" in code


def test_every_address_that_is_no_file_shows_a_page_under_the_strict_policy(on_aws: Templates) -> None:
    found = next(iter(on_aws.properties("AWS::CloudFront::Distribution").values()))["DistributionConfig"]
    functions = on_aws.properties("AWS::CloudFront::Function")
    policies = on_aws.properties("AWS::CloudFront::ResponseHeadersPolicy")
    page = found["DefaultCacheBehavior"]
    (association,) = page["FunctionAssociations"]
    assert association["FunctionARN"]["Fn::GetAtt"][0].startswith("FrontPages")
    (code,) = [each["FunctionCode"] for name, each in functions.items() if "FrontPages" in name]
    assert "'/index.html'" in code
    assert "'/ops.html'" in code
    (found_policy,) = [each for name, each in policies.items() if "FrontPageHeaders" in name]
    security = found_policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    policy = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    registration = [each for each in found["CacheBehaviors"] if each["PathPattern"] in {"/kayit", "/register"}]
    assert len(registration) == 2
    (own,) = {each["ResponseHeadersPolicyId"]["Ref"] for each in registration}
    assert own.startswith("FrontRegistrationHeaders")
    (found_policy,) = [each for name, each in policies.items() if "FrontRegistrationHeaders" in name]
    security = found_policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert "https://www.google.com/recaptcha/" in security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    assert {each["TargetOriginId"] for each in registration} == {page["TargetOriginId"]}
    assert "'/register.html'" in code
    assert {behaviour["ResponseHeadersPolicyId"]["Ref"] for behaviour in found["CacheBehaviors"]}.isdisjoint(
        {page["ResponseHeadersPolicyId"]["Ref"]}
    )


def test_who_answers_clients_behind_the_front_hears_their_addresses(on_aws: Templates) -> None:
    told = [found["Environment"]["Variables"] for found in on_aws.properties("AWS::Lambda::Function").values() if "Environment" in found]
    tasks = on_aws.properties("AWS::ECS::TaskDefinition").values()
    containers = [container for found in tasks for container in found["ContainerDefinitions"]]
    told += [{entry["Name"]: entry["Value"] for entry in container["Environment"]} for container in containers]
    trusting = {each["SERVICE_NAME"]: each["TRUSTED_PROXY_HOPS"] for each in told if each.get("TRUSTED_PROXY_HEADER") == "X-Forwarded-For"}
    # CloudFront appends the viewer, and API Gateway or the load balancer CloudFront
    assert trusting == {"auth": "2", "wallet": "2", "gateway": "2"}


def test_with_a_domain_there_is_tls_of_today_all_the_way(synth: Any) -> None:
    stage = synth(
        "prod",
        domain="exchange.mycrypto.example",
        hosted_zone_id="Z0000000000000",
        global_certificate_arn="arn:aws:acm:us-east-1:111111111111:certificate/0",
        regional_certificate_arn="arn:aws:acm:eu-central-1:111111111111:certificate/0",
    )
    found = next(iter(stage.properties("AWS::CloudFront::Distribution").values()))["DistributionConfig"]
    assert found["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    listener = next(iter(stage.properties("AWS::ElasticLoadBalancingV2::Listener").values()))
    assert listener["Protocol"] == "HTTPS"
    assert stage.resources("AWS::Route53::RecordSet")


def test_the_front_is_watched_by_managed_rules_and_counts_each_address(on_aws: Templates) -> None:
    found = next(acl for acl in on_aws.properties("AWS::WAFv2::WebACL").values() if acl["Scope"] == "CLOUDFRONT")
    rules = {rule["Name"]: rule for rule in found["Rules"]}
    for name in ("CommonRuleSet", "KnownBadInputsRuleSet", "SQLiRuleSet", "AmazonIpReputationList"):
        assert rules[f"AWSManagedRules{name}"]["OverrideAction"] == {"None": {}}, "it blocks, it does not only count"
    rate = rules["RequestsPerAddress"]
    assert rate["Action"] == {"Block": {}}
    assert rate["Statement"]["RateBasedStatement"]["AggregateKeyType"] == "IP"


def test_the_api_is_open_to_the_front_alone(on_aws: Templates) -> None:
    found = next(acl for acl in on_aws.properties("AWS::WAFv2::WebACL").values() if acl["Scope"] == "REGIONAL")
    assert found["DefaultAction"] == {"Block": {}}
    secret = next(rule for rule in found["Rules"] if rule["Name"] == "FromTheFront")["Statement"]["ByteMatchStatement"]["SearchString"]
    assert "resolve:secretsmanager" in json.dumps(secret)


def test_browsers_are_told_to_be_careful(on_aws: Templates) -> None:
    policies = on_aws.properties("AWS::CloudFront::ResponseHeadersPolicy").values()
    assert len(policies) == 3, "one for pages, one for the page of registration, one for answers of the API"
    for found in policies:
        headers = found["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
        assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 365 * 24 * 3600
        assert "frame-ancestors 'none'" in headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]
        assert headers["FrameOptions"]["FrameOption"] == "DENY"
    behaviours = next(iter(on_aws.properties("AWS::CloudFront::Distribution").values()))["DistributionConfig"]
    for behaviour in (behaviours["DefaultCacheBehavior"], *behaviours["CacheBehaviors"]):
        assert behaviour["ResponseHeadersPolicyId"]
