"""Files that come along with a mail: their names made safe, nothing unpacked or run."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace

from bot.channels.mail.mail import Attachment
from bot.channels.mail.text import one_line

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
