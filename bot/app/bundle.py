"""Evidence as one file for machines: everything as it is kept, what proves it, and a script that checks it alone."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from enum import Enum
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from bot.app.evidence import Gathered, file_name
from bot.app.named import What
from storage import Anchor, Place, Row

BESIDE = Path(__file__).resolve().parents[2] / "templates" / "evidence"
FORMAT = "comptoir-evidence/1"
FOLDERS = {What.WORDING: "pages", What.COPY: "sent", What.MAIL: "mails"}
LONG_AGO = (1980, 1, 1, 0, 0, 0)


def pack(gathered: Gathered, pdf: bytes) -> bytes:
    """The bundle (ZIP). The same things kept give the same bytes."""
    files = dict(_files(gathered)) | {f"{gathered.reference}.pdf": pdf}
    manifest = {
        "format": FORMAT,
        "incident": gathered.reference,
        "subjects": list(gathered.chains),
        "heads": {subject: _head(gathered, subject) for subject in gathered.chains},
        "anchor": _anchor(gathered.anchor),
        "places": {subject: _place(place) for subject, place in gathered.places.items()},
        "files": {name: sha256(content).hexdigest() for name, content in sorted(files.items())},
    }
    return _zipped(files | {"manifest.json": _json(manifest)})


def _files(gathered: Gathered) -> Iterator[tuple[str, bytes]]:
    for file in sorted(BESIDE.iterdir()):
        if file.is_file():
            yield file.name, file.read_bytes()
    for subject, rows in gathered.chains.items():
        yield f"facts/{subject}.jsonl", b"".join(_line(gathered, row) for row in rows)
    for document, content in gathered.documents:
        if content is not None:
            yield f"documents/{file_name(document)}", content
    for digest, (what, content) in gathered.shown.items():
        if content is not None:
            yield f"{FOLDERS[what]}/{digest}.{_ending(what, content)}", content
    for message, content in gathered.mails:
        if content is not None:
            yield f"mails/{message.raw}.eml", content
    yield "links.json", _json([asdict(link) for link in gathered.links])
    yield "messages.json", _json([asdict(message) for message in gathered.messages])


def _ending(what: What, content: bytes) -> str:
    if content.startswith((b"[", b"{")):
        return "json"
    return "html" if what is What.WORDING and content.lstrip().startswith(b"<") else "eml"


def _line(gathered: Gathered, row: Row) -> bytes:
    fields = {name: getattr(row, name) for name in Row.__slots__}
    is_withheld = row.subject != gathered.reference and row.seq in gathered.withheld
    return _json(fields | ({"body": None} if is_withheld else {}), indent=None)


def _head(gathered: Gathered, subject: str) -> dict[str, object]:
    rows = gathered.chains[subject]
    return {"seq": gathered.ends[subject], "chain": rows[-1].chain if rows else ""}


def _anchor(anchor: Anchor | None) -> dict[str, object] | None:
    """With its time in microseconds, as it is hashed."""
    return None if anchor is None else asdict(anchor) | {"at": anchor.moment, "utc": anchor.at}


def _place(place: Place) -> dict[str, object]:
    return asdict(place) | {"anchor": _anchor(place.anchor)}


def _json(thing: object, indent: int | None = 1) -> bytes:
    return (json.dumps(thing, ensure_ascii=False, indent=indent, default=_plain) + "\n").encode()


def _plain(thing: object) -> str:
    if isinstance(thing, datetime | date):
        return thing.isoformat()
    if isinstance(thing, Enum):
        return str(thing.value)
    raise TypeError(f"{type(thing).__name__} has no JSON")


def _zipped(files: dict[str, bytes]) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return made.getvalue()
