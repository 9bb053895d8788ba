"""What was taken is noted, however the database fares meanwhile: without that it is sent a second time."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from bot.app.deliver import Delivered, Delivery, deliver
from storage import Job, NewJob, Store
from tests.app.desks import a_desk
from tests.builders import MONDAY


@pytest.fixture
async def hasty(sqlite_url: str) -> AsyncIterator[Store]:
    """A store that waits for nobody."""
    store = await Store.open(f"{sqlite_url}?timeout=0.01")
    yield store
    await store.close()


async def test_what_was_taken_while_the_database_went_away_is_not_sent_again(hasty: Store, sqlite_url: str) -> None:
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)

    async def send(_job: Job, _now: datetime) -> Delivery:
        other.execute("BEGIN IMMEDIATE")
        asyncio.get_running_loop().call_later(1, other.execute, "ROLLBACK")
        return Delivered("250 ok")

    await hasty.run(lambda tx: tx.outbox.put(NewJob(kind="anchor", payload=b"{}", due_at=MONDAY), MONDAY))
    (job,) = await hasty.run(lambda tx: tx.outbox.claim(MONDAY, 1, timedelta(minutes=2)))

    await deliver(a_desk(hasty), job, {"anchor": send}, lambda: MONDAY)

    other.close()
    assert await hasty.read(lambda tx: tx.outbox.waiting()) == 0
