"""What was said, in and out, on every channel."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from storage._tables import attachments, blobs, messages, storable

BEGINS: Final = 16


class Direction(StrEnum):
    """Which way: from the customer, to the customer, or a note among staff."""

    IN = "in"
    OUT = "out"
    NOTE = "note"


class Fate(StrEnum):
    """How far a notice has come: `held` was never sent, `delayed` is still tried, `bounced` was accepted first.

    `mailed`: Slack did not take it, and a mail of its own carries it.
    """

    QUEUED = "queued"
    DELAYED = "delayed"
    ACCEPTED = "accepted"
    BOUNCED = "bounced"
    FAILED = "failed"
    HELD = "held"
    MAILED = "mailed"


class Via(StrEnum):
    """How it came or went."""

    MAIL = "mail"
    SLACK = "slack"
    WEB = "web"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message to keep. `text` is what the author wrote, `quoted` the rest; `raw` the kept bytes' hash.

    `html_sha256` is the hash of its HTML as it was sent, kept too (UTF-8).

    `proof` is what was found out about the author (`bot.app.proof`, as JSON), `written_at` the date they claim.

    Of a notice: `delivery` is how far it has come, `reply` what the relay or Slack said, `fact` the number in its
    incident's journal of the fact it tells of, `line` the timestamp of the line in the thread that shows both.
    """

    incident_id: int | None
    direction: Direction
    channel: Via
    author: str
    text: str
    at: datetime
    subject: str = ""
    quoted: str = ""
    rfc_message_id: str | None = None
    in_reply_to: str | None = None
    raw: str | None = None
    outbox_id: int | None = None
    delivery: Fate | None = None
    reply: str = ""
    fact: int | None = None
    line: str | None = None
    content_sha256: str | None = None
    html_sha256: str | None = None
    proof: str = ""
    written_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(NewMessage):
    """A kept message."""

    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that came or went with a message; `cid` where the text shows it in place."""

    sha256: str
    name: str
    media_type: str
    cid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAttachment(Attachment):
    """An attachment on file; `size` in octets, `begins` the first of them, which say what it is."""

    id: int
    message_id: int
    size: int
    begins: bytes


class Messages:
    """The messages within one transaction."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, message: NewMessage, files: Sequence[Attachment] = ()) -> int:
        """Keeps a message with its files, whose bytes are kept already; its id."""
        message_id: int = self._connection.execute(_ADD, _values(message, _NEW)).scalar_one()
        if files:
            rows = [_values(file, _FILE) | {"message_id": message_id} for file in files]
            self._connection.execute(sa.insert(attachments), rows)
        return message_id

    def load(self, message_id: int) -> Message | None:
        return next(iter(self._some(_BY_ID, of=message_id)), None)

    def by_rfc_ids(self, ids: Sequence[str]) -> list[Message]:
        """Those with one of these Message-IDs, the newest first."""
        return self._some(_BY_RFC_IDS, of=[storable(one) for one in ids])[::-1] if ids else []

    def answering(self, rfc_message_id: str) -> list[Message]:
        """What came in as an answer to the mail with this Message-ID, the newest first."""
        return self._some(_ANSWERING, of=storable(rfc_message_id))[::-1]

    def by_outbox_id(self, outbox_id: int) -> Message | None:
        """What this outbox job carries."""
        return next(iter(self._some(_BY_OUTBOX_ID, of=outbox_id)), None)

    def of_incident(self, incident_id: int) -> list[Message]:
        """The whole conversation, in the order it was kept."""
        return self._some(_OF_INCIDENT, of=incident_id)

    def set_aside_by(self, authors: Sequence[str]) -> list[Message]:
        """What these addresses wrote that belongs to no incident, and what was answered to it."""
        return self._some(_SET_ASIDE_BY, of=[author.lower() for author in authors]) if authors else []

    def references(self, incident_id: int, until: datetime) -> list[str]:
        """The Message-IDs that a mail of ours written then follows, in order: all before it, and what it answers."""
        values = {"of": incident_id, "until": until}
        return [one for one in self._connection.execute(_REFERENCES, values).scalars() if one]

    def seen(self, rfc_message_id: str, content_sha256: str) -> bool:
        """Whether this very message is kept: the same Message-ID and the same content."""
        values = {"of": rfc_message_id, "content_sha256": content_sha256}
        return self._connection.execute(_SAME, values).first() is not None

    def sent_since(self, incident_id: int, notices: Sequence[str], since: datetime) -> tuple[int, int]:
        """How many of these notices were sent by mail after `since`, and how many were held back instead."""
        values = {"of": incident_id, "notices": list(notices), "since": since}
        sent, held = self._connection.execute(_SENT_SINCE, values).one()
        return int(sent), int(held)

    def set_delivery(self, message_id: int, delivery: Fate, reply: str = "") -> str | None:
        """Notes how far it has come, and what was said of it; the line that shows it, if there is one by now."""
        values = {"of": message_id, "new_delivery": delivery, "new_reply": reply}
        line: str | None = self._connection.execute(_CHANGE, values).scalar()
        return line

    def set_line(self, incident_id: int, fact: int, line: str) -> list[Fate]:
        """Notes which line shows what became of the notices of this fact; how far those have come by now."""
        values = {"of": incident_id, "of_fact": fact, "new_line": line}
        return [Fate(one) for one in self._connection.execute(_SET_LINE, values).scalars() if one]

    def set_proof(self, incident_id: int, raw: str, proof: str) -> None:
        """Notes what was found out later about who wrote the mail with these bytes."""
        found = sa.update(messages).where(messages.c.incident_id == incident_id, messages.c.raw == raw)
        self._connection.execute(found.values(proof=proof))

    def attachments_of(self, message_id: int) -> list[KeptAttachment]:
        return self._files(_FILES_OF, message_id)

    def attachments_carried_by(self, outbox_id: int) -> list[KeptAttachment]:
        """Those of the message that this outbox job carries."""
        return self._files(_FILES_CARRIED_BY, outbox_id)

    def attachment(self, attachment_id: int) -> KeptAttachment | None:
        return next(iter(self._files(_FILE_BY_ID, attachment_id)), None)

    def _some(self, query: "sa.Select[Any]", **values: object) -> list[Message]:
        return [_message(row) for row in self._connection.execute(query, values)]

    def _files(self, query: "sa.Select[Any]", of: int) -> list[KeptAttachment]:
        return [KeptAttachment(**row._asdict()) for row in self._connection.execute(query, {"of": of})]


