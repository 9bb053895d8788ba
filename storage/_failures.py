"""What can go wrong with a database, in four words: Unavailable, Outdated, Raced, or a mistake of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg  # type: ignore[import-untyped]  # the driver ships no types
from sqlalchemy import exc


class Unavailable(Exception):  # noqa: N818 - a state, read aloud where it is raised
    """The database cannot answer now: locked, full, read-only, down. Nothing was done, or nobody knows."""


class Outdated(Exception):  # noqa: N818
    """The database's schema is not the one this version works with, or will not be in a moment."""


class Raced(Exception):  # noqa: N818
    """A concurrent transaction was first; deciding again on what it left may succeed."""


SUPERSEDED: Final = "the database is brought to another version: run that one"
IN_USE: Final = "the database is in use, and nothing was changed: stop what uses it, then run this again"
FAILURES: Final = (
    exc.DBAPIError,
    exc.TimeoutError,
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # of a connection that the server took leave of before it was used
)
"""What the drivers raise; asyncpg's own, and refused connections, come out raw while connecting."""
OURS: Final = (Raced, exc.IntegrityError, exc.ProgrammingError, exc.DataError)
"""Not the machine's."""


@contextmanager
def translated() -> Iterator[None]:
    """Lets what the drivers raise leave as Unavailable."""
    try:
        yield
    except FAILURES as error:
        raise seen_from_outside(error) from error


def seen_from_outside(error: Exception) -> Exception:
    if isinstance(error, (Raced, *OURS)):
        return error
    raised = getattr(error, "orig", None) or error
    lines = str(raised).splitlines()  # none of what only took too long
    return Unavailable(lines[0] if lines else f"the database does not answer: {type(raised).__name__}")
