"""What is published of the platform's liabilities, and the proof of one user's part. Hashes are hexadecimal digits, amounts decimal strings."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from mycrypto.http.operation import Parameter

Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
NUMBER_MAX = 2**53 - 1
NUMBER = Parameter("number", "integer", "Of this publication, the newest where none is named", shape={"minimum": 1, "maximum": NUMBER_MAX})


class ProofQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: Annotated[int, Meta(ge=1, le=NUMBER_MAX)] | None = None


class LiabilityRoot(msgspec.Struct, frozen=True):
    """``total`` is all that is owed to users in a currency: the sum of the tree's leaves."""

    currency: str
    root: Hash
    total: str


class LiabilityPublication(msgspec.Struct, frozen=True):
    """``event_number`` is the last event of the engine that the balances contain. ``hash`` covers everything here, the ``previous`` one included."""

    number: int
    event_number: int
    taken_at: str
    previous: Hash
    hash: Hash
    currencies: list[LiabilityRoot]


class ProofStep(msgspec.Struct, frozen=True):
    """The neighbour at one level, on the way from the leaf to the root."""

    side: Literal["left", "right"]
    hash: Hash
    sum: str


class ProofLeaf(msgspec.Struct, frozen=True):
    amount: str
    nonce: Hash
    path: list[ProofStep]


class ProofBalance(msgspec.Struct, frozen=True):
    """``balance`` is free, in orders and on its way; it is cut into leaves at random."""

    currency: str
    balance: str
    leaves: list[ProofLeaf]


class LiabilityProof(msgspec.Struct, frozen=True):
    """Everything that is needed to check it without the platform; ``verify_liabilities.py`` does."""

    format: int
    publication: LiabilityPublication
    user_id: UUID
    balances: list[ProofBalance]
