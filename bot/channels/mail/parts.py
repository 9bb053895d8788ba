"""One part of a mail as its senders write it: its type, its boundary, its encoding, and what it holds."""

import binascii
import email
import email.policy
import re
import string
from dataclasses import replace
from email.errors import (
    CloseBoundaryNotFoundDefect,
    MessageDefect,
    MissingHeaderBodySeparatorDefect,
    NoBoundaryInMultipartDefect,
    StartBoundaryNotFoundDefect,
)
from email.message import Message
from typing import Any

from bot.channels.mail.bounds import excess
from bot.channels.mail.headers import MediaType, media_type, separated, split_headers
from bot.channels.mail.text import decode

MOST_PIECES = 100_000
_BROKEN_FIELD = re.compile(
    rb"^(content-(?:type|disposition):[^\n;]{1,200};[^\n]{0,1000})\n(?=[a-z]{4,9}\*?\d?\*?=)",
    re.IGNORECASE | re.MULTILINE,
)
_KIND = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")
_SWAPPED = {"plain/text": "text/plain", "html/text": "text/html"}
_DELIMITER = re.compile(
    r"^--([^\r\n\"\\]{1,70}?)[ \t\r]{0,9}\n(?=content-[a-z-]{1,40}:)", re.IGNORECASE | re.MULTILINE
)
_ENCODING = re.compile(r"[a-z0-9][a-z0-9_-]*")
_PADDED = re.compile(rb"[^=]*+=[^A-Za-z0-9+/]*+|[^=]++")
_LETTERS = (string.ascii_letters + string.digits + "+/=").encode()
_FOREIGN = bytes(range(256)).translate(None, _LETTERS)
_PADDING_AT_END = re.compile(rb"=\s*+(?=[^A-Za-z0-9+/=\s])")
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]++|[=\r\n]++|(?<![A-Za-z0-9+/])[ \t]++|[ \t]++(?=[\r\n]))*+")
_FULL_LINE = re.compile(rb"[A-Za-z0-9+/]{60}")
_GUESSED = (MissingHeaderBodySeparatorDefect, NoBoundaryInMultipartDefect, StartBoundaryNotFoundDefect)


def parsed(raw: bytes) -> "Message[str, str]":
    """The parts of a mail. Parameters on a line of their own that is not indented are read where they belong."""
    message = _parsed(raw)
    if not any(_has(part, MissingHeaderBodySeparatorDefect) for part in message.walk()):
        return message
    mended = _BROKEN_FIELD.sub(rb"\1\n ", raw)
    return message if mended == raw or excess(mended, split_headers(mended)) else _parsed(mended)


def _parsed(raw: bytes) -> "Message[str, str]":
    return email.message_from_bytes(raw, _class=Part, policy=email.policy.compat32)


def split_by_sight(part: "Message[str, str]", kind: str) -> "Message[str, str] | None":
    """A part whose boundary is missing or not the one it names, split at the delimiter that stands in it."""
    seen = _DELIMITER.search(stored(part))
    if seen is None:
        return None
    again = f'Content-Type: {kind}; boundary="{seen[1]}"\n\n{stored(part)}'.encode("utf-8", "surrogateescape")
    split = None if excess(again, split_headers(again)) else parsed(again)
    return split if split is not None and split.is_multipart() else None


class Part(Message):
    """A part whose forwarded mails and reports stay leaves: their own bytes are kept, and nothing nests in them."""

    _payload: Any

    @property
    def written(self) -> str:
        """What stands in a leaf: asked for its payload, it would decode it by the declared charset."""
        return self._payload if isinstance(self._payload, str) else ""

    def get_content_type(self) -> str:
        """What the parser goes by."""
        kind = super().get_content_type()
        return "application/octet-stream" if kind.startswith("message/") else kind

    def get_boundary(self, failobj: Any = None) -> Any:
        """The boundary; one that was folded over two lines is still one."""
        boundary = super().get_boundary(failobj)
        return re.sub(r"\r?\n(?=[ \t])", "", boundary) if isinstance(boundary, str) else boundary

    def get(self, name: str, failobj: Any = None) -> Any:
        """A field; a type without its semicolons or an encoding in quotes, with a comment, still say the same."""
        value = super().get(name, failobj)
        match name.lower():
            case "content-type" if isinstance(value, str):
                return separated(value)
            case "content-transfer-encoding":
                word = _ENCODING.search(str(value).lower())
                return "quoted-printable" if word and word[0].startswith("quoted") else word[0] if word else value
            case _:
                return value


