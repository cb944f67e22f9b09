"""An HTTP operation, declared once: an :class:`Operation` is the decorator of its handler.

Everything else derives from the declaration: the router, the OpenAPI document, the permission matrix and its tests, the limits, and what API
Gateway lets through without a token. ``docs/endpoints.md`` shows how to add an endpoint.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any, Final, Literal, TypeVar

import msgspec

from mycrypto.permissions import Permission

H = TypeVar("H", bound=Callable[..., Any])
Verb = Literal["get", "post", "put", "patch", "delete"]

PRIVATE_ERRORS: Final = ("UNAUTHORIZED", "INVALID_TOKEN", "FORBIDDEN", "RATE_LIMIT_EXCEEDED", "SERVICE_UNAVAILABLE")
BODY_ERRORS: Final = ("VALIDATION_ERROR", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE")
MOMENT: Final = {"anyOf": [{"format": "date"}, {"format": "date-time"}]}
"""The shape of a parameter that is a date or a moment."""
REPORTS: Final = "webhooks"
"""The tag of reports that are kept whatever they say, because their sender has signed them: texts are made storable there, and never refused."""

SWITCHED: Final = 101
"""The status of an operation whose handler is a socket: it answers plain HTTP with UPGRADE_REQUIRED."""

_DECLARATION: Final = "__operation__"


class Parameter(msgspec.Struct, frozen=True):
    """A query parameter or a header. ``kind`` is the JSON type."""

    name: str
    kind: str
    text: str
    place: str = "query"
    required: bool = False
    shape: dict[str, Any] = {}
    """More of its schema, in place of what the service says of parameters of this name."""


class RateLimit(msgspec.Struct, frozen=True, kw_only=True):
    """A limit of one operation, on top of the tier's: ``count`` calls per ``seconds`` of one user or one address. ``name`` says of what; operations
    with the same name share their calls. ``setting`` names the service's setting that holds the count, where operators may change it.
    """

    name: str
    seconds: int
    count: int = 0
    setting: str = ""
    per: Literal["user", "address"] = "user"


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path, declared as the decorator of its handler. ``answer`` is the model of success, several of which one comes, a schema,
    or ``None`` for an empty one; ``also`` are further answers as (status, description, model). What is no model is a schema of
    ``answer_media`` or ``body_media``. ``permission`` says who may; the service's frame holds callers against it, and refuses a body where
    there is no ``body`` here.
    """

    method: Verb
    path: str
    name: str
    summary: str
    tag: str
    answer: Any = None
    answer_media: str = "application/json"
    status: int = 200
    also: tuple[tuple[int, str, Any], ...] = ()
    body: Any = None
    body_media: str = "application/json"
    body_required: bool = True
    body_bytes_max: int | None = None
    """For an operation that takes more than the service's others, such as files."""
    rules: Mapping[str, str] = {}
    """What a schema cannot say of a field, in words: a VALIDATION_ERROR about any other field means that the document was not followed."""
    parameters: tuple[Parameter, ...] = ()
    errors: tuple[str, ...] = ("VALIDATION_ERROR",)
    permission: Permission
    limit: RateLimit | None = None
    """A limit of its own, beside that of the tier, which ``permission.use`` names."""
    documented: bool = True
    """Whether the OpenAPI document describes it; pages and scripts for people are not described."""

    def __call__(self, handler: H) -> H:
        """Declare it: the handler keeps the operation, and is otherwise as it was."""
        setattr(handler, _DECLARATION, self)
        return handler

    @property
    def query(self) -> frozenset[str]:
        """The names of its query parameters."""
        return frozenset(parameter.name for parameter in self.parameters if parameter.place == "query")

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code of the catalogue that it may answer with. Any request may carry what no operation accepts."""
        private = () if self.permission.is_open else PRIVATE_ERRORS
        signed = () if self.permission.scope is None else ("SIGNATURE_VERSION",)
        fresh = ("AUTH_003",) if self.permission.second_factor else ()
        return tuple(dict.fromkeys((*self.errors, "VALIDATION_ERROR", *private, *signed, *fresh, "INTERNAL_ERROR")))


def declaration_of(handler: object) -> Operation | None:
    """The operation that a handler declares."""
    found = getattr(handler, _DECLARATION, None)
    return found if isinstance(found, Operation) else None


def declared(owner: object) -> Iterator[tuple[Operation, Callable[..., Any]]]:
    """The operations of a module, a class or an object with their handlers, in the order in which they are written."""
    names = vars(owner) if isinstance(owner, ModuleType | type) else vars(type(owner))
    for name, value in list(names.items()):
        operation = declaration_of(value)
        if operation is not None and (not isinstance(owner, ModuleType) or value.__module__ == owner.__name__):
            yield operation, getattr(owner, name)


def modules_of(package: ModuleType) -> list[ModuleType]:
    """Every module of a package, imported, by name: what is put there is found."""
    return [importlib.import_module(f"{package.__name__}.{each.name}") for each in sorted(pkgutil.iter_modules(package.__path__))]


def declared_in(package: ModuleType) -> list[tuple[Operation, Callable[..., Any]]]:
    """The operations of every module of a package with their handlers."""
    return [found for module in modules_of(package) for found in declared(module)]


def classes_of(package: ModuleType) -> list[type[Any]]:
    """Every class of a package that declares operations."""
    return [
        value
        for module in modules_of(package)
        for value in list(vars(module).values())
        if isinstance(value, type) and value.__module__ == module.__name__ and any(declared(value))
    ]
