"""The population register: whether a national id, a name and a year of birth are one person's."""

from __future__ import annotations

import time
from datetime import date
from typing import Final, NamedTuple, Protocol

import httpx
import msgspec

TIMEOUT_SECONDS: Final = 10.0
ANSWER_BYTES_MAX: Final = 4_096


class RegisterError(Exception):
    """The register has not answered, or with something that is no answer. It is asked again, and nothing is taken for a match."""


class Person(NamedTuple):
    national_id: str
    first_name: str
    last_name: str
    date_of_birth: date


class Register(Protocol):
    def knows(self, person: Person) -> bool:
        """Whether these are one person's. Raises RegisterError."""


class _Answer(msgspec.Struct, frozen=True):
    national_id: str
    match: bool


def upper(name: str) -> str:
    """As the register writes names: the Turkish i and ı have capitals of their own."""
    return " ".join(name.replace("i", "İ").replace("ı", "I").upper().split())


class HttpRegister:
    """``POST verifications`` below an address. The answer repeats the national id, so that it can be no other's."""

    def __init__(self, client: httpx.Client, seconds_max: float = TIMEOUT_SECONDS) -> None:
        self._client = client
        self._seconds_max = seconds_max

    @classmethod
    def at(cls, url: str, seconds_max: float = TIMEOUT_SECONDS) -> HttpRegister:
        """No proxy of the environment, no redirects: the address is the operator's."""
        client = httpx.Client(base_url=url.rstrip("/") + "/", timeout=seconds_max, follow_redirects=False, trust_env=False)
        return cls(client, seconds_max)

    def knows(self, person: Person) -> bool:
        asked: dict[str, object] = {
            "national_id": person.national_id,
            "first_name": upper(person.first_name),
            "last_name": upper(person.last_name),
            "birth_year": person.date_of_birth.year,
        }
        try:
            found = msgspec.json.decode(self._answer(asked), type=_Answer)
        except httpx.HTTPError as error:
            raise RegisterError(f"the register does not answer: {type(error).__name__}") from error
        except msgspec.MsgspecError:
            raise RegisterError("the register answered with something that is no answer") from None
        if found.national_id != person.national_id:
            raise RegisterError("the register answered about another person")
        return found.match

    def _answer(self, asked: dict[str, object]) -> bytes:
        """The body of a 200. Its size and the time for all of it are bounded, so that a register that sends a byte now and then holds nothing up."""
        began, content = time.monotonic(), b""
        with self._client.stream("POST", "verifications", json=asked) as answer:
            if answer.status_code != httpx.codes.OK:
                raise RegisterError(f"the register answered {answer.status_code}")
            for part in answer.iter_bytes():
                content += part
                if len(content) > ANSWER_BYTES_MAX or time.monotonic() - began > self._seconds_max:
                    raise RegisterError("the register's answer is too long, or comes too slowly")
        return content
