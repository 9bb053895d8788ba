"""Files that come along with a mail: their names made safe, winmail.dat opened, nothing unpacked or run."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace

from tnefparse import TNEF  # type: ignore[import-untyped]  # ships no types

from bot.channels.mail.mail import Attachment
from bot.channels.mail.text import decode, one_line

LONGEST_NAME = 120
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*%;\x7f]')
_EXTENSIONS = {
    "application/pdf": ".pdf",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/html": ".html",
    "text/plain": ".txt",
}


def safe_name(written: str, media_type: str = "") -> str:
    """A name to show and to offer for download, cleaned after normalisation: no path, no control, no disguise."""
    normal = one_line(unicodedata.normalize("NFKC", written[:2000]), limit=2000)
    last = _FORBIDDEN.sub("_", re.split(r"[/\\]", normal)[-1]).strip(" .")
    if not last:
        return "attachment" + _EXTENSIONS.get(media_type, "")
    stem, dot, extension = last.rpartition(".")
    if len(last) > LONGEST_NAME:
        kept = extension[:20] if stem else ""
        last = (stem or last)[: LONGEST_NAME - len(kept) - 1] + dot + kept
    return "_" + last if _DEVICE.match(last) else last


def distinct(attachments: Iterable[Attachment]) -> tuple[Attachment, ...]:
    """The same attachments, equal names told apart by a number."""
    seen: dict[str, int] = {}
    told_apart = []
    for attachment in attachments:
        times = seen[attachment.name.lower()] = seen.get(attachment.name.lower(), 0) + 1
        stem, dot, extension = attachment.name.rpartition(".")
        numbered = f"{stem} ({times}).{extension}" if stem and dot else f"{attachment.name} ({times})"
        told_apart.append(replace(attachment, name=numbered) if times > 1 else attachment)
    return tuple(told_apart)


def is_winmail(attachment: Attachment) -> bool:
    """Whether this is Outlook's envelope around the real attachments (TNEF)."""
    return attachment.media_type in {"application/ms-tnef", "application/vnd.ms-tnef"} or (
        attachment.name.lower() == "winmail.dat"
    )


def open_winmail(attachment: Attachment) -> tuple[str, str | None, tuple[Attachment, ...]]:
    """Text, HTML and files inside a winmail.dat; the file itself, unopened, when it cannot be read."""
    try:
        opened = TNEF(attachment.content)
        files = tuple(_tnef_file(file.long_filename() or file.name, file.data) for file in opened.attachments)
        text, html = _tnef_text(opened.body), _tnef_text(opened.htmlbody)
    except Exception:  # noqa: BLE001 - a parser of hostile input with no error class of its own; the file is kept
        return "", None, (attachment,)
    return text, html or None, files or (attachment,)


def _tnef_file(name: str | bytes | None, content: bytes | None) -> Attachment:
    shown = safe_name(decode(name, None) if isinstance(name, bytes) else name or "")
    return Attachment(name=shown, media_type="application/octet-stream", content=bytes(content or b""))


def _tnef_text(body: object) -> str:
    if isinstance(body, list):
        return "".join(map(_tnef_text, body))
    return decode(body, None) if isinstance(body, bytes) else str(body or "")
