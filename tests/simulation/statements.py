"""What the statements of settlement, history, outbox and payouts do to the tables."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from mycrypto.money import from_numeric, to_numeric
from mycrypto.outbox import Waiting
from mycrypto.withdrawals.payouts import PayoutRow
from mycrypto.withdrawals.rows import WithdrawalRow
from mycrypto.withdrawals.transitions import Status
from tests.simulation.database import Tables, statement

STATUS_ORDER = ("PENDING_TRIGGER", "TRIGGERED", "OPEN", "PARTIALLY_FILLED", "FILLED", "CANCELLED", "REJECTED", "EXPIRED")


def items(array: str) -> list[str]:
    """The texts of an array literal."""
    return array[1:-1].split(",") if len(array) > 2 else []


def texts(array: str) -> list[str]:
    """The texts of an array literal whose elements are quoted: only quotation marks and backslashes are, as in JSON."""
    return msgspec.json.decode(f"[{array[1:-1]}]", type=list[str])


def numbers(array: str) -> list[int | None]:
    return [None if text == "NULL" else int(text) for text in items(array)]


# what consumers of the event log note


@statement("SELECT seq FROM projection_watermark")
def _watermark(tables: Tables, values: Any) -> list[Any]:
    return [(tables.watermarks[values],)] if values in tables.watermarks else []


@statement("INSERT INTO projection_watermark")
def _first_watermark(tables: Tables, values: Any) -> int:
    tables.watermarks.setdefault(values[:2], 0)
    return 1


@statement("UPDATE projection_watermark")
def _move_watermark(tables: Tables, values: Any) -> int:
    seq, _, consumer, shard = values
    tables.watermarks[consumer, shard] = seq
    return 1


# settlement


@statement("INSERT INTO wallets")
def _wallets(tables: Tables, values: Any) -> int:
    _, users, currencies, available, locked, seqs, _ = values
    for user, currency, free, held, seq in zip(
        items(users), items(currencies), numbers(available), numbers(locked), numbers(seqs), strict=True
    ):
        known = tables.wallets.get((user, currency))
        if known is None or known[2] < (seq or 0):
            tables.wallets[user, currency] = (free or 0, held or 0, seq or 0)
    return 1


@statement("INSERT INTO market_prices")
def _price(tables: Tables, values: Any) -> int:
    tables.prices[values[0]] = values[1]
    return 1


@statement("SELECT transfer_id, user_id, currency, amount, fee, purpose, reference_type, reference_id, description, status FROM transfers")
def _transfers(tables: Tables, values: Any) -> list[Any]:
    wanted = sorted(each for each in values[0] if each in tables.transfers)
    names = ("user_id", "currency", "amount", "fee", "purpose", "reference_type", "reference_id", "description", "status")
    return [(each, *(tables.transfers[each][name] for name in names)) for each in wanted]


@statement("INSERT INTO transfers")
def _ask_transfer(tables: Tables, values: Any) -> int:
    names = ("user_id", "currency", "amount", "fee", "purpose", "reference_type", "reference_id", "description")
    tables.transfers[values[0]] = dict(zip(names, values[1:], strict=True)) | {"status": "ASKED"}
    return 1


@statement("UPDATE transfers SET status = 'APPLIED'")
def _applied(tables: Tables, values: Any) -> int:
    for transfer_id in values[0]:
        tables.transfers[transfer_id] = tables.transfers[transfer_id] | {"status": "APPLIED"}
    return len(values[0])


@statement("UPDATE transfers SET status = 'REFUSED'")
def _refused(tables: Tables, values: Any) -> int:
    _, code, transfer_id = values
    tables.transfers[transfer_id] = tables.transfers[transfer_id] | {"status": "REFUSED", "code": code}
    return 1


@statement("SELECT currency, sum(balance) FROM ledger_accounts WHERE kind = 'spot'")
def _spot_sums(tables: Tables, _: Any) -> list[Any]:
    return _sums((currency, units) for (kind, _, currency), units in tables.accounts.items() if kind == "spot")


@statement("SELECT currency, sum(available + locked) FROM wallets")
def _wallet_sums(tables: Tables, _: Any) -> list[Any]:
    return _sums((currency, wallet[0] + wallet[1]) for (_, currency), wallet in tables.wallets.items())


def _sums(pairs: Any) -> list[Any]:
    sums: dict[str, int] = {}
    for currency, units in pairs:
        sums[currency] = sums.get(currency, 0) + units
    return [(currency, to_numeric(units)) for currency, units in sums.items()]


# outbox


@statement("INSERT INTO outbox")
def _outbox(tables: Tables, values: Any) -> int:
    row_id, destination, key, payload = values
    tables.outbox[row_id] = {"destination": destination, "key": key, "payload": payload, "sent": False}
    return 1


@statement("SELECT id, destination, key, payload FROM outbox")
def _oldest(tables: Tables, values: Any) -> list[Any]:
    kind, rows_max = values
    waiting = [(each, row) for each, row in tables.outbox.items() if not row["sent"] and row["destination"].startswith(f"{kind}:")]
    return [Waiting(each, row["destination"], row["key"], row["payload"]) for each, row in waiting[:rows_max]]


@statement("UPDATE outbox SET attempts")
def _sent(tables: Tables, values: Any) -> int:
    for row_id in values[0]:
        tables.outbox[row_id] = tables.outbox[row_id] | {"sent": True}
    return len(values[1])


# withdrawals and payouts


def _withdrawal(tables: Tables, values: Any) -> list[Any]:
    return [tables.withdrawals[values[0]]] if values[0] in tables.withdrawals else []


statement("SELECT id, user_id, kind, currency, amount, platform_fee")(_withdrawal)


@statement("INSERT INTO withdrawals")
def _ask(tables: Tables, values: Any) -> int:
    row = values if isinstance(values, WithdrawalRow) else WithdrawalRow(*values)
    tables.withdrawals[row.id] = row
    return 1


@statement("UPDATE withdrawals SET status = %(to_status)s")
def _move(tables: Tables, values: dict[str, Any]) -> list[Any]:
    row = tables.withdrawals.get(values["withdrawal"])
    if row is None or row.status not in values["origins"]:
        return []
    more = {name: value for name, value in values.items() if name in WithdrawalRow._fields}
    row = tables.withdrawals[row.id] = row._replace(status=values["to_status"], updated_at=values["changed"], **more)
    return [row]


@statement("UPDATE withdrawals SET debited_at")
def _debited(tables: Tables, values: Any) -> list[Any]:
    found = []
    for each in values[0]:
        row = tables.withdrawals.get(each)
        if row is not None and row.debited_at is None:
            approved = row.status == Status.PENDING and not row.requires_approval
            row = row._replace(debited_at=True, status=Status.APPROVED.value if approved else row.status)
            tables.withdrawals[each] = row
            leaves = row.status == Status.APPROVED and row.recipient_id is None
            found.append((row.id, row.user_id, row.currency, row.amount, row.email, leaves))
    return found


@statement("UPDATE withdrawals SET status = 'REJECTED'")
def _rejected(tables: Tables, values: Any) -> list[Any]:
    code, each = values
    row = tables.withdrawals.get(each)
    if row is None or row.status != Status.PENDING:
        return []
    tables.withdrawals[each] = row._replace(status=Status.REJECTED.value, reason=code)
    return [(row.id, row.user_id, row.currency, row.amount, row.email)]


@statement("UPDATE withdrawals SET refund_started_at")
def _refunds(tables: Tables, _: Any) -> list[Any]:
    found = []
    for row in sorted(tables.withdrawals.values(), key=lambda row: row.id):
        if row.status in {"CANCELLED", "REJECTED", "FAILED"} and row.debited_at is not None and row.refund_started_at is None:
            tables.withdrawals[row.id] = row._replace(refund_started_at=True)
            found.append((row.id, row.user_id, row.kind, row.currency, row.amount + row.platform_fee + row.network_fee))
    return found


@statement("UPDATE withdrawals SET status = 'COMPLETED', completed_at = now()")
def _inside(_tables: Tables, _: Any) -> list[Any]:
    return []  # no user sends to another one in these histories


@statement("INSERT INTO payouts")
def _payout(tables: Tables, values: Any) -> int:
    withdrawal_id, key, next_look_at = values
    if withdrawal_id in tables.payouts:
        return 0
    tables.payouts[withdrawal_id] = PayoutRow(withdrawal_id, key, None, None, None, None, 0, None, None, next_look_at, None, None, False)
    return 1


@statement("SELECT withdrawal_id, idempotency_key")
def _find_payout(tables: Tables, values: Any) -> list[Any]:
    return [tables.payouts[values[0]]] if values[0] in tables.payouts else []


@statement("SELECT payout.withdrawal_id, asked.user_id FROM payouts payout")
def _due(tables: Tables, values: Any) -> list[Any]:
    now, rows_max = values
    under_way = {"APPROVED", "PROCESSING", "SIGNING", "BROADCASTING", "BROADCASTED"}
    due = [
        row for row in tables.payouts.values()
        if row.next_look_at is not None and row.next_look_at <= now and tables.withdrawals[row.withdrawal_id].status in under_way
    ]  # fmt: skip
    return [(row.withdrawal_id, tables.withdrawals[row.withdrawal_id].user_id) for row in due[:rows_max]]


def _change(tables: Tables, withdrawal_id: UUID, **changes: Any) -> int:
    tables.payouts[withdrawal_id] = tables.payouts[withdrawal_id]._replace(**changes)
    return 1


@statement("UPDATE payouts SET next_look_at = %s WHERE withdrawal_id = ANY")
def _looked(tables: Tables, values: Any) -> int:
    return sum(_change(tables, each, next_look_at=values[0]) for each in values[1])


@statement("UPDATE payouts SET started_at")
def _started(tables: Tables, values: Any) -> int:
    return _change(tables, values[2], started_at=values[0], waits_for=None, next_look_at=values[1])


@statement("UPDATE payouts SET attempts")
def _attempt(tables: Tables, values: Any) -> int:
    known = tables.payouts[values[2]]
    changes = {"attempts": known.attempts + 1, "attempted_at": known.attempted_at or values[0], "absent_since": None}
    return _change(tables, values[2], next_look_at=values[1], **changes)


@statement("UPDATE payouts SET waits_for = %s")
def _wait(tables: Tables, values: Any) -> int:
    return _change(tables, values[2], waits_for=values[0], next_look_at=values[1], absent_since=None)


@statement("UPDATE payouts SET absent_since")
def _absent(tables: Tables, values: Any) -> int:
    since = tables.payouts[values[2]].absent_since or values[0]
    return _change(tables, values[2], absent_since=since, waits_for="PROOF_OF_ABSENCE", next_look_at=values[1])


@statement("UPDATE payouts SET waits_for = NULL")
def _ended(tables: Tables, values: Any) -> int:
    return _change(tables, values[0], waits_for=None, next_look_at=None)


@statement("SELECT pg_advisory_xact_lock")
def _lock(_tables: Tables, _: Any) -> list[Any]:
    return [(None,)]


@statement("SELECT held.currency")
def _withheld(_tables: Tables, _: Any) -> list[Any]:
    return []


@statement("SELECT account_holder_name FROM bank_accounts")
def _payee(_tables: Tables, _: Any) -> list[Any]:
    return [("Ayse Yilmaz",)]


# history


@statement("INSERT INTO orders")
def _insert_orders(tables: Tables, values: dict[str, Any]) -> int:
    names = ("number", "status", "filled", "value", "fee", "last_seq")
    columns = {name: items(values[name]) for name in names}
    for place, order_id in enumerate(items(values["order_id"])):
        tables.orders[order_id] = {
            name: texts[place] if name == "status" else int(texts[place]) for name, texts in columns.items()
        } | {"name": values["client_order_id"][place]}  # fmt: skip
    return 1


@statement("UPDATE orders")
def _change_orders(tables: Tables, values: dict[str, Any]) -> int:
    changed = 0
    columns = [numbers(values[name]) for name in ("filled", "value", "fee", "last_seq")]
    for order_id, status, filled, value, fee, seq in zip(items(values["order_id"]), items(values["status"]), *columns, strict=True):
        row = tables.orders.get(order_id)
        if row is None or row["last_seq"] >= (seq or 0) or row["status"] in STATUS_ORDER[4:]:
            continue
        changed += 1
        later = max(row["status"], status, key=STATUS_ORDER.index)
        tables.orders[order_id] = row | {
            "status": later, "filled": row["filled"] if filled is None else filled, "value": row["value"] + (value or 0),
            "fee": row["fee"] + (fee or 0), "last_seq": seq,
        }  # fmt: skip
    return changed


@statement("INSERT INTO trades")
def _insert_trades(tables: Tables, values: dict[str, Any]) -> int:
    for trade_id, number, quantity in zip(items(values["trade_id"]), numbers(values["number"]), numbers(values["quantity"]), strict=True):
        tables.trades.setdefault(trade_id, {"number": number, "quantity": quantity})
    return 1


@statement("INSERT INTO symbols")
def _set_symbol(tables: Tables, values: dict[str, Any]) -> int:
    tables.symbols[values["symbol"]] = values["status"]
    return 1


def decoded(payload: bytes) -> dict[str, Any]:
    """The data of a queue's message."""
    found: dict[str, Any] = msgspec.json.decode(payload)["data"]
    return found


def units_of(amount: Any) -> int:
    return from_numeric(amount)
