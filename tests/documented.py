"""What a service answers in a test is held against what its OpenAPI document says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

EVERYWHERE = {"NOT_FOUND", "METHOD_NOT_ALLOWED"}


class Documented:
    """The operations of a document, found by method and path."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._components = document["components"]
        self._operations = sorted(
            (
                (path.count("{"), method, re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "/*"), operation)
                for path, methods in document["paths"].items()
                for method, operation in methods.items()
            ),
            key=lambda found: found[:2],  # a path without parts of its own goes before one that would take it too
        )
        self._validator = cache(self._make_validator)

    def check(self, method: str, path: str, status: int, body: Any) -> None:
        """The status is one that the document has for the operation; so is a problem's code, and the form of a success."""
        operation = next((found for _, verb, form, found in self._operations if verb == method.lower() and form.fullmatch(path)), None)
        where = f"{method} {path}: {status} {body}"
        if operation is None or (status >= 400 and body.get("code") in EVERYWHERE):
            assert body["code"] in EVERYWHERE, where
            return
        assert str(status) in operation["responses"], where
        content = operation["responses"][str(status)].get("content", {})
        if "application/problem+json" in content:
            assert body["code"] in content["application/problem+json"]["examples"], where
            assert body["status"] == status, where
        elif "application/json" in content:
            name = content["application/json"]["schema"].get("$ref", "")
            if name:
                self._validator(name).validate(body)
        elif content:
            assert isinstance(body, str), where
        else:
            assert not body, where

    def _make_validator(self, name: str) -> Draft202012Validator:
        return Draft202012Validator({"$ref": name, "components": self._components})
