"""What leaves for one person, or a shared channel: notices with their files, a few words, an App Home."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.app import read
from bot.app.deliver import Delivered, Delivery, Failed, Later, Sender
from bot.app.jobs import TellInChat, decode
from bot.app.read import Case
from bot.channels.slack import blocks, chat, files, home, reasons
from bot.channels.slack.jobs import SayInSlack, ShowHome
from bot.channels.slack.post import GONE, Post, Posted, Poster, UnsureError, carefully
from bot.channels.slack.reasons import OF_THE_APP, OF_THE_CHANNEL, UNSURE
from bot.channels.slack.room import Person, Room
from bot.channels.slack.shared import Watch
from bot.channels.slack.wire import RefusedError
from storage import Job, Transaction

MENDED_WITHIN: Final = timedelta(minutes=15)
"""How long a customer's words wait for somebody to mend the app, before they are mailed."""
NOT_USED: Final = "channel_not_used"
NOT_SHOWN = frozenset({"invalid_arguments", "invalid_blocks"})  # a picture that Slack has not worked on yet

log = logging.getLogger(__name__)


class Direct:
    """The senders to one person, by kind of job."""

    def __init__(self, room: Room, poster: Poster) -> None:
        self._room = room
        self._once = poster.once
        self._found = poster.found
        self._watch = Watch(room)

    @property
    def senders(self) -> Mapping[str, Sender]:
        return {
            TellInChat.KIND: self.tell_in_chat,
            SayInSlack.KIND: self.say,
            ShowHome.KIND: self.show_home,
        }

    async def tell_in_chat(self, job: Job, now: datetime) -> Delivery:
        """A notice to a customer, with its buttons, in their direct conversation."""
        order = decode(TellInChat, job.payload)
        case = await read.case(self._room.desk.store, order.incident) if order.incident is not None else None
        if case is None:
            return Failed("no such incident")
        return await carefully(lambda: self._tell(case, order, job, now))

    async def say(self, job: Job, _now: datetime) -> Delivery:
        """A few words of the desk's own."""
        order = decode(SayInSlack, job.payload)
        return await carefully(lambda: self._say(order, job))

    async def show_home(self, job: Job, _now: datetime) -> Delivery:
        """Somebody's App Home: the queue for staff, their incidents for customers."""
        order = decode(ShowHome, job.payload)
        person = Person(order.team, order.user)

        async def publish() -> Delivery:
            try:
                view = await home.view(self._room, person)
                await self._room.api.call("views.publish", user_id=person.user, view=view)
            except RefusedError as refused:
                if refused.code not in NOT_SHOWN:
                    raise
                view = await home.view(self._room, person, pictures=False)
                await self._room.api.call("views.publish", user_id=person.user, view=view)
            return Delivered("published")

        return await carefully(publish)

    async def _tell(self, case: Case, order: TellInChat, job: Job, now: datetime) -> Delivery:
        try:
            told = await self._in_channel(case, order, job) or await self._alone(case, order, job)
        except RefusedError as refused:
            return _not_taken(refused, job, now)
        posted = told.posted
        missing = await files.hand_over(self._room, job, told.place, order.document)
        said = chat.delivered(told.made, order, f"{posted.channel}/{posted.ts}", alone=told.alone)
        return replace(said, then=lambda tx: self._say_what_is_missing(tx, case, order, told, missing))

    async def _in_channel(self, case: Case, order: TellInChat, job: Job) -> "_Told | None":
        """In the thread of a shared channel; None where the incident has none that its customer and we alone read."""
        began = chat.root(case) if case.incident.thread else None
        if began is None:
            return None
        made = chat.message(self._room.desk, case, order, alone=False)
        post = Post(
            channel=began.channel, text=made.text, blocks=made.blocks, marks={"outbox": job.id}, thread_ts=began.ts
        )
        place = files.Place(channel=began.channel, thread_ts=began.ts)
        if await self._watch.thread_of(case) is None:
            posted = await self._found(post, job)
            return _Told(made=made, posted=posted, place=place, alone=False) if posted else None
        try:
            return _Told(made=made, posted=await self._once(post, job), place=place, alone=False)
        except UnsureError:
            raise
        except RefusedError as refused:
            if refused.code not in GONE | OF_THE_CHANNEL:
                raise
            if refused.code in OF_THE_CHANNEL:
                await self._watch.give_up(began.channel, refused.code)
            return None

    async def _alone(self, case: Case, order: TellInChat, job: Job) -> "_Told":
        """In the thread of the incident's first words to them where that is still there."""
        if not order.user:
            raise RefusedError(NOT_USED)
        made = chat.message(self._room.desk, case, order)
        root = None if case.incident.thread else chat.root(case)
        alone = Post(channel=order.user, text=made.text, blocks=made.blocks, marks={"outbox": job.id})
        if root is not None:
            below = replace(alone, channel=root.channel, thread_ts=root.ts, broadcast=True)
            try:
                posted = await self._once(below, job, user=order.user)
                place = files.Place(channel=posted.channel, thread_ts=root.ts)
                return _Told(made=made, posted=posted, place=place)
            except RefusedError as refused:
                if refused.code not in GONE:
                    raise
        posted = await self._once(alone, job, user=order.user)
        place = files.Place(channel=posted.channel, thread_ts=posted.ts)
        return _Told(made=made, posted=posted, place=place)

    def _say_what_is_missing(
        self, tx: Transaction, case: Case, order: TellInChat, told: "_Told", missing: tuple[files.Missing, ...]
    ) -> None:
        """The words are there and some of their files are not: staff read which, and their reader where it is."""
        now = self._room.clock()
        for one in missing:
            paper = one.name == files.named(order.document)
            SayInSlack(
                channel=case.row.slack_channel or self._room.channel,
                text=_missing(case.incident.reference, one, paper=paper),
                thread_ts=case.row.slack_ts or "",
            ).put(tx, now)
            if not one.unsure:
                key = "chat.paper_on_page" if paper else "chat.file_not_here"
                text = self._room.desk.words.phrase(key, order.language, file=one.name)
                SayInSlack(channel=told.place.channel, text=text, thread_ts=told.place.thread_ts).put(tx, now)

    async def _say(self, order: SayInSlack, job: Job) -> Delivered:
        made = [blocks.naming(order.text, self._room.known)]
        if order.action_id:
            made.append(blocks.actions("main", [blocks.button(order.action_id, order.label, "{}")]))
        if order.only_to:
            answer = await self._room.api.call(
                "chat.postEphemeral",
                channel=order.channel,
                user=order.only_to,
                text=blocks.escape(order.text),
                blocks=made,
                **({"thread_ts": order.thread_ts} if order.thread_ts else {}),
            )
            return Delivered(str(answer.get("message_ts", "")))
        post = Post(
            channel=order.channel,
            text=blocks.escape(order.text),
            blocks=made,
            marks={"outbox": job.id},
            thread_ts=order.thread_ts,
        )
        return Delivered((await self._once(post, job)).ts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What was posted, where, and where its files go. `alone`: nobody but the customer reads it."""

    made: chat.Chat
    posted: Posted
    place: files.Place
    alone: bool = True


def _missing(reference: str, file: files.Missing, *, paper: bool) -> str:
    """Which file, why, and what to do about it."""
    perhaps = "perhaps it is there: " if file.unsure else ""
    why = f"{perhaps}{reasons.said(file.code)}"
    said = f"{reference}: the customer has the words, but not with them {file.name}: {why}."
    if file.unsure:
        return f"{said} Look there before you send it again."
    if paper:
        return f"{said} They were told that their page has it."
    return f"{said} They were told so: send it again once Slack takes it, or by mail."


def _not_taken(refused: RefusedError, job: Job, now: datetime) -> Delivery:
    """What a refusal of a customer's words means: sure to have had no effect, but where an earlier try may have.

    What may have arrived is not said again by mail: staff read that nobody knows.
    """
    if refused.code in OF_THE_APP and now - job.created_at < MENDED_WITHIN:
        return Later(refused.code, untaken=True)
    log.error("Slack does not take words to a customer: %s", refused)
    if isinstance(refused, UnsureError):
        return Failed(f"{refused.code}, {UNSURE}")
    return Failed(refused.code, untaken=True)
