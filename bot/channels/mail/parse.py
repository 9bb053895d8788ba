"""Bytes to a mail. Nothing raises: what cannot be read says why, and its bytes stay the truth."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bot.channels.mail.addresses import Address, mailboxes, sole_mailbox
from bot.channels.mail.bodies import flatten
from bot.channels.mail.bounds import excess
from bot.channels.mail.headers import Headers, split_headers
from bot.channels.mail.mail import Mail
from bot.channels.mail.parts import parsed
from bot.channels.mail.readings import hinges
from bot.channels.mail.reports import delivery_report
from bot.channels.mail.robots import automatic
from bot.channels.mail.text import decode, one_line

LONGEST_SUBJECT = 500


def parse(raw: bytes, mail_from: str | None = None) -> Mail:
    """Reads a mail. `mail_from` is the envelope's sender where it is known, "" for bounces. Never raises."""
    try:
        headers = split_headers(raw)
        too_much = excess(raw, headers)
        if too_much:
            return unreadable(raw, too_much, mail_from)
        return _read(raw, headers, mail_from)
    except (Exception, RecursionError) as error:  # noqa: BLE001 - hostile input; told to staff with the original
        return unreadable(raw, f"the mail could not be read ({type(error).__name__})", mail_from)


def unreadable(raw: bytes, reason: str, mail_from: str | None = None) -> Mail:
    """What is known of a mail that must not, or cannot, be parsed: the start of its headers, and the reason."""
    headers = split_headers(raw[:100_000])
    sender = _sender(headers)
    subject = headers.line("subject")[:LONGEST_SUBJECT]
    return Mail(
        message_id=_first(headers.message_ids("message-id")),
        sender=sender if isinstance(sender, Address) else None,
        sender_problem=sender if isinstance(sender, str) else None,
        subject=subject,
        automatic=automatic(headers, None, subject, mail_from),
        unreadable=reason,
    )


def _read(raw: bytes, headers: Headers, mail_from: str | None) -> Mail:
    message = parsed(raw)
    rests_on = hinges(message)  # before parts are mended
    bodies = flatten(message)
    sender = _sender(headers)
    known = sender if isinstance(sender, Address) else None
    subject = headers.line("subject")[:LONGEST_SUBJECT]
    report = delivery_report(message, headers, raw, bodies.text, mail_from)
    return Mail(
        message_id=_first(headers.message_ids("message-id")),
        in_reply_to=_first(headers.message_ids("in-reply-to")),
        references=headers.message_ids("references"),
        sender=known,
        sender_problem=sender if isinstance(sender, str) else None,
        to=_all_mailboxes(headers, "to"),
        cc=_all_mailboxes(headers, "cc"),
        subject=subject,
        date=_date(headers.line("date")),
        text=bodies.text,
        html=bodies.html,
        attachments=bodies.attachments,
        automatic="delivery report" if report else automatic(headers, known, subject, mail_from),
        delivery_report=report,
        signed=bodies.signed,
        encrypted=bodies.encrypted,
        hinges=rests_on,
    )


def _sender(headers: Headers) -> Address | str:
    if headers.problem:
        return headers.problem
    return sole_mailbox(tuple(decode(value, None).rstrip("\r\n") for value in headers.all("from")))


def _all_mailboxes(headers: Headers, name: str) -> tuple[Address, ...]:
    return tuple(address for value in headers.all(name)[:5] for address in mailboxes(decode(value, None)).found)


def _date(value: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(value[:100])
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _first(ids: tuple[str, ...]) -> str | None:
    return one_line(ids[0]) if ids else None
