"""Incidents: folded from the journal, with one row each to find them by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from bot.core.facts import Language, WayIn
from bot.core.fold import fold
from bot.core.incident import Incident
from bot.core.lives import Stage
from storage._journal import Journal
from storage._tables import incidents

ENDED: Final = (Stage.CANCELLED, Stage.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """What is known of an incident without reading its facts; from `erase_at` on, more of it may be erased."""

    id: int
    customer_id: int
    title: str
    language: Language
    stage: Stage
    way_in: WayIn
    version: int
    seq: int
    reply_key: str
    opened_at: datetime
    updated_at: datetime
    assignee: str
    waiting: bool
    previous: int | None
    slack_channel: str | None
    slack_ts: str | None
    erase_at: datetime | None = None
    thread: str | None = None

    @property
    def reference(self) -> str:
        return f"INC-{self.id}"


class Incidents:
    """The incidents within one transaction."""

    __slots__ = ("_connection", "_journal", "_locks")

    def __init__(self, connection: sa.Connection, journal: Journal, *, locks: bool) -> None:
        self._connection = connection
        self._journal = journal
        self._locks = locks

    def load(self, incident_id: int) -> Incident | None:
        """The incident as its facts make it. A transaction that writes has it to itself from here on."""
        if self._locks:
            self._connection.execute(_LOCK, {"of": incident_id})
        return fold((entry.fact, entry.at) for entry in self._journal.facts(f"INC-{incident_id}"))

    def add(self, incident: Incident, reply_key: str, now: datetime) -> None:
        """The row of a new incident; `reply_key` is the unguessable part of its reply address."""
        values = {"id": incident.id, "reply_key": reply_key, "opened_at": incident.opened_at}
        self._connection.execute(_ADD, values | _changing(incident, now))

    def save(self, incident: Incident, now: datetime) -> None:
        """Brings the row up to what the facts say."""
        self._connection.execute(_CHANGE, {"of": incident.id} | _changing(incident, now))

    def row(self, incident_id: int) -> IncidentRow | None:
        return self._one(_BY_ID, of=incident_id)

    def by_reply_key(self, reply_key: str) -> IncidentRow | None:
        return self._one(_BY_REPLY_KEY, of=reply_key)

    def by_card(self, channel: str, ts: str) -> IncidentRow | None:
        """The incident whose staff card (hence thread) is this Slack message."""
        return self._one(_BY_CARD, of=channel, ts=ts)

    def by_thread(self, thread: str) -> IncidentRow | None:
        """The incident that is talked about in this thread of a shared channel (`channel/ts`)."""
        return self._one(_BY_THREAD, of=thread)

    def set_card(self, incident_id: int, channel: str, ts: str) -> None:
        """Remembers where the incident's staff card was posted."""
        self._connection.execute(_CHANGE, {"of": incident_id, "slack_channel": channel, "slack_ts": ts})

    def open_of(self, customer_id: int) -> list[int]:
        """The ids of the customer's incidents that are not over, the oldest first."""
        return list(self._connection.execute(_OPEN, {"of": customer_id}).scalars())

    def listing(
        self,
        *,
        stages: Sequence[Stage] = (),
        assignee: str | None = None,
        waiting: bool | None = None,
        customer_id: int | None = None,
        words: str = "",
        limit: int = 50,
    ) -> list[IncidentRow]:
        """The latest touched first. `words` is looked for in titles; `assignee=""` means nobody's."""
        wanted: list[sa.ColumnElement[bool]] = []
        if stages:
            wanted.append(incidents.c.stage.in_(stages))
        if assignee is not None:
            wanted.append(incidents.c.assignee == assignee)
        if waiting is not None:
            wanted.append(incidents.c.waiting.is_(waiting))
        if customer_id is not None:
            wanted.append(incidents.c.customer_id == customer_id)
        if words:
            wanted.append(incidents.c.title.icontains(words, autoescape=True))
        query = sa.select(incidents).where(*wanted).order_by(incidents.c.updated_at.desc(), incidents.c.id.desc())
        return [_row(row) for row in self._connection.execute(query.limit(limit)).all()]

    def opened(self, since: datetime, before: datetime) -> list[int]:
        """The ids of those opened from `since` on and before `before`, the oldest first."""
        query = sa.select(incidents.c.id).where(incidents.c.opened_at >= since, incidents.c.opened_at < before)
        return list(self._connection.execute(query.order_by(incidents.c.id)).scalars())

    def _one(self, query: "sa.Select[Any]", **values: object) -> IncidentRow | None:
        row = self._connection.execute(query, values).first()
        return _row(row) if row else None


_OF: Final[sa.BindParameter[Any]] = sa.bindparam("of")
_LOCK: Final = sa.select(incidents.c.id).where(incidents.c.id == _OF).with_for_update(key_share=True)
_ADD: Final = sa.insert(incidents)
_CHANGE: Final = sa.update(incidents).where(incidents.c.id == _OF)
_BY_ID: Final = sa.select(incidents).where(incidents.c.id == _OF)
_BY_REPLY_KEY: Final = sa.select(incidents).where(incidents.c.reply_key == _OF)
_BY_CARD: Final = sa.select(incidents).where(
    incidents.c.slack_channel == _OF, incidents.c.slack_ts == sa.bindparam("ts")
)
_BY_THREAD: Final = sa.select(incidents).where(incidents.c.thread == _OF)
_OPEN: Final = (
    sa.select(incidents.c.id)
    .where(incidents.c.customer_id == _OF, incidents.c.stage.not_in(ENDED))
    .order_by(incidents.c.id)
)


def _changing(incident: Incident, now: datetime) -> dict[str, object]:
    return {
        "customer_id": incident.customer,
        "title": incident.title,
        "language": incident.language,
        "stage": incident.stage,
        "way_in": incident.way_in,
        "version": incident.version,
        "seq": incident.seq,
        "updated_at": now,
        "assignee": incident.assignee,
        "waiting": incident.waiting is not None,
        "previous": incident.previous,
        "erase_at": None,
        "thread": incident.thread or None,
    }


def _row(row: "sa.Row[Any]") -> IncidentRow:
    typed = {"language": Language(row.language), "stage": Stage(row.stage), "way_in": WayIn(row.way_in)}
    return IncidentRow(**(row._asdict() | typed))
