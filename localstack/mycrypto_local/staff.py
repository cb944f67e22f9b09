"""What only the owner of the accounts' database can do: make the first operator, as roles are given by one, let a hold run out, and read from
which account an announced deposit will come.
"""

from __future__ import annotations

import secrets

import psycopg

from mycrypto_local.actors import Exchange
from mycrypto_local.client import Trader


async def new_operator(exchange: Exchange, owner_dsn: str) -> Trader:
    """A fresh, logged-in user with the role ADMIN, made on the database of the accounts as its owner.

    Each call makes another one, with a password that is not kept: a permanent operator registers and is granted the role by name.
    """
    operator = exchange.stranger(f"operator{secrets.token_hex(2)}")
    await operator.register()
    await operator.verify_email()
    grant_admin(owner_dsn, operator.email)
    await operator.login()
    return operator


def grant_admin(owner_dsn: str, email: str) -> None:
    """Give a registered user the role ADMIN; raises ``LookupError`` if there is no such user."""
    with psycopg.connect(owner_dsn) as connection:
        granted = connection.execute(
            "UPDATE users SET roles = ARRAY['USER', 'ADMIN'], updated_at = now() WHERE email = %s", (email.lower(),)
        ).rowcount
    if granted == 0:
        raise LookupError(f"no user is registered as {email}")


def end_withdrawal_hold(owner_dsn: str, email: str) -> None:
    """Let the day run out in which a user may withdraw nothing after a change of the account's security; raises ``LookupError`` if none runs.

    Only the database's owner can: no route ends a hold early.
    """
    with psycopg.connect(owner_dsn) as connection:
        ended = connection.execute(
            "UPDATE users SET withdrawals_held_until = now() - interval '1 minute' WHERE email = %s AND withdrawals_held_until > now()",
            (email.lower(),),
        ).rowcount
    if ended == 0:
        raise LookupError(f"no withdrawal of {email} is held")


def announced_sender(owner_dsn: str, reference: str) -> tuple[str, str] | None:
    """The holder's name and the IBAN of the account from which the deposit of this reference was announced; ``None`` for an unknown reference."""
    with psycopg.connect(owner_dsn) as connection:
        row: tuple[str, str] | None = connection.execute(
            "SELECT account.account_holder_name, account.iban FROM deposit_requests deposit"
            " JOIN bank_accounts account ON account.id = deposit.bank_account_id WHERE deposit.reference = %s",
            (reference,),
        ).fetchone()
    return row
