"""A mail on its way between two of our processes: JSON for what was read, then the bytes of the attachments."""

import json
import struct
from dataclasses import asdict, replace
from datetime import datetime
from typing import TypedDict, cast

from bot.channels.mail.addresses import Address
from bot.channels.mail.mail import Attachment, DeliveryReport, Mail

HEAD = struct.Struct("!QQ")  # length of the JSON, length of the attachments


class _Place(TypedDict):
    name: str
    media_type: str
    inline: bool
    content_id: str | None
    size: int


def pack(mail: Mail) -> bytes:
    """The mail as bytes, its lengths in front."""
    fields = asdict(replace(mail, attachments=()))
    fields["date"] = mail.date.isoformat() if mail.date else None
    fields["attachments"] = [
        _Place(name=a.name, media_type=a.media_type, inline=a.inline, content_id=a.content_id, size=len(a.content))
        for a in mail.attachments
    ]
    described = json.dumps(fields).encode()
    contents = b"".join(attachment.content for attachment in mail.attachments)
    return HEAD.pack(len(described), len(contents)) + described + contents


def unpack(described: bytes, contents: bytes) -> Mail:
    """The mail again. ValueError, KeyError or TypeError when the bytes are not what `pack` makes."""
    fields = json.loads(described)
    sender, report, date = fields["sender"], fields["delivery_report"], fields["date"]
    fields |= {
        "sender": Address(**sender) if sender else None,
        "to": tuple(Address(**address) for address in fields["to"]),
        "cc": tuple(Address(**address) for address in fields["cc"]),
        "references": tuple(fields["references"]),
        "hinges": tuple(fields["hinges"]),
        "date": datetime.fromisoformat(date) if date else None,
        "delivery_report": DeliveryReport(**report | {"recipients": tuple(report["recipients"])}) if report else None,
        "attachments": _attachments(cast("list[_Place]", fields["attachments"]), contents),
    }
    return Mail(**fields)


def _attachments(places: list[_Place], contents: bytes) -> tuple[Attachment, ...]:
    found, at = [], 0
    for place in places:
        size = place["size"]
        found.append(
            Attachment(
                name=place["name"],
                media_type=place["media_type"],
                content=contents[at : at + size],
                inline=place["inline"],
                content_id=place["content_id"],
            )
        )
        at += size
    return tuple(found)
