"""A town on a fresh database, SQLite's and PostgreSQL's in turn."""

from collections.abc import AsyncIterator

import pytest

from tests.stories.town import Town, town


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Town]:
    """A town where the scheme begins, under the usual terms."""
    async with town(database_url) as founded:
        yield founded
