"""A town on a fresh database, SQLite's and PostgreSQL's in turn, with a name server where customers publish keys."""

from collections.abc import AsyncIterator

import pytest

from tests.channels.mail.keys import OTHER, STRONG
from tests.channels.mail.names import Zone, a_zone
from tests.stories.town import Town, town


@pytest.fixture
async def zone() -> AsyncIterator[Zone]:
    """clientsa.fr publishes its key, and the key of a domain that is somebody else's."""
    async with a_zone() as zone:
        zone.texts = {
            "s1._domainkey.clientsa.fr": (STRONG.record,),
            "s1._domainkey.pirate.net": (OTHER.record,),
        }
        yield zone


@pytest.fixture
async def here(database_url: str, zone: Zone) -> AsyncIterator[Town]:
    """A town where the scheme begins, under the usual terms."""
    async with town(database_url, dns=f"127.0.0.1:{zone.port}") as founded:
        yield founded
