"""One mechanism for what arrived, what must leave and what falls due: rows, claimed under a lease."""

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from storage._engine import contains
from storage._queue_statements import WAITING, claim, statements

DONE: Final = "done"
PARKED: Final = "parked"
CANCELLED: Final = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What to do, not before `due_at`.

    `due_at` is also the rank: what was due first leaves first, so an urgent job is put with an earlier one.
    Jobs with the same non-empty `key` leave in the order they were put. `dedup` is a name given at most once
    per `bucket`. `bucket` is the customer's partition.
    """

    kind: str
    payload: bytes
    due_at: datetime
    key: str = ""
    dedup: str | None = None
    bucket: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A claimed job; `lease` is the proof of the claim, `due_at` its end, `tries` counts this claim.

    `doubts` counts the tries that may have had their effect, this one included: at 1, none before it had any.
    """

    id: int
    kind: str
    payload: bytes
    key: str
    dedup: str | None
    tries: int
    doubts: int
    lease: str
    due_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A job as it is shown: parked, or still to come."""

    id: int
    kind: str
    payload: bytes
    key: str
    dedup: str | None
    tries: int
    due_at: datetime
    error: str | None
    created_at: datetime
    finished_at: datetime | None


class Queue:
    """One queue within one transaction. `now` is always the caller's."""

    __slots__ = ("_connection", "_put_into", "_statements", "_table")

    def __init__(self, connection: sa.Connection, table: sa.Table, put_into: set[str]) -> None:
        self._connection = connection
        self._table = table
        self._statements = statements(connection.dialect.name, table)
        self._put_into = put_into

    def put(self, job: NewJob, now: datetime) -> int | None:
        """The new row's id; None when that dedup name was already given."""
        values = {
            "bucket": job.bucket,
            "kind": job.kind,
            "key": job.key,
            "dedup": job.dedup,
            "payload": job.payload,
            "state": "waiting",
            "due_at": job.due_at,
            "tries": 0,
            "created_at": now,
        }
        put: int | None = self._connection.execute(self._statements.put, values).scalar()
        if put is not None:
            self._put_into.add(self._table.name)
        return put

    def claim(
        self,
        now: datetime,
        limit: int,
        lease: timedelta,
        kinds: Collection[str] | None = None,
        *,
        untried: bool | None = None,
    ) -> list[Job]:
        """Takes up to `limit` due jobs until `now + lease`; whoever dies holding them loses them by that.

        `untried`: only those never tried, or only those tried before; without it, all.
        """
        dialect = self._connection.dialect.name
        statement = claim(dialect, self._table, limit, some_kinds=kinds is not None, untried=untried)
        values = {"now": now, "until": now + lease, "token": secrets.token_hex(8), "kinds": list(kinds or ())}
        rows = self._connection.execute(statement, values)
        return sorted((Job(**row._asdict()) for row in rows), key=lambda job: job.id)

    def holds(self, job: Job) -> bool:
        """Whether the claim still stands: to ask right before what cannot be undone."""
        return self._connection.execute(self._statements.holds, _proof(job)).first() is not None

    def comes_again(self, job: Job) -> bool:
        """Whether the very same waits behind it: what shows how things stand need not be done twice."""
        table = self._table
        same = sa.select(table.c.id).where(
            table.c.state == WAITING,
            table.c.key == job.key,
            table.c.id > job.id,
            table.c.kind == job.kind,
            table.c.payload == job.payload,
        )
        return self._connection.execute(same.limit(1)).first() is not None

    def done(self, job: Job, now: datetime) -> bool:
        """Finishes it. False, as below: somebody else holds it by now, and nothing was changed."""
        return self._set(self._statements.done, job, new_finished_at=now)

    def retry(
        self, job: Job, at: datetime, error: str, *, untaken: bool = False, payload: bytes | None = None
    ) -> bool:
        """Lets it fall due again at `at`. `untaken`: it is sure that this try had no effect; `payload`: a new one."""
        values = {"new_due_at": at, "new_error": error, "new_untaken": int(untaken), "new_payload": payload}
        return self._set(self._statements.retry, job, **values)

    def park(self, job: Job, error: str, now: datetime) -> bool:
        """Sets it aside for a person to see."""
        return self._set(self._statements.park, job, new_error=error, new_finished_at=now)

    def release(self, job: Job, now: datetime) -> bool:
        """Gives it back untried."""
        return self._set(self._statements.release, job, new_due_at=now)

    def recall(self, now: datetime, most_tries: int | None = None) -> int:
        """Takes back what is claimed, and says how much: for a process that is alone and has just started.

        What was tried more than `most_tries` times keeps its lease to the end.
        """
        claimed = sa.update(self._table).where(self._table.c.lease.is_not(None))
        if most_tries is not None:
            claimed = claimed.where(self._table.c.tries <= most_tries)
        return self._connection.execute(claimed.values(lease=None, due_at=now)).rowcount

    def _set(self, statement: sa.Update, job: Job, **values: object) -> bool:
        return self._connection.execute(statement, _proof(job) | values).rowcount == 1

    def cancel(self, dedup: str, now: datetime) -> bool:
        """Ends a job that no longer matters, claimed or not; its dedup name may be given again."""
        result = self._connection.execute(
            sa.update(self._table)
            .where(self._table.c.dedup == dedup, self._table.c.finished_at.is_(None))
            .values(state=DONE, dedup=None, lease=None, error=CANCELLED, finished_at=now)
        )
        return result.rowcount > 0

    def revive(self, job_id: int, now: datetime) -> bool:
        """Lets a parked job be tried again from the start, as staff ask."""
        result = self._connection.execute(
            sa.update(self._table)
            .where(self._table.c.id == job_id, self._table.c.state == PARKED)
            .values(state="waiting", due_at=now, tries=0, finished_at=None)
        )
        self._put_into.add(self._table.name)
        return result.rowcount == 1

    def may_come_again(self, ids: Collection[int], since: datetime) -> set[int]:
        """Those of these that wait, and those set aside that are no older than that."""
        table = self._table
        parked = sa.and_(table.c.state == PARKED, table.c.created_at > since)
        query = sa.select(table.c.id).where(table.c.id.in_(list(ids)), sa.or_(table.c.state == WAITING, parked))
        return set(self._connection.execute(query).scalars())

    def finished(self, before: datetime, limit: int) -> list[Listed]:
        """What was done and over before then, the first first."""
        table = self._table
        query = self._listed().where(table.c.state == DONE, table.c.finished_at < before)
        return self._list(query.order_by(table.c.id).limit(limit))

    def finished_before(self, moment: datetime) -> int:
        """How many were done and over before then."""
        table = self._table
        return self._connection.execute(
            self._count().where(table.c.state == DONE, table.c.finished_at < moment)
        ).scalar_one()

    def forget(self, ids: Collection[int]) -> int:
        """Deletes these, where they are done; how many were."""
        table = self._table
        done = sa.delete(table).where(table.c.id.in_(list(ids)), table.c.state == DONE)
        return self._connection.execute(done).rowcount

    def forget_naming(self, words: Iterable[str]) -> list[bytes]:
        """Deletes what is done and names one of these words; what it said."""
        table, dialect = self._table, self._connection.dialect.name
        naming = [contains(dialect, table.c.payload, word.encode()) for word in words if word]
        done = sa.delete(table).where(table.c.state == DONE, sa.or_(sa.false(), *naming))
        return list(self._connection.execute(done.returning(table.c.payload)).scalars())

    def waiting(self) -> int:
        """How many are not finished, claimed ones included."""
        return self._connection.execute(self._count().where(self._table.c.state == WAITING)).scalar_one()

    def in_hand(self) -> int:
        """How many are claimed: in a restored backup, those whose effect is in doubt."""
        query = self._count().where(self._table.c.state == WAITING, self._table.c.lease.is_not(None))
        return self._connection.execute(query).scalar_one()

    def _count(self) -> "sa.Select[int]":
        return sa.select(sa.func.count()).select_from(self._table)

    def parked(self, limit: int) -> list[Listed]:
        """The latest that were set aside."""
        table = self._table
        query = self._listed().where(table.c.state == sa.literal_column("'parked'"))
        return self._list(query.order_by(table.c.id.desc()).limit(limit))

    def upcoming(self, until: datetime, limit: int) -> list[Listed]:
        """What falls due up to `until`, the first first."""
        table = self._table
        query = self._listed().where(table.c.state == WAITING, table.c.due_at <= until)
        return self._list(query.order_by(table.c.due_at, table.c.id).limit(limit))

    def _listed(self) -> "sa.Select[tuple[object, ...]]":
        return sa.select(*(self._table.c[name] for name in Listed.__slots__))

    def _list(self, query: "sa.Select[tuple[object, ...]]") -> list[Listed]:
        return [Listed(**row) for row in self._connection.execute(query).mappings()]

    def next_due(self) -> datetime | None:
        """When the first of all waiting jobs falls due, or its lease ends; ranked ahead, not before it was put."""
        table = self._table
        query = sa.select(table.c.due_at, table.c.created_at).where(table.c.state == WAITING)
        first = self._connection.execute(query.order_by(table.c.due_at, table.c.id).limit(1)).first()
        return max(first.due_at, first.created_at) if first else None


def _proof(job: Job) -> dict[str, object]:
    return {"held_id": job.id, "held_lease": job.lease}
