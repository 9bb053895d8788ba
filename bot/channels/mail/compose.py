"""A letter to bytes: built directly, the same bytes for the same letter, no header that a value could open."""

import base64
import binascii
import hashlib
import re
import urllib.parse
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from bot.channels.mail.addresses import normal_domain, parse_address
from bot.channels.mail.attachments import safe_name
from bot.channels.mail.mail import Attachment
from bot.channels.mail.robots import LOOP_HEADER
from bot.channels.mail.text import one_line, readable

MOST_REFERENCES = 20
LINE = 76
_AUTOMATIC = ("Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: OOF, AutoReply")
_MESSAGE_ID = re.compile(r"[!-;=A-~]{1,200}@[!-;=A-~]{1,200}")  # no encoded word either
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")
_PLAIN_NAME = re.compile(r"[ !#-\[\]-~]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail of ours to one person. Message-IDs without angle brackets; `envelope_sender` takes the bounces.

    `automatic` says that no person wrote it (RFC 3834). `date` is aware.
    """

    message_id: str
    sender_name: str
    sender: str
    to: str
    envelope_sender: str
    reply_to: str
    subject: str
    text: str
    date: datetime
    html: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    automatic: bool = True
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """A MIME part: its headers, each without line end, and its content."""

    headers: tuple[str, ...]
    content: bytes

    def __bytes__(self) -> bytes:
        return "\r\n".join((*self.headers, "", "")).encode("utf-8") + self.content


def build(letter: Letter) -> bytes:
    """The letter as bytes (RFC 5322, CRLF, 7 bit). ValueError when an address or the Message-ID is malformed."""
    body = _body(letter)
    headers = [
        f"Date: {format_datetime(letter.date.astimezone(UTC))}",
        f"From: {_mailbox(letter.sender, letter.sender_name)}",
        f"To: {_mailbox(letter.to)}",
        f"Reply-To: {_mailbox(letter.reply_to)}",
        f"Subject: {_unstructured(letter.subject, len('Subject: '))}",
        f"Message-ID: <{_message_id(letter.message_id)}>",
        *_thread(letter),
        *(_AUTOMATIC if letter.automatic else ()),
        f"{LOOP_HEADER}: {letter.sender.rpartition('@')[2]}",
        "MIME-Version: 1.0",
        *body.headers,
    ]
    return bytes(_Part(tuple(headers), body.content))


def _body(letter: Letter) -> _Part:
    readings = [_text("plain", letter.text)]
    if letter.html is not None:
        readings.append(_text("html", letter.html))
    said = readings[0] if len(readings) == 1 else _multipart("alternative", letter.message_id, readings)
    files = [_file(attachment) for attachment in letter.attachments]
    return _multipart("mixed", letter.message_id, [said, *files]) if files else said


def _multipart(kind: str, message_id: str, parts: list[_Part]) -> _Part:
    # "=_" stands in no quoted-printable and no base64 text, so no content can end the part.
    boundary = "=_" + hashlib.sha256(f"{kind} {message_id}".encode()).hexdigest()[:32]
    content = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), bytes(part)) for part in parts)
    return _Part(
        (f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"',), content + f"--{boundary}--\r\n".encode()
    )


def _text(kind: str, text: str) -> _Part:
    content = readable(text).rstrip("\n").encode("utf-8") + b"\n"
    quoted = binascii.b2a_qp(content, istext=True).replace(b"\n", b"\r\n")
    armoured = _armour(content.replace(b"\n", b"\r\n"))
    encoding, shorter = min(("quoted-printable", quoted), ("base64", armoured), key=lambda way: len(way[1]))
    return _Part(
        (f"Content-Type: text/{kind}; charset=utf-8", f"Content-Transfer-Encoding: {encoding}"),
        shorter,
    )


def _file(attachment: Attachment) -> _Part:
    known = _MEDIA_TYPE.fullmatch(attachment.media_type)
    opaque = not known or attachment.media_type.startswith(("message/", "multipart/"))
    kind = "application/octet-stream" if opaque else attachment.media_type
    return _Part(
        (
            f"Content-Type: {kind}",
            f"Content-Disposition: attachment; {_filename(safe_name(attachment.name, kind))}",
            "Content-Transfer-Encoding: base64",
        ),
        _armour(attachment.content),
    )


def _filename(name: str) -> str:
    if name.isascii() and _PLAIN_NAME.fullmatch(name):
        return f'filename="{name}"'
    return f"filename*=utf-8''{urllib.parse.quote(name, safe='')}"


def _armour(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def _thread(letter: Letter) -> list[str]:
    """In-Reply-To and References; ids that others made and that do not have the form of one are left out."""
    answered = [letter.in_reply_to] if letter.in_reply_to and _MESSAGE_ID.fullmatch(letter.in_reply_to) else []
    known = [one for one in dict.fromkeys((*letter.references, *answered)) if _MESSAGE_ID.fullmatch(one)]
    kept = known if len(known) <= MOST_REFERENCES else [known[0], *known[1 - MOST_REFERENCES :]]
    return [
        *(f"In-Reply-To: <{one}>" for one in answered),
        *(["References: " + "\r\n ".join(f"<{one}>" for one in kept)] if kept else []),
    ]


def _message_id(written: str) -> str:
    if not _MESSAGE_ID.fullmatch(written):
        raise ValueError(f"not a Message-ID: {written!r}")
    return written


def _mailbox(address: str, name: str = "") -> str:
    parsed = parse_address(address)
    if parsed is None or not address.isprintable():
        raise ValueError(f"not a mail address: {address!r}")
    local = address.strip().strip("<>").rpartition("@")[0]
    bare = f"{local}@{normal_domain(parsed.domain)}"
    shown = one_line(name, limit=120)
    if not shown:
        return bare
    if shown.isascii() and "=?" not in shown:
        escaped = re.sub(r'(["\\])', r"\\\1", shown)
        return f'"{escaped}" <{bare}>'
    return f"{_encoded(shown)}\r\n <{bare}>"


def _unstructured(value: str, used: int) -> str:
    """A header text, folded; encoded (RFC 2047) when it is not plain ASCII."""
    shown = one_line(value, limit=500)
    if not shown.isascii() or "=?" in shown or any(len(word) > LINE for word in shown.split()):
        return _encoded(shown)
    lines, length = [""], used
    for word in shown.split():
        if lines[-1] and length + 1 + len(word) > LINE:
            lines.append(word)
            length = 1 + len(word)
        else:
            lines[-1] += f" {word}" if lines[-1] else word
            length += 1 + len(word)
    return "\r\n ".join(lines)


def _encoded(value: str) -> str:
    """Encoded words of at most 75 characters, none of which cuts a letter."""
    chunks, chunk = [], ""
    for letter in value:
        if len((chunk + letter).encode()) > 36:
            chunks.append(chunk)
            chunk = ""
        chunk += letter
    words = (base64.b64encode(piece.encode()).decode() for piece in [*chunks, chunk])
    return "\r\n ".join(f"=?utf-8?B?{word}?=" for word in words)
