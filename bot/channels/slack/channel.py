"""The whole channel, put together from plain values: what processes mount, loop over and close."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from aiohttp import web

from bot.app.deliver import Sender
from bot.app.desk import Desk
from bot.channels.slack import events, outage, sending, uploads
from bot.channels.slack.backfill import Backfill
from bot.channels.slack.jobs import SlackArrived
from bot.channels.slack.pace import USUAL
from bot.channels.slack.receive import PATIENCE, Door
from bot.channels.slack.revive import revive
from bot.channels.slack.room import Canned, Preset, Room
from bot.channels.slack.send import Outgoing
from bot.channels.slack.sending import ReplyWithFiles
from bot.channels.slack.socket import Line
from bot.channels.slack.wire import SECONDS, Api
from storage import Job


class SlackChannel:
    """Slack for one desk. `handle` serves `POST /slack/events`; with an `app_token`, `connect` uses Socket Mode."""

    INBOX_KINDS = frozenset({SlackArrived.KIND, ReplyWithFiles.KIND})

    def __init__(
        self,
        *,
        desk: Desk,
        clock: Callable[[], datetime],
        bot_token: str,
        signing_secret: str,
        api_url: str,
        channel: str,
        team: str,
        staff: Iterable[str],
        managers: Iterable[str] = (),
        canned: Iterable[Canned] = (),
        presets: Iterable[Preset] = (),
        app_token: str = "",
        seconds: float = SECONDS,
        every: timedelta = USUAL,
        mailbox: str = "",
        patience: float = PATIENCE,
    ) -> None:
        """`seconds` bounds each call to Slack, `patience` each answer to it.

        `every` lies between two messages in one channel; `mailbox` is told when staff read nothing there.
        """
        self._api = Api(token=bot_token, url=api_url, clock=clock, seconds=seconds)
        self.room = Room(
            desk=desk,
            api=self._api,
            team=team,
            channel=channel,
            staff=frozenset(staff),
            managers=frozenset(managers),
            clock=clock,
            canned=tuple(canned),
            presets=tuple(presets),
            every=every,
            mailbox=mailbox,
        )
        self._door = Door(self.room, signing_secret, patience)
        self._outgoing = Outgoing(self.room)
        self._app_token = app_token
        self._line: Line | None = None
        self._backfill = Backfill(self.room)

    @property
    def senders(self) -> Mapping[str, Sender]:
        """By kind of outbox job: `card`, `thread`, `chat`, `say`, `home`."""
        return outage.watched(self.room, self._outgoing.senders)

    @property
    def is_busy(self) -> bool:
        """Whether Slack brings more than usual."""
        return self._door.is_busy

    async def handle(self, request: web.Request) -> web.Response:
        """`POST /slack/events`: events, commands, interactivity."""
        return await self._door.handle(request)

    async def understand(self, job: Job, now: datetime) -> None:
        """Works one inbox row of these kinds and finishes it, in one transaction."""
        if job.kind == ReplyWithFiles.KIND:
            await sending.send(self.room, job, now)
        else:
            await events.understand(self.room, job, now)

    async def backfill(self, now: datetime) -> float:
        """Lets go what Slack takes again, forgets what is over, asks for what nobody heard.

        In how many seconds to do so again.
        """
        await revive(self.room, now)
        await self.room.desk.store.run(lambda tx: uploads.sweep(tx, now))
        return await self._backfill.run(now)

    async def gap(self, seconds: float) -> None:
        """Waits until there is a new line to Slack, before which something may have been missed; so long at most."""
        if self._line is None:
            await asyncio.sleep(seconds)
            return
        try:
            async with asyncio.timeout(seconds):
                await self._line.joined.wait()
        except TimeoutError:
            return
        self._line.joined.clear()

    async def connect(self) -> None:
        """Begins to listen over Socket Mode, where that is set up; otherwise Slack comes to `handle`.

        Returns once there is a line. While Slack is away it is tried again and again.
        """
        if self._app_token:
            self._line = self._door.line(self._app_token)
            await self._line.connect()

    async def close(self) -> None:
        """Stops listening, then lets go of connections."""
        if self._line is not None:
            await self._line.close()  # type: ignore[no-untyped-call] # not annotated there
        await self._api.close()
