"""Files that people send one another through the desk: which pass, and why the others do not."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from storage import KeptAttachment, Message

RUNS = (
    b"MZ",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"#!",
    b"L\x00\x00\x00\x01\x14\x02\x00",
)
"""How programs begin, whatever they are called: Windows, Linux, Java, macOS, scripts, shortcuts."""

DANGEROUS = frozenset(
    {
        *(
            "apk",
            "app",
            "appref-ms",
            "appx",
            "bat",
            "chm",
            "cmd",
            "com",
            "cpl",
            "deb",
            "dll",
            "dmg",
            "docm",
            "dotm",
            "exe",
        ),
        *(
            "gadget",
            "hta",
            "img",
            "inf",
            "iso",
            "jar",
            "js",
            "jse",
            "lnk",
            "mht",
            "mhtml",
            "msc",
            "msh",
            "msi",
            "msp",
            "msix",
        ),
        *(
            "pif",
            "pkg",
            "potm",
            "ppam",
            "pptm",
            "ps1",
            "psm1",
            "reg",
            "rpm",
            "scf",
            "scr",
            "sct",
            "sh",
            "slk",
            "svg",
            "sys",
        ),
        *("url", "vb", "vbe", "vbs", "vhd", "vhdx", "wsc", "wsf", "wsh", "xlam", "xll", "xlsm", "xltm"),
        *("htm", "html", "shtml", "xhtml"),
    }
)
"""What a double click runs, or a browser: by the end of the name."""

LONGEST_NAME = 120


class Trouble(StrEnum):
    """Why a file does not pass."""

    TOO_BIG = "too_big"
    TOO_MANY = "too_many"
    MAY_RUN = "may_run"
    EMPTY = "empty"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRules:
    """How much passes: octets of one file, files of one message, octets of all files of one mail to a customer."""

    most_bytes: int = 20_000_000
    most: int = 10
    mail_bytes: int = 15_000_000
    dangerous: frozenset[str] = DANGEROUS

    def trouble(self, name: str, size: int, begins: bytes = b"") -> Trouble | None:
        """What is wrong with a file by its name, its octets, and how those begin where that is known."""
        if not size:
            return Trouble.EMPTY
        if self._runs(name) or begins.startswith(RUNS):
            return Trouble.MAY_RUN
        return Trouble.TOO_BIG if size > self.most_bytes else None

    def _runs(self, name: str) -> bool:
        return name.strip(" .").rpartition(".")[2].lower() in self.dangerous


USUAL = FileRules()


@dataclass(frozen=True, slots=True)
class Judged:
    """A file that came with a message, and why it is not passed on."""

    file: KeptAttachment
    trouble: Trouble | None


def judged(rules: FileRules, message: Message, files: Sequence[KeptAttachment]) -> tuple[Judged, ...]:
    """The files of a message in their order; a mail that could not be read is no file of its own."""
    passed, found = 0, []
    for file in files:
        if file.sha256 == message.raw:
            continue
        trouble = rules.trouble(file.name, file.size, file.begins)
        if trouble is None and passed == rules.most:
            trouble = Trouble.TOO_MANY
        passed += trouble is None
        found.append(Judged(file, trouble))
    return tuple(found)


def plain_name(written: str) -> str:
    """A name to show and to keep a file under: its last part, in letters that can be seen."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFKC", written))[-1]
    seen = "".join(letter for letter in last if letter.isprintable()).strip(" .")
    return seen[-LONGEST_NAME:] or "file"
