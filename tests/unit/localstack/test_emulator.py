"""What we change about the AWS emulator when we start it."""

from __future__ import annotations

from typing import Any

import pytest
from ministack.services import apigateway_v1

from mycrypto_local.emulator import match_whole_arns

API = "arn:aws:execute-api:eu-central-1:000000000000:abc/v1"


def policy(effect: str, resource: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}]}


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize("part", ["x", "a\nb", "\n", "x\n", "a\x0cb\u2028c"])
def test_what_an_authorizer_says_of_a_stage_holds_for_any_path(monkeypatch: pytest.MonkeyPatch, part: str, effect: str) -> None:
    monkeypatch.setattr(apigateway_v1, "_arn_matches", apigateway_v1._arn_matches)  # it is put back behind the test
    match_whole_arns()
    assert apigateway_v1._evaluate_policy(policy(effect, f"{API}/*"), f"{API}/PUT/api/auth/admin/users/{part}/tier") == effect


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (f"{API}/GET/*", "PUT/x"),
        (f"{API}/GET/x", "GET/x\n"),
        (f"{API}/GET/x.y", "GET/xzy"),
        (f"{API}/GET/?", "GET/xy"),
        ("arn:aws:execute-api:eu-central-1:000000000000:other/*", "GET/x"),
    ],
)
def test_it_holds_for_nothing_else(monkeypatch: pytest.MonkeyPatch, resource: str, path: str) -> None:
    monkeypatch.setattr(apigateway_v1, "_arn_matches", apigateway_v1._arn_matches)
    match_whole_arns()
    assert apigateway_v1._evaluate_policy(policy("Allow", resource), f"{API}/{path}") == "NoMatch"
