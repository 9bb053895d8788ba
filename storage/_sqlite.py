"""SQLite: one writer thread whose waiting transactions share a commit, and readers beside it."""

import asyncio
import itertools
import os
import queue
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import event, exc

from storage._checkpoints import FRAMES, Checkpointer
from storage._failures import IN_USE, Unavailable, translated

T = TypeVar("T")
Work = Callable[[sa.Connection], T]
GROUP: Final = 64
"""At most so many waiting transactions share one commit."""
READERS: Final = 4
CACHE: Final = 16_000
"""KiB of pages that a writing connection keeps: what one commit changes stays in memory until it is written, once."""
BUSY_SECONDS: Final = 5.0


class SqliteEngine:
    """One writer thread with group commit, and a few readers beside it (WAL)."""

    def __init__(self, url: sa.URL) -> None:
        self._reading = sqlite_engine(url, reading=True)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="storage-read")
        self._checkpointer = Checkpointer(sqlite_engine(url))
        self._checkpointer.start()
        self._writer = _Writer(sqlite_engine(url), self._checkpointer.committed)
        self._writer.start()

    async def write(self, work: Work[T], *, urgent: bool = False) -> T:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._writer.ask(work, future, _Rank.URGENT if urgent else _Rank.USUAL)
        return await future

    async def read(self, work: Work[T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    def _read(self, work: Work[T]) -> T:
        with translated(), self._reading.begin() as connection:
            return work(connection)

    async def listen(self, heard: Callable[[str], None]) -> None:  # noqa: ARG002
        """There is one process: what it commits it knows; nobody else is to be heard."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._writer.ask(lambda _connection: None, end, _Rank.LAST)
        await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._checkpointer.close)
        self._readers.shutdown()
        self._reading.dispose()


def sqlite_engine(url: sa.URL, *, reading: bool = False, alone: bool = False) -> sa.Engine:
    """An engine whose every connection is durable: WAL, FULL, foreign keys, BEGIN IMMEDIATE to write.

    `alone`: it opens the file only while no other connection has it open, whoever's, and keeps all out.
    """
    engine = sa.create_engine(
        url.update_query_dict({"timeout": url.query.get("timeout", str(BUSY_SECONDS))}),
        # The driver must not open transactions of its own: they start too late and lose updates.
        connect_args={"isolation_level": None, "check_same_thread": False},
        pool_size=READERS,
    )
    pragmas = (
        "synchronous=FULL",
        "foreign_keys=ON",
        f"wal_autocheckpoint={FRAMES}",
        "query_only=ON" if reading else f"cache_size=-{CACHE}",
    )

    @event.listens_for(engine, "connect")
    def connected(driver_connection: Any, _: object) -> None:
        if alone:
            _take(driver_connection)
        else:
            _turn_to_wal(driver_connection)
        for pragma in pragmas:
            driver_connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        # A deferred transaction that turns to writing fails at once, without the busy timeout.
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _take(driver_connection: sqlite3.Connection) -> None:
    """The file for this connection alone, or not at all: who tried and kept it open would keep out who tries too."""
    try:
        driver_connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        driver_connection.execute("PRAGMA journal_mode=WAL")  # the first look into the log takes the file
    except sqlite3.Error:
        driver_connection.close()
        raise


def _turn_to_wal(driver_connection: sqlite3.Connection) -> None:
    """Puts the file into WAL mode, once for ever. A new file wants that alone, and no busy timeout waits for it."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            driver_connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


class _Rank(IntEnum):
    """Who writes first: who says yes to somebody that waits; then everybody; then the end."""

    URGENT = 0
    USUAL = 1
    LAST = 2


@dataclass(slots=True, order=True)
class _Ask:
    rank: _Rank
    number: int
    work: Callable[[sa.Connection], Any] = field(compare=False)
    future: asyncio.Future[Any] = field(compare=False)


@dataclass(slots=True)
class _Answer:
    value: Any = None
    error: Exception | None = None


class _Writer(threading.Thread):
    """The only thread that writes. What waits together is committed together, each in its own savepoint.

    Of what is not urgent one alone may join what is: that goes on under load, and holds up the urgent no longer.
    """

    def __init__(self, engine: sa.Engine, committed: Callable[[], None]) -> None:
        super().__init__(name="storage-write", daemon=True)
        self._asks: queue.PriorityQueue[_Ask] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._engine = engine
        self._committed = committed

    def ask(self, work: Work[T], future: asyncio.Future[T], rank: _Rank) -> None:
        """Lets `future` have what `work` returns, once that is on disk."""
        self._asks.put(_Ask(rank, next(self._numbers), work, future))

    def run(self) -> None:
        while (first := self._asks.get()).rank is not _Rank.LAST:
            group, answers = self._together(first)
            _tell(group, answers)
            self._committed()
        self._engine.dispose()

    def _together(self, first: _Ask) -> tuple[Sequence[_Ask], Sequence[_Answer]]:
        """Does what was asked first, and what came while it waited for its turn to write."""
        group = [first]
        begun = False
        try:
            with translated(), self._engine.begin() as connection:
                begun = True
                answers = [_apart(connection, first)]
                while joins := self._next(group):
                    group.append(joins)
                    answers.append(_apart(connection, joins))
            return group, answers
        except Exception as error:  # noqa: BLE001 - each asker gets it; the thread must outlive it
            while not begun and (waits := self._waiting()):  # nobody waits for longer than one busy timeout
                group.append(waits)
            return group, [_Answer(error=error)] * len(group)

    def _next(self, group: Sequence[_Ask]) -> _Ask | None:
        """Who joins this commit, if anybody does."""
        if len(group) == GROUP or (ask := self._waiting()) is None:
            return None
        ranks = {one.rank for one in group}
        if ask.rank is _Rank.USUAL and len(ranks) > 1:
            self._asks.put(ask)  # in its place again
            return None
        return ask

    def _waiting(self) -> _Ask | None:
        try:
            ask = self._asks.get_nowait()
        except queue.Empty:
            return None
        if ask.rank is _Rank.LAST:
            self._asks.put(ask)
            return None
        return ask


def _apart(connection: sa.Connection, ask: _Ask) -> _Answer:
    """One function in its savepoint: its exception is its own, unless the whole transaction was lost."""
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    driver.execute("SAVEPOINT apart")
    try:
        with translated():
            answer = _Answer(value=ask.work(connection))
    except Exception as error:
        if not driver.in_transaction:  # SQLite rolls everything back when the disk is full
            raise
        driver.execute("ROLLBACK TO apart")
        answer = _Answer(error=error)
    driver.execute("RELEASE apart")
    return answer


def _tell(group: Sequence[_Ask], answers: Sequence[_Answer]) -> None:
    """Hands the answers to the loop(s) that asked; one wake-up for all of one loop."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[_Ask, _Answer]]] = {}
    for ask, answer in zip(group, answers, strict=True):
        loops.setdefault(ask.future.get_loop(), []).append((ask, answer))
    for loop, pairs in loops.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits for the answer any more
            loop.call_soon_threadsafe(_resolve, pairs)


def _resolve(pairs: Sequence[tuple[_Ask, _Answer]]) -> None:
    for ask, answer in pairs:
        if ask.future.done():  # its asker was cancelled
            continue
        if answer.error is None:
            ask.future.set_result(answer.value)
        else:
            ask.future.set_exception(answer.error)


async def alone(url: sa.URL, needed: Work[bool], work: Work[None], patience: float) -> None:
    """Changes the schema once nobody has the file open: its own locks say who has, and end with their processes."""
    await asyncio.to_thread(_alone, url, needed, work, patience)


def _alone(url: sa.URL, needed: Work[bool], work: Work[None], patience: float) -> None:
    engine = sqlite_engine(url.update_query_dict({"timeout": "0"}), alone=True)
    until = time.monotonic() + patience
    try:
        with translated(), _unused(engine, until) as connection, connection.begin():
            if needed(connection):
                work(connection)
    finally:
        engine.dispose()


def _unused(engine: sa.Engine, until: float) -> sa.Connection:
    while True:
        try:
            return engine.connect()
        except exc.DBAPIError as error:
            if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
                raise
            if time.monotonic() > until:
                raise Unavailable(IN_USE) from error
        time.sleep(random.uniform(0.01, 0.05))  # noqa: S311 - so that two who try do not always meet


async def copy(url: sa.URL, file: Path) -> None:
    """Writes the database as it is at one moment into a new file, and waits for the disk; writers go on."""
    try:
        with translated():
            await asyncio.to_thread(_copy, str(url.database), file)
    except sqlite3.Error as error:
        raise Unavailable(str(error)) from error


def _copy(database: str, file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{Path(database).absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("VACUUM INTO ?", (str(file),))
        with file.open("rb+") as written:
            os.fsync(written.fileno())
    except BaseException:
        file.unlink(missing_ok=True)
        raise
