"""One origin for browsers: CloudFront, with a behaviour for each prefix as on one machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_elasticloadbalancingv2 as balancing
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import nag, names
from infra.constructs.web_acl import ORIGIN_HEADER
from infra.routes import JWKS_PATH, ROOT_JWKS_PATH
from infra.stages import Stage
from mycrypto.page_policy import REGISTRATION_PATHS, content_security_policy, registration_policy

API_POLICY: Final = (
    "default-src 'self'; connect-src 'self' wss:; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'; "
    "frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)
"""Of answers that say nothing themselves; the page with the API documents has a policy of its own."""

PICTURES: Final = "https://*.amazonaws.com"
"""Identity cards that staff look at come from their bucket, by links that are good for minutes."""

_REWRITE: Final = f"""function handler(event) {{
  var request = event.request;
  if (request.uri === '{ROOT_JWKS_PATH}') request.uri = '{JWKS_PATH}';
  request.uri = request.uri.replace(/^\\/api\\/v1\\/(auth|wallet)(\\/|$)/, '/api/$1$2');
  return request;
}}
"""

API_HEADER: Final = "x-mycrypto-api"
BINANCE_API: Final = "binance"
"""What the load balancer tells the Binance-compatible API by: CloudFront says it, in place of whatever a client says."""
BINANCE_NAME: Final = "binance"
"""Below the stage's domain."""
_PAGES: Final = """function handler(event) {
  var request = event.request;
  var uri = request.uri;
  if (uri === '/ops' || uri.startsWith('/ops/')) request.uri = '/ops.html';
  else if (uri === '/kayit' || uri === '/register') request.uri = '/register.html';
  else if (!/\\.[a-z0-9]+$/.test(uri)) request.uri = '/index.html';
  return request;
}
"""
"""Every address that a person may open is shown by one of three pages; only files have an ending."""

API_PREFIXES: Final = (ROOT_JWKS_PATH, "/api/auth/*", "/api/wallet/*", "/api/v1/auth/*", "/api/v1/wallet/*")
TRADING_PREFIXES: Final = ("/api/v1/*", "/ws", "/ws/*")


class Distribution(Construct):
    """``/api/auth``, ``/api/wallet`` and the public keys at the root to API Gateway; ``/api/v1``, ``/ws`` to the load balancer; everything else to the web bucket."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        api_domain: str,
        origin_secret: str,
        balancer: balancing.IApplicationLoadBalancer,
        web: s3.IBucket,
        access_logs: s3.IBucket,
        web_acl_arn: str,
    ) -> None:
        super().__init__(scope, construct_id)
        domain = stage.on_aws.domain
        headers = self._headers("Headers", names.resource(stage.name, "headers"), API_POLICY, override=False)
        page_headers = self._headers(
            "PageHeaders", names.resource(stage.name, "page-headers"), content_security_policy(PICTURES), override=True
        )
        registration_headers = self._headers(
            "RegistrationHeaders", names.resource(stage.name, "registration-headers"), registration_policy(), override=True
        )
        api = origins.HttpOrigin(
            api_domain,
            origin_path=f"/{names.API_STAGE}",
            protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
            origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
            custom_headers={ORIGIN_HEADER: origin_secret},
            read_timeout=Duration.seconds(40),  # the function's time and its authorizer's
        )
        trading = _balancer_origin(stage, balancer, "trading")
        rewrite = cloudfront.Function(
            self,
            "Aliases",
            function_name=names.resource(stage.name, "aliases"),
            code=cloudfront.FunctionCode.from_inline(_REWRITE),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
            comment="/api/v1/auth is another name of /api/auth, and the public keys are at the root too",
        )
        pages = cloudfront.Function(
            self,
            "Pages",
            function_name=names.resource(stage.name, "pages"),
            code=cloudfront.FunctionCode.from_inline(_PAGES),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
            comment="the app shows every address that is no file",
        )

        def dynamic(origin: cloudfront.IOrigin, *, host: bool) -> cloudfront.BehaviorOptions:
            return cloudfront.BehaviorOptions(
                origin=origin,
                allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
                cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER
                if host
                else cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
                response_headers_policy=headers,
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                function_associations=None
                if host
                else [cloudfront.FunctionAssociation(function=rewrite, event_type=cloudfront.FunctionEventType.VIEWER_REQUEST)],
            )

        bucket = origins.S3BucketOrigin.with_origin_access_control(web)

        def shown(policy: cloudfront.ResponseHeadersPolicy) -> cloudfront.BehaviorOptions:
            return cloudfront.BehaviorOptions(
                origin=bucket,
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                response_headers_policy=policy,
                compress=True,
                function_associations=[
                    cloudfront.FunctionAssociation(function=pages, event_type=cloudfront.FunctionEventType.VIEWER_REQUEST)
                ],
            )

        # CloudFront takes the first pattern that matches: the narrow ones stand first
        behaviours = {prefix: dynamic(api, host=False) for prefix in API_PREFIXES}
        behaviours.update({prefix: dynamic(trading, host=True) for prefix in TRADING_PREFIXES})
        behaviours.update({path: shown(registration_headers) for path in REGISTRATION_PATHS})
        self.distribution = _distribution(
            self,
            stage,
            name="front",
            address=domain.name if domain else "",
            default_behavior=shown(page_headers),
            additional_behaviors=behaviours,
            default_root_object="index.html",
            access_logs=access_logs,
            web_acl_arn=web_acl_arn,
        )

    def _headers(self, construct_id: str, name: str, policy: str, *, override: bool) -> cloudfront.ResponseHeadersPolicy:
        return cloudfront.ResponseHeadersPolicy(
            self,
            construct_id,
            response_headers_policy_name=name,
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(365), include_subdomains=True, preload=True, override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(frame_option=cloudfront.HeadersFrameOption.DENY, override=True),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN, override=True
                ),
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(content_security_policy=policy, override=override),
            ),
        )


class BinanceDistribution(Construct):
    """The Binance-compatible API at a name of its own, since its paths of sockets are the platform's own too."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        balancer: balancing.IApplicationLoadBalancer,
        access_logs: s3.IBucket,
        web_acl_arn: str,
    ) -> None:
        super().__init__(scope, construct_id)
        domain = stage.on_aws.domain
        self.name = f"{BINANCE_NAME}.{domain.name}" if domain else ""
        self.distribution = _distribution(
            self,
            stage,
            name=BINANCE_NAME,
            address=self.name,
            default_behavior=cloudfront.BehaviorOptions(
                origin=_balancer_origin(stage, balancer, BINANCE_NAME, headers={API_HEADER: BINANCE_API}),
                allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
                cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            ),
            access_logs=access_logs,
            web_acl_arn=web_acl_arn,
        )


