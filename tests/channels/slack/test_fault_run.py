"""Five hundred messages through everything that goes wrong, over HTTP and over a socket: each once, in order."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import pytest

from bot.channels.slack.pace import BURST
from bot.core import facts as f
from bot.sandbox.slack import Answer, People
from bot.sandbox.slack.delivery import Envelope
from storage import Direction
from tests.channels.slack.town import ALICE, BOB, BOT, STAFF_CHANNEL, Town, a_channel, a_town, serving
from tests.channels.slack.town import words as words_in

MESSAGES, LIFE = 500, 60  # in all, and those of one listener
BOBS = 5  # every fifth is the customer's, and told to staff in turn


@asynccontextmanager
async def over_http(town: Town) -> AsyncIterator[People]:
    channel = a_channel(town.desk, town.clock, town.slack.api_url)
    async with serving(channel) as address:
        people = People.over_http(town.workspace, address, patience=60)
        yield people
        await people.close()
    await channel.close()


@asynccontextmanager
async def over_socket(town: Town) -> AsyncIterator[People]:
    channel = a_channel(town.desk, town.clock, town.slack.api_url)
    await channel.connect()
    yield People.over_socket(town.slack.sockets, patience=60)
    await channel.close()


Listening = Callable[[Town], AbstractAsyncContextManager[People]]


@dataclass
class Run:
    """Alice writes under the card, now and then Bob in his conversation; listeners come and go."""

    town: Town
    listening: Listening
    rng: Random
    missed: list[Envelope] = field(default_factory=list)
    said: list[int] = field(default_factory=list)

    async def all(self) -> None:
        for first in range(0, MESSAGES, LIFE):
            async with self.listening(self.town) as people:
                await self.make_good(people)
                for number in range(first, min(first + LIFE, MESSAGES)):
                    await self.one(people, number)
            await self.nobody_listens(first)
        async with self.listening(self.town) as people:
            await self.make_good(people)
        await self.town.settle()

    async def one(self, people: People, number: int) -> None:
        """A message, brought several times; then something breaks on the way out, or nothing."""
        people.copies = self.rng.choice((1, 1, 1, 2))
        assert (await self.say(people, number)).outcome == "ok"
        if self.rng.random() < 0.2:
            await people.redeliver(self.rng.choice(people.sent), attempt=2, new_id=self.rng.random() < 0.5)
        self.rng.choice(_FAULTS)(self.town)
        if number % 10 == 0:
            self.town.clock.turn(seconds=10)
            await self.town.settle()

    async def nobody_listens(self, number: int) -> None:
        """What is said meanwhile is brought again by Slack, or asked for by the desk."""
        away = People.over_http(self.town.workspace, "http://127.0.0.1:1")
        for odd in (0, 1):
            assert (await self.say(away, MESSAGES + 2 * number + odd)).outcome == "dispatch_failed"
        self.missed += away.sent if self.rng.random() < 0.5 else []
        await away.close()

    async def make_good(self, people: People) -> None:
        for envelope in self.missed:
            assert (await people.redeliver(envelope, attempt=1, reason="connection_failed")).outcome == "ok"
        self.missed.clear()
        self.town.slack.faults.clear()
        self.town.slack.faults.refuse("invalid_auth", method="auth.test", times=None)
        await self.town.channel.backfill(self.town.clock())

    async def say(self, people: People, number: int) -> Answer:
        self.town.clock.turn(seconds=1)
        self.said.append(number)
        text = f"message {number}"
        if number % BOBS:
            return await people.say(ALICE, STAFF_CHANNEL, text, self.town.card().ts)
        return await people.say(BOB, self.town.direct(), text)


_FAULTS: tuple[Callable[[Town], None], ...] = (
    *(lambda _town: None,) * 8,
    lambda town: town.slack.faults.lose_answer(method="chat.postMessage"),
    lambda town: town.slack.faults.fail(status=503),
    lambda town: town.slack.faults.reset(channel=STAFF_CHANNEL),
    lambda town: town.slack.faults.limit_rate(retry_after=7, channel=STAFF_CHANNEL),
    lambda town: town.slack.faults.limit_rate(retry_after=2, method="chat.postMessage"),
)


@pytest.mark.parametrize("listening", [over_http, over_socket])
async def test_five_hundred_messages_are_kept_and_told_once_and_in_order(
    sqlite_url: str, listening: Listening
) -> None:
    async with a_town(sqlite_url, every=timedelta(seconds=1)) as town:
        town.slack.faults.keep_pace(burst=BURST)
        await town.open(channel=f.Channel.SLACK, linked=True)
        run = Run(town, listening, Random(2010))

        await run.all()
        town.slack.faults.clear()
        while await town.store.read(lambda tx: tx.outbox.waiting()):
            town.clock.turn(seconds=30)
            await town.settle()

        case = await town.case()
        notes = [m.text for m in case.messages if m.direction is Direction.NOTE]
        words = [m.text for m in case.messages if m.direction is Direction.IN][1:]
        lines = [one for one in town.workspace.replies(STAFF_CHANNEL, town.card().ts) if one.user == BOT]
        told = [
            f"message {number}" for line in lines for number in re.findall(r"message (\d+)", words_in(line.blocks))
        ]
        assert words == [f"message {number}" for number in run.said if number % BOBS == 0]
        assert notes == [f"message {number}" for number in run.said if number % BOBS]
        assert told == words
        assert await town.store.read(lambda tx: tx.outbox.parked(1)) == []
