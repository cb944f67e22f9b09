"""``environment.md``: what every process and function reads, from the settings that it reads them with."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from typing import Final

import msgspec

from infra import functions
from mycrypto_local.reference.markdown import code, page, table

PROCESSES: Final = {
    "engine": "engine_container.engine.settings.EngineSettings",
    "gateway": "engine_container.gateway.settings.GatewaySettings",
    "publisher": "engine_container.publisher.settings.PublisherSettings",
    "pump (one machine only)": "mycrypto_local.pump.__main__.PumpSettings",
}
RUNNER: Final = (
    ("MYCRYPTO_STATE", ".local", "The state folder of the platform that `mycrypto` works on"),
    ("DATABASE_URL", "", "A PostgreSQL that is running already, as its superuser; none is started then"),
    ("REDIS_URL", "", "A Redis or Valkey that is running already"),
    ("KAFKA_BOOTSTRAP_SERVERS", "", "A Kafka that is running already"),
    (
        "AWS_ENDPOINT_URL",
        "",
        "An AWS emulator, ministack or LocalStack, that is running already; `up` keeps it in mind for the state folder",
    ),
    ("MYCRYPTO_TEST_PLATFORM", "", "State folder of a running platform for tests to use instead of starting one"),
)
EVERYWHERE: Final = (
    ("LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR"),
    ("AWS_ENDPOINT_URL", "", "The emulator in stage local; never set on AWS"),
)


def environment() -> str:
    """The page."""
    kinds = PROCESSES | {f"function {spec.name}": _settings_of(spec.name) for spec in (*functions.ALL, functions.MIGRATIONS)}
    parts = [
        (
            "A field `database_url` of a settings class is the variable `DATABASE_URL`. Empty counts as absent. Nothing else is read, and no "
            "variable holds a secret of a function: those name it (`*_SECRET_NAME`)."
        ),
        "## mycrypto and make\n\n" + _rows(RUNNER),
        "## Every process and function\n\n" + _rows(EVERYWHERE),
    ]
    parts += [
        f"## {name[0].upper()}{name[1:]}\n\nFrom `{path.rpartition('.')[0]}`.\n\n{_rows(_fields(path))}" for name, path in kinds.items()
    ]
    return page("Environment variables", *parts)


def _settings_of(name: str) -> str:
    return f"functions.{name}.settings.Settings"


def _rows(rows: object) -> str:
    return table(("variable", "default", "meaning"), ((code(name), code(default), text) for name, default, text in rows))  # type: ignore[attr-defined]


def _fields(path: str) -> Iterator[tuple[str, object, str]]:
    module, _, name = path.rpartition(".")
    kind: type[msgspec.Struct] = getattr(importlib.import_module(module), name)
    texts = _texts(kind)
    for field in msgspec.structs.fields(kind):
        required = field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT
        yield field.name.upper(), "required" if required else field.default, texts.get(field.name, "")


def _texts(kind: type[msgspec.Struct]) -> dict[str, str]:
    """The text under each field, those of the class that it extends too; Python itself forgets them."""
    (body,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(body, ast.ClassDef)
    (extended,) = kind.__bases__
    found = {} if extended is msgspec.Struct else _texts(extended)
    for field, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(after, ast.Expr):
            found[field.target.id] = inspect.cleandoc(ast.literal_eval(after.value))
    return found
