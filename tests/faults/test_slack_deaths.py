"""A desk that dies while Slack talks to it, over HTTP and over a socket: each message is kept once, in order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiosmtplib
import pytest

from bot.sandbox.slack import Answer, Channel, Envelope, People, SlackServer, User, Workspace, start
from storage import Direction, Store
from tests.faults.program import Program, a_program
from tests.relay import Sink, a_relay
from tests.stories.town import ALICE, CONFIG, STAFF_CHANNEL, SUPPORT

BOT, KILLS, LIFE, PATIENCE = "U0COMPTOIR", 2, 20, 60.0
MAIL = b"From: bob@clientsa.fr\r\nSubject: Panne\r\nMessage-ID: <1@clientsa.fr>\r\n\r\nRien ne marche.\r\n"


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    workspace = Workspace(
        clock=lambda: datetime.now(UTC),
        bot_token="xoxb-deaths",
        app_token="xapp-deaths",
        signing_secret="what signs here",
        users=(User(id=ALICE, name="Alice"),),
        channels=(Channel(id=STAFF_CHANNEL, name="staff", members=(ALICE, BOT)),),
    )
    server = await start(workspace)
    yield server
    await server.stop()


Reached = Callable[[SlackServer, Program], People]


def over_http(slack: SlackServer, desk: Program) -> People:
    return People.over_http(slack.workspace, f"http://127.0.0.1:{desk.web_port}", patience=PATIENCE)


def over_socket(slack: SlackServer, _desk: Program) -> People:
    return People.over_socket(slack.sockets, patience=PATIENCE)


@pytest.mark.parametrize("reached", [over_http, over_socket])
async def test_messages_to_a_desk_that_is_killed_are_kept_once_and_in_order(
    tmp_path: Path, sqlite_url: str, slack: SlackServer, reached: Reached
) -> None:
    run = Run(slack)
    async with a_relay() as relay:
        for _ in range(KILLS):
            async with a_desk(tmp_path, sqlite_url, relay, slack, reached) as desk:
                await run.speak(reached(slack, desk), await card(slack, desk))
                desk.process.kill()
                await desk.process.wait()
            await run.wait_in_vain()
        async with a_desk(tmp_path, sqlite_url, relay, slack, reached) as desk:
            await run.bring_again(reached(slack, desk))
            notes = await kept(sqlite_url, KILLS * LIFE)
            assert await desk.stop() == 0

    assert notes == [f"note {number}" for number in range(KILLS * LIFE)]


@dataclass
class Run:
    """Alice talks, and Slack brings again what was not acknowledged; she does not know whether it was kept."""

    slack: SlackServer
    said: int = 0
    unheard: Envelope | None = None
    _dying: "asyncio.Task[Answer] | None" = None
    _people: People | None = None

    async def speak(self, people: People, thread: str) -> None:
        """So many messages; the last is on its way when this returns."""
        await self.bring_again(people, close=False)
        for _ in range(LIFE - 1):
            assert (await people.say(ALICE, STAFF_CHANNEL, self._next(), thread)).outcome == "ok"
        self._people, self._dying = (
            people,
            asyncio.create_task(people.say(ALICE, STAFF_CHANNEL, self._next(), thread)),
        )
        await asyncio.sleep(0.002 * self.said)  # each time it dies a little later

    async def wait_in_vain(self) -> None:
        assert self._people is not None
        assert self._dying is not None
        self._dying.cancel()
        await asyncio.wait({self._dying})
        self.unheard = self._people.sent[-1]
        await self._people.close()

    async def bring_again(self, people: People, *, close: bool = True) -> None:
        if self.unheard is not None:
            assert (await people.redeliver(self.unheard, reason="connection_failed")).outcome == "ok"
        if close:
            await people.close()

    def _next(self) -> str:
        self.said += 1
        return f"note {self.said - 1}"


@asynccontextmanager
async def a_desk(
    folder: Path, database_url: str, relay: Sink, slack: SlackServer, reached: Reached
) -> AsyncIterator[Program]:
    """A desk that Slack reaches this way."""
    config = folder / "comptoir.toml"
    config.write_text(CONFIG.format(terms=""), encoding="utf-8")
    environment = {
        "COMPTOIR_CONFIG": str(config),
        "SLACK_BOT_TOKEN": slack.workspace.bot_token,
        "SLACK_SIGNING_SECRET": slack.workspace.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "SLACK_STAFF_CHANNEL": STAFF_CHANNEL,
    }
    if reached is over_socket:
        environment["SLACK_APP_TOKEN"] = slack.workspace.app_token
    async with a_program(folder, database_url, relay, **environment) as desk:
        if reached is over_socket:
            await until(lambda: slack.sockets.listeners > 0)
        yield desk


async def card(slack: SlackServer, desk: Program) -> str:
    """Where Alice talks: below the card of an incident that a mail has opened."""
    roots = slack.workspace.roots
    if not roots(STAFF_CHANNEL):
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=desk.mail_port, start_tls=False) as client:
            await client.sendmail("bob@clientsa.fr", [SUPPORT], MAIL)
        await until(lambda: bool(roots(STAFF_CHANNEL)))
    # The desk must know where the card is before it is killed, or the first notes are nobody's.
    await until(lambda: bool(slack.workspace.replies(STAFF_CHANNEL, roots(STAFF_CHANNEL)[0].ts)))
    return roots(STAFF_CHANNEL)[0].ts


async def kept(database_url: str, least: int) -> list[str]:
    """The notes, once there are so many."""
    store = await Store.open(database_url)
    notes: list[str] = []
    async with asyncio.timeout(PATIENCE):
        while len(notes) < least:
            await asyncio.sleep(0.05)
            messages = await store.read(lambda tx: tx.messages.of_incident(1))
            notes = [one.text for one in messages if one.direction is Direction.NOTE]
    await store.close()
    return notes


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not happened():  # noqa: ASYNC110 - it waits for other processes
            await asyncio.sleep(0.02)
