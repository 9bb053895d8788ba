"""Outlook's envelope around a mail (winmail.dat, TNEF): its words and files taken out."""

import mimetypes
from dataclasses import dataclass

from striprtf.striprtf import rtf_to_text
from tnefparse import TNEF  # type: ignore[import-untyped]  # ships no types

from bot.channels.mail.attachments import safe_name
from bot.channels.mail.mail import Attachment
from bot.channels.mail.text import decode

MOST_RTF = 400_000
_TYPES = {"application/ms-tnef", "application/vnd.ms-tnef"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What was inside; `text` also where only rich text was."""

    text: str = ""
    html: str = ""
    files: tuple[Attachment, ...] = ()


def is_winmail(attachment: Attachment) -> bool:
    """Whether this is Outlook's envelope."""
    return attachment.media_type in _TYPES or attachment.name.lower() == "winmail.dat"


def open_winmail(content: bytes) -> Opened | None:
    """What the envelope holds; None when it cannot be read, and stays the file it is."""
    try:
        envelope = TNEF(content)
        text, html = _text(envelope.body), _text(envelope.htmlbody)
        return Opened(
            text=text or ("" if html else _rich(envelope)),
            html=html,
            files=tuple(_file(file.long_filename() or file.name, file.data) for file in envelope.attachments),
        )
    except Exception:  # noqa: BLE001 - a parser of hostile input with no error class of its own; the file is kept
        return None


def _file(name: str | bytes | None, content: bytes | None) -> Attachment:
    shown = safe_name(decode(name, None) if isinstance(name, bytes) else name or "")
    kind = mimetypes.guess_type(shown)[0] or "application/octet-stream"
    return Attachment(name=shown, media_type=kind, content=bytes(content or b""))


def _rich(envelope: TNEF) -> str:
    """The words of a rich text body, which Outlook packs (LZFu)."""
    rich = envelope.rtfbody or b""
    if not rich:
        return ""
    words = rtf_to_text(rich[:MOST_RTF].decode("latin-1"), errors="replace")  # type: ignore[no-untyped-call]
    return str(words).strip()


def _text(body: object) -> str:
    if isinstance(body, list):
        return "".join(map(_text, body))
    return decode(body, None) if isinstance(body, bytes) else str(body or "")
