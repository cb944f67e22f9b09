"""The mails that the platform sent: read back from the emulator's SES, as JSON and as a page."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Any, Final
from urllib.parse import quote

import httpx
import msgspec

MINISTACK_PATH: Final = "/_ministack/ses/messages"
LOCALSTACK_PATH: Final = "/_aws/ses"
MAILS_MAX: Final = 200


class Mail(msgspec.Struct, frozen=True):
    """``sent_at`` is ISO-8601 in UTC; ``html`` is empty for a plain mail."""

    message_id: str
    sender: str = msgspec.field(name="from")
    to: list[str]
    subject: str
    text: str
    html: str
    sent_at: str


def _of_ministack(entry: dict[str, Any]) -> tuple[float, Mail]:
    sent = float(entry["Timestamp"])
    return sent, Mail(
        message_id=entry["MessageId"],
        sender=entry["Source"],
        to=[*entry.get("To", ()), *entry.get("CC", ()), *entry.get("BCC", ())],
        subject=entry.get("Subject") or "",
        text=entry.get("BodyText") or "",
        html=entry.get("BodyHtml") or "",
        sent_at=datetime.fromtimestamp(sent, UTC).isoformat(timespec="milliseconds"),
    )


def _of_localstack(entry: dict[str, Any]) -> tuple[float, Mail]:
    sent = datetime.fromisoformat(entry["Timestamp"]).replace(tzinfo=UTC)
    destination, body = entry.get("Destination") or {}, entry.get("Body") or {}
    return sent.timestamp(), Mail(
        message_id=entry["Id"],
        sender=entry["Source"],
        to=[address for kind in ("ToAddresses", "CcAddresses", "BccAddresses") for address in destination.get(kind) or ()],
        subject=entry.get("Subject") or "",
        text=body.get("text_part") or "",
        html=body.get("html_part") or "",
        sent_at=sent.isoformat(timespec="milliseconds"),
    )


async def read(client: httpx.AsyncClient, to: str = "") -> list[Mail]:
    """The mails to an address (all without one), newest first, at most 200. Raises ``httpx.HTTPError``."""
    answer = await client.get(MINISTACK_PATH)
    if answer.status_code == httpx.codes.OK and isinstance(answer.json().get("messages"), dict):
        found = [_of_ministack(entry) for account in answer.json()["messages"].values() for entry in account]
    else:
        answer = await client.get(LOCALSTACK_PATH)
        answer.raise_for_status()
        found = [_of_localstack(entry) for entry in answer.json()["messages"]]
    wanted = to.strip().casefold()
    found = [pair for pair in found if not wanted or any(_address(each) == wanted for each in pair[1].to)]
    found.sort(key=lambda pair: pair[0], reverse=True)
    return [mail for _, mail in found[:MAILS_MAX]]


def _address(text: str) -> str:
    """``Ada <ada@example.com>`` is ada@example.com."""
    return text.rpartition("<")[2].rstrip(">").strip().casefold()


_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1d2433}
a{color:#0b5cad} input{font:inherit;padding:.3rem .5rem;min-width:20rem} button{font:inherit;padding:.3rem .8rem}
details{border:1px solid #d7dce5;border-radius:.5rem;padding:.6rem 1rem;margin:.6rem 0} summary{cursor:pointer}
small{color:#5b6577} pre{white-space:pre-wrap;overflow-wrap:anywhere} iframe{width:100%;height:24rem;border:1px solid #d7dce5;border-radius:.5rem}
"""


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1>{body}</html>"
    )


def page(mails: list[Mail], to: str) -> str:
    """The mailbox as HTML. A mail's own HTML stands in a frame that may do nothing."""
    rows = []
    for position, mail in enumerate(mails):
        html = f'<iframe sandbox title="The mail as HTML" srcdoc="{escape(mail.html)}"></iframe>' if mail.html else ""
        rows.append(
            f"<details{' open' if position == 0 else ''}><summary><b>{escape(mail.subject) or '(no subject)'}</b><br>"
            f"<small>{escape(', '.join(mail.to))} · {escape(mail.sent_at)}</small></summary><pre>{escape(mail.text)}</pre>{html}</details>"
        )
    form = (
        f'<form><input type="search" name="to" placeholder="address" aria-label="Address" value="{escape(to)}"> <button>Show</button>'
        f' <a href="/local/mail?to={quote(to)}">as JSON</a></form>'
    )
    return _page("Mailbox", form + ("".join(rows) or "<p>No mails.</p>"))


def landing() -> str:
    """What a browser sees at the root of the front door."""
    links = (
        ("/local/dashboard", "Dashboards", "the four of production, with the numbers of this machine"),
        ("/local/mailbox", "Mailbox", "every mail that the platform sent"),
        ("/api/v1/markets", "Markets", "the symbols and their rules"),
        ("/api/v1/markets/BTCUSDT/ticker", "Ticker", "BTC/USDT"),
        ("/api/v1/orderbook/BTCUSDT", "Order book", "BTC/USDT"),
        ("/api/auth/.well-known/jwks.json", "Token keys", "what tokens are verified with"),
        ("/health", "Health", "of the gateway"),
        ("/metrics", "Metrics", "of the gateway"),
    )
    items = "".join(f'<li><a href="{path}">{name}</a> <small>{what}</small></li>' for path, name, what in links)
    return _page("MyCrypto on this machine", f"<ul>{items}</ul>")
