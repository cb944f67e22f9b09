"""A mail of a kind with its details, in the language of its reader; text and HTML are made from the same words."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from functions.notifications.mail_texts_english import ENGLISH
from functions.notifications.mail_texts_turkish import TURKISH
from functions.notifications.wording import Language
from mycrypto.kyc import rejection_text
from mycrypto.mail import MailKind
from mycrypto.queue import MessageError

BRAND: Final = "MyCrypto"
LANGUAGES: Final[Mapping[str, Language]] = {language.code: language for language in (TURKISH, ENGLISH)}
_FIELD: Final = re.compile(r"\{(\w+)\}")
_NUMBERS: Final = frozenset({"amount", "quantity", "price", "last_price"})


class Mail(msgspec.Struct, frozen=True):
    """Ready to send."""

    subject: str
    text: str
    html: str


def _shown(language: Language, details: Mapping[str, str]) -> dict[str, str]:
    shown = {name: language.number(value) if name in _NUMBERS else value for name, value in details.items()}
    for name, words in (("status", language.status), ("side", language.side), ("condition", language.condition)):
        if name in details:
            shown[name] = words.get(details[name], details[name])
    if "rejection" in details:
        shown["reason"] = rejection_text(details["rejection"], details.get("reason", ""), language.code)
    if details.get("currency") == "TRY":
        shown["currency"] = "₺"
    if "network" in details:
        shown["currency"] = f"{shown['currency']} \u00b7 {details['network']}"
    return shown


def render(kind: MailKind, details: Mapping[str, str], language: Language = TURKISH, *, word: str = "") -> Mail:
    """The mail of this kind with these details, and with the anti-phishing word of its reader. Raises MessageError when a detail is missing."""
    template, shown = language.templates[kind], _shown(language, details)

    def fill(text: str, *, escape: bool) -> str:
        def value(match: re.Match[str]) -> str:
            found = shown.get(match[1])
            if not found:
                raise MessageError(f"a {kind.value} mail needs {match[1]}")
            return html.escape(found) if escape else found

        return _FIELD.sub(value, html.escape(text, quote=False) if escape else text)

    link = shown.get("link", "")
    if template.button and not link.startswith(("https://", "http://")):
        raise MessageError(f"a {kind.value} mail needs a link")
    lines = [fill(paragraph, escape=False) for paragraph in template.paragraphs]
    blocks = [f"<p>{fill(paragraph, escape=True)}</p>" for paragraph in template.paragraphs]
    if template.button:
        lines.insert(1, f"{template.button}: {link}")
        blocks.insert(1, f'<p><a href="{html.escape(link)}" style="{_BUTTON}">{html.escape(template.button)}</a></p>')
    if word:
        lines.append(language.word.format(word=word))
        blocks.append(f'<p style="{_WORD}">{html.escape(language.word.format(word=word))}</p>')
    text = "\n\n".join([language.greeting, *lines, language.signature]) + "\n"
    page = _PAGE.format(
        language=language.code,
        title=html.escape(template.subject),
        greeting=language.greeting,
        body="\n".join(blocks),
        signature=language.signature,
    )
    return Mail(f"{template.subject} - {BRAND}", text, page)


_BUTTON: Final = "display:inline-block;padding:12px 20px;background:#0b5fff;color:#ffffff;text-decoration:none;border-radius:6px"
_WORD: Final = "padding:8px 12px;border:1px solid #c9d1d9;border-radius:6px"
_PAGE: Final = """<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><title>{title}</title></head>
<body style="font-family:Arial,sans-serif;color:#1b1f24;max-width:560px;margin:0 auto;padding:24px">
<h1 style="font-size:20px">{title}</h1>
<p>{greeting}</p>
{body}
<p>{signature}</p>
</body>
</html>
"""
