"""Signing keys change without a moment in which a valid token is refused, and first values are given once."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from functions.rotation import service
from mycrypto.security import keys, sealing

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECRET, PUBLIC = "mycrypto/dev/jwt", "mycrypto/dev/public-keys"


def test_a_new_sealing_key_comes_in_front_and_the_first_value_stays() -> None:
    first = {"key": base64.b64encode(bytes(32)).decode()}
    store = Memory(msgspec.json.encode(first).decode())
    mark = service.renew_sealing(store, "mycrypto/dev/two-factor")
    renewed = msgspec.json.decode(store.read("mycrypto/dev/two-factor", service.CURRENT) or "")
    assert renewed["previous"] == [first["key"]]
    assert mark == sealing.mark_of(base64.b64decode(renewed["key"])) != sealing.mark_of(bytes(32))


@pytest.mark.parametrize("name", ["mycrypto/dev/jwt", "mycrypto/dev/two-factor"])
def test_a_secret_without_a_sealing_key_is_left_alone(name: str) -> None:
    store = Memory("{}")
    with pytest.raises(service.RotationError, match="holds no sealing keys"):
        service.renew_sealing(store, name)
    assert store.read(name, service.CURRENT) == "{}"


class Memory:
    """Secrets Manager in a dictionary: versions of one secret with their labels, and the public keys beside it."""

    def __init__(self, current: str | None = None) -> None:
        self.public: str | None = None
        self.public_writes = 0
        self.texts: dict[str, str] = {}
        self._labels: dict[str, list[str]] = {}
        if current is not None:
            self.texts["v0"] = current
            self._labels["v0"] = ["AWSCURRENT"]

    def ask_for(self, version: str) -> None:
        """Secrets Manager announces the version before its first step."""
        self._labels.setdefault(version, [])

    def read(self, secret: str, label: str, version: str = "") -> str | None:
        if secret == PUBLIC:
            return self.public
        if version:
            return self.texts.get(version)
        return next((self.texts[name] for name, labels in self._labels.items() if label in labels and name in self.texts), None)

    def write(self, secret: str, text: str, label: str, version: str = "") -> None:
        if secret == PUBLIC:
            self.public, self.public_writes = text, self.public_writes + 1
            return
        name = version or f"v{len(self.texts)}"
        for labels in self._labels.values():
            if label in labels:
                labels.remove(label)
        self.texts[name] = text
        self._labels.setdefault(name, []).append(label)

    def labels(self, secret: str) -> Mapping[str, list[str]]:
        return self._labels

    def make_current(self, secret: str, version: str, instead_of: str) -> None:
        if instead_of:
            self._labels[instead_of].remove("AWSCURRENT")
        self._labels[version].append("AWSCURRENT")


def _key(kid: str, age_days: int) -> keys.StoredKey:
    return keys.StoredKey(kid, "private", "public", (NOW - timedelta(days=age_days)).isoformat())


def _document(*found: keys.StoredKey) -> str:
    return msgspec.json.encode(keys.StoredKeys(list(found))).decode()


def _kids(document: str) -> list[str]:
    return [key.kid for key in msgspec.json.decode(document, type=keys.StoredKeys).keys]


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of a size that is made quickly."""
    make = keys.generate
    monkeypatch.setattr(keys, "generate", lambda created_at: make(created_at, 2048))


@pytest.mark.parametrize(
    ("ages", "kept"),
    [
        ([90], ["k0"]),
        ([0], ["k0"]),
        ([90, 180], ["k0"]),  # the older one was followed 90 days ago: nothing it signed is valid any more
        ([5, 95], ["k0", "k1"]),  # rotated by hand five days ago: the older one's refresh tokens are still out
        ([30, 120], ["k0", "k1"]),
        ([31, 120], ["k0"]),
        ([1, 2, 3], ["k0", "k1", "k2"]),
    ],
)
def test_a_key_stays_for_as_long_as_a_token_may_name_it(ages: list[int], kept: list[str]) -> None:
    present = [_key(f"k{index}", age) for index, age in enumerate(ages)]
    fresh, *others = _kids(service.renewed_keys(_document(*present), NOW))
    assert others == kept
    assert fresh not in {key.kid for key in present}


