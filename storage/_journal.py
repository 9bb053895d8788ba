"""The facts, for ever: appended under compare-and-set, chained per subject by hashes, never changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.core.facts import Fact
from storage._codec import decode, encode
from storage._failures import Raced
from storage._redactions import START, Redactions, link, sha256
from storage._tables import CONCLUDED, EPOCH, MICROSECOND, facts, storable


class Conflict(Raced):
    """Another transaction appended to this subject since it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A fact to append: when and by whom, and the command's idempotency key if it has one."""

    fact: Fact
    at: datetime
    actor: str
    command: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A fact as it stands in the journal. `id` orders across subjects, `seq` (from 1) within one."""

    id: int
    subject: str
    seq: int
    kind: str
    fact: Fact
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Row:
    """A fact exactly as it is kept and chained, its body not read; `at` in microseconds since 1970."""

    id: int
    subject: str
    seq: int
    kind: str
    body: str
    at: int
    actor: str
    body_sha256: str
    chain: str

    @property
    def fact(self) -> Fact:
        """Raises KeyError or ValueError where the body is not one."""
        return decode(self.kind, self.body)

    @property
    def moment(self) -> datetime:
        return EPOCH + self.at * MICROSECOND

    def is_written(self, before: str) -> bool:
        """Whether it is as it was written, after the fact with this chain."""
        chain = link(before, self.subject, self.seq, self.kind, self.moment, self.actor, self.body_sha256)
        return (self.body_sha256, self.chain) == (sha256(self.body), chain)


class Journal:
    """The journal within one transaction. Subjects are references: `INC-42`, `C-17`."""

    __slots__ = ("_connection", "_ends", "redactions")

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._ends: dict[str, tuple[int, str]] = {}
        self.redactions = Redactions(connection)

    def append(self, subject: str, after_seq: int, entries: Sequence[Entry]) -> None:
        """Appends after the fact number `after_seq` (0: none yet). Raises Conflict if that is not the last.

        A command's key is kept on its first fact.
        """
        # A new subject has no end to look up, and one that was read or written here has shown it; should it have
        # gone on after all, the next place is taken.
        seq, chain = self._ends.get(subject) or (self._end(subject) if after_seq else (0, START))
        if seq != after_seq:
            message = f"{subject} is at {seq}, not {after_seq}"
            raise Conflict(message)
        rows: list[dict[str, object]] = []
        commands: set[str | None] = {None}
        for seq, entry in enumerate(entries, start=after_seq + 1):
            row = _row(subject, seq, entry, chain)
            chain = str(row["chain"])
            row["command"] = None if entry.command in commands else entry.command
            commands.add(entry.command)
            rows.append(row)
        if rows:
            self._insert(subject, rows)
            self._ends[subject] = seq, chain

    def _end(self, subject: str) -> tuple[int, str]:
        last = self._connection.execute(_END, {"of": subject}).first()
        return (last.seq, last.chain) if last else (0, START)

    def _insert(self, subject: str, rows: Sequence[dict[str, object]]) -> None:
        try:
            self._connection.execute(_INSERT, rows)
        except IntegrityError as error:
            message = f"{subject}: its place or its command is taken"
            raise Conflict(message) from error

    def facts(self, subject: str) -> list[Recorded]:
        """All facts of one subject, in order."""
        rows = self._connection.execute(_BY_SUBJECT, {"of": subject}).all()
        if rows:
            self._ends[subject] = rows[-1].seq, rows[-1].chain
        return self._recorded(rows)

    def of_kinds(self, kinds: Iterable[type[Fact]], *, until: datetime | None = None) -> list[Recorded]:
        """All facts of these kinds, of all subjects, the first first; none after `until`."""
        wanted = _QUERY.where(facts.c.kind.in_([kind.__name__ for kind in kinds]))
        if until is not None:
            wanted = wanted.where(facts.c.at <= until)
        return self._recorded(self._connection.execute(wanted.order_by(facts.c.at, facts.c.id)))

    def concluded(self, since: datetime) -> list[Recorded]:
        """What diagnoses came to from then on, the first first; quick however long the journal is."""
        wanted = _QUERY.where(sa.text(CONCLUDED), facts.c.at >= since)
        return self._recorded(self._connection.execute(wanted.order_by(facts.c.at, facts.c.id)))

    def latest(self, limit: int, after_id: int = 0) -> list[Recorded]:
        """The newest facts of all subjects with an id above `after_id`, oldest first."""
        newest = _QUERY.where(facts.c.id > after_id).order_by(facts.c.id.desc()).limit(limit)
        return self._recorded(self._connection.execute(newest))[::-1]

    def _recorded(self, rows: "Iterable[sa.Row[Any]]") -> list[Recorded]:
        return [
            Recorded(
                id=row.id,
                subject=row.subject,
                seq=row.seq,
                kind=row.kind,
                fact=decode(row.kind, row.body),
                at=row.at,
                actor=row.actor,
            )
            for row in rows
        ]

    def has_command(self, key: str) -> bool:
        """Whether a command with this key has left facts already."""
        return self._connection.execute(_BY_COMMAND, {"key": key}).first() is not None

    def subjects(self) -> list[str]:
        """Every reference that has facts."""
        return list(self._connection.execute(sa.select(facts.c.subject).distinct().order_by("subject")).scalars())

    def count(self) -> int:
        return self._connection.execute(sa.select(sa.func.count()).select_from(facts)).scalar_one()

    def rows(self, subject: str) -> list[Row]:
        """All facts of one subject as they are kept, in order."""
        return [Row(*row) for row in self._connection.execute(_ROWS.where(_OF), {"of": subject})]

    def after(self, subject: str, limit: int) -> dict[str, list[Row]]:
        """The rows of the next `limit` subjects, in the database's own order of their names."""
        names = (
            sa.select(facts.c.subject)
            .where(facts.c.subject > sa.bindparam("of"))
            .distinct()
            .order_by(facts.c.subject)
            .limit(limit)
        )
        following = names.subquery()
        query = _ROWS.where(facts.c.subject.in_(sa.select(following.c.subject)))
        found: dict[str, list[Row]] = {}
        for row in self._connection.execute(query, {"of": subject}):
            found.setdefault(row.subject, []).append(Row(*row))
        return found

    def verify(self, subject: str) -> int | None:
        """The first seq whose row is missing, or neither what was written nor what an erasure left; None if well."""
        return self.first_broken(self.rows(subject))

    def first_broken(self, rows: Sequence[Row]) -> int | None:
        """Of all rows of one subject, the first seq that is missing, or neither as written nor as an erasure left."""
        chain = START
        for expected, row in enumerate(rows, start=1):
            if row.seq != expected or not (row.is_written(chain) or self.redactions.explain(row, chain)):
                return expected
            chain = row.chain
        return None


