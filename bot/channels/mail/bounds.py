"""What is looked at before a mail is parsed: nothing that makes a parser slow or deep gets to it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.channels.mail.headers import Headers

_PART_FIELD = re.compile(
    rb"^content-(?:type|disposition|transfer-encoding|id)[ \t]*:([^\n]*+(?:\n[ \t][^\n]*+)*+)",
    re.IGNORECASE | re.MULTILINE,
)
_CONTAINER = re.compile(rb"\s*(?:multipart|message)/", re.IGNORECASE)
_BOUNDARY = re.compile(rb"boundary\s{0,9}=\s{0,9}\"?([^\s\";]{1,200})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The most of each that is parsed. Lengths are octets."""

    size: int
    header_block: int
    fields: int
    field: int
    mime_field: int
    parameters: int
    containers: int
    parts: int


READABLE = Bounds(
    size=64_000_000,
    header_block=400_000,
    fields=2000,
    field=256_000,
    mime_field=8192,
    parameters=100,
    containers=40,
    parts=1000,
)
SMALL = Bounds(
    size=32_768,
    header_block=16_384,
    fields=200,
    field=8192,
    mime_field=1000,
    parameters=20,
    containers=8,
    parts=40,
)


def excess(raw: bytes, headers: Headers, bounds: Bounds = READABLE) -> str | None:
    """Why a mail must not be parsed within these bounds; None when it may. Linear in its length."""
    if len(raw) > bounds.size:
        return "the mail is too large to read"
    if headers.size >= bounds.header_block or len(headers.fields) > bounds.fields:
        return "too many headers"
    if any(len(value) > bounds.field for _, value in headers.fields):
        return "a header is too long"
    fields = [field[1] for field in _PART_FIELD.finditer(raw)]
    if any(len(field) > bounds.mime_field or field.count(b";") > bounds.parameters for field in fields):
        return "a part has an oversized header"
    containers = [field for field in fields if _CONTAINER.match(field)]
    if len(containers) > bounds.containers:
        return "too many parts within parts"
    if _parts(raw, containers) > bounds.parts:
        return "too many parts"
    return None


def _parts(raw: bytes, containers: Iterable[bytes]) -> int:
    boundaries = {boundary[1] for field in containers for boundary in _BOUNDARY.finditer(field)}
    return sum(raw.count(b"\n--" + boundary) for boundary in boundaries)
