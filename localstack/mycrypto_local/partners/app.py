"""The partners over HTTP, below ``/local/bank``, ``/local/chain`` and ``/local/register`` of the front door; what the workers call, and what drives them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mycrypto_local.partners import bank as bank_module
from mycrypto_local.partners import chain as chain_module
from mycrypto_local.partners import register as register_module
from mycrypto_local.partners.bank import Bank, BrokenError, ConflictError, NoAnswerError
from mycrypto_local.partners.chain import Chain, SignerRefusedError
from mycrypto_local.partners.ledger import Ledger
from mycrypto_local.partners.register import PopulationRegister

HANG_SECONDS: Final = 30.0
"""Longer than any caller waits."""
BODY_BYTES_MAX: Final = 64 * 1024
BEHAVIOURS: Final = {
    "bank": tuple(bank_module.Behaviour),
    "chain": tuple(chain_module.Behaviour),
    "signer": tuple(chain_module.SIGNER_BEHAVIOURS),
    "register": tuple(register_module.Behaviour),
}


class _Raw(msgspec.Struct):
    raw: bytes


class _Plan(msgspec.Struct):
    behaviour: str
    count: int = 1
    partner: str = ""


class _Settlement(msgspec.Struct):
    key: str
    outcome: str


class _Receipt(msgspec.Struct):
    key: str
    currency: str
    amount: str


class _Fee(msgspec.Struct):
    currency: str
    fee: str


def _answer(document: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(document), status, media_type="application/json")


def create_app(ledger: Ledger, *, hang: Callable[[], Awaitable[None]] | None = None) -> Starlette:
    """``hang`` is what a request does whose partner does not answer."""
    bank, chain, register = Bank(ledger), Chain(ledger), PopulationRegister(ledger)

    async def no_answer() -> None:
        await asyncio.sleep(HANG_SECONDS)

    async def done(work: Callable[[], Any]) -> Response:
        try:
            found = await asyncio.to_thread(work)
        except NoAnswerError:
            await (hang or no_answer)()
            return _answer({"error": "no answer"}, 504)
        except BrokenError:
            return _answer({"error": "internal"}, 500)
        except ConflictError:
            return _answer({"reason": "KEY_USED_FOR_ANOTHER"}, 422)
        except SignerRefusedError as refused:
            return _answer({"reason": str(refused)}, 422)
        return _answer({"error": "not found"}, 404) if found is None else _answer(found)

    async def body(request: Request, kind: Any) -> Any:
        raw = await request.body()
        if len(raw) > BODY_BYTES_MAX:
            raise ValueError("too large")
        return msgspec.json.decode(raw, type=kind)

    def key_of(request: Request) -> str:
        key = request.headers.get("idempotency-key", "")
        if not key:
            raise ValueError("Idempotency-Key is missing")
        return key

    def taken(handle: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def checked(request: Request) -> Response:
            try:
                return await handle(request)
            except (ValueError, KeyError) as error:  # msgspec's errors are ValueErrors
                return _answer({"error": str(error)}, 400)

        return checked

    def partner_of(request: Request) -> str:
        return "bank" if request.url.path.startswith("/local/bank") else "chain"

    async def pay(request: Request) -> Response:
        key, instruction = key_of(request), await body(request, dict[str, Any])
        return await done(lambda: bank.pay(key, instruction))

    async def find_payment(request: Request) -> Response:
        return await done(lambda: bank.find(request.query_params["key"]))

    async def statement(request: Request) -> Response:
        return await done(lambda: {"data": bank.statement(request.query_params.get("key", ""))})

    async def outgoing(request: Request) -> Response:
        work = bank.outgoing if partner_of(request) == "bank" else chain.outgoing
        return await done(lambda: {"data": work()})

    async def balances(request: Request) -> Response:
        work = bank.balances if partner_of(request) == "bank" else chain.balances
        return await done(lambda: {"data": work()})

    async def receive(request: Request) -> Response:
        came = await body(request, _Receipt)
        try:
            Decimal(came.amount)
        except InvalidOperation:
            raise ValueError(f"no amount: {came.amount}") from None
        await asyncio.to_thread(ledger.receive, partner_of(request), came.key, came.currency, came.amount)
        return _answer({})

    async def sign(request: Request) -> Response:
        key, spending = key_of(request), await body(request, dict[str, Any])
        return await done(lambda: chain.sign(key, spending))

    async def broadcast(request: Request) -> Response:
        raw = (await body(request, _Raw)).raw
        return await done(lambda: chain.broadcast(request.path_params["currency"], request.query_params["network"], raw))

    async def find_transaction(request: Request) -> Response:
        asked, network = request.path_params, request.query_params["network"]
        return await done(lambda: chain.find(asked["currency"], network, asked["tx_hash"]))

    async def fees(_: Request) -> Response:
        return await done(lambda: {"data": chain.fees()})

    async def set_fee(request: Request) -> Response:
        wanted = await body(request, _Fee)
        chain.set_fee(wanted.currency, wanted.fee)
        return _answer({"data": chain.fees()})

    async def mined(_: Request) -> Response:
        return await done(lambda: {"data": chain.mined()})

    async def plan(request: Request) -> Response:
        wanted = await body(request, _Plan)
        partner = wanted.partner or partner_of(request)
        if wanted.behaviour not in BEHAVIOURS.get(partner, ()):
            known = ", ".join(f"{name}: {' '.join(BEHAVIOURS[name])}" for name in BEHAVIOURS)
            raise ValueError(f"{partner} does not behave so ({wanted.behaviour}); there are {known}")
        ledger.plan(partner, wanted.behaviour, min(wanted.count, 1_000))
        return _answer({"partner": partner, "behaviour": wanted.behaviour, "count": wanted.count})

    async def settle(request: Request) -> Response:
        wanted = await body(request, _Settlement)
        work = bank.settle if partner_of(request) == "bank" else chain.settle
        return await done(lambda: {"settled": work(wanted.key, wanted.outcome)})

    async def report(request: Request) -> Response:
        document = msgspec.json.encode(await body(request, dict[str, Any])).decode()
        place = await asyncio.to_thread(ledger.report, partner_of(request), document)
        return _answer({"place": place})

    async def reports(request: Request) -> Response:
        after = request.query_params.get("after", "") or "0"
        rows = await asyncio.to_thread(ledger.reports, partner_of(request), int(after))
        return _answer({"data": [msgspec.Raw(text.encode()) for _, text in rows], "next": str(rows[-1][0] if rows else after)})

    async def verify(request: Request) -> Response:
        asked = await body(request, register_module.Question)
        return await done(lambda: register.verify(asked))

    routes = (
        ("/local/register/verifications", "POST", verify),
        ("/local/bank/outgoing", "GET", outgoing),
        ("/local/chain/outgoing", "GET", outgoing),
        ("/local/bank/balances", "GET", balances),
        ("/local/chain/balances", "GET", balances),
        ("/local/bank/receipts", "POST", receive),
        ("/local/chain/receipts", "POST", receive),
        ("/local/bank/reports", "POST", report),
        ("/local/bank/reports", "GET", reports),
        ("/local/chain/reports", "POST", report),
        ("/local/chain/reports", "GET", reports),
        ("/local/bank/payments", "POST", pay),
        ("/local/bank/payments", "GET", find_payment),
        ("/local/bank/statement", "GET", statement),
        ("/local/bank/plan", "POST", plan),
        ("/local/bank/settle", "POST", settle),
        ("/local/chain/signatures", "POST", sign),
        ("/local/chain/fees", "GET", fees),
        ("/local/chain/fees", "POST", set_fee),
        ("/local/chain/mined", "GET", mined),
        ("/local/chain/plan", "POST", plan),
        ("/local/chain/settle", "POST", settle),
        ("/local/chain/{currency}/transactions", "POST", broadcast),
        ("/local/chain/{currency}/transactions/{tx_hash}", "GET", find_transaction),
    )
    return Starlette(routes=[Route(path, taken(handle), methods=[method]) for path, method, handle in routes])
