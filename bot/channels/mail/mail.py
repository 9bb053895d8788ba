"""A mail once it has been read: plain values, clean enough to keep and to show."""

from dataclasses import dataclass
from datetime import datetime

from bot.channels.mail.addresses import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that came along. `name` is safe to show and to offer; `content` is what it holds, decoded."""

    name: str
    media_type: str
    content: bytes
    inline: bool = False
    content_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What became of a mail of ours (RFC 3464). `action` is failed, delayed, delivered, relayed or expanded.

    Or `complained` (RFC 5965): a reader reported it as abuse. `original_sender` is the envelope's, where it is named.
    """

    recipients: tuple[str, ...]
    action: str
    status: str | None
    original_message_id: str | None
    original_sender: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail. Message-IDs come without their angle brackets; `date` is what the sender claims, in UTC.

    `sender` is the one author, or None with the reason in `sender_problem`. `automatic` says why no person wrote it.
    `hinges` are the header fields which, changed, would make the same bytes read otherwise.
    `unreadable` says why nothing but the headers, or not even those, could be read; the raw bytes stay the truth.
    """

    message_id: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    sender: Address | None = None
    sender_problem: str | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    subject: str = ""
    date: datetime | None = None
    text: str = ""
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    automatic: str | None = None
    delivery_report: DeliveryReport | None = None
    signed: bool = False
    encrypted: bool = False
    hinges: tuple[str, ...] = ()
    unreadable: str | None = None
