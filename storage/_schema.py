"""Bringing a database to this version's schema, checking that it is there, and copying it while it works."""

import asyncio
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage._engine import alone, copy, open_engine
from storage._failures import Outdated

SCRIPTS: Final = Path(__file__).parent / "migrations"
PATIENCE: Final = 30.0
"""Seconds in which running processes end: three times what they promise."""


async def upgrade(url: str, patience: float = PATIENCE) -> None:
    """Makes the tables, or brings them up to date, in one transaction and while no process of the desk runs.

    Two at once take turns, and where there is nothing to do it waits for nobody. `patience`: the seconds for running
    processes to end in, asked to on PostgreSQL; 0: nobody is asked. Raises Outdated (the database is of a version to
    come), Unavailable: nothing was changed.
    """
    engine = open_engine(url)
    try:
        needed = await engine.read(_is_behind)
    finally:
        await engine.close()
    if needed:
        await alone(url, _is_behind, _to_head, patience)


def check_schema(connection: sa.Connection) -> None:
    """Raises Outdated, with what to do, unless the schema is this version's."""
    refuse_another(_versions(connection))


def refuse_another(versions: Collection[str]) -> None:
    """Raises Outdated, with what to do, unless these versions of a schema are the one this version needs."""
    if not versions:
        raise Outdated("the database has no tables yet: run `python -m storage upgrade`")
    _refuse_unknown(versions)
    if set(versions) != {_head()}:
        here = ", ".join(sorted(versions))
        message = f"the database is at {here}, this version needs {_head()}: run `python -m storage upgrade`"
        raise Outdated(message)


async def backup(url: str, file: Path) -> None:
    """Copies the database as it is at one moment, while others write. Raises FileExistsError, Unavailable."""
    if await asyncio.to_thread(file.exists):
        message = f"{file} exists already"
        raise FileExistsError(message)
    await copy(url, file)


def _is_behind(connection: sa.Connection) -> bool:
    """Whether there is something to migrate. Raises Outdated where a later version has."""
    versions = _versions(connection)
    _refuse_unknown(versions)
    return set(versions) != {_head()}


def _refuse_unknown(versions: Collection[str]) -> None:
    unknown = set(versions) - {script.revision for script in _scripts().walk_revisions()}
    if unknown:
        message = (
            f"the database is at {', '.join(sorted(unknown))}, which this version does not know: run a later one"
        )
        raise Outdated(message)


def _versions(connection: sa.Connection) -> Collection[str]:
    return MigrationContext.configure(connection).get_current_heads()


def _to_head(connection: sa.Connection) -> None:
    configuration = _configuration()
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")


def _head() -> str | None:
    return _scripts().get_current_head()


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_configuration())


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(SCRIPTS))
    return configuration
