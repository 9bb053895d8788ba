"""PostgreSQL: asyncpg through SQLAlchemy; lost races and lost connections are tried again."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage._failures import FAILURES, Raced, Unavailable, seen_from_outside, translated

T = TypeVar("T")
Work = Callable[[sa.Connection], T]
TRIES: Final = 5
CHANNEL: Final = "comptoir"
LOST_RACES: Final = {"40001", "40P01", "23505"}
"""Serialization failure, deadlock, and a row that somebody else was first to insert; all are rolled back."""
SETTINGS: Final = {
    "application_name": "comptoir",
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
}


class PostgresEngine:
    """asyncpg through SQLAlchemy's `run_sync`; lost races and lost connections are tried again."""

    def __init__(self, url: sa.URL) -> None:
        self._engine = postgres_engine(url)
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
