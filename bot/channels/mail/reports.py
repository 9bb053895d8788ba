"""What became of a mail of ours: delivery reports (RFC 3464, or what others write) and complaints (RFC 5965)."""

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog
from flufl.bounce import all_failures

from bot.channels.mail.addresses import parse_address
from bot.channels.mail.headers import Headers, split_headers
from bot.channels.mail.mail import DeliveryReport
from bot.channels.mail.parts import content_type
from bot.channels.mail.text import decode, one_line

if TYPE_CHECKING:
    from email.message import Message

MOST_RECIPIENTS = 100
MOST_LINES = 5_000
log = structlog.get_logger("mail.reports")
_ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")
# What a reader says of a mail; other feedback (not-spam, auth-failure) is no complaint about it.
_COMPLAINTS = frozenset({"abuse", "fraud", "virus", "opt-out", "opt-out-list", "other"})
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?:^|[\s:(\"'])([45])\d\d[\s-](?=\S)", re.MULTILINE)
_ADDRESS = re.compile(r"<?([a-z0-9._%+'=/&-]{1,64}@[a-z0-9.-]{1,250}\.[a-z]{2,63})>?", re.IGNORECASE)
_DAEMON = re.compile(r"(?:mailer-?daemon|postmaster|mail-?system|mdaemon|mail delivery)", re.IGNORECASE)
_DELAYED = re.compile(r"\b(?:delayed|will (?:keep|continue) trying|warning|not yet been delivered)\b", re.IGNORECASE)
_FAILED = re.compile(
    r"undeliver|not be delivered|could not (?:be )?(?:send|deliver)|delivery (?:has )?fail|failed permanently"
    r"|failure notice|return(?:ed|ing) (?:to sender|mail)|delivery status notification|failed delivery"
    r"|user unknown|unknown user|no such user|mailbox (?:full|unavailable)"
    r"|permanent(?:ly)? (?:fatal )?(?:error|failure)|n'a pas pu être|non remis|échec",
    re.IGNORECASE,
)
# Where the mail that comes back begins: what stands below names others than those it could not reach.
_RETURNED = re.compile(
    r"^[ \t>]*(?:(?:return-path|received|message-id|dkim-signature|mime-version|x-mailer):"
    r"|-{2,}.{0,40}\b(?:original|unsent|returned|attached|copy)\b.{0,60}$"
    r"|.{0,40}\b(?:copy of (?:the|your) (?:message|mail)|original message (?:follows|headers?))\b)",
    re.IGNORECASE | re.MULTILINE,
)
_MACHINE = re.compile(r"auto-(?:generated|replied)", re.IGNORECASE)
_SENT_BY = re.compile(rb"^[ \t>]*(?:from|return-path|message-id):([^\r\n]{0,998})", re.IGNORECASE | re.MULTILINE)
_ORIGINAL = re.compile(rb"^[ \t>]*message-id:[ \t\r\n]*<([^<>\s]{1,900})>", re.IGNORECASE | re.MULTILINE)


# Some of its detectors raise on mails they do not expect, and log that with the whole trace: then ours reads on.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)


def delivery_report(
    message: "Message[str, str]", headers: Headers, raw: bytes, text: str, mail_from: str | None = None
) -> DeliveryReport | None:
    """The report in a mail, None when it is none. Whom it concerns is only as true as the mail that carries it.

    A report that a person passes on stays that person's mail: only what a machine sends is read as one.
    """
    if not _is_from_a_machine(message, headers, mail_from):
        return None
    if b"message/feedback-report" in raw.lower():
        return _complaint(message, raw)  # never a bounce, whatever it says: the mail has arrived
    standard = _standard(message, raw) if b"delivery-status" in raw.lower() else None
    if standard and standard.recipients:
        return standard
    told = _known(message, headers, raw, text) or _loose(headers, raw, text)
    return replace(standard, recipients=told.recipients) if standard and told else standard or told


def _is_from_a_machine(message: "Message[str, str]", headers: Headers, mail_from: str | None) -> bool:
    return bool(
        mail_from == ""
        or headers.line("return-path") == "<>"
        or _DAEMON.search(headers.line("from"))
        or headers.line("x-failed-recipients")
        or content_type(message).value == "multipart/report"
        or _MACHINE.match(headers.line("auto-submitted"))
    )


def _complaint(message: "Message[str, str]", raw: bytes) -> DeliveryReport | None:
    feedback = next((part for part in message.walk() if content_type(part).value == "message/feedback-report"), None)
    fields = next(_blocks(feedback), None) if feedback is not None else None
    if fields is None or fields.get("feedback-type", "").strip().lower() not in _COMPLAINTS:
        return None
    return DeliveryReport(
        recipients=_unique([_address(fields.get("original-rcpt-to", ""))]),
        action="complained",
        status=None,
        original_message_id=_original(raw),
        original_sender=_address(fields.get("original-mail-from", "")) or None,
    )


def _known(message: "Message[str, str]", headers: Headers, raw: bytes, text: str) -> DeliveryReport | None:
    """The forms of well-known servers, which flufl.bounce tells apart line by line, in time that grows with them."""
    if raw.count(b"\n") > MOST_LINES:
        return None
    try:
        waiting, failed = all_failures(message)
    except Exception as error:  # noqa: BLE001 - hostile input to other people's expressions
        log.info("report_not_known", error=type(error).__name__)
        return None
    if not waiting and not failed:
        return None
    said = _said(headers, text)
    enhanced = _ENHANCED.search(said)
    return DeliveryReport(
        recipients=_without_senders(
            (one.decode("ascii", "replace") for one in sorted(failed or waiting)), headers, raw
        ),
        action="failed" if failed else "delayed",
        status=enhanced[1] if enhanced else None,
        original_message_id=_original(raw),
    )


def _standard(message: "Message[str, str]", raw: bytes) -> DeliveryReport | None:
    blocks = [block for part in message.walk() for block in _status_blocks(part)]
    concerned = [block for block in blocks if "action" in block or "final-recipient" in block]
    if not concerned:
        return None
    # One mail may have reached some and not others: only those whom the worst befell are named.
    worst = min(map(_befell, concerned), key=_ACTIONS.index)
    befallen = [block for block in concerned if _befell(block) == worst]
    statuses = [block["status"] for block in befallen if block.get("status")]
    status = next((found[1] for value in statuses if (found := _ENHANCED.search(value))), None)
    return DeliveryReport(
        recipients=_unique(_recipient(block) for block in befallen),
        action=worst,
        status=status,
        original_message_id=_original(raw),
    )


def _status_blocks(part: "Message[str, str]") -> Iterator[dict[str, str]]:
    if content_type(part).value not in {"message/delivery-status", "message/global-delivery-status"}:
        return
    yield from _blocks(part)


def _blocks(part: "Message[str, str]") -> Iterator[dict[str, str]]:
    """The groups of fields in a part, by name in lower case."""
    content = part.get_payload(decode=True)
    for block in re.split(rb"\r?\n[ \t]*\r?\n", content if isinstance(content, bytes) else b"")[
        : MOST_RECIPIENTS * 2
    ]:
        fields = split_headers(block.strip(b"\r\n") + b"\n\n").fields
        yield {name: one_line(decode(value, None)) for name, value in reversed(fields)}


def _befell(block: dict[str, str]) -> str:
    word = block.get("action", "").split(" ")[0].strip(";,.()").lower()
    return word if word in _ACTIONS else "failed"


def _recipient(block: dict[str, str]) -> str:
    written = block.get("original-recipient") or block.get("final-recipient") or ""
    return _address(written.partition(";")[2] or written)


def _address(written: str) -> str:
    found = _ADDRESS.search(written)
    return found[1].lower() if found else ""


def _loose(headers: Headers, raw: bytes, text: str) -> DeliveryReport | None:
    """A report in nobody's format: taken for one only when it also says that something failed or waits."""
    said = _said(headers, text)
    enhanced, code = _ENHANCED.search(said), _REPLY_CODE.search(said)
    failed, delayed = _FAILED.search(said), _DELAYED.search(said)
    if not (failed or delayed or enhanced):
        return None
    temporary = (enhanced[1][0] if enhanced else code[1] if code else "5") == "4" or (delayed and not failed)
    named = headers.line("x-failed-recipients") or said
    return DeliveryReport(
        recipients=_without_senders((match[1] for match in _ADDRESS.finditer(named)), headers, raw)[:5],
        action="delayed" if temporary else "failed",
        status=enhanced[1] if enhanced else None,
        original_message_id=_original(raw),
    )


def _without_senders(named: Iterator[str], headers: Headers, raw: bytes) -> tuple[str, ...]:
    """Whom a report names, without those it comes from and goes to, and without who sent what it brings back."""
    found = _unique(named)
    ends = {str(address) for name in ("from", "to") if (address := parse_address(headers.line(name)))}
    returned = (line[1] for line in _SENT_BY.finditer(raw, headers.size))
    senders = {one[1].lower() for line in returned for one in _ADDRESS.finditer(decode(line[:500], None))}
    others = tuple(one for one in found if one not in ends)
    return tuple(one for one in others if one not in senders) or others


def _said(headers: Headers, text: str) -> str:
    """What the report itself says, without the mail that it brings back."""
    explained = text[:20_000]
    returned = _RETURNED.search(explained)
    return f"{headers.line('subject')}\n{explained[: returned.start()] if returned else explained}"


def _original(raw: bytes) -> str | None:
    """The first Message-ID that the mail quotes below its own headers."""
    found = _ORIGINAL.search(raw, split_headers(raw).size)
    return found[1].decode("ascii", "replace") if found else None


def _unique(addresses: Iterable[str]) -> tuple[str, ...]:
    named = (address.strip("'").lower() for address in addresses)
    return tuple(dict.fromkeys(address for address in named if address))[:MOST_RECIPIENTS]
