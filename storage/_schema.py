"""Bringing a database to this version's schema, checking that it is there, and copying it while it works."""

import asyncio
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage._engine import copy, open_engine, take_turns

SCRIPTS: Final = Path(__file__).parent / "migrations"


class Outdated(Exception):  # noqa: N818
    """The database's schema is not the one this version works with."""


async def upgrade(url: str) -> None:
    """Makes the tables, or brings them up to date, in one transaction; two at once take turns."""
    engine = open_engine(url)
    try:
        await engine.write(_to_head)
    finally:
        await engine.close()


def check_schema(connection: sa.Connection) -> None:
    """Raises Outdated, with what to do, unless the schema is this version's."""
    at, head = set(MigrationContext.configure(connection).get_current_heads()), _head()
    if not at:
        raise Outdated("the database has no tables yet: run `python -m storage upgrade`")
    if at != {head}:
        here = ", ".join(sorted(at))
        message = f"the database is at {here}, this version needs {head}: run `python -m storage upgrade`"
        raise Outdated(message)


async def backup(url: str, file: Path) -> None:
    """Copies the database as it is at one moment, while others write. Raises FileExistsError, Unavailable."""
    if await asyncio.to_thread(file.exists):
        message = f"{file} exists already"
        raise FileExistsError(message)
    await copy(url, file)


def _to_head(connection: sa.Connection) -> None:
    take_turns(connection)
    configuration = _configuration()
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")


def _head() -> str | None:
    return ScriptDirectory.from_config(_configuration()).get_current_head()


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(SCRIPTS))
    return configuration
