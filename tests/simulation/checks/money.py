"""Ledger, wallets, bank and engine say the same of the same money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from mycrypto.contracts.events import Trade
from mycrypto.money import from_numeric
from mycrypto.withdrawals.payouts import payout_key
from tests.simulation.checks.trading import Truth
from tests.simulation.clients import FUNDS, TRADERS, Memory
from tests.simulation.world import World

CONSUMERS = ("settlement", "history")


def consumers_have_everything(world: World, truth: Truth) -> Iterator[str]:
    for consumer in CONSUMERS:
        seq = world.server.tables.watermarks.get((consumer, 0), 0)
        if seq != truth.end:
            yield f"{consumer} is at event {seq}, the core is at {truth.end}"


def ledger_adds_up(world: World) -> Iterator[str]:
    sums: defaultdict[str, int] = defaultdict(int)
    for (kind, owner, currency), units in world.server.tables.accounts.items():
        sums[currency] += units
        if kind in {"spot", "transit"} and units < 0:
            yield f"the ledger's {kind} account of {owner} has {units} {currency}"
    yield from (f"the ledger's accounts of {currency} sum to {units}" for currency, units in sums.items() if units)


def wallets_are_the_engine(world: World, truth: Truth) -> Iterator[str]:
    tables = world.server.tables
    for user_id, user in truth.replica.state.users.items():
        for asset, balance in user.balances.items():
            key = (user_id.hex(), asset)
            wallet = tables.wallets.get(key, (0, 0, 0))[:2]
            if wallet != (balance.available, balance.locked):
                yield f"the wallet of {key} is {wallet}, the engine has {(balance.available, balance.locked)}"
            spot = tables.accounts.get(("spot", *key), 0)
            if spot != balance.available + balance.locked:
                yield f"the ledger's spot account of {key} has {spot}, the engine {balance.available + balance.locked}"


def nothing_is_on_its_way(world: World) -> Iterator[str]:
    for (kind, owner, currency), units in world.server.tables.accounts.items():
        if kind == "transit" and units:
            yield f"{units} {currency} of {owner} are in transit for ever"


def deposits_arrived_once(world: World, memory: Memory) -> Iterator[str]:
    tables, bank = world.server.tables, world.bank
    received = sum(units for name, units in bank.received.items() if name in memory.reported)
    if len(tables.bank_transfers) != len(bank.received):
        yield f"{len(bank.received)} transfers arrived at the bank, {len(tables.bank_transfers)} are known here"
    credited = sum(
        from_numeric(transfer["amount"])
        for transfer in tables.transfers.values()
        if transfer["reference_type"] == "DEPOSIT_REQUEST" and transfer["status"] == "APPLIED"
    )
    if credited != received + FUNDS * len(TRADERS) * 2:
        yield f"{received} were received, {credited - FUNDS * len(TRADERS) * 2} credited"


def withdrawals_are_paid_or_given_back(world: World, memory: Memory) -> Iterator[str]:
    tables, bank = world.server.tables, world.bank
    for withdrawal_id in sorted(memory.withdrawn - tables.withdrawals.keys(), key=str):
        yield f"withdrawal {withdrawal_id} was acknowledged and is lost"
    for withdrawal_id in sorted(memory.not_withdrawn & tables.withdrawals.keys(), key=str):
        yield f"withdrawal {withdrawal_id} was answered as not done and is there"
    for row in tables.withdrawals.values():
        paid = bank.is_paid(payout_key(row.id))
        if row.status not in {"COMPLETED", "FAILED", "REJECTED", "CANCELLED"}:
            yield f"withdrawal {row.id} is {row.status} at the end"
        elif paid != (row.status == "COMPLETED"):
            yield f"withdrawal {row.id} is {row.status}, and the bank has {'' if paid else 'not '}paid it"
    if strangers := {key for key in bank.orders if UUID(key.removeprefix("payout:")) not in tables.withdrawals}:
        yield f"the bank was asked for payouts that no user asked for: {sorted(strangers)}"


def custody_is_what_the_bank_has(world: World) -> Iterator[str]:
    custody = -world.server.tables.accounts.get(("custody:bank", UUID(int=0).hex, "TRY"), 0)
    bank = world.bank
    held = FUNDS * len(TRADERS) + sum(bank.received.values()) - bank.paid
    if custody != held:
        yield f"the ledger says that the bank holds {custody}, it holds {held}"


def history_is_the_core(world: World, truth: Truth) -> Iterator[str]:
    tables = world.server.tables
    rows = sorted((row["number"], row["status"], row["filled"], row["value"], row["fee"]) for row in tables.orders.values())
    wanted = sorted((o.number, o.status.name, o.filled, o.value, o.fee) for o in truth.views.orders.all())
    if rows != wanted:
        yield "the history's orders are not the core's"
    trades = sorted((row["number"], row["quantity"]) for row in tables.trades.values())
    if trades != sorted((seq, event.quantity) for seq, event in truth.events.items() if isinstance(event, Trade)):
        yield "the history's trades are not the core's"
