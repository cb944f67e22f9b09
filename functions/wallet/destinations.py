"""Where a withdrawal of crypto goes: to a chain, or to another user here, which is booked inside."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from psycopg import Connection

from functions.wallet import unspendable
from functions.wallet import withdrawal_rules as rules
from functions.wallet.store import chain_deposits
from mycrypto.errors import invalid
from mycrypto.networks import Network


class Destination(NamedTuple):
    """``recipient`` is the user here whose deposit address it is, whether or not the address is still given out."""

    address: str
    recipient: UUID | None


def find(connection: Connection, user_id: UUID, text: str, network: Network, *, bitcoin_network: str) -> Destination:
    """Raises VALIDATION_ERROR for what is no address, for one from which nothing comes back, and for the user's own deposit address."""
    address = rules.parse_destination(text, network, bitcoin_network=bitcoin_network)
    unspendable.require_spendable(address, network)
    for form in rules.forms_of_key(address, network, bitcoin_network=bitcoin_network):
        owner = chain_deposits.owner_of(connection, form)
        if owner is not None and owner.user_id == user_id:
            raise invalid("destination_address", "is a deposit address of your own")
        if owner is not None:
            return Destination(address, owner.user_id)
    return Destination(address, None)
