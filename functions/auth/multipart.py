"""Forms with files (multipart/form-data), read whole: small, strict, and without anything left on disk."""

from __future__ import annotations

from email.errors import MessageError as MimeError
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.policy import HTTP
from typing import Final

import msgspec

from mycrypto import texts
from mycrypto.errors import ProblemError

MEDIA_TYPE: Final = "multipart/form-data"
PARTS_MAX: Final = 20
FIELD_BYTES_MAX: Final = 1_000
FILENAME_LENGTH_MAX: Final = 255


class File(msgspec.Struct, frozen=True):
    """One uploaded file."""

    filename: str
    content: bytes


class Form(msgspec.Struct, frozen=True):
    fields: dict[str, str]
    files: dict[str, File]


def _broken(detail: str) -> ProblemError:
    return ProblemError("VALIDATION_ERROR", detail)


def parse(content_type: str, body: bytes) -> Form:
    """The form. Raises UNSUPPORTED_MEDIA_TYPE, and VALIDATION_ERROR for what is malformed, repeated or too much."""
    if content_type.partition(";")[0].strip().lower() != MEDIA_TYPE or any(letter in content_type for letter in "\r\n"):
        raise ProblemError("UNSUPPORTED_MEDIA_TYPE", f"the content type must be {MEDIA_TYPE}")
    try:
        message = BytesParser(EmailMessage, policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    except (MimeError, ValueError):
        raise _broken("the form cannot be read") from None
    parts = list(message.iter_parts()) if message.is_multipart() else []
    if not parts or message.defects:
        raise _broken("the form cannot be read")
    if len(parts) > PARTS_MAX:
        raise _broken(f"the form has more than {PARTS_MAX} parts")
    form = Form({}, {})
    for part in parts:
        _add(form, part)
    return form


def _add(form: Form, part: MIMEPart) -> None:
    name = part.get_param("name", header="content-disposition")
    if isinstance(name, str):
        name = texts.accepted(name, "a field's name")
    content = part.get_payload(decode=True)
    if part.get_content_disposition() != "form-data" or not isinstance(name, str) or not isinstance(content, bytes):
        raise _broken("a part of the form has no name")
    if name in form.fields or name in form.files:
        raise _broken(f"{name} is sent more than once")
    filename = part.get_filename()
    if filename is not None:
        form.files[name] = File(texts.accepted(filename[:FILENAME_LENGTH_MAX], f"{name}: the file's name"), content)
        return
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise _broken(f"{name} is not UTF-8") from None
    if len(content) > FIELD_BYTES_MAX:
        raise _broken(f"{name} is too long")
    form.fields[name] = texts.accepted(text, name)
