"""``mycrypto keys create``: an API key for a program on this machine, with its user and, where wanted, money, in one step."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from mycrypto import networks
from mycrypto_local import addresses
from mycrypto_local.actors import Exchange
from mycrypto_local.client import PATIENCE_SECONDS, Api, ApiError, Trader
from mycrypto_local.running import NotRunningError, Running

SCOPES: Final = ["read", "trade"]

keys = typer.Typer(help="API keys for programs on this machine.", no_args_is_help=True)
console = Console(highlight=False)


@dataclass(frozen=True, slots=True)
class NewKey:
    """``secret`` is shown once, here. ``password`` is that of a user who was made with the key, else ""."""

    email: str
    password: str
    api_key: str
    secret: str
    base_url: str
    binance_url: str


async def make_key(running: Running, trader: Trader, funds: dict[str, str], *, registered: bool, public_key: str = "") -> NewKey:
    """A key that reads and trades, for this user, who is made and funded first unless ``registered``."""
    exchange = Exchange(trader.api, running.webhooks)
    if not registered:
        await trader.register()
        await trader.verify_email()
    await trader.login()
    for currency, amount in funds.items():
        await exchange.deposit_crypto(trader, currency, amount)
    for currency, amount in funds.items():
        await exchange.wait_until_tradable(trader, currency, Decimal(amount))
    body: dict[str, Any] = {"label": "mycrypto keys create", "scopes": SCOPES, "password": trader.password}
    if public_key:
        body["public_key"] = " ".join(public_key.split())  # the API takes a PEM text on one line
    made = await trader.call("POST", "/api/auth/api-keys", body)
    return NewKey(
        trader.email,
        "" if registered else trader.password,
        made["key_id"],
        made["secret"],
        running.base_url,
        addresses.binance_url(running.ports),
    )


def _funds(wanted: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in wanted:
        currency, _, amount = each.partition("=")
        try:
            is_good = currency.upper() in networks.CURRENCIES and Decimal(amount) > 0
        except InvalidOperation:
            is_good = False
        if not is_good:
            raise typer.BadParameter(f"{each} is not CURRENCY=AMOUNT of {', '.join(networks.CURRENCIES)}")
        found[currency.upper()] = amount
    return found


@keys.command("create")
def create(
    email: Annotated[str, typer.Option(help="The user's address; a new user is registered with it.")],
    *,
    password: Annotated[str, typer.Option(help="Of a user who is registered already.")] = "",
    fund: Annotated[list[str], typer.Option(help="Deposit so much first, such as BTC=1; may be repeated.")] = [],  # noqa: B006 - typer reads it
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """Make an API key that may read and trade, for programs that speak the own or the Binance-compatible API."""
    funds = _funds(fund)

    async def run() -> NewKey:
        running = Running.load()
        async with Api(running.base_url, patience_seconds=PATIENCE_SECONDS) as api:
            stranger = Exchange(api, running.webhooks).stranger("key")
            trader = Trader(api, email, password or stranger.password)
            return await make_key(running, trader, funds, registered=bool(password))

    try:
        key = asyncio.run(run())
    except (ApiError, NotRunningError, TimeoutError) as error:
        hint = " (name its --password)" if "EMAIL_ALREADY_EXISTS" in str(error) else ""
        Console(stderr=True, highlight=False).print(f"[red]failed:[/red] {error}{hint}")
        raise typer.Exit(1) from None
    if as_json:
        print(json.dumps(asdict(key)))
        return
    if key.password:
        console.print(f"registered {key.email} with the password [bold]{key.password}[/bold]")
    console.print(f"API key  [bold]{key.api_key}[/bold]\nsecret   [bold]{key.secret}[/bold]  (it is not shown again)")
    console.print(f"own API  {key.base_url}/api/v1\nBinance-compatible API  {key.binance_url}  (docs/binance.md)", soft_wrap=True)
