"""What the desk still has to do: all three queues, seen at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from storage import Transaction
from storage._tables import deadlines, inbox, outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A job that is not finished; `in_hand` while somebody works it."""

    queue: str
    id: int
    kind: str
    key: str
    due_at: datetime
    in_hand: bool
    error: str | None


def waiting(tx: Transaction) -> list[Waiting]:
    """All unfinished jobs whose turn it is: those of one key wait for the one before them."""
    rows = tx.inbox._connection.execute(_ALL).mappings()
    heads: dict[tuple[str, str], Waiting] = {}
    for row in sorted((Waiting(**row) for row in rows), key=lambda job: job.id):
        heads.setdefault((row.queue, row.key or f"#{row.id}"), row)
    return list(heads.values())


def is_busy(jobs: Sequence[Waiting], now: datetime) -> bool:
    """Whether something is being done, or could be."""
    return any(job.in_hand or job.due_at <= now for job in jobs)


def next_due(jobs: Sequence[Waiting], queue: str = "") -> datetime | None:
    """When the first of these jobs, or of those in one queue, falls due."""
    return min((job.due_at for job in jobs if queue in {"", job.queue}), default=None)


def _of(queue: sa.Table) -> "sa.Select[tuple[object, ...]]":
    return sa.select(
        sa.literal_column(f"'{queue.name}'", sa.Text).label("queue"),
        queue.c.id,
        queue.c.kind,
        queue.c.key,
        queue.c.due_at,
        queue.c.lease.is_not(None).label("in_hand"),
        queue.c.error,
    ).where(queue.c.state == sa.literal_column("'waiting'"))


# One statement: three would each see another moment, between which work moves on unseen.
_ALL = sa.union_all(_of(inbox), _of(outbox), _of(deadlines))
