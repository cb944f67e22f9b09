"""What stands between the platform and its data services: secrets that rotate, a cache that may be gone."""

from __future__ import annotations

from typing import Any, cast

import redis

from mycrypto.cache import PAUSE_SECONDS, Cache
from mycrypto.log_producer import auth_options
from mycrypto.secrets import Secrets


class FakeSecretsManager:
    def __init__(self) -> None:
        self.password = "first"
        self.asked = 0

    def get_secret_value(self, **_: str) -> dict[str, str]:
        self.asked += 1
        return {"SecretString": f'{{"password": "{self.password}"}}'}


def test_a_secret_is_kept_five_minutes_and_no_longer() -> None:
    now = 0.0
    manager = FakeSecretsManager()
    secrets = Secrets(cast("Any", manager), clock=lambda: now)
    assert secrets.get("name")["password"] == "first"
    manager.password = "second"
    now = 299.0
    assert secrets.get("name")["password"] == "first"
    now = 301.0
    assert secrets.get("name")["password"] == "second"
    manager.password = "third"
    secrets.forget()
    assert secrets.get("name")["password"] == "third"
    assert manager.asked == 3


class FlakyRedis:
    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.down = False
        self.calls = 0

    def _answer(self) -> None:
        self.calls += 1
        if self.down:
            raise redis.ConnectionError

    def get(self, key: str) -> bytes | None:
        self._answer()
        return self.values.get(key)

    def set(self, key: str, value: bytes, *, ex: int) -> None:
        self._answer()
        assert ex > 0
        self.values[key] = value

    def delete(self, *keys: str) -> None:
        self._answer()
        for key in keys:
            self.values.pop(key, None)


def test_a_dead_cache_is_a_miss_and_is_left_alone_for_a_moment() -> None:
    now = 0.0
    server = FlakyRedis()
    cache = Cache(lambda: cast("redis.Redis", server), clock=lambda: now)
    cache.put("key", b"value", seconds=5)
    assert cache.get("key") == b"value"
    server.down = True
    assert cache.get("key") is None
    cache.put("key", b"other", seconds=5)
    cache.drop("key")
    assert server.calls == 3  # the first failure, then silence
    server.down = False
    now = PAUSE_SECONDS + 0.1
    assert cache.get("key") == b"value"
    cache.drop()
    cache.drop("key")
    assert cache.get("key") is None


def test_a_cache_that_cannot_even_be_opened_is_a_miss() -> None:
    def refuse() -> redis.Redis:
        raise redis.ConnectionError

    assert Cache(refuse).get("key") is None


def test_brokers_of_msk_are_logged_in_to_with_iam() -> None:
    assert auth_options("iam") == {"security_protocol": "SASL_SSL", "sasl_mechanism": "AWS_MSK_IAM"}
    assert auth_options("none") == {"security_protocol": "PLAINTEXT"}
