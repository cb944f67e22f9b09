"""OpenAPI 3.1 documents, made from the models of a service and the operations that its handlers declare.

Each service serves its document; ``docs/api`` holds all of them, and tests compare both with the code.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from mycrypto import texts
from mycrypto.errors import CATALOGUE, PROBLEM_MEDIA_TYPE, TYPE_BASE, FieldError
from mycrypto.field_faults import SENTENCES
from mycrypto.health import Health, Readiness
from mycrypto.http.operation import REPORTS, Operation, Parameter
from mycrypto.permissions import OPEN

API_KEY: Final = "apiKey"
"""The name of the scheme that opens what has a scope for keys."""
BEARER: Final = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}

_LIMIT_HEADERS: Final = {
    "X-RateLimit-Limit": "Tokens of the caller's bucket",
    "X-RateLimit-Remaining": "Tokens left",
    "X-RateLimit-Reset": "Seconds until the bucket is full, or has a token again",
}

BEHIND_API_GATEWAY: Final = ("SERVICE_UNAVAILABLE", "OUTCOME_UNKNOWN")
_NO_SCHEMAS: Final = frozenset({"default", "examples", "enum", "const", "required", "discriminator"})
_SCHEMA: Final = "#/components/schemas/{name}"
_EVERYWHERE: Final = ("NOT_FOUND", "METHOD_NOT_ALLOWED")
"""What any path and method may be answered with that is not in the table."""

Figures = Mapping[str, Mapping[str, str | int]]
Shapes = Mapping[str, Mapping[str, Any]]

_FIGURES: Final[Figures] = {
    "RATE_LIMIT_EXCEEDED": {"limit": 10, "retry_after": 1},
    "PAYLOAD_TOO_LARGE": {"limit_bytes": 64 * 1024},
}
"""Members that carry the figures of a case, as an example shows them; those that every service has."""

_EXAMPLE_FAULT: Final = FieldError("limit", "must be a whole number from 1 to 100")
_FIELD_FAULT: Final[dict[str, Any]] = {"type": "string", "enum": sorted(SENTENCES), "description": "What is wrong with one field"}

_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "RFC 9457. Further members carry the figures of the case.",
    "required": ["type", "title", "status", "detail", "instance", "code", "message", "errors", "trace_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "enum": sorted(CATALOGUE)},
        "message": {"type": "string", "description": "For the user, in Turkish"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message", "code", "params"],
                "properties": {
                    "field": {"type": "string"},
                    "message": {"type": "string", "description": "In English, to stand behind the field's name"},
                    "code": {
                        "type": "string",
                        "description": "One of FieldFault, or the problem's own code where there is no more to say of the field",
                    },
                    "params": {
                        "type": "object",
                        "description": "The figures of the code, such as lowest and highest",
                        "additionalProperties": {"type": "string"},
                    },
                },
            },
        },
        "trace_id": {"type": "string"},
    },
}


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """What a document is about. ``security`` are schemes by name, any one of which opens a private operation; ``shapes`` say more about
    parameters by their names.
    """

    title: str
    description: str
    operations: Sequence[Operation]
    security: Mapping[str, Mapping[str, Any]]
    figures: Figures
    shapes: Shapes
    anywhere: tuple[str, ...] = ()
    """Codes that stand before every operation, such as those of an API gateway whose function does not answer."""

    def document(self) -> dict[str, Any]:
        """The whole document."""
        kinds = {
            kind
            for operation in self.operations
            for named in (operation.answer, operation.body, *(also[2] for also in operation.also))
            for kind in _models(named)
        }
        schemas = components(sorted(kinds, key=str))
        sent = [operation.body for operation in self.operations if operation.body is not None and operation.tag != REPORTS]
        _say_what_text_may_hold(schemas, {_name_of(kind) for body in sent for kind in _models(body)})
        paths: dict[str, dict[str, Any]] = {}
        for operation in self.operations:
            paths.setdefault(operation.path, {})[operation.method] = _operation(operation, self)
        return {
            "openapi": "3.1.0",
            "info": {"title": self.title, "version": "1.0.0", "description": self.description},
            "servers": [{"url": "/"}],
            "paths": paths,
            "components": {
                "schemas": {**schemas, "Problem": _PROBLEM, "FieldFault": _FIELD_FAULT},
                "examples": _examples(self),
                "securitySchemes": {name: dict(scheme) for name, scheme in self.security.items()},
            },
        }

    def text(self) -> str:
        """The document as it is committed and served."""
        return json.dumps(self.document(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def components(kinds: Sequence[Any]) -> dict[str, Any]:
    r"""The schemas of models and of all that they are made of, by name, in the dialect of JSON Schema.

    Its patterns are ECMAScript's, whose ``$`` is the very end of a text; Python's would let a line break follow, so that models say ``\Z``.
    """
    _, schemas = msgspec.json.schema_components(kinds, ref_template=_SCHEMA)
    for schema in schemas.values():
        _speak_ecma(schema)
    return schemas


def _speak_ecma(node: Any) -> None:
    members = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for member in members:
        _speak_ecma(member)
    if isinstance(node, dict) and isinstance(node.get("pattern"), str):
        node["pattern"] = node["pattern"].replace(r"\Z", "$")


def service_operations(name: str) -> tuple[Operation, ...]:
    """What every function behind ``/api/{name}`` answers about itself."""
    at = f"/api/{name}"
    return (
        Operation(
            method="get",
            path=f"{at}/health",
            name=f"{name}Health",
            summary="Is it alive",
            tag="operations",
            answer=Health,
            errors=(),
            permission=OPEN,
        ),
        Operation(
            method="get",
            path=f"{at}/health/ready",
            name=f"{name}Ready",
            summary="Is everything there that it needs",
            tag="operations",
            answer=Readiness,
            also=((503, "Something is missing; the body names it", Readiness),),
            errors=(),
            permission=OPEN,
        ),
        Operation(
            method="get",
            path=f"{at}/openapi.json",
            name=f"{name}Document",
            summary="This document",
            tag="operations",
            answer={"type": "object", "description": "This document"},
            errors=(),
            permission=OPEN,
        ),
    )


def _models(named: Any) -> tuple[Any, ...]:
    if named is None or isinstance(named, dict):
        return ()
    return named if isinstance(named, tuple) else (named,)


def _schema(named: Any) -> dict[str, Any]:
    if isinstance(named, dict):
        return named
    schemas, _ = msgspec.json.schema_components(_models(named), ref_template=_SCHEMA)
    return schemas[0] if len(schemas) == 1 else {"oneOf": list(schemas)}


def _name_of(kind: Any) -> str:
    return str(_schema(kind)["$ref"]).rpartition("/")[2]


def _say_what_text_may_hold(schemas: dict[str, Any], names: set[str]) -> None:
    """In the models that are sent, and in those within them."""
    told: set[str] = set()
    while names:
        name = names.pop()
        told.add(name)
        schemas[name] = texts_told(schemas[name])
        names |= {part.split('"')[0] for part in json.dumps(schemas[name]).split("#/components/schemas/")[1:]} - told


def texts_told(schema: Any) -> Any:
    """The schema with the rule of :mod:`mycrypto.texts` at each text that has no narrower form of its own."""
    if isinstance(schema, list):
        return [texts_told(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: value if key in _NO_SCHEMAS else texts_told(value) for key, value in schema.items()}
    if made.get("type") == "string" and not made.keys() & {"enum", "format", "pattern", "const", "anyOf"}:
        made = {"maxLength": texts.LENGTH_MAX, **made, "pattern": texts.PATTERN}
    return made


def _operation(operation: Operation, service: Service) -> dict[str, Any]:
    permission = operation.permission
    headers = {} if permission.is_open else _LIMIT_HEADERS
    made: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [
            *(
                {
                    "name": part[1:-1],
                    "in": "path",
                    "required": True,
                    "schema": texts_told({"type": "string", "minLength": 1, **service.shapes.get(part[1:-1], {})}),
                }
                for part in operation.path.split("/")
                if part.startswith("{")
            ),
            *(_parameter(parameter, service) for parameter in operation.parameters),
        ],
        "responses": {
            str(operation.status): _done(operation.answer, headers, operation.answer_media),
            **{str(status): {**_done(kind, headers), "description": text} for status, text, kind in operation.also},
            **_refusals((*operation.codes, *service.anywhere)),
        },
    }
    if operation.body is not None:
        schema = texts_told(_schema(operation.body)) if isinstance(operation.body, dict) else _schema(operation.body)
        made["requestBody"] = {"required": operation.body_required, "content": {operation.body_media: {"schema": schema}}}
    if operation.rules:
        made["x-rules"] = dict(operation.rules)
    if not permission.is_open:
        made["security"] = [{name: []} for name in service.security if name != API_KEY or permission.scope is not None]
        made["x-roles"] = [role.value for role in permission.roles]
        if permission.scope is not None:
            made["x-scope"] = permission.scope.value
        if permission.second_factor:
            made["x-second-factor"] = "shown in this session within five minutes"
    return made


def _parameter(parameter: Parameter, service: Service) -> dict[str, Any]:
    made = {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.text,
        "schema": texts_told({"type": parameter.kind, **(parameter.shape or service.shapes.get(parameter.name, {}))}),
    }
    return {**made, "required": True} if parameter.required else made


def _headers(names: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"description": text, "schema": {"type": "integer"}} for name, text in names.items()}


def _done(answer: Any, headers: Mapping[str, str], media: str = "application/json") -> dict[str, Any]:
    made: dict[str, Any] = {"description": "Done"}
    if answer is not None:
        made["content"] = {media: {"schema": _schema(answer)}}
    return {**made, "headers": _headers(headers)} if headers else made


def _examples(service: Service) -> dict[str, Any]:
    """A problem for each code that the service may answer with, as it was met first."""
    met = {
        code: operation.path for operation in reversed(service.operations) for code in (*_EVERYWHERE, *service.anywhere, *operation.codes)
    }
    return {
        code: {
            "summary": CATALOGUE[code].title,
            "value": {
                "type": TYPE_BASE + code.lower().replace("_", "-"),
                "title": CATALOGUE[code].title,
                "status": CATALOGUE[code].status,
                "detail": CATALOGUE[code].title,
                "instance": path,
                "code": code,
                "message": CATALOGUE[code].message,
                "errors": [_EXAMPLE_FAULT.body(code)] if code == "VALIDATION_ERROR" else [],
                "trace_id": "01a20969-8b47-7b80-b714-07cb0c733fb3",
                **_FIGURES.get(code, {}),
                **service.figures.get(code, {}),
            },
        }
        for code, path in met.items()
    }


def _refusals(codes_of_all: Iterable[str]) -> dict[str, Any]:
    """The problems of an operation by status, an example for each code."""
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes_of_all):
        by_status.setdefault(CATALOGUE[code].status, []).append(code)
    return {
        str(status): {
            "description": ", ".join(codes),
            "content": {
                PROBLEM_MEDIA_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes},
                }
            },
            **_refusal_headers(status),
        }
        for status, codes in sorted(by_status.items())
    }


def _refusal_headers(status: int) -> dict[str, Any]:
    if status == 426:
        return {"headers": {"Upgrade": {"description": "websocket", "schema": {"type": "string"}}}}
    if status == 429:
        return {"headers": _headers({**_LIMIT_HEADERS, "Retry-After": "Seconds to wait"})}
    if status == 503:
        return {"headers": _headers({"Retry-After": "Seconds to wait, where it is known"})}
    return {}
