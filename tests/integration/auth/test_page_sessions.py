"""A page's session: its refresh token is in a cookie that no script reads, and only a page of this origin gets it."""

from __future__ import annotations

from functions.auth.cookies import NAME
from tests.integration.auth.conftest import PASSWORD, Answer, Identity

PAGE = {"X-MyCrypto-Web": "1", "Sec-Fetch-Site": "same-origin"}


def _login(identity: Identity, headers: dict[str, str] | None = None) -> Answer:
    account = identity.verified()
    return identity.call("POST", "/api/auth/login", {"email": account.email, "password": PASSWORD, "session": "cookie"}, headers=headers)


def _refresh(identity: Identity, cookie: str, headers: dict[str, str] | None = None) -> Answer:
    return identity.call(
        "POST", "/api/auth/refresh", {"session": "cookie"}, headers={"Cookie": cookie} | (PAGE if headers is None else headers)
    )


def _cookie(answer: Answer) -> str:
    return answer.headers["Set-Cookie"].partition(";")[0]


def test_a_page_gets_its_refresh_token_in_a_cookie_alone(identity: Identity) -> None:
    answer = _login(identity, PAGE)
    assert answer.status == 200
    assert "refresh_token" not in answer.body
    name, _, attributes = answer.headers["Set-Cookie"].partition(";")
    assert name.startswith(f"{NAME}=ey")
    assert attributes == " HttpOnly; Secure; SameSite=Strict; Path=/api/auth; Max-Age=2592000"


def test_a_refresh_rotates_the_cookie(identity: Identity) -> None:
    first = _cookie(_login(identity, PAGE))
    answer = _refresh(identity, f"theme=dark; {first}")
    assert (answer.status, "refresh_token" in answer.body) == (200, False)
    assert _cookie(answer) != first
    assert identity.call("GET", "/api/auth/profile", token=answer.body["access_token"]).status == 200


def test_nothing_but_a_page_of_this_origin_gets_or_uses_the_cookie(identity: Identity) -> None:
    assert _login(identity).code == "FORBIDDEN"
    assert _login(identity, PAGE | {"Sec-Fetch-Site": "cross-site"}).code == "FORBIDDEN"
    cookie = _cookie(_login(identity, PAGE))
    assert _refresh(identity, cookie, {}).code == "FORBIDDEN"
    assert _refresh(identity, cookie, PAGE | {"Sec-Fetch-Site": "same-site"}).code == "FORBIDDEN"
    assert _refresh(identity, cookie).status == 200


def test_a_cookie_that_is_missing_or_comes_twice_opens_nothing(identity: Identity) -> None:
    cookie = _cookie(_login(identity, PAGE))
    assert _refresh(identity, "theme=dark").code == "INVALID_TOKEN"
    assert _refresh(identity, f"{cookie}; {NAME}=other").code == "INVALID_TOKEN"
    body = {"session": "cookie", "refresh_token": "x"}
    assert identity.call("POST", "/api/auth/refresh", body, headers=PAGE | {"Cookie": cookie}).code == "VALIDATION_ERROR"
    assert identity.call("POST", "/api/auth/refresh", {}).code == "VALIDATION_ERROR"


def test_a_page_that_logs_out_loses_its_cookie(identity: Identity) -> None:
    answer = _login(identity, PAGE)
    left = identity.call("POST", "/api/auth/logout", {}, token=answer.body["access_token"], headers=PAGE)
    assert left.headers["Set-Cookie"] == f"{NAME}=; HttpOnly; Secure; SameSite=Strict; Path=/api/auth; Max-Age=0"
    assert _refresh(identity, _cookie(answer)).code == "INVALID_TOKEN"
