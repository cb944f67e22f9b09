"""What is wrong with a request, in words for those who wrote it: the field at fault and what it may hold.

The decoder says where a value broke which rule of a model; the sentence is made from the model itself, so that every API says the same about
the same kind of field. A model says what a pattern means with ``Meta(extra={MUST_BE: "..."})``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import inspect

from mycrypto.errors import FieldError, ProblemError, invalid

MUST_BE: Final = "must_be"
"""The member of ``Meta.extra`` that ends the sentence "must be ..."."""
AMOUNT_WORDS: Final = 'a decimal number in quotes, such as "0.25" (JSON numbers lose digits on the way)'

_AT_FIELD: Final = re.compile(r"^(?P<what>.*?) - at `(?P<path>\$[^`]*)`$", re.DOTALL)
_NAMED_FIELD: Final = re.compile(r"(?:missing required|contains unknown) field `(?P<name>[^`]*)`")
_STEP: Final = re.compile(r"\.(?P<name>[^.\[]+)|\[(?:\d+|\.\.\.)\]")


def validation_problem(error: msgspec.ValidationError, kind: Any) -> ProblemError:
    """What msgspec found in a value that was to be a ``kind``, as a VALIDATION_ERROR with the field's name."""
    text = str(error)
    what, path = (found["what"], found["path"]) if (found := _AT_FIELD.match(text)) else (text, "$")
    field = path.removeprefix("$").removeprefix(".")
    if named := _NAMED_FIELD.search(what):
        field = f"{field}.{named['name']}" if field else named["name"]
        return invalid(field, "is required" if "missing" in what else "is not a known field")
    words = f"must be {_accepted(_at(inspect.type_info(kind), path))}"
    return invalid(field, words) if field else ProblemError("VALIDATION_ERROR", f"the body {words}", errors=[FieldError("body", words)])


def _plain(node: inspect.Type) -> inspect.Type:
    return node.type if isinstance(node, inspect.Metadata) else node


def _choices(node: inspect.Type) -> tuple[inspect.Type, ...]:
    plain = _plain(node)
    return plain.types if isinstance(plain, inspect.UnionType) else (node,)


def _at(root: inspect.Type, path: str) -> inspect.Type:
    """The type that the model has at a path such as ``$.orders[0].side``."""
    node = root
    for step in _STEP.finditer(path.removeprefix("$")):
        node = next(found for choice in _choices(node) if (found := _inside(_plain(choice), step["name"])) is not None)
    return node


def _inside(node: inspect.Type, name: str | None) -> inspect.Type | None:
    """A named member of an object, or whatever a list holds."""
    if name is None:
        return node.item_type if isinstance(node, inspect.ListType | inspect.VarTupleType) else None
    fields = node.fields if isinstance(node, inspect.StructType) else ()
    return next((field.type for field in fields if field.encode_name == name), None)


def _accepted(node: inspect.Type) -> str:
    """What a field of this type may hold, to stand after "must be"."""
    if isinstance(node, inspect.Metadata):
        said = (node.extra or {}).get(MUST_BE)
        return str(said) if said else _accepted(node.type)
    match node:
        case inspect.UnionType(types=types):
            return " or ".join(_accepted(choice) for choice in types)
        case inspect.LiteralType(values=values):
            return _one_of(values)
        case inspect.EnumType(cls=members):
            return _one_of([member.value for member in members])
        case inspect.IntType(ge=least, le=most, lt=bound):
            return " ".join(("a whole number", *_bounds(least, most if bound is None else bound - 1, "from ")))
        case inspect.StrType(min_length=least, max_length=most):
            return " ".join(("text", *(f"of {size} characters" for size in _bounds(least, most))))
        case inspect.ListType(min_length=least, max_length=most):
            return " ".join(("a list", *(f"of {size} items" for size in _bounds(least, most))))
        case _:
            return _NAMES[type(node)]


def _one_of(values: Sequence[object]) -> str:
    return ("one of " if len(values) > 1 else "") + ", ".join(str(value) for value in values)


def _bounds(least: int | None, most: int | None, before_both: str = "") -> tuple[str, ...]:
    """The bounds in words; none where there are none."""
    if least is not None and most is not None:
        return (f"{before_both}{least} to {most}",)
    if least is not None:
        return (f"at least {least}",)
    return () if most is None else (f"at most {most}",)


_NAMES: Final[dict[type[inspect.Type], str]] = {
    inspect.NoneType: "null",
    inspect.BoolType: "true or false",
    inspect.UUIDType: "a UUID",
    inspect.DateTimeType: "a moment with its offset, such as 2026-11-30T12:00:00Z",
    inspect.VarTupleType: "a list",
    inspect.StructType: "an object",
}
"""Types that need no figures; a test holds the models of every request against this table."""
