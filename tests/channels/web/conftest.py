"""A front with its pages served on 127.0.0.1, over each database in turn, or over SQLite where that suffices."""

from collections.abc import AsyncIterator

import pytest

from storage import Store
from tests.channels.web.front import Front, serving


@pytest.fixture
async def front(store: Store) -> AsyncIterator[Front]:
    """The desk's front, over each database."""
    async with serving(store) as served:
        yield served


@pytest.fixture
async def one_front(sqlite_url: str) -> AsyncIterator[Front]:
    """The desk's front, where the database makes no difference."""
    store = await Store.open(sqlite_url)
    async with serving(store) as served:
        yield served
    await store.close()
