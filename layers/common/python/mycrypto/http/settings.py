"""What the settings of every function behind API Gateway have in common."""

from __future__ import annotations

from typing import Final

import msgspec

from mycrypto.cors import Cors
from mycrypto.http.operation import RateLimit
from mycrypto.proxies import Proxy
from mycrypto.ratelimit import Limit

LOCAL: Final = "local"
_FORWARDED: Final = "X-Forwarded-For"


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True):
    stage: str
    database_url: str
    database_secret_name: str = ""
    redis_url: str
    redis_secret_name: str = ""
    bearer_keys_secret: str = ""
    """Where the API has no authorizer: the keys with which the function verifies bearers itself, and lets in on nothing else."""
    trusted_proxy_header: str = ""
    trusted_proxy_hops: int = 1
    allowed_origins: str = ""
    """Of pages elsewhere that may use the API from a browser, with commas."""

    @property
    def is_local(self) -> bool:
        return self.stage == LOCAL

    @property
    def cors(self) -> Cors:
        return Cors.parse(self.allowed_origins)

    @property
    def proxy(self) -> Proxy:
        """On one machine the front door says who called; elsewhere only API Gateway does, unless a header is named."""
        header = self.trusted_proxy_header or (_FORWARDED if self.is_local else "")
        return Proxy(header, self.trusted_proxy_hops)

    def limit_of(self, declared: RateLimit) -> Limit:
        """A declared limit with the count that operators have set for it."""
        count = getattr(self, declared.setting) if declared.setting else declared.count
        return Limit(declared.name, count, declared.seconds)
