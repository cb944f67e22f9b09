"""A message of the e-mail queue becomes a notice of its user, once, whatever becomes of its mail."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from functions.maintenance import store as maintenance
from functions.notifications import notice_store
from mycrypto import database
from mycrypto.mail import WITHOUT_MAIL, MailKind
from mycrypto.notices import KEPT, PER_USER_MAX, TOLD, NoticeKind

from .conftest import Account, Identity
from .test_mails import _deliver, _message, _sent_to
from .test_personal_data import _close, _export, _file


def _user(identity: Identity) -> tuple[Account, UUID]:
    account, _ = identity.register()
    user_id: UUID = identity.row(account.email, "id")
    return account, user_id


def _now_message(kind: str, user_id: UUID, **data: str) -> dict[str, Any]:
    return _message(kind, user_id=str(user_id), **data) | {"timestamp": datetime.now(UTC).isoformat()}


def _notices(identity: Identity, user_id: UUID) -> list[tuple[Any, ...]]:
    return identity.owner.execute("SELECT id, kind, params, read_at FROM notices WHERE user_id = %s ORDER BY place", (user_id,)).fetchall()


def test_a_message_is_a_notice_with_what_may_be_shown_of_it(identity: Identity) -> None:
    account, user_id = _user(identity)
    message = _now_message(
        "address_confirmation",
        user_id,
        to=account.email,
        currency="BTC",
        network="Bitcoin",
        address="bc1q",
        label="kasa",
        link="https://x/#t",
    )
    assert _deliver(identity, message, message) == []
    assert _deliver(identity, message) == []
    shown = {"currency": "BTC", "network": "Bitcoin", "address": "bc1q", "label": "kasa"}
    assert _notices(identity, user_id) == [(UUID(message["message_id"]), "address_added", shown, None)]
    assert len(_sent_to(account.email)) >= 1


def test_the_spelling_of_a_messages_id_makes_no_second_notice(identity: Identity) -> None:
    _, user_id = _user(identity)
    message = _now_message("order_done", user_id, symbol="BTC/TRY", side="BUY", quantity="1", price="2")
    assert _deliver(identity, message, message | {"message_id": message["message_id"].upper()}) == []
    assert len(_notices(identity, user_id)) == 1


def test_what_is_a_notice_alone_is_no_mail(identity: Identity) -> None:
    account, user_id = _user(identity)
    before = len(_sent_to(account.email))
    for kind in WITHOUT_MAIL:
        assert _deliver(identity, _now_message(kind.value, user_id, symbol="BTC/TRY")) == []
    assert len(_notices(identity, user_id)) == len(WITHOUT_MAIL)
    assert len(_sent_to(account.email)) == before


def test_a_notice_is_there_although_its_mail_was_not_accepted_and_once_when_it_is(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, user_id = _user(identity)
    message = _now_message("deposit_credited", user_id, to=account.email, amount="1000.00", currency="TRY")
    send = identity.notifications.send

    def refuse(_: str, __: object) -> str:
        raise ConnectionError("throttled")

    monkeypatch.setattr(identity.notifications, "send", refuse)
    assert _deliver(identity, message) == ["0"]
    monkeypatch.setattr(identity.notifications, "send", send)
    assert _deliver(identity, message) == []
    assert [row[1:] for row in _notices(identity, user_id)] == [("deposit_credited", {"amount": "1000.00", "currency": "TRY"}, None)]


def test_mails_to_people_who_may_not_be_signed_in_are_no_notices(identity: Identity) -> None:
    account, user_id = _user(identity)
    _deliver(identity, *identity.mails_to(account.email))
    reset = _now_message("password_reset", user_id, to=account.email, link="https://x/#token=1")
    assert _deliver(identity, reset) == []
    assert _notices(identity, user_id) == []
    untold = set(MailKind) - set(TOLD)
    assert untold == {
        MailKind.VERIFY_EMAIL,
        MailKind.NO_RECIPIENT,
        MailKind.PASSWORD_RESET,
        MailKind.EMAIL_CHANGE_NEW,
        MailKind.ACCOUNT_CLOSED,
    }
    assert {told.kind for told in TOLD.values()} == set(NoticeKind)
    assert not {"link", "code", "to", "user_id"} & {name for told in TOLD.values() for name in told.params}


def test_no_other_user_and_no_stranger_gets_a_notice(identity: Identity) -> None:
    (_, one), (_, other) = _user(identity), _user(identity)
    before = identity.owner.execute("SELECT count(*) FROM notices").fetchone()
    assert _deliver(identity, _now_message("market_halted", uuid4(), symbol="BTC/TRY", orders="1")) == []
    assert identity.owner.execute("SELECT count(*) FROM notices").fetchone() == before
    assert _deliver(identity, _now_message("market_halted", one, symbol="BTC/TRY", orders="1")) == []
    assert (len(_notices(identity, one)), len(_notices(identity, other))) == (1, 0)


def _write(identity: Identity, user_id: UUID, at: datetime, notice_id: UUID | None = None) -> bool:
    params = {"symbol": "BTC/TRY", "orders": "1"}
    connection = identity.notifications.db().connection()
    return notice_store.write(connection, notice_id or uuid4(), user_id, NoticeKind.MARKET_HALTED, params, at, datetime.now(UTC))


def test_the_newest_are_kept_and_one_that_had_to_go_does_not_come_back(identity: Identity) -> None:
    _, user_id = _user(identity)
    now, first = datetime.now(UTC), uuid4()
    assert _write(identity, user_id, now - timedelta(days=1), first)
    fill = """INSERT INTO notices (id, user_id, kind, params, happened_at)
              SELECT gen_random_uuid(), %s, 'market_halted', '{}', %s + number * interval '1 second' FROM generate_series(1, %s) AS number"""
    identity.owner.execute(fill, (user_id, now - timedelta(hours=1), PER_USER_MAX - 1))
    _write(identity, user_id, now)
    rows = _notices(identity, user_id)
    assert (len(rows), first in {row[0] for row in rows}) == (PER_USER_MAX, False)
    _write(identity, user_id, now - timedelta(days=1), first)
    assert _notices(identity, user_id) == rows


def test_what_is_too_old_goes_and_is_not_written(identity: Identity, exchange_dsn: str, role_passwords: dict[str, str]) -> None:
    _, user_id = _user(identity)
    now = datetime.now(UTC)
    assert not _write(identity, user_id, now - KEPT - timedelta(minutes=1))
    assert _write(identity, user_id, now - timedelta(days=1))
    dsn = f"{exchange_dsn} user=wallet_app password={role_passwords['wallet_app']}"
    with database.connect(dsn) as wallet:
        maintenance.delete_old_identity_rows(wallet, now)
        assert len(_notices(identity, user_id)) == 1
        maintenance.delete_old_identity_rows(wallet, now + KEPT - timedelta(hours=1))
        assert _notices(identity, user_id) == []


def test_places_grow_in_the_order_in_which_notices_can_be_seen(
    identity: Identity, exchange_dsn: str, role_passwords: dict[str, str]
) -> None:
    """Many writers at once: a reader who has seen a place has missed none before it."""
    _, user_id = _user(identity)
    dsn = f"{exchange_dsn} user=auth_app password={role_passwords['auth_app']}"
    done, missed = threading.Event(), list[int]()

    def write(_: int) -> None:
        with database.connect(dsn) as connection:
            for _ in range(10):
                now = datetime.now(UTC)
                notice_store.write(connection, uuid4(), user_id, NoticeKind.MARKET_HALTED, {}, now, now)

    def look() -> list[int]:
        seen: list[int] = []
        with database.connect(dsn) as connection:
            while True:
                ended = done.is_set()
                rows = connection.execute("SELECT place FROM notices WHERE user_id = %s ORDER BY place", (user_id,)).fetchall()
                places = [row[0] for row in rows]
                missed.extend(place for place in places if seen and place < seen[-1] and place not in seen)
                seen = places
                if ended:
                    return seen

    with ThreadPoolExecutor(5) as threads:
        reader = threads.submit(look)
        list(threads.map(write, range(4)))
        done.set()
        assert len(reader.result()) == 40
    assert missed == []


def test_notices_are_in_a_users_own_copy_and_go_with_the_account(identity: Identity) -> None:
    account = identity.member()
    user_id = identity.row(account.email, "id")
    assert _deliver(identity, _now_message("order_done", user_id, symbol="BTC/TRY", quantity="1", price="2")) == []
    (copy,) = _file(_export(identity, account))["notices"]
    assert (copy["kind"], copy["params"]["symbol"], copy["read_at"]) == ("order_filled", "BTC/TRY", None)
    assert _close(identity, account).status == 200
    assert _deliver(identity, _now_message("order_done", user_id, symbol="BTC/TRY", quantity="1", price="2")) == []
    assert _notices(identity, user_id) == []