def _balancer_origin(
    stage: Stage, balancer: balancing.IApplicationLoadBalancer, name: str, *, headers: Mapping[str, str] | None = None
) -> cloudfront.IOrigin:
    """The trading processes behind their load balancer; ``headers`` are set by CloudFront, whatever a client says."""
    domain = stage.on_aws.domain
    return origins.VpcOrigin.with_application_load_balancer(
        balancer,
        domain_name=domain.name if domain else None,
        custom_headers=headers,
        protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY if domain else cloudfront.OriginProtocolPolicy.HTTP_ONLY,
        read_timeout=Duration.seconds(60),
        keepalive_timeout=Duration.seconds(60),
        vpc_origin_name=names.resource(stage.name, name),
    )


def _distribution(
    scope: Construct,
    stage: Stage,
    *,
    name: str,
    address: str,
    default_behavior: cloudfront.BehaviorOptions,
    access_logs: s3.IBucket,
    web_acl_arn: str,
    additional_behaviors: Mapping[str, cloudfront.BehaviorOptions] | None = None,
    default_root_object: str | None = None,
) -> cloudfront.Distribution:
    """With the TLS, the logs and the web ACL that each distribution has. ``address``: its public name, "" without a domain."""
    domain = stage.on_aws.domain
    distribution = cloudfront.Distribution(
        scope,
        "Distribution",
        comment=names.resource(stage.name, name),
        default_behavior=default_behavior,
        additional_behaviors=additional_behaviors,
        default_root_object=default_root_object,
        domain_names=[address] if domain else None,
        certificate=acm.Certificate.from_certificate_arn(scope, "Certificate", domain.global_certificate_arn) if domain else None,
        minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021 if domain else None,
        http_version=cloudfront.HttpVersion.HTTP2_AND_3,
        price_class=cloudfront.PriceClass.PRICE_CLASS_100,
        enable_logging=True,
        log_bucket=access_logs,
        log_file_prefix=f"{name}/",
        log_includes_cookies=False,
        web_acl_id=web_acl_arn,
    )
    _accept_limits(distribution, has_domain=domain is not None)
    return distribution


def _accept_limits(distribution: cloudfront.Distribution, *, has_domain: bool) -> None:
    """What the checks of the templates ask for and we do not do, with the reason."""
    nag.accept(
        distribution,
        "an exchange for the Turkish market has customers who travel; who may trade is decided by identity, not by address",
        "AwsSolutions::AwsSolutions-CFR1",
    )
    if not has_domain:
        nag.accept(
            distribution,
            "without a domain CloudFront uses its own certificate, whose policy cannot be chosen; with -c domain it is TLS 1.2 and up",
            "AwsSolutions::AwsSolutions-CFR4",
        )
