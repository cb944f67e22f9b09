"""The simulated population register: it knows everybody whose national id has right check digits, unless a plan says otherwise."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from mycrypto.kyc import is_national_id
from mycrypto_local.partners.bank import BrokenError, NoAnswerError
from mycrypto_local.partners.ledger import Ledger, next_behaviour

PARTNER = "register"


class Behaviour(StrEnum):
    """Of one question."""

    NORMAL = "normal"
    MISMATCH = "mismatch"  # these are not one person's
    ERROR = "error"  # it answers 500
    TIMEOUT = "timeout"  # it does not answer in time
    LIE = "lie"  # it answers about another person


class Question(msgspec.Struct, frozen=True):
    national_id: str
    first_name: str
    last_name: str
    birth_year: int


class PopulationRegister:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def verify(self, asked: Question) -> dict[str, Any]:
        """Raises NoAnswerError, BrokenError."""
        with self._ledger.transaction() as connection:
            behaviour = Behaviour(next_behaviour(connection, PARTNER))
        if behaviour is Behaviour.TIMEOUT:
            raise NoAnswerError
        if behaviour is Behaviour.ERROR:
            raise BrokenError
        national_id = "0" * 11 if behaviour is Behaviour.LIE else asked.national_id
        return {"national_id": national_id, "match": behaviour is not Behaviour.MISMATCH and is_national_id(asked.national_id)}
