"""The account itself: a trusted device, another address, preferences, sessions, a lost password, a copy of everything, and the end."""

from __future__ import annotations

import secrets

from mycrypto_local import demo_withdrawal
from mycrypto_local.authenticator import Authenticator
from mycrypto_local.client import JSON, Trader
from mycrypto_local.full_demo.stage import Stage


async def play(stage: Stage) -> None:
    zeynep = await stage.join("Zeynep")
    phone = await stage.step("Zeynep switches on a second factor", demo_withdrawal.enrol(zeynep), "authenticator")
    credentials = {"email": zeynep.email, "password": zeynep.password}

    async def log_in_and_trust() -> JSON:
        asked = await stage.api.request("POST", "/api/auth/login", credentials)
        body = {"code": await phone.code(), "challenge_token": asked["challenge_token"], "trust_device": True}
        pair: JSON = await stage.api.request("POST", "/api/auth/2fa/verify", body)
        return pair

    trusted = await stage.step("Zeynep logs in with a code and trusts the device", log_in_and_trust(), "for 30 days")
    again = await stage.step(
        "… and logs in again from it",
        stage.api.request("POST", "/api/auth/login", {**credentials, "device_token": trusted["device_token"]}),
        "no code asked",
    )
    stage.check("access_token" in again, "a trusted device needs no second factor at log-in", again.keys())
    zeynep.access_token, zeynep.refresh_token = again["access_token"], again["refresh_token"]
    devices = await zeynep.call("GET", "/api/auth/trusted-devices")
    stage.check(len(devices["data"]) == 1, "the device is in the list of trusted ones", devices)
    await stage.step("Zeynep forgets the device", zeynep.call("DELETE", f"/api/auth/trusted-devices/{devices['data'][0]['id']}"))
    asked = await stage.api.request("POST", "/api/auth/login", {**credentials, "device_token": trusted["device_token"]})
    stage.check(asked.get("requires_2fa") is True, "a forgotten device needs the code again", asked)

    await stage.step("Zeynep wants mails in English", zeynep.call("PATCH", "/api/auth/profile/preferences", {"locale": "en"}))
    word = {"word": "lavender", "password": zeynep.password}
    await stage.step("… with a word that only we know", zeynep.call("PUT", "/api/auth/profile/anti-phishing-word", word))
    ended = await stage.step("Zeynep ends all other sessions", zeynep.call("DELETE", "/api/auth/sessions"))
    stage.check(ended["ended"] >= 1, "the other sessions are over", ended)

    await stage.step_up(zeynep, phone)
    old, new = zeynep.email, f"new-{zeynep.email}"
    change = {"new_email": new, "password": zeynep.password}
    await stage.step("Zeynep asks for another address", zeynep.call("POST", "/api/auth/email-change", change), "two mails")
    half = await stage.step("… confirms at the old one", _confirm(stage, old))
    stage.check(not half["completed"], "one of two confirmations changes nothing", half)
    whole = await stage.step("… and at the new one", _confirm(stage, new))
    stage.check(whole["completed"], "both addresses have agreed, and the new one is in force", whole)
    stage.check(
        any("lavender" in mail["text"] for mail in await stage.api.mails(old)), "mails repeat the word that the user has chosen", old
    )
    zeynep.email = new

    await stage.step("Zeynep logs in with the new address", _log_in(stage, zeynep, phone), new)
    await stage.step_up(zeynep, phone)
    copy = await stage.step(
        "Zeynep asks for a copy of all data", zeynep.call("POST", "/api/auth/personal-data", {"password": zeynep.password}), "a link"
    )
    stage.check(copy["size"] > 500 and copy["link"].startswith("http"), "the copy is a file behind a link that ends in minutes", copy)
    activity = await stage.step("Zeynep reads what happened to the account", zeynep.call("GET", "/api/auth/activity"))
    stage.check(len(activity["data"]) > 5, "each of these steps is in the list", activity)
    await _forget_password(stage, zeynep, phone)
    await _close(stage, zeynep, phone)


async def _log_in(stage: Stage, trader: Trader, phone: Authenticator) -> None:
    asked = await stage.api.request("POST", "/api/auth/login", {"email": trader.email, "password": trader.password})
    body = {"code": await phone.code(), "challenge_token": asked["challenge_token"]}
    pair = await stage.api.request("POST", "/api/auth/2fa/verify", body)
    trader.access_token, trader.refresh_token = pair["access_token"], pair["refresh_token"]


async def _forget_password(stage: Stage, zeynep: Trader, phone: Authenticator) -> None:
    asked = await stage.step(
        "Zeynep has forgotten the password", stage.api.request("POST", "/api/auth/password/reset", {"email": zeynep.email}), "a mail"
    )
    other = await stage.api.request("POST", "/api/auth/password/reset", {"email": f"none-{zeynep.email}"})
    stage.check(asked == other, "the answer does not tell whether an address has an account", other)
    zeynep.password = f"Bb2!{secrets.token_urlsafe(12)}"
    body = {"token": await stage.mailed_token(zeynep.email), "new_password": zeynep.password, "confirm_password": zeynep.password}
    await stage.step("… and sets another by the link", stage.api.request("POST", "/api/auth/password/reset", body), "one use, one hour")
    await stage.refused("the same link once more", stage.api.request("POST", "/api/auth/password/reset", body), "RESET_TOKEN_INVALID")
    await stage.refused("a session from before", zeynep.call("GET", "/api/auth/profile"), "UNAUTHORIZED")
    await stage.step("Zeynep logs in with the new password", _log_in(stage, zeynep, phone))


async def _close(stage: Stage, zeynep: Trader, phone: Authenticator) -> None:
    await stage.step_up(zeynep, phone)
    await stage.step(
        "Zeynep closes the account", zeynep.call("POST", "/api/auth/closure", {"password": zeynep.password}), "a pseudonym stays"
    )
    body = {"email": zeynep.email, "password": zeynep.password}
    await stage.refused("a log-in to a closed account", stage.api.request("POST", "/api/auth/login", body), "AUTH_001")
    seen = await stage.first.call("GET", f"/api/auth/admin/users/{zeynep.user_id}")
    stage.check(zeynep.email not in str(seen), "what the law keeps of the account has a pseudonym", seen)


async def _confirm(stage: Stage, address: str) -> JSON:
    token = await stage.mailed_token(address)
    answer: JSON = await stage.api.request("POST", "/api/auth/email-change/confirm", {"token": token})
    return answer
