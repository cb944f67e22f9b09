"""A past command as the command memory returns it."""

from __future__ import annotations

from mypy_extensions import mypyc_attr


@mypyc_attr(acyclic=True)
class RememberedCommand:
    """One row, taken out to be looked at."""

    __slots__ = ("client_order_id", "command_id", "created_ms", "fingerprint", "more", "number", "price", "quantity", "user_index")

    def __init__(
        self,
        command_id: bytes,
        user_index: int,
        client_order_id: str,
        created_ms: int,
        number: int,
        fingerprint: int,
        quantity: int,
        price: int,
        more: tuple[object, ...] | None,
    ) -> None:
        self.command_id = command_id
        """b"" for an order that came inside another command."""
        self.user_index = user_index
        """-1 for none."""
        self.client_order_id = client_order_id
        self.created_ms = created_ms
        self.number = number
        self.fingerprint = fingerprint
        """Side, flags and symbol of an order as one integer (:mod:`engine_container.core.order_flags`), or what else it is
        (:mod:`engine_container.core.idempotency`)."""
        self.quantity = quantity
        self.price = price
        self.more = more
        """Further fields where an order has any; the whole content for commands that place none."""
