"""Whatever is sent, the answer is a refusal with a code: no decoder of identity falls over."""

from __future__ import annotations

import base64
import json
from uuid import UUID

import msgspec
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from hypothesis import given
from hypothesis import strategies as st

from functions.auth import multipart, rules
from functions.auth.models import ApiKeyRequest, LoginRequest, RegisterRequest
from mycrypto import queue, telemetry
from mycrypto.errors import ProblemError
from mycrypto.http.api import Api
from mycrypto.proxies import Proxy
from mycrypto.security import keys, tokens
from mycrypto.security.bearer import Call, authorize
from mycrypto.security.tokens import Identity
from tests.unit.security.tables import operation

_KEY = keys.generate("2026-01-01T00:00:00Z", bits=2048)
_SECRET = {"keys": [msgspec.to_builtins(_KEY)]}
_RING = keys.public_keys(_SECRET)
_USER = Identity(UUID(int=1), "a@example.com")
_GOOD = tokens.sign_access(keys.signing_key(_SECRET), _USER, session_id=UUID(int=2), now_ms=1_800_000_000_000).text


def _refused(token: str) -> bool:
    try:
        tokens.verify_access(token, _RING, now_s=1_800_000_000)
    except ProblemError as refusal:
        return refusal.kind.code == "INVALID_TOKEN"
    return False


@given(st.text(max_size=300))
def test_no_text_is_a_token(text: str) -> None:
    assert _refused(text)


@given(st.lists(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5), min_size=2, max_size=2))
def test_no_forged_header_and_payload_is_a_token(parts: list[object]) -> None:
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    assert _refused(".".join([*encoded, "c2ln"]))


@given(st.integers(0, len(_GOOD) - 2), st.sampled_from("ABCabc012-_."))
def test_a_changed_letter_spoils_a_token(place: int, letter: str) -> None:
    changed = _GOOD[:place] + letter + _GOOD[place + 1 :]
    assert changed == _GOOD or _refused(changed)


@given(st.none() | st.text(max_size=100))
def test_the_authorizer_refuses_whatever_header_comes(header: str | None) -> None:
    call = Call("GET", "/api/wallet/balances", header)
    with pytest.raises(ProblemError):
        authorize(call, _RING, lambda _: [None] * 4, on_outage=lambda: None)


@given(
    st.binary(max_size=500),
    st.sampled_from(["", "; boundary=x", "; boundary=", '; boundary="x', "; boundary=x; boundary=y", "; charset=\xff"]),
)
def test_a_form_is_read_or_refused(body: bytes, rest: str) -> None:
    try:
        form = multipart.parse(f"multipart/form-data{rest}", body)
    except ProblemError:
        return
    assert form.fields or form.files


@given(st.binary(max_size=200))
def test_parts_of_a_form_come_out_as_they_went_in(content: bytes) -> None:
    content = content.replace(b"--xyz", b"")
    body = b'--xyz\r\nContent-Disposition: form-data; name="f"; filename="a.jpg"\r\n\r\n' + content + b"\r\n--xyz--\r\n"
    assert multipart.parse("multipart/form-data; boundary=xyz", body).files["f"].content == content


@given(st.text(max_size=300))
def test_addresses_and_passwords_are_judged_whatever_they_are(text: str) -> None:
    email = rules.normal_email(text)
    assert rules.email_problem(email) is None or isinstance(rules.email_problem(email), str)
    rules.password_problem(text)


_api = Api(
    telemetry.logger("fuzz"),
    telemetry.Meter("fuzz"),
    [
        (operation("post", f"/fuzz/{number}"), lambda request, kind=kind: {"read": str(request.json(kind))})
        for number, kind in enumerate((RegisterRequest, LoginRequest, ApiKeyRequest))
    ],
    proxy=Proxy("X-Forwarded-For", 2),
)

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(
    number=st.integers(0, 3),
    body=st.none()
    | st.text(max_size=200)
    | _JSON.map(json.dumps)
    | st.dictionaries(st.sampled_from(["email", "password", "label", "scopes"]), _JSON).map(json.dumps),
    headers=st.none()
    | st.dictionaries(st.sampled_from(["content-type", "X-Request-ID", "X-Forwarded-For"]), st.none() | st.text(max_size=50)),
    method=st.sampled_from(["POST", "GET", "", "BREW"]),
    encoded=st.booleans(),
)
def test_whatever_event_comes_there_is_an_answer(
    number: int, body: str | None, headers: dict[str, str | None] | None, method: str, encoded: bool
) -> None:
    sent: dict[str, str | None] = {"content-type": "application/json"}
    event = {
        "httpMethod": method,
        "path": f"/fuzz/{number}",
        "body": body,
        "headers": sent | (headers or {}),
        "requestContext": {"identity": None, "requestId": None, "stage": "v1", "path": f"/v1/fuzz/{number}"},
        "isBase64Encoded": encoded,
    }
    answer = _api(event, LambdaContext())
    assert answer["statusCode"] in {200, 400, 404, 405, 413, 415}


@given(st.text(max_size=200) | _JSON.map(json.dumps))
def test_no_text_is_a_queue_message(body: str) -> None:
    with pytest.raises(queue.MessageError):
        queue.decode(body)
