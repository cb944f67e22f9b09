"""One HTTP request as the endpoints see it, and the answer they give. Small, because it is made for every order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Generic, Protocol, TypeVar
from unicodedata import normalize
from urllib.parse import parse_qsl

import msgspec
from starlette.types import Receive, Scope

from mycrypto import texts
from mycrypto.errors import FieldError, ProblemError, invalid
from mycrypto.faults import validation_problem
from mycrypto.http.operation import Operation
from mycrypto.proxies import DIRECT, Proxy

T = TypeVar("T")

BODY_BYTES_MAX: Final = 64 * 1024
PASSED_OVER_BYTES_MAX: Final = 4 * 1024 * 1024
"""A refused body up to this length is taken in, unread: many clients look for an answer only when they have sent everything."""
JSON_MEDIA_TYPE: Final = "application/json"
QUERY_PARAMETERS_MAX: Final = 20
_NONE: Final[frozenset[str]] = frozenset()


class Reply(msgspec.Struct, frozen=True):
    """``body`` is anything msgspec encodes."""

    body: Any
    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = ()


class ResponseHeaders(Protocol):
    """What clients hear beside the answer itself."""

    def headers(self) -> Iterable[tuple[bytes, bytes]]:
        """Names in lower case, with their values."""


class Call:
    """A request. Nothing of it is read before it is asked for."""

    __slots__ = ("_body", "_receive", "_scope", "caller", "operation", "trace_id")

    def __init__(self, scope: Scope, receive: Receive, trace_id: str, body: bytes | None = None) -> None:
        """``body`` is given where all of it has been read; it has at most 64 KB then."""
        self._scope = scope
        self._receive = receive
        self._body = body
        self.trace_id = trace_id
        self.operation: Operation | None = None
        """What is asked for, where it is declared."""
        self.caller: object = None
        """Whom the guard let in, in its own words."""

    @property
    def method(self) -> str:
        return str(self._scope["method"])

    @property
    def path(self) -> str:
        return str(self._scope["path"])

    @property
    def path_params(self) -> dict[str, str]:
        """The edge has looked at the whole path."""
        return {name: normalize("NFC", part) for name, part in self._scope["path_params"].items()}

    @property
    def client_ip(self) -> str:
        """The client's address, as the trusted proxies say it; "" if it is not known."""
        client = self._scope.get("client")
        proxy: Proxy = self._scope.get("proxy", DIRECT)
        name = proxy.header.lower().encode()
        forwarded = b",".join(value for key, value in self._scope["headers"] if key == name) if name else b""
        return proxy.client_ip(client[0] if client else "", forwarded.decode("latin-1"))

    def header(self, name: bytes) -> bytes | None:
        """The first header of this lower-case name."""
        for key, value in self._scope["headers"]:
            if key == name:
                return value  # type: ignore[no-any-return] # ASGI: bytes
        return None

    @property
    def target(self) -> str:
        """Path and query exactly as sent: what a signature covers."""
        raw: bytes = self._scope.get("raw_path") or self.path.encode()
        query: bytes = self._scope["query_string"]
        return (raw.partition(b"?")[0] + (b"?" + query if query else b"")).decode("latin-1")

    def tell(self, told: ResponseHeaders | None) -> None:
        """Let headers go with the answer, whether it will be a reply or a problem, in place of earlier ones of the same names."""
        if told is not None:
            self._scope.setdefault("answer_headers", {}).update(told.headers())

    def vary(self, name: bytes) -> None:
        """Let caches know that the answer depends on this header of the request, too."""
        headers = self._scope.setdefault("answer_headers", {})
        known = headers.get(b"vary")
        headers[b"vary"] = name if known is None else known + b", " + name

    async def require_no_body(self) -> None:
        """Raises VALIDATION_ERROR where there is a body."""
        length = self.header(b"content-length")
        is_empty = length is None or not length.strip(b"0")
        if is_empty and (self.header(b"transfer-encoding") is None or not await self.body()):
            return
        raise invalid("body", "is not taken by this operation")

    async def body(self) -> bytes:
        """The whole body; may be asked for again. Raises PAYLOAD_TOO_LARGE beyond 64 KB, of which no more is kept."""
        if self._body is None:
            self._body = await self._read()
        return self._body

    async def _read(self) -> bytes:
        declared = self.header(b"content-length")
        if declared is not None and declared.isdigit() and int(declared) > BODY_BYTES_MAX:
            raise _too_large(is_last=int(declared) > PASSED_OVER_BYTES_MAX)
        message = await self._receive()
        body: bytes = message.get("body", b"")
        if not message.get("more_body", False):
            if len(body) > BODY_BYTES_MAX:
                raise _too_large(is_last=True)
            return body
        chunks = [body]
        size = len(body)
        while message.get("more_body", False) and message["type"] == "http.request":
            message = await self._receive()
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > BODY_BYTES_MAX:
                raise _too_large(is_last=True)
            chunks.append(chunk)
        return b"".join(chunks)

    def json_bytes(self) -> bytes:
        """The body, which has been read, if it claims to be JSON. Raises UNSUPPORTED_MEDIA_TYPE."""
        declared = self.header(b"content-type") or b""
        if declared != b"application/json":
            media = declared.partition(b";")[0].strip().lower()
            if media != b"application/json":
                raise ProblemError("UNSUPPORTED_MEDIA_TYPE", f"the content type is {media.decode('latin-1') or 'missing'}")
        return self._body or b""

    def query(self) -> dict[str, str]:
        """The query parameters, each once, and each one that the operation declares; raises VALIDATION_ERROR."""
        text = self._scope["query_string"]
        if not text:
            return {}
        allowed = _NONE if self.operation is None else self.operation.query
        try:
            pairs = parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=QUERY_PARAMETERS_MAX)
        except ValueError:
            raise ProblemError("VALIDATION_ERROR", "the query string is not valid") from None
        found: dict[str, str] = {}
        for name, value in pairs:
            if name not in allowed:
                shown = texts.accepted(name, "query")[:40]
                raise ProblemError("VALIDATION_ERROR", f"unknown query parameter {shown}", errors=[FieldError(shown, "is not known")])
            if name in found:
                raise ProblemError("VALIDATION_ERROR", f"{name} is given twice", errors=[FieldError(name, "is given twice")])
            found[name] = texts.accepted(value, name)
        return found


def _too_large(*, is_last: bool) -> ProblemError:
    """``is_last``: the connection is closed rather than read to the end of the body."""
    headers = {"Connection": "close"} if is_last else {}
    return ProblemError("PAYLOAD_TOO_LARGE", f"at most {BODY_BYTES_MAX} bytes are accepted", limit_bytes=BODY_BYTES_MAX, headers=headers)


class BodyDecoder(Generic[T]):
    """Reads JSON strictly as one model; raises VALIDATION_ERROR with the field at fault."""

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._decoder = msgspec.json.Decoder(kind)

    def decode(self, text: bytes | msgspec.Raw) -> T:
        """A ``Raw`` is a part of a text that was decoded here, and was looked through with the whole of it."""
        try:
            return self._decoder.decode(text if isinstance(text, msgspec.Raw) else texts.accepted_json(text))
        except msgspec.ValidationError as error:
            raise validation_problem(error, self._kind) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise ProblemError("VALIDATION_ERROR", "the body is not valid JSON") from None

    async def read(self, call: Call) -> T:
        await call.body()
        return self.decode(call.json_bytes())
