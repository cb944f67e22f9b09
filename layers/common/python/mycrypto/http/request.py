"""A request of a function behind API Gateway, and the answer to it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

import msgspec

from mycrypto import texts
from mycrypto.errors import ProblemError, invalid
from mycrypto.faults import validation_problem
from mycrypto.proxies import Proxy
from mycrypto.ratelimit import Verdict
from mycrypto.security.tokens import Claims, Role, Tier, parse_roles

T = TypeVar("T")

JSON_MEDIA_TYPE: Final = "application/json"
BODY_BYTES_MAX: Final = 64 * 1024
REQUEST_ID_HEADER: Final = "X-Request-ID"

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class Principal(msgspec.Struct, frozen=True):
    """The authenticated caller, as a verified token names it."""

    user_id: UUID
    email: str
    roles: tuple[Role, ...]
    tier: Tier
    kyc_level: int
    jti: UUID
    sid: UUID
    expires_s: int = 0

    @classmethod
    def of(cls, claims: Claims) -> Principal:
        return cls(claims.sub, claims.email, claims.roles, claims.tier, claims.kyc_level, claims.jti, claims.sid, claims.exp)


class Client(msgspec.Struct, frozen=True):
    """Where a request came from, for sessions and records."""

    ip: str
    user_agent: str
    trace_id: str


class Request:
    """One call: what was sent, by whom, under which trace id. ``answer_headers`` go out with whatever is answered, a refusal too."""

    def __init__(self, event: Mapping[str, Any], *, proxy: Proxy, body_bytes_max: int) -> None:
        self._event = event
        self.body_bytes_max = body_bytes_max
        self._headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items() if value is not None}
        self._context: Mapping[str, Any] = event.get("requestContext") or {}
        self.method = str(event.get("httpMethod") or "").upper()
        self.path = str(event.get("path") or "/")
        self.query: dict[str, str] = {k: str(v) for k, v in (event.get("queryStringParameters") or {}).items() if v is not None}
        self.trace_id = self._find_trace_id()
        self.client_ip = self._find_client_ip(proxy)
        self.user_agent = texts.storable(self._headers.get("user-agent", "")[:512])
        self.answer_headers: dict[str, str] = {}
        self._caller: Principal | None = None

    @property
    def client(self) -> Client:
        """Where it came from."""
        return Client(self.client_ip, self.user_agent, self.trace_id)

    @property
    def caller(self) -> Principal:
        """Who calls: whom the frame has let in."""
        if self._caller is None:
            raise TypeError("an operation that is open to all knows no caller")
        return self._caller

    def let_in(self, principal: Principal) -> None:
        """For the frame: the caller may do what the operation does."""
        self._caller = principal

    def header(self, name: str) -> str | None:
        """A header by name, in any case. Raises VALIDATION_ERROR for a text that is not acceptable."""
        value = self._headers.get(name.lower())
        return None if value is None else texts.accepted(value, name)

    @property
    def authorization(self) -> str | None:
        """The header that carries a token, as it was sent; it is verified and never kept."""
        return self._headers.get("authorization")

    @property
    def origin(self) -> str | None:
        """The page that a browser asks for, as it says; compared, and never kept."""
        return self._headers.get("origin")

    def admit(self, verdict: Verdict) -> None:
        """Go on as a limit says; its figures go out with the answer whatever it is. Raises RATE_LIMIT_EXCEEDED."""
        self.answer_headers.update(verdict.headers())
        verdict.require()

    def _find_trace_id(self) -> str:
        for candidate in (self._headers.get(REQUEST_ID_HEADER.lower()), self._context.get("requestId")):
            if isinstance(candidate, str) and _REQUEST_ID.fullmatch(candidate):
                return candidate
        return str(uuid4())

    def _find_client_ip(self, proxy: Proxy) -> str:
        peer = str((self._context.get("identity") or {}).get("sourceIp") or "")
        return proxy.client_ip(peer, self._headers.get(proxy.header.lower(), "")) or "0.0.0.0"  # noqa: S104 - an unknown address, not one to listen on

    @property
    def has_body(self) -> bool:
        return bool(self._event.get("body"))

    @property
    def body(self) -> bytes:
        """The raw body. Raises PAYLOAD_TOO_LARGE beyond the function's limit."""
        text = self._event.get("body") or ""
        if len(text) > self.body_bytes_max * 2:
            raise self._too_large()
        if self._event.get("isBase64Encoded"):
            try:
                raw = base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError):
                raise ProblemError("VALIDATION_ERROR", "the body is not valid base64") from None
        else:
            raw = str(text).encode("utf-8", "surrogatepass")
        if len(raw) > self.body_bytes_max:
            raise self._too_large()
        return raw

    def _too_large(self) -> ProblemError:
        return ProblemError("PAYLOAD_TOO_LARGE", f"at most {self.body_bytes_max} bytes are accepted", limit_bytes=self.body_bytes_max)

    def require_json(self) -> None:
        """Raises UNSUPPORTED_MEDIA_TYPE for a body that is said to be something else."""
        media = (self.header("content-type") or "").partition(";")[0].strip().lower()
        if media != JSON_MEDIA_TYPE:
            raise ProblemError("UNSUPPORTED_MEDIA_TYPE", f"the content type is {media or 'missing'}")

    def json(self, kind: type[T]) -> T:
        """The body as ``kind``. Raises VALIDATION_ERROR, naming the field, or UNSUPPORTED_MEDIA_TYPE."""
        raw = self.body
        self.require_json()
        return decode_json(raw, kind)

    def params(self, kind: type[T]) -> T:
        """The query as ``kind``; texts are converted to the fields' types. Raises VALIDATION_ERROR."""
        repeated = [name for name, values in (self._event.get("multiValueQueryStringParameters") or {}).items() if len(values) > 1]
        if repeated:
            raise invalid(repeated[0], "is given twice")
        query = {texts.accepted(name, "query"): texts.accepted(value, name) for name, value in self.query.items()}
        try:
            return msgspec.convert(query, kind, strict=False)
        except msgspec.ValidationError as error:
            raise validation_problem(error, kind) from None

    @staticmethod
    def uuid(text: str, code: str = "NOT_FOUND") -> UUID:
        """A part of the path as an id. Raises ``code``: nothing has an id of another form."""
        try:
            return UUID(text)
        except ValueError:
            raise ProblemError(code, "there is nothing with this id") from None

    def principal(self) -> Principal:
        """The caller whom the authorizer let in. Raises UNAUTHORIZED when there was no authorizer in front of this route."""
        context = self._context.get("authorizer") or {}
        try:
            return Principal(
                user_id=UUID(context["user_id"]),
                email=str(context["email"]),
                roles=parse_roles(str(context["roles"])),
                tier=Tier(context["tier"]),
                kyc_level=int(context["kyc_level"]),
                jti=UUID(context["jti"]),
                sid=UUID(context["sid"]),
                expires_s=int(context.get("expires_s") or 0),
            )
        except (KeyError, ValueError):
            raise ProblemError("UNAUTHORIZED", headers={"WWW-Authenticate": "Bearer"}) from None


class Reply(msgspec.Struct, frozen=True):
    """An answer with a status and headers of its own; ``body`` is anything msgspec encodes, ``None`` for no body. Of another ``media`` than JSON
    it is the text itself, or the bytes of a file. A header with several values goes out several times.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str | list[str]] = {}  # msgspec copies it for each instance
    media: str = JSON_MEDIA_TYPE


def decode_json(raw: bytes, kind: type[T]) -> T:
    """``raw`` as ``kind``. Raises VALIDATION_ERROR with the field at fault."""
    try:
        return msgspec.json.decode(texts.accepted_json(raw), type=kind)
    except msgspec.ValidationError as error:
        raise validation_problem(error, kind) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProblemError("VALIDATION_ERROR", "the body is not valid JSON") from None
