"""A town for every test of this channel."""

from collections.abc import AsyncIterator

import pytest

from tests.channels.slack.town import Town, a_town


@pytest.fixture
async def town(sqlite_url: str) -> AsyncIterator[Town]:
    async with a_town(sqlite_url) as opened:
        yield opened
