"""The store: opens the database, runs functions in transactions, wakes who waits for a queue."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import date
from functools import cache
from typing import Final, Self, TypeVar

import sqlalchemy as sa

from storage import _tables
from storage._anchors import Anchors
from storage._bank import Bank
from storage._blobs import Blobs
from storage._customers import Customers
from storage._engine import END, Engine, insert, is_sqlite, one_snapshot, open_engine, tell_others
from storage._erasure import Eraser
from storage._failures import SUPERSEDED, Outdated, Unavailable
from storage._incidents import Incidents
from storage._journal import Journal
from storage._links import Links
from storage._messages import Messages
from storage._money import Ledger
from storage._queue import Queue
from storage._schema import check_schema, refuse_another
from storage._shared import SharedChannels
from storage._tables import counters, settings

T = TypeVar("T")
LISTEN_AGAIN_SECONDS: Final = 5.0


class Transaction:
    """Everything a function may read and write; it ends with the function, all of it or nothing."""

    def __init__(self, connection: sa.Connection, *, writes: bool) -> None:
        self._connection = connection
        self.put_into: set[str] = set()
        self.inbox = Queue(connection, _tables.inbox, self.put_into)
        self.outbox = Queue(connection, _tables.outbox, self.put_into)
        self.deadlines = Queue(connection, _tables.deadlines, self.put_into)
        self.journal = Journal(connection)
        self.anchors = Anchors(connection)
        self.alone = is_sqlite(connection)  # one process; its writers take turns
        locks = writes and not self.alone
        self.incidents = Incidents(connection, self.journal, locks=locks)
        self.customers = Customers(connection, locks=locks)
        self.shared = SharedChannels(connection)
        self.money = Ledger(connection)
        self.bank = Bank(connection, locks=locks)
        self.messages = Messages(connection)
        self.links = Links(connection)
        self.blobs = Blobs(connection)
        self.erasure = Eraser(connection)

    def next_number(self, series: str) -> int:
        """The next number of a series, from 1, without gaps: who rolls back gives it back."""
        next_one = _next_number(self._connection.dialect.name)
        number: int = self._connection.execute(next_one, {"series": series, "value": 1}).scalar_one()
        return number

    def next_numbered(self, series: str, today: date) -> tuple[int, date]:
        """The next number of a series of dated papers, and its day: today, or that of the number before if later."""
        drawn = _next_numbered(self._connection.dialect.name)
        row = self._connection.execute(drawn, {"series": series, "value": 1, "day": today.isoformat()}).one()
        return row.value, date.fromisoformat(row.day)

    def series(self) -> dict[str, int]:
        """Where every counter stands."""
        return {row.series: row.value for row in self._connection.execute(sa.select(counters))}

    def one_snapshot(self) -> None:
        """To be said first: whatever is read in this transaction is of one moment."""
        one_snapshot(self._connection)

    def count(self, names: Sequence[str]) -> dict[str, int]:
        """Adds one to each of these counters, and says where they stand."""
        # In one order, so that nobody waits in a ring.
        rows = [{"series": name, "value": 1} for name in sorted(names)]
        counted = self._connection.execute(_count(self._connection.dialect.name), rows) if rows else ()
        return {row.series: row.value for row in counted}

    def forget_counts(self, first: str, before: str) -> None:
        """Forgets the counters whose names lie from `first` on, before `before`."""
        old = sa.delete(counters).where(counters.c.series >= first, counters.c.series < before)
        self._connection.execute(old)

    def setting(self, name: str) -> str | None:
        """What was last kept under this name."""
        return self._connection.execute(_SETTING, {"of": name}).scalar()

    def keep_setting(self, name: str, value: str) -> None:
        kept = insert(self._connection.dialect.name, settings).values(name=name, value=value)
        self._connection.execute(
            kept.on_conflict_do_update(index_elements=[settings.c.name], set_={"value": kept.excluded.value})
        )

    def settings_named(self, prefix: str) -> list[str]:
        """The names that begin like this."""
        names = sa.select(settings.c.name).where(settings.c.name.startswith(prefix, autoescape=True))
        return list(self._connection.execute(names).scalars())

    def drop_setting(self, name: str) -> None:
        """Forgets what was kept under this name."""
        self._connection.execute(sa.delete(settings).where(settings.c.name == name))


@cache
def _next_number(dialect: str) -> sa.Executable:
    following = {"value": counters.c.value + 1}
    counted = insert(dialect, counters).on_conflict_do_update(index_elements=["series"], set_=following)
    return counted.returning(counters.c.value)


@cache
def _count(dialect: str) -> sa.Executable:
    following = {"value": counters.c.value + 1}
    counted = insert(dialect, counters).on_conflict_do_update(index_elements=["series"], set_=following)
    return counted.returning(counters.c.series, counters.c.value)


@cache
def _next_numbered(dialect: str) -> sa.Executable:
    drawing = insert(dialect, counters)
    later = sa.case((counters.c.day > drawing.excluded.day, counters.c.day), else_=drawing.excluded.day)
    following = {"value": counters.c.value + 1, "day": later}
    counted = drawing.on_conflict_do_update(index_elements=["series"], set_=following)
    return counted.returning(counters.c.value, counters.c.day)


_SETTING: Final = sa.select(settings.c.value).where(settings.c.name == sa.bindparam("of"))


class Store:
    """One database, opened in one event loop. The functions it runs are synchronous, pure apart from SQL."""

    def __init__(self, engine: Engine, *, notify: bool) -> None:
        self._engine = engine
        self._notify = notify
        self._open = True
        self._superseded: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._wakes = {name: asyncio.Event() for name in ("inbox", "outbox", "deadlines")}
        self._listener = asyncio.create_task(self._listen()) if notify else None

    @classmethod
    async def open(cls, url: str, *, notify: bool = True) -> Self:
        """Opens it. `notify`: tell and hear other processes (PostgreSQL), or poll alone.

        Raises ValueError (no such kind of database), Outdated (run the upgrade first), Unavailable.
        """
        engine = open_engine(url, refuse_another)
        try:
            await engine.read(check_schema)
        except BaseException:
            await engine.close()
            raise
        return cls(engine, notify=notify)

    async def run(self, fn: Callable[[Transaction], T], *, urgent: bool = False) -> T:
        """Runs `fn` in a transaction of its own and returns what it returns once that is on disk.

        Its exception undoes what it wrote. It may run more than once, so it changes nothing but the database.
        `urgent`, and short: somebody outside waits for it, and it goes ahead of what is not.
        Raises Unavailable when the database cannot, Conflict when somebody else was first.
        """
        self._is_open()
        put_into: set[str] = set()

        def work(connection: sa.Connection) -> T:
            transaction = Transaction(connection, writes=True)
            result = fn(transaction)
            if self._notify:
                tell_others(connection, transaction.put_into)
            put_into.update(transaction.put_into)
            return result

        result = await self._current(self._engine.write(work, urgent=urgent))
        for name in put_into:
            self._wakes[name].set()
        return result

    async def read(self, fn: Callable[[Transaction], T]) -> T:
        """Runs `fn` beside the writers; it sees what is committed and must not write."""
        self._is_open()
        return await self._current(self._engine.read(lambda connection: fn(Transaction(connection, writes=False))))

    async def wait(self, queue: str, timeout: float) -> None:  # noqa: ASYNC109
        """Returns when something was put into `queue`, or after `timeout` seconds; only a hint: poll."""
        wake = self._wakes[queue]
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await wake.wait()
        wake.clear()

    def wake(self, *queues: str) -> None:
        """Lets those who wait in this process look now: their clock was put forward."""
        for name in queues:
            self._wakes[name].set()

    async def _listen(self) -> None:
        """Hears from other processes while the store is open; without that, polling finds their work."""
        while True:
            with suppress(Unavailable):
                await self._current(self._engine.listen(self._heard))
            await asyncio.sleep(LISTEN_AGAIN_SECONDS)

    def _heard(self, name: str) -> None:
        if name == END:
            self._end(SUPERSEDED)
        elif name in self._wakes:
            self._wakes[name].set()

    async def superseded(self) -> str:
        """Returns, with the reason, once this process has to end: another version is to have the database."""
        return await asyncio.shield(self._superseded)

    async def _current(self, work: Awaitable[T]) -> T:
        """Whatever is asked of a database that another version has is not done, like all else that passes."""
        try:
            return await work
        except Outdated as outdated:
            self._end(str(outdated))
            raise Unavailable(str(outdated)) from outdated

    def _end(self, why: str) -> None:
        if not self._superseded.done():
            self._superseded.set_result(why)

    def _is_open(self) -> None:
        if not self._open:
            raise Unavailable("the store is closed")

    async def close(self) -> None:
        """Finishes what is running, then lets go of the database; whoever asks later finds it Unavailable."""
        self._open = False
        if self._listener:
            self._listener.cancel()
            with suppress(asyncio.CancelledError):
                await self._listener
        await self._engine.close()
