"""The MIME tree of a mail flattened: what to read, what to attach, what was signed or sealed."""

import re
from dataclasses import dataclass, field, replace
from email.message import Message

from bot.channels.mail.attachments import distinct, is_winmail, open_winmail, safe_name
from bot.channels.mail.headers import MediaType, media_type
from bot.channels.mail.mail import Attachment
from bot.channels.mail.markup import text_of
from bot.channels.mail.text import decode, one_line, readable

MOST_TEXT = 1_000_000
_SEALED = {"application/pgp-encrypted", "multipart/encrypted"}
_SIGNATURES = {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
_OPAQUE = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_CALENDAR_LINE = re.compile(r"(SUMMARY|DTSTART|DTEND|LOCATION|ORGANIZER)(?:;[^:\n]{0,300})?:(.{1,500})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bodies:
    """What a mail says and carries."""

    text: str
    html: str | None
    attachments: tuple[Attachment, ...]
    signed: bool
    encrypted: bool


class Part(Message):
    """A part whose forwarded mails and reports stay leaves: their own bytes are kept, and nothing nests in them."""

    def get_content_type(self) -> str:
        """What the parser goes by."""
        kind = super().get_content_type()
        return "application/octet-stream" if kind.startswith("message/") else kind


def flatten(message: "Message[str, str]") -> Bodies:
    """Walks a parsed mail. The readable text is the plain one where there is one, else what the HTML shows."""
    found = _Found()
    _walk(message, found)
    _open_envelopes(found)
    html = "\n".join(found.html)[:MOST_TEXT] or None
    plain = readable("\n".join(filter(str.strip, found.plain))[:MOST_TEXT])
    text = plain if plain.strip() else text_of(html or "") or _invitation(found.calendars)
    return Bodies(
        text=text,
        html=html,
        attachments=distinct(found.attachments),
        signed=found.signed,
        encrypted=found.encrypted or text.lstrip().startswith("-----BEGIN PGP MESSAGE-----"),
    )


@dataclass(slots=True)
class _Found:
    """What the walk has come across so far."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    calendars: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    signed: bool = False
    encrypted: bool = False


def _walk(part: "Message[str, str]", found: _Found) -> None:
    kind = content_type(part)
    found.encrypted |= kind.value in _SEALED
    found.signed |= kind.value in _SIGNATURES | {"multipart/signed"}
    if not kind.value.startswith("multipart/"):
        _leaf(part, kind, found)
    elif part.is_multipart():
        for child in children(part):
            _walk(child, found)
    else:  # no part could be told from another: all of it is text
        found.plain.append(decode(_content(part), kind.parameters.get("charset")))


def children(part: "Message[str, str]") -> "list[Message[str, str]]":
    """The parts of a part; none when it holds content of its own."""
    held = part.get_payload() if part.is_multipart() else []  # on content it would decode by the declared charset
    return [child for child in held if isinstance(child, Message)] if isinstance(held, list) else []


def _leaf(part: "Message[str, str]", kind: MediaType, found: _Found) -> None:
    disposition = media_type(_raw_field(part, "content-disposition"))
    name = disposition.parameters.get("filename") or kind.parameters.get("name") or ""
    attached = disposition.value == "attachment" or bool(name)
    content = _content(part)
    if kind.value in _OPAQUE:
        enveloped = kind.parameters.get("smime-type", "").lower() != "signed-data"
        found.encrypted, found.signed = found.encrypted or enveloped, found.signed or not enveloped
    if not attached and kind.value in {"text/plain", "text/html"}:
        text = decode(content, kind.parameters.get("charset"))
        if kind.value == "text/html":
            found.html.append(text)
        else:
            found.plain.append(_unflowed(text, kind.parameters))
        return
    if kind.value == "text/calendar":
        found.calendars.append(readable(decode(content, kind.parameters.get("charset") or "utf-8"))[:100_000])
    found.attachments.append(
        Attachment(
            name=safe_name(name, kind.value),
            media_type=kind.value,
            content=content,
            inline=disposition.value == "inline" or (not attached and "content-id" in part),
            content_id=one_line(_raw_field(part, "content-id"), 300).strip("<> ") or None,
        )
    )


def content_type(part: "Message[str, str]") -> MediaType:
    """The type of a part as its own header says it, with its parameters."""
    written = media_type(_raw_field(part, "content-type"))
    default = "message/rfc822" if part.get_default_type() == "message/rfc822" else "text/plain"
    known = re.fullmatch(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}", written.value)
    return written if known else replace(written, value=default)


def _raw_field(part: "Message[str, str]", name: str) -> str:
    value = next((value for field_name, value in part.raw_items() if field_name.lower() == name), "")
    return decode(str(value).encode("utf-8", "surrogateescape"), None)


def _content(part: "Message[str, str]") -> bytes:
    """The decoded content of a leaf."""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _unflowed(text: str, parameters: dict[str, str]) -> str:
    """Joins the lines that format=flowed broke (RFC 3676), within one depth of quoting."""
    if parameters.get("format", "").lower() != "flowed":
        return text
    joint = "" if parameters.get("delsp", "").lower() == "yes" else " "
    lines: list[str] = []
    open_depth: int | None = None
    for line in text.replace("\r\n", "\n").split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        rest = line[depth:].removeprefix(" ")
        if open_depth == depth and rest != "-- ":
            lines[-1] = lines[-1].removesuffix(" ") + joint + rest
        else:
            lines.append(f"{'>' * depth} {rest}" if depth else rest)
        open_depth = depth if rest.endswith(" ") and rest != "-- " else None
    return "\n".join(lines)


def _open_envelopes(found: _Found) -> None:
    opened: list[Attachment] = []
    for attachment in found.attachments:
        if not is_winmail(attachment):
            opened.append(attachment)
            continue
        text, html, files = open_winmail(attachment)
        opened += files
        if not any(map(str.strip, found.plain + found.html)):
            found.plain.append(text)
            found.html += [html] if html else []
    found.attachments = opened


def _invitation(calendars: list[str]) -> str:
    """The lines of a calendar invitation that a person would want to read."""
    unfolded = "\n".join(calendars).replace("\n ", "").replace("\n\t", "")
    event = unfolded.partition("BEGIN:VEVENT")[2].partition("END:VEVENT")[0]
    lines = (_CALENDAR_LINE.fullmatch(line) for line in event.split("\n"))
    return "\n".join(f"{line[1]}: {one_line(line[2])}" for line in lines if line)
