"""Files of statements as operators have them: XML, or a zip archive of such."""

import lzma
import zipfile
import zlib
from io import BytesIO
from typing import Final

from bot.channels.bank.camt import read_statements
from bot.core.bank import Statement

MOST_BYTES: Final = 100_000_000
MOST_FILES: Final = 1_000
BROKEN: Final = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError),  # damaged, or cut off
    *(RuntimeError, NotImplementedError),  # under a password, or packed in a way nobody here knows
    ValueError,  # what this page itself refuses
)
"""All that reading an archive raises over its bytes, which are in memory: none of it is the machine's."""


def read_file(name: str, content: bytes) -> list[Statement]:
    """All statements in a file. Raises ValueError naming the file, or the one in the archive, and what is wrong."""
    if len(content) > MOST_BYTES:
        message = f"{name}: larger than {MOST_BYTES} bytes"
        raise ValueError(message)
    if not zipfile.is_zipfile(BytesIO(content)):
        return _read(name, content)
    try:
        members = _unpack(content)
    except BROKEN as wrong:
        message = f"{name}: {wrong}"
        raise ValueError(message) from None
    return [one for member, unpacked in members for one in _read(f"{name}, {member}", unpacked)]


def _read(name: str, content: bytes) -> list[Statement]:
    try:
        return read_statements(content)
    except ValueError as wrong:
        message = f"{name}: {wrong}"
        raise ValueError(message) from None


def _unpack(content: bytes) -> list[tuple[str, bytes]]:
    """The XML files of an archive, in memory: nothing is written where its names say."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        wanted = [
            m for m in archive.infolist() if m.filename.lower().endswith(".xml") and "__MACOSX" not in m.filename
        ]
        if not wanted or len(wanted) > MOST_FILES:
            message = f"{len(wanted)} XML files in the archive: from 1 to {MOST_FILES} are read"
            raise ValueError(message)
        unpacked, left = [], MOST_BYTES
        for member in sorted(wanted, key=lambda one: one.filename):
            with archive.open(member) as opened:
                read = opened.read(left + 1)
            left -= len(read)
            if left < 0:
                message = f"larger than {MOST_BYTES} bytes when unpacked"
                raise ValueError(message)
            unpacked.append((member.filename, read))
        return unpacked
