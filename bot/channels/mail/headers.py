"""The header fields of a mail, split once and the same way for everybody; parameters of MIME fields."""

import re
from dataclasses import dataclass

from bot.channels.mail.text import decode, decode_header, decode_words, one_line

LONGEST_BLOCK = 400_000
_NAME = re.compile(rb"([!-9;-~]{1,200})([ \t]*):[ \t]*")
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,900})>")
_PARAMETER = re.compile(r';\s*+([^\s=;"]{1,100})\s*+=\s*+("(?:[^"\\]|\\.)*+"|[^;]*+)', re.DOTALL)
_UNSEPARATED = re.compile(
    r'"(?:[^"\\]|\\.)*+"?|(?<![;\s])\s++(?=(?:boundary|charset|name|filename|format|delsp|type|protocol|micalg|size)\*?\d{0,2}\*?=)',
    re.DOTALL | re.IGNORECASE,
)
_NUMBERED = re.compile(r"(.+?)(?:\*(\d{1,2}))?(\*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """Fields in their order: lower-case names, raw values. `problem` says what breaks RFC 5322 in them."""

    fields: tuple[tuple[str, bytes], ...]
    size: int
    problem: str | None = None

    def all(self, name: str) -> tuple[bytes, ...]:
        """Every value of a field, top to bottom."""
        return tuple(value for field, value in self.fields if field == name)

    def raw(self, name: str) -> bytes:
        """The first value of a field, empty when it is absent."""
        return next((value for field, value in self.fields if field == name), b"")

    def line(self, name: str) -> str:
        """The first value of a field as one clean line, encoded words decoded; empty when it is absent."""
        return one_line(decode_header(self.raw(name)))

    def message_ids(self, name: str, most: int = 100) -> tuple[str, ...]:
        """The message-ids of a field without their brackets; of a very long list the last ones."""
        value = decode(self.raw(name)[-60_000:], None)
        return tuple(_MESSAGE_ID.findall(value)[-most:])


def split_headers(raw: bytes) -> Headers:
    """Splits the header block; what has no colon is left out and named as the problem. Linear, never raises."""
    block = raw[: _end_of_headers(raw)].removesuffix(b"\r")
    problem = "a bare carriage return in the headers" if b"\r" in block.replace(b"\r\n", b"") else None
    if b"\0" in block:
        problem = "a NUL in the headers"
    fields: list[tuple[str, list[bytes]]] = []
    for number, line in enumerate(block.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1][1].append(line)
        elif name := _NAME.match(line):
            fields.append((name[1].decode("ascii").lower(), [line[name.end() :]]))
            problem = problem or ("a space before the colon of a header" if name[2] else None)
        elif line and not (number == 0 and line.startswith((b"From ", b">From "))):
            problem = problem or "a header line without a colon"
    return Headers(
        fields=tuple((name, b"\n".join(lines)) for name, lines in fields), size=len(block), problem=problem
    )


def _end_of_headers(raw: bytes) -> int:
    if raw.startswith((b"\n", b"\r\n")):
        return 0
    ends = [end for blank in (b"\n\r\n", b"\n\n") if (end := raw.find(blank, 0, LONGEST_BLOCK)) >= 0]
    return min(ends, default=LONGEST_BLOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaType:
    """A Content-Type or Content-Disposition: its value and its parameters, lower-case names, decoded values."""

    value: str
    parameters: dict[str, str]


def media_type(field: str) -> MediaType:
    """Reads a MIME field with its parameters, continued and extended ones included (RFC 2231); never raises."""
    field = separated(field[:20_000])
    value, _, _ = field.partition(";")
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, written in _PARAMETER.findall(field):
        unquoted = _unquoted(written)
        numbered = _NUMBERED.fullmatch(name.lower())
        if numbered is None or (numbered[2] is None and numbered[3] is None):
            plain.setdefault(name.lower(), unquoted)
        else:
            pieces.setdefault(numbered[1], {})[int(numbered[2] or 0)] = (unquoted, bool(numbered[3]))
    extended = {name: decode_words(_joined(parts)) for name, parts in pieces.items()}
    decoded = {name: decode_words(text) for name, text in plain.items()}
    return MediaType(value=" ".join(value.split()).lower()[:200], parameters=decoded | extended)


def separated(field: str) -> str:
    """A MIME field with a semicolon also before those parameters where some programs forget it."""
    return _UNSEPARATED.sub(lambda found: found[0] if found[0].startswith('"') else f";{found[0]}", field)


def _unquoted(written: str) -> str:
    if written.startswith('"'):
        return re.sub(r"\\(.)", r"\1", written[1:-1], flags=re.DOTALL)
    return re.sub(r"'(.*)'", r"\1", written.strip(), flags=re.DOTALL) if written.startswith("'") else written.strip()


def _joined(parts: dict[int, tuple[str, bool]]) -> str:
    charset, content = "", b""
    for number, (text, encoded) in sorted(parts.items()):
        if encoded and number == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        octets = text.encode("utf-8", "replace")
        content += re.sub(rb"%([0-9A-Fa-f]{2})", _octet, octets) if encoded else octets
    return decode(content, charset)


def _octet(escaped: re.Match[bytes]) -> bytes:
    return bytes([int(escaped[1], 16)])