@pytest.mark.parametrize("document", [None, "", "a made-up password", "{}", '{"keys": 1}'])
def test_a_new_secret_starts_with_one_key(document: str | None) -> None:
    assert len(_kids(service.renewed_keys(document, NOW))) == 1


def test_the_four_steps_bring_the_new_key_in() -> None:
    store = Memory("a made-up password")
    store.ask_for("v1")
    for step in ("createSecret", "setSecret", "testSecret"):
        service.rotate(store, SECRET, PUBLIC, "v1", step, NOW)
        assert store.read(SECRET, "AWSCURRENT") == "a made-up password", "nothing is current before it was tested"
    service.rotate(store, SECRET, PUBLIC, "v1", "finishSecret", NOW)
    assert len(_kids(store.read(SECRET, "AWSCURRENT") or "")) == 1


def test_public_parts_are_published_before_the_new_key_signs_and_nothing_private_with_them() -> None:
    first = keys.generate(NOW.isoformat())
    store = Memory(_document(first))
    assert service.publish(store, SECRET, PUBLIC)
    assert set(keys.parse(store.public or "")) == {first.kid}
    store.ask_for("v1")
    for step in ("createSecret", "setSecret"):
        service.rotate(store, SECRET, PUBLIC, "v1", step, NOW + timedelta(days=90))
    waiting = _kids(store.read(SECRET, "AWSPENDING", "v1") or "")
    assert set(keys.parse(store.public or "")) == set(waiting)
    assert len(waiting) == 2
    assert set(msgspec.json.decode(store.public or "")["keys"][0]) == {"kty", "use", "alg", "kid", "n", "e"}, "no private member"
    service.rotate(store, SECRET, PUBLIC, "v1", "setSecret", NOW)
    assert store.public_writes == 2, "the same again is not written again"


@pytest.mark.parametrize("document", [None, "a made-up password", "{}"])
def test_where_there_are_no_keys_nothing_is_published(document: str | None) -> None:
    store = Memory(document)
    assert not service.publish(store, SECRET, PUBLIC)
    assert store.public is None


def test_a_step_that_is_repeated_makes_no_second_key() -> None:
    store = Memory(_document(_key("k0", 90)))
    store.ask_for("v1")
    service.rotate(store, SECRET, PUBLIC, "v1", "createSecret", NOW)
    first = store.read(SECRET, "AWSPENDING", "v1")
    service.rotate(store, SECRET, PUBLIC, "v1", "createSecret", NOW)
    assert store.read(SECRET, "AWSPENDING", "v1") == first
    service.rotate(store, SECRET, PUBLIC, "v1", "finishSecret", NOW)
    service.rotate(store, SECRET, PUBLIC, "v1", "finishSecret", NOW)
    assert store.read(SECRET, "AWSCURRENT") == first


def test_a_new_version_that_cannot_sign_is_never_made_current() -> None:
    store = Memory(_document(_key("k0", 90)))
    store.ask_for("v1")
    store.write(SECRET, _document(_key("broken", 0)), "AWSPENDING", "v1")
    with pytest.raises((service.RotationError, ValueError)):
        service.rotate(store, SECRET, PUBLIC, "v1", "testSecret", NOW)


@pytest.mark.parametrize(("version", "step"), [("unknown", "createSecret"), ("v1", "dance")])
def test_what_does_not_fit_is_refused(version: str, step: str) -> None:
    store = Memory(_document(_key("k0", 90)))
    store.ask_for("v1")
    with pytest.raises(service.RotationError):
        service.rotate(store, SECRET, PUBLIC, version, step, NOW)


def test_first_values_are_given_once() -> None:
    store = Memory("a made-up password")
    assert service.fill(store, ["mycrypto/dev/webhooks"]) == ["mycrypto/dev/webhooks"]
    first = store.read("", "AWSCURRENT")
    assert set(msgspec.json.decode(first or "", type=dict[str, str])) == {"bank", "chain"}
    assert service.fill(store, ["mycrypto/dev/webhooks"]) == []
    assert store.read("", "AWSCURRENT") == first


def test_secrets_of_others_are_not_filled() -> None:
    with pytest.raises(service.RotationError):
        service.fill(Memory(), ["mycrypto/dev/wallet"])
