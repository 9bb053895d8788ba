"""The one door to what differs between SQLite and PostgreSQL: the engine, and the SQL that differs."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects import postgresql, sqlite

from storage import _postgres, _sqlite

T = TypeVar("T")
Work = Callable[[sa.Connection], T]

END: Final = _postgres.END
NOTIFY: Final = sa.text(f"SELECT pg_notify('{_postgres.CHANNEL}', :queue)")
SQLITE: Final = "sqlite"
ROW_ID: Final = sa.BigInteger().with_variant(sa.Integer(), SQLITE)
"""64 bits on both; SQLite numbers rows by itself only when the type reads INTEGER."""


class Engine(Protocol):
    """Runs synchronous functions of a connection, each in one transaction."""

    async def write(self, work: Work[T], *, urgent: bool = False) -> T: ...

    async def read(self, work: Work[T]) -> T: ...

    async def listen(self, heard: Callable[[str], None]) -> None: ...

    async def close(self) -> None: ...


def open_engine(url: str, guard: "_postgres.Guard | None" = None) -> Engine:
    """The engine for `sqlite:///file` or `postgresql://…`, not connected yet. Raises ValueError.

    `guard` is shown the schema's version at the beginning of each connection, and raises Outdated unless it is the
    right one; from then on the connection keeps everybody from changing it. On SQLite any open connection does.
    """
    parsed = parse(url)
    return _sqlite.SqliteEngine(parsed) if is_sqlite(parsed) else _postgres.PostgresEngine(parsed, guard)


def parse(url: str) -> sa.URL:
    """The URL with its driver. `postgres://` and libpq's `sslmode` are understood. Raises ValueError."""
    try:
        parsed = sa.make_url(url)
    except exc.ArgumentError as error:
        raise ValueError("DATABASE_URL is not a URL") from error
    name = parsed.get_backend_name()
    if name == SQLITE:
        if parsed.database in (None, "", ":memory:"):
            raise ValueError("DATABASE_URL names no file: a database in memory would keep nothing")
        return parsed.set(drivername="sqlite+pysqlite")
    if name in ("postgresql", "postgres"):
        query = {("ssl" if key == "sslmode" else key): value for key, value in parsed.query.items()}
        return parsed.set(drivername="postgresql+asyncpg", query=query)
    message = f"DATABASE_URL: {name} is neither sqlite nor postgresql"
    raise ValueError(message)


def is_sqlite(thing: sa.URL | sa.Connection) -> bool:
    """Whether a parsed URL, or a connection, is SQLite's."""
    return (thing.get_backend_name() if isinstance(thing, sa.URL) else thing.dialect.name) == SQLITE


async def copy(url: str, file: Path) -> None:
    """Writes the database, as it is at one moment, to a new file while others work. Raises Unavailable."""
    parsed = parse(url)
    await (_sqlite.copy(parsed, file) if is_sqlite(parsed) else _postgres.copy(parsed, file))


async def alone(url: str, needed: Work[bool], work: Work[None], patience: float) -> None:
    """Runs `work` in one transaction while nobody else uses the database, if it is `needed` by then.

    Who uses it is asked to end, where that can be, and waited for: `patience` in seconds; 0: nobody is asked.
    Raises Unavailable, having changed nothing.
    """
    parsed = parse(url)
    await (_sqlite if is_sqlite(parsed) else _postgres).alone(parsed, needed, work, patience)


def insert(dialect: str, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
    """An insert that can say what to do on conflict, and what it wrote."""
    return sqlite.insert(table) if dialect == SQLITE else postgresql.insert(table)


def update_some(dialect: str, table: sa.Table, chosen: "sa.Select[int]") -> sa.Update:
    """One UPDATE of the rows whose ids `chosen` selects; rows another worker is claiming are skipped."""
    if dialect == SQLITE:  # the only writer there is
        return sa.update(table).where(table.c.id.in_(chosen))
    # An array, not a join: a plan made before the values are known would read the whole table for a join.
    ids = sa.func.array(chosen.with_for_update(skip_locked=True).scalar_subquery())
    return sa.update(table).where(table.c.id == sa.any_(ids))


def contains(dialect: str, column: "sa.Column[bytes]", wanted: bytes) -> "sa.ColumnElement[bool]":
    """Whether these bytes stand anywhere in the column's."""
    literal = sa.literal(wanted, sa.LargeBinary)
    found = sa.func.instr(column, literal) if dialect == SQLITE else sa.func.position(literal.op("IN")(column))
    return found > 0


def tell_others(connection: sa.Connection, names: Iterable[str]) -> None:
    """Tells other processes, at the commit, which queues were put into."""
    if not is_sqlite(connection):
        for name in names:
            connection.execute(NOTIFY, {"queue": name})


def partial_index(name: str, *columns: str, where: str) -> sa.Index:
    """An index of some rows only. Conditions are literals: a bound parameter would not match it."""
    return sa.Index(name, *columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def standing_still(connection: sa.Connection, table: sa.Table) -> None:
    """Waits for who is writing to this table, and lets nobody write to it until this transaction ends."""
    if not is_sqlite(connection):  # the only writer there is
        connection.exec_driver_sql(f"LOCK TABLE {table.name} IN SHARE MODE")


def one_snapshot(connection: sa.Connection) -> None:
    """Whatever is read from here on is of one moment; SQLite knows nothing else."""
    if not is_sqlite(connection):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def sound(connection: sa.Connection) -> list[str]:
    """What is wrong with the file itself; PostgreSQL checks its own pages as it reads them."""
    if not is_sqlite(connection):
        return []
    found = connection.exec_driver_sql("PRAGMA integrity_check").scalars()
    return [f"the file: {line}" for line in found if line != "ok"]
