"""A proof of identity: applied for with pictures, scanned, claimed and approved by staff, and worth higher limits."""

from __future__ import annotations

import secrets
from typing import Final

import aiohttp

from mycrypto_local.client import JSON, ApiError, Trader
from mycrypto_local.full_demo.stage import Stage

NAME: Final = ("Elif", "Demir")
PHONE: Final = "+905321234567"
_PICTURE: Final = b"\xff\xd8\xff\xe0" + b"demo" * 500


def national_id() -> str:
    """A number with right check digits that hardly anyone else uses."""
    digits = [1, *(secrets.randbelow(10) for _ in range(8))]
    digits.append((7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10)
    digits.append(sum(digits) % 10)
    return "".join(map(str, digits))


async def play(stage: Stage) -> Trader:
    """Returns the user, who has level 2 then."""
    elif_ = await stage.join("Elif")
    before = await elif_.call("GET", "/api/auth/kyc/limits")
    applied = await stage.step("Elif applies with three pictures", _apply(stage, elif_), "PENDING")

    async def pictures() -> set[str]:
        status = await elif_.call("GET", "/api/auth/kyc/status")
        return {document["status"] for document in status["documents"]}

    await stage.step("… which are scanned for viruses", stage.until(pictures, lambda seen: seen == {"CLEAN"}), "queue, worker, scanner")

    async def state() -> str:
        return str((await elif_.call("GET", "/api/auth/kyc/status"))["status"])

    await stage.step(
        "… and the register knows the person", stage.until(state, lambda seen: seen == "IN_REVIEW"), "national id, name, year of birth"
    )
    path = f"/api/auth/admin/kyc/{applied['id']}"
    await stage.step("the first of staff claims the application", stage.first.call("POST", f"{path}/claim"), "for half an hour")
    await stage.refused("a second reviewer of a claimed application", stage.second.call("POST", f"{path}/claim"), "KYC_CLAIMED")
    seen = await stage.step("… looks at it", stage.first.call("GET", path), "pictures behind links")
    stage.check(len(seen["document_links"]) == 3, "the reviewer has three pictures", seen.keys())
    await stage.step("… and approves it", stage.first.call("POST", f"{path}/decision", {"approve": True}))
    await elif_.refresh()
    after = await stage.step("Elif looks at the limits", elif_.call("GET", "/api/auth/kyc/limits"))
    stage.check(after["level"] == 2 and after != before, "level 2 has higher limits than level 1", after)
    return elif_


async def _apply(stage: Stage, trader: Trader) -> JSON:
    form = aiohttp.FormData()
    fields = {"level": "LEVEL_1", "tc_kimlik_no": national_id(), "first_name": NAME[0], "last_name": NAME[1]}
    for name, value in {**fields, "date_of_birth": "1990-05-06", "phone": PHONE}.items():
        form.add_field(name, value)
    for slot in ("id_front", "id_back", "selfie"):
        form.add_field(slot, _PICTURE, filename=f"{slot}.jpg", content_type="image/jpeg")
    path = "/api/auth/kyc/submit"
    async with stage.api.session.post(path, data=form, headers={"Authorization": f"Bearer {trader.access_token}"}) as response:
        answer: JSON = await response.json(content_type=None)
        if response.status >= 400:
            raise ApiError("POST", path, response.status, answer)
    return answer
