"""Bytes kept once, under their hash: raw mails, attachments, and the papers that were sent."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

import sqlalchemy as sa

from storage._engine import insert
from storage._tables import blobs, documents


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A paper as it was rendered, once. `kind` tells the representations of one number apart."""

    number: str
    kind: str
    incident_id: int
    sha256: str
    media_type: str
    created_at: datetime


class Blobs:
    """Kept bytes within one transaction."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def keep(self, content: bytes) -> str:
        """Keeps the bytes, unless they are kept already; their SHA-256 in hexadecimal."""
        sha256 = hashlib.sha256(content).hexdigest()
        values = {"sha256": sha256, "content": content, "size": len(content)}
        self._connection.execute(_keep(self._connection.dialect.name), values)
        return sha256

    def content(self, sha256: str) -> bytes | None:
        return self._connection.execute(_CONTENT, {"of": sha256}).scalar()

    def file(self, document: Document) -> None:
        """Files a paper whose bytes are kept; its number and kind must be new."""
        values = {name: getattr(document, name) for name in Document.__slots__}
        self._connection.execute(sa.insert(documents), values)

    def document(self, number: str, kind: str) -> Document | None:
        return next(iter(self._documents(documents.c.number == number, documents.c.kind == kind)), None)

    def documents_of(self, incident_id: int) -> list[Document]:
        return self._documents(documents.c.incident_id == incident_id)

    def _documents(self, *wanted: "sa.ColumnElement[bool]") -> list[Document]:
        query = sa.select(documents).where(*wanted).order_by(documents.c.created_at, documents.c.number)
        return [Document(**row._asdict()) for row in self._connection.execute(query)]


_CONTENT: Final = sa.select(blobs.c.content).where(blobs.c.sha256 == sa.bindparam("of"))


@cache
def _keep(dialect: str) -> sa.Executable:
    return insert(dialect, blobs).on_conflict_do_nothing()
