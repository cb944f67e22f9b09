"""Several applications in one process: what comes to a port is that port's application's, on the fast path too."""

from __future__ import annotations

from typing import Any

from engine_container.web.by_port import ByPort


class Quick:
    """An application with a fast path."""

    begins = frozenset({(b"POST", b"/orders")})

    def begin(self, scope: Any, body: bytes, respond: Any) -> bool:
        respond(200, [], body)
        return True

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("everything goes the fast path")


async def beside(scope: Any, receive: Any, send: Any) -> None:
    pass


def test_the_fast_path_is_the_first_applications_alone() -> None:
    answers: list[bytes] = []
    app = ByPort(Quick(), {8084: beside})
    assert app.begins == Quick.begins

    def respond(status: int, headers: Any, body: bytes) -> None:
        answers.append(body)

    assert app.begin({"server": ("127.0.0.1", 8080)}, b"one", respond)
    assert not app.begin({"server": ("127.0.0.1", 8084)}, b"two", respond)
    assert answers == [b"one"]
