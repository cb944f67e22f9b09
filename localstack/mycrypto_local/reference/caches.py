"""``caches.md``: every key in Redis. An end-to-end test holds the keys of a running platform against these patterns."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from engine_container.engine.lease import LEASE_MS
from engine_container.publisher.market_cache import TICKER_LIFE_MS
from functions.auth import challenges
from functions.auth import second_factor as enrolment
from mycrypto import balance_cache
from mycrypto.security import revocation, second_factor
from mycrypto.security.tokens import ACCESS_LIFE_S, REFRESH_LIFE_S
from mycrypto_local.reference.markdown import code, page, table


class Key(NamedTuple):
    """``pattern`` with names in capitals where ids stand; ``life`` in words. ``use`` is which of the product's five cache patterns it belongs to, empty for
    what is no copy of anything.
    """

    pattern: str
    life: str
    writer: str
    holds: str
    use: str = ""


def _seconds(count: float) -> str:
    for unit, size in (("days", 86_400), ("minutes", 60)):
        if count >= 2 * size and count % size == 0:
            return f"{count / size:g} {unit}"
    return f"{count:g} s"


_FRESH: Final = _seconds(second_factor.FRESH_S)
KEYS: Final = (
    Key("balance:USER:CURRENCY", _seconds(balance_cache.KEPT_SECONDS), "wallet", "a balance", "balance"),
    Key("user:balances:USER", _seconds(balance_cache.KEPT_SECONDS), "wallet", "all balances of a user", "balance"),
    Key("session:FAMILY", _seconds(REFRESH_LIFE_S), "auth", "a copy of a session", "session"),
    Key("2fa:challenge:token:DIGEST", _seconds(challenges.LIFE_S), "auth", "who has shown the password and not yet the code"),
    Key("2fa:setup:USER", _seconds(enrolment.SETUP_LIFE_S), "auth", "an enrolment that waits for its first code"),
    Key("2fa:fresh:SESSION", _FRESH, "auth", "the second factor was shown in this session just now"),
    Key(f"{revocation.TOKEN_PREFIX}TOKEN", "as long as the token", "auth", "a token that was revoked"),
    Key(f"{revocation.SESSION_PREFIX}SESSION", _seconds(ACCESS_LIFE_S + 60), "auth", "a session that was ended"),
    Key(f"{revocation.USER_PREFIX}USER", _seconds(REFRESH_LIFE_S), "auth", "everything a user was given before a moment"),
    Key(revocation.COMPLETE_KEY, "for ever", "auth, maintenance", "all marks are there; gone after a wipe, and then written again"),
    Key("apikey:ID", "for ever", "auth", "an API key, its secret sealed"),
    Key("apikey:complete", "for ever", "auth", "all API keys are there"),
    Key("apikey:signature:MARK", "the window of a signature", "gateway", "a signature that was used"),
    Key("ratelimit:SUBJECT:NAME", "its window", "auth, wallet, gateway", "calls counted against a limit", "rate limit"),
    Key("engine:lease:SHARD", _seconds(LEASE_MS / 1_000), "engine", "which engine publishes"),
    Key("engine:leader:SHARD", "for ever", "engine", "the epoch of the engine that publishes, and where it announces"),
    Key("orderbook:SYMBOL", "for ever", "publisher", "the best 100 levels of each side, a sorted set", "order book"),
    Key("ticker:SYMBOL", _seconds(TICKER_LIFE_MS / 1_000), "publisher", "the ticker", "market data"),
)


def caches() -> str:
    """The page."""
    rows = ((code(key.pattern), key.life, key.writer, key.holds, key.use) for key in KEYS)
    return page(
        "Caches",
        "Three layers, nearest first: the views in each gateway's memory (made of `engine-events`, nothing to expire), Redis, PostgreSQL. Redis may be "
        "wiped at any time: slower, and no number changes. The product names five cache patterns (session, balance, rate limit, order book, market data): the "
        "last column says which keys are which. What must not be forgotten (revoked tokens, API keys) is written into it again from PostgreSQL.",
        table(("key", "lives", "written by", "holds", "cache pattern"), rows),
    )


def is_known(key: str) -> bool:
    """Whether a key of a running Redis is on the page."""
    return any(re.fullmatch(re.sub(r"\b[A-Z]+\b", r"[^:]+(:[^:]+)*", row.pattern), key) for row in KEYS)