def content_type(part: "Message[str, str]") -> MediaType:
    """The type of a part as its own header says it, with its parameters."""
    written = media_type(raw_field(part, "content-type"))
    default = "message/rfc822" if part.get_default_type() == "message/rfc822" else "text/plain"
    known = _SWAPPED.get(written.value, written.value)
    return replace(written, value=known if _KIND.fullmatch(known) else default)


def raw_field(part: "Message[str, str]", name: str) -> str:
    """The first field of that name, encoded words left as they are."""
    value = next((value for field_name, value in part.raw_items() if field_name.lower() == name), "")
    return undecoded(str(value))


def octets(value: str) -> bytes:
    """What the parser left undecoded, as it was received."""
    return value.encode("utf-8", "surrogateescape")


def undecoded(value: str) -> str:
    """What the parser left undecoded, read as text."""
    return decode(octets(value), None)


def children(part: "Message[str, str]") -> "list[Message[str, str]]":
    """The parts of a part; none when it holds content of its own."""
    held = part.get_payload() if part.is_multipart() else []  # on content it would decode by the declared charset
    return [child for child in held if isinstance(child, Message)] if isinstance(held, list) else []


def content(part: "Message[str, str]") -> bytes:
    """The decoded content of a leaf."""
    if _is_base64(part):
        return _from_base64(octets(stored(part)))
    held = part.get_payload(decode=True)
    return held if isinstance(held, bytes) else b""


def text_content(part: "Message[str, str]") -> bytes | None:
    """The content of a text; None when it claims to be in base64 and is not, so that it is read as it stands.

    What servers that know no better put below a text in base64 has no encoding, and is read as it stands, too.
    """
    if not _is_base64(part):
        return content(part)
    written = octets(stored(part))
    encoded = _BASE64.match(written)
    stop = encoded.end() if encoded else 0
    end = written.rfind(b"\n", 0, stop) + 1
    if not written[stop:].strip() or _FULL_LINE.search(written, end):
        return _from_base64(written)
    above = written[:end].translate(None, _FOREIGN)
    return None if not above or len(above) % 4 else _from_base64(written[:end]) + b"\n" + written[end:]


def stored(part: "Message[str, str]") -> str:
    """What stands in a leaf, its encoding not undone."""
    return part.written if isinstance(part, Part) else ""


def as_it_came(part: "Message[str, str]") -> str:
    """A part as it was written, with its own fields and all parts within it."""
    fields = "".join(f"{name}: {value}\n" for name, value in part.raw_items())
    within = "".join(f"--{part.get_boundary()}\n{as_it_came(child)}\n" for child in children(part))
    return f"{fields}\n{within or stored(part)}"


def is_guessed(part: "Message[str, str]") -> bool:
    """Whether the parser had to guess where the fields of a part end, or where the parts within it begin."""
    return _has(part, *_GUESSED)


def is_cut(part: "Message[str, str]") -> bool:
    """Whether nothing ends the last of the parts within a part."""
    return _has(part, CloseBoundaryNotFoundDefect)


def end(part: "Message[str, str]", last: "Message[str, str]") -> bool:
    """Takes the delimiter that ends a part off the line of its last one; whether it was there."""
    delimiter = f"--{part.get_boundary()}--"
    written = stored(last).rstrip()
    if is_ended := written.endswith(delimiter):
        last.set_payload(written.removesuffix(delimiter))
    return is_ended


def _has(part: "Message[str, str]", *kinds: type[MessageDefect]) -> bool:
    return any(isinstance(defect, kinds) for defect in part.defects)


def _is_base64(part: "Message[str, str]") -> bool:
    return str(part.get("content-transfer-encoding")) == "base64"


def _from_base64(written: bytes) -> bytes:
    """Undoes base64, also where it was put together from pieces that each end in padding."""
    if written.count(b"=") > MOST_PIECES:
        return _piece(written)
    end = _PADDING_AT_END.search(written)
    return b"".join(map(_piece, _PADDED.findall(written, 0, end.end() if end else len(written))))


def _piece(encoded: bytes) -> bytes:
    try:
        return binascii.a2b_base64(encoded)
    except binascii.Error:  # its end is missing
        letters = encoded.translate(None, _FOREIGN).rstrip(b"=")
        return binascii.a2b_base64(letters[: len(letters) - (len(letters) % 4 == 1)] + b"==")
