"""PostgreSQL: asyncpg through SQLAlchemy; lost races and lost connections are tried again."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncpg  # type: ignore[import-untyped]  # the driver ships no types
import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage._failures import (
    FAILURES,
    IN_USE,
    SUPERSEDED,
    Outdated,
    Raced,
    Unavailable,
    seen_from_outside,
    translated,
)

T = TypeVar("T")
Work = Callable[[sa.Connection], T]
Guard = Callable[[Collection[str]], None]
TRIES: Final = 5
CHANNEL: Final = "comptoir"
END: Final = "end"
"""What is said on the channel, beside the names of queues, to those who run while the schema is to change."""
TELL_AGAIN_SECONDS: Final = 1.0
TURN: Final = 0x636F6D70746F6972
USE: Final = 0x636F6D70746F6973
"""Two locks: the first is held by who changes the schema, the second by all who use it, or by who changes it."""
NOT_AVAILABLE: Final = "55P03"
LOST_RACES: Final = {"40001", "40P01", "23505"}
"""Serialization failure, deadlock, and a row that somebody else was first to insert; all are rolled back."""
SETTINGS: Final = {
    "application_name": "comptoir",
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "60",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
"""The last three: what a machine held that lost its power is free within two minutes, not hours."""


class PostgresEngine:
    """asyncpg through SQLAlchemy's `run_sync`; lost races and lost connections are tried again."""

    def __init__(self, url: sa.URL, guard: Guard | None = None) -> None:
        self._engine = postgres_engine(url)
        if guard is not None:
            _guarded(self._engine, guard)
        # Whoever reads sees one moment, as on SQLite: rows and the facts they follow from belong together.
        self._reading = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    async def write(self, work: Work[T], *, urgent: bool = False) -> T:  # noqa: ARG002 - here nobody takes turns
        return await self._run(self._engine, work)

    async def read(self, work: Work[T]) -> T:
        return await self._run(self._reading, work)

    async def _run(self, engine: AsyncEngine, work: Work[T]) -> T:
        for attempt in range(1, TRIES + 1):
            undone = True
            try:
                async with engine.connect() as connection:
                    value = await connection.run_sync(work)
                    undone = False  # from here on an error may hide a commit
                    await connection.commit()
                    return value
            except (Raced, *FAILURES) as error:
                if attempt == TRIES or not _may_try_again(error, undone):
                    raise seen_from_outside(error) from error
            await asyncio.sleep(0.005 * 2**attempt)
        raise AssertionError("the last try returns or raises")

    async def listen(self, heard: Callable[[str], None]) -> None:
        """Calls `heard` with each queue another process put into, until the connection ends."""
        with translated():
            await self._listen(heard)

    async def _listen(self, heard: Callable[[str], None]) -> None:
        async with self._engine.connect() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            if raw is None:
                raise Unavailable("the connection is gone")
            ended = asyncio.Event()
            raw.add_termination_listener(lambda _: ended.set())
            await raw.add_listener(CHANNEL, lambda _connection, _pid, _channel, payload: heard(payload))
            try:
                await ended.wait()
            finally:
                await connection.invalidate()

    async def close(self) -> None:
        await self._engine.dispose()


def postgres_engine(url: sa.URL) -> AsyncEngine:
    """The pool. A connection that died costs its transaction one more try instead of a ping before each."""
    return create_async_engine(
        url,
        pool_size=10,
        max_overflow=5,
        pool_timeout=10,
        connect_args={
            "timeout": 5,
            "server_settings": SETTINGS,
            "prepared_statement_cache_size": 500,
        },
    )


def _guarded(engine: AsyncEngine, guard: Guard) -> None:
    """Each connection, before it is used: a lock for as long as it lasts, and the version that stands by then."""

    @event.listens_for(engine.sync_engine, "connect")
    def connected(driver_connection: Any, _: object) -> None:
        try:
            guard(driver_connection.run_async(_use))
        except BaseException:
            driver_connection.close()
            raise


async def _use(raw: "asyncpg.Connection") -> Collection[str]:
    """Holds the lock of those who use the schema; its versions. Outdated where somebody is about to change it."""
    if not await raw.fetchval("SELECT pg_try_advisory_lock_shared($1)", USE):
        raise Outdated(SUPERSEDED)
    try:
        return [row["version_num"] for row in await raw.fetch("SELECT version_num FROM alembic_version")]
    except asyncpg.UndefinedTableError:
        return ()


async def alone(url: sa.URL, needed: Work[bool], work: Work[None], patience: float) -> None:
    """Changes the schema when it is its turn and all who use it have ended; who comes meanwhile is refused."""
    engine = postgres_engine(url)
    try:
        with translated():
            async with engine.connect() as connection:
                await _change(engine, connection, needed, work, patience)
                await connection.commit()
    finally:
        await engine.dispose()


async def _change(
    engine: AsyncEngine, connection: AsyncConnection, needed: Work[bool], work: Work[None], patience: float
) -> None:
    for statement in ("SET LOCAL statement_timeout = 0", "SET LOCAL lock_timeout = 0"):
        await connection.exec_driver_sql(statement)
    await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(TURN)))
    if not await connection.run_sync(needed):
        return
    try:
        async with _telling(engine) if patience else nullcontext():
            await connection.exec_driver_sql(f"SET LOCAL lock_timeout = {max(1, int(patience * 1000))}")
            await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(USE)))
        await connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{SETTINGS['lock_timeout']}'")
        await connection.run_sync(work)
    except exc.DBAPIError as error:  # a process that does not end, or somebody else who reads a table: a backup
        if getattr(error.orig, "sqlstate", None) == NOT_AVAILABLE:
            raise Unavailable(IN_USE) from error
        raise


@asynccontextmanager
async def _telling(engine: AsyncEngine) -> AsyncIterator[None]:
    """Tells those who run to end, again and again: one that lost its connection hears it when it has a new one."""

    async def tell() -> None:
        while True:
            with suppress(*FAILURES):
                async with engine.begin() as connection:
                    await connection.execute(sa.select(sa.func.pg_notify(CHANNEL, END)))
            await asyncio.sleep(TELL_AGAIN_SECONDS)

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.wait({telling})


def _may_try_again(error: Exception, undone: bool) -> bool:
    """Functions are pure apart from SQL, so what certainly left nothing behind may run again."""
    if isinstance(error, Raced):
        return True
    if not isinstance(error, exc.DBAPIError):
        return False
    return getattr(error.orig, "sqlstate", None) in LOST_RACES or (undone and error.connection_invalidated)


async def copy(url: sa.URL, file: Path) -> None:
    """Runs `pg_dump` into a new file in its custom format, for `pg_restore`."""
    query = {("sslmode" if key == "ssl" else key): value for key, value in url.query.items()}
    plain = url.set(drivername="postgresql", password=None, query=query).render_as_string()
    environment = os.environ | ({"PGPASSWORD": url.password} if url.password else {})
    try:
        dump = await asyncio.create_subprocess_exec(
            "pg_dump", "--format=custom", f"--file={file}", f"--dbname={plain}", env=environment
        )
    except FileNotFoundError as error:
        raise Unavailable("pg_dump is not installed here") from error
    if await dump.wait() != 0:
        await asyncio.to_thread(file.unlink, missing_ok=True)
        raise Unavailable("pg_dump failed")
