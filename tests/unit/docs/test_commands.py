"""What the documents tell people to type exists."""

from __future__ import annotations

import re
import subprocess
import urllib.request
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest
import typer

from engine_container.tools.cli import app as engine_tools
from mycrypto.security import api_keys
from mycrypto_local import cli

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
MYCRYPTO = re.compile(r"(?:^\$ |`|bin/)mycrypto ((?:[a-z-]+ ?)+)([^`\n]*)", re.MULTILINE)
IN_IMAGE = re.compile(r'engine_container\.tools(?:", "| )([a-z][a-z-]+)')
MAKE = re.compile(r"(?:^\$ |`|&& )make ([a-z-]+)", re.MULTILINE)
AUTHENTICATION = (ROOT / "docs" / "authentication.md").read_text()


@pytest.fixture(scope="module")
def commands() -> Any:
    """The tree of commands: groups have ``commands``, commands have ``params``."""
    return typer.main.get_command(cli.complete())


def _command(group: Any, words: list[str]) -> Any:
    found = group
    while words and hasattr(found, "commands"):  # a group may be named without one of its commands
        word = words.pop(0)
        assert word in found.commands, f"there is no command {word}"
        found = found.commands[word]
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_and_their_options_exist(document: Path, commands: Any) -> None:
    text = document.read_text().replace("\\\n", " ")
    for words, rest in MYCRYPTO.findall(text):
        command = _command(commands, words.split())
        known = {option for parameter in command.params for option in parameter.opts}
        for option in re.findall(r"--[a-z-]+", rest.split("#")[0]):
            assert option in known, f"{document.name}: {command.name} has no {option}"


def test_what_runs_on_a_task_is_a_command_of_the_image() -> None:
    tools = typer.main.get_command(engine_tools)
    named = {word for document in DOCUMENTS for word in IN_IMAGE.findall(document.read_text())}
    assert {"restore-log", "replay"} <= named <= set(tools.commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_make_targets_exist(document: Path) -> None:
    makefiles = (ROOT / "Makefile").read_text() + (ROOT / ".ci" / "stages.mk").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefiles, re.MULTILINE))
    assert set(MAKE.findall(document.read_text())) <= targets


def test_the_python_example_signs_as_the_gateway_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    program = re.findall(r"```python\n(.*?)```", AUTHENTICATION, re.DOTALL)[0]
    sent: list[Any] = []

    class Answer:
        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None: ...

        def read(self) -> bytes:
            return b"{}"

    def urlopen(request: urllib.request.Request) -> Answer:
        sent.append(request)
        return Answer()

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    names: dict[str, Any] = {}
    exec(program, names)
    names["call"]("POST", "/api/v1/orders", {"symbol": "BTC/TRY"})
    for request, method, target in zip(sent, ("GET", "POST"), ("/api/v1/orders?limit=5", "/api/v1/orders"), strict=True):
        assert (request.get_method(), request.selector) == (method, target)
        headers = {name.lower(): value for name, value in request.header_items()}
        assert headers[api_keys.KEY_HEADER.lower()] == names["KEY_ID"]
        assert headers[api_keys.VERSION_HEADER.lower()] == api_keys.VERSION
        assert api_keys.is_genuine(
            names["SECRET"].encode(),
            headers[api_keys.SIGNATURE_HEADER.lower()],
            timestamp=headers[api_keys.TIMESTAMP_HEADER.lower()],
            window="",
            method=method,
            target=target,
            body=request.data or b"",
        )


def test_the_shell_example_makes_the_same_signature() -> None:
    lines = re.findall(r"^\$ ((?:stamp|body|lines|signature)=.*)$", AUTHENTICATION, re.MULTILINE)
    secret = "a secret"
    script = "; ".join([f"SECRET='{secret}'", *lines, "echo $stamp $signature"])
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    stamp, signature = done.stdout.split()
    asked: dict[str, Any] = {"timestamp": stamp, "window": "", "method": "GET", "target": "/api/v1/orders?limit=5", "body": b""}
    assert signature == api_keys.sign(secret.encode(), **asked)


def test_the_socket_example_signs_as_the_gateway_checks() -> None:
    program = re.findall(r"```python\n(.*?)```", AUTHENTICATION, re.DOTALL)[1].replace("import websockets\n", "")
    opened: list[tuple[str, dict[str, str]]] = []
    shown = re.findall(r"```python\n(.*?)```", AUTHENTICATION, re.DOTALL)[0].partition("\nprint(")[0]
    names: dict[str, Any] = {
        "websockets": SimpleNamespace(connect=lambda url, additional_headers: opened.append((url, additional_headers)))
    }
    exec(shown + program, names)
    ((url, headers),) = opened
    assert api_keys.is_genuine(
        names["SECRET"].encode(),
        headers[api_keys.SIGNATURE_HEADER],
        timestamp=headers[api_keys.TIMESTAMP_HEADER],
        window="",
        method="GET",
        target=url.removeprefix("ws://localhost:8080"),
        body=b"",
    )
    assert headers[api_keys.VERSION_HEADER] == api_keys.VERSION