_QUERY: Final = sa.select(
    facts.c.id, facts.c.subject, facts.c.seq, facts.c.kind, facts.c.body, facts.c.at, facts.c.actor
)
_OF: Final = facts.c.subject == sa.bindparam("of")
_MOMENT: Final = sa.type_coerce(facts.c.at, sa.BigInteger)
_ROWS: Final = sa.select(
    *(facts.c.id, facts.c.subject, facts.c.seq, facts.c.kind, facts.c.body, _MOMENT, facts.c.actor),
    *(facts.c.body_sha256, facts.c.chain),
).order_by(facts.c.subject, facts.c.seq)
_BY_SUBJECT: Final = _QUERY.add_columns(facts.c.chain).where(_OF).order_by(facts.c.seq)
_BY_COMMAND: Final = sa.select(facts.c.id).where(facts.c.command == sa.bindparam("key")).limit(1)
_END: Final = sa.select(facts.c.seq, facts.c.chain).where(_OF).order_by(facts.c.seq.desc()).limit(1)
_INSERT: Final = sa.insert(facts)


def _row(subject: str, seq: int, entry: Entry, chain: str) -> dict[str, object]:
    kind, body = encode(entry.fact)
    actor = storable(entry.actor)
    body_sha256 = sha256(body)
    return {
        "subject": subject,
        "seq": seq,
        "kind": kind,
        "body": body,
        "at": entry.at,
        "actor": actor,
        "body_sha256": body_sha256,
        "chain": link(chain, subject, seq, kind, entry.at, actor, body_sha256),
    }