_OF: Final[sa.BindParameter[Any]] = sa.bindparam("of")
_ALL: Final = sa.select(messages).order_by(messages.c.id)
_BY_ID: Final = _ALL.where(messages.c.id == _OF)
_BY_OUTBOX_ID: Final = _ALL.where(messages.c.outbox_id == _OF)
_BY_RFC_IDS: Final = _ALL.where(messages.c.rfc_message_id.in_(sa.bindparam("of", expanding=True)))
_ANSWERING: Final = _ALL.where(messages.c.in_reply_to == _OF, messages.c.direction == Direction.IN)
_OF_INCIDENT: Final = _ALL.where(messages.c.incident_id == _OF)
_SET_ASIDE_BY: Final = _ALL.where(
    messages.c.incident_id.is_(None), sa.func.lower(messages.c.author).in_(sa.bindparam("of", expanding=True))
)
_UNTIL: Final = sa.bindparam("until", type_=messages.c.at.type)
_REFERENCES: Final = (
    sa.select(messages.c.rfc_message_id)
    .where(
        messages.c.incident_id == _OF,
        messages.c.rfc_message_id.is_not(None),
        messages.c.at <= _UNTIL,
        sa.or_(messages.c.at < _UNTIL, messages.c.direction == Direction.IN),
    )
    .order_by(messages.c.id)
)
_SAME: Final = (
    sa.select(messages.c.id)
    .where(messages.c.rfc_message_id == _OF, messages.c.content_sha256 == sa.bindparam("content_sha256"))
    .limit(1)
)
_IS_HELD: Final = sa.case((messages.c.delivery == Fate.HELD, 1), else_=0)
_SENT_SINCE: Final = sa.select(
    sa.func.coalesce(sa.func.sum(1 - _IS_HELD), 0), sa.func.coalesce(sa.func.sum(_IS_HELD), 0)
).where(
    messages.c.incident_id == _OF,
    messages.c.direction == Direction.OUT,
    messages.c.channel == Via.MAIL,
    messages.c.subject.in_(sa.bindparam("notices", expanding=True)),
    messages.c.at > sa.bindparam("since", type_=messages.c.at.type),
)
_ADD: Final = sa.insert(messages).returning(messages.c.id)
# Both return what the other writes: whichever comes second, in whatever transaction, sees the first.
_CHANGE: Final = (
    sa.update(messages)
    .where(messages.c.id == _OF)
    .values(delivery=sa.bindparam("new_delivery"), reply=sa.bindparam("new_reply"))
    .returning(messages.c.line)
)
_SET_LINE: Final = (
    sa.update(messages)
    .where(
        messages.c.incident_id == _OF,
        messages.c.fact == sa.bindparam("of_fact"),
        messages.c.direction == Direction.OUT,
    )
    .values(line=sa.bindparam("new_line"))
    .returning(messages.c.delivery)
)
_BEGINS: Final = sa.func.substr(blobs.c.content, 1, BEGINS, type_=sa.LargeBinary).label("begins")
_FILES: Final = sa.select(attachments, blobs.c.size, _BEGINS).join(blobs).order_by(attachments.c.id)
_FILE_BY_ID: Final = _FILES.where(attachments.c.id == _OF)
_FILES_OF: Final = _FILES.where(attachments.c.message_id == _OF)
_CARRIED: Final = sa.select(messages.c.id).where(messages.c.outbox_id == _OF)
_FILES_CARRIED_BY: Final = _FILES.where(attachments.c.message_id.in_(_CARRIED))
_NEW: Final = tuple(field.name for field in fields(NewMessage))
_FILE: Final = tuple(field.name for field in fields(Attachment))


def _values(thing: NewMessage | Attachment, names: Sequence[str]) -> dict[str, object]:
    return {name: getattr(thing, name) for name in names}


def _message(row: "sa.Row[Any]") -> Message:
    fate = Fate(row.delivery) if row.delivery else None
    typed = {"direction": Direction(row.direction), "channel": Via(row.channel), "delivery": fate}
    return Message(**(row._asdict() | typed))
