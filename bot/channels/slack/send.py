"""What leaves for Slack: the card and the lines in its thread; each once, in order, or said why not."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from bot.app import read
from bot.app.deliver import Delivered, Delivery, Dropped, Failed, Later, Sender
from bot.app.digest import expect_digest
from bot.app.jobs import (
    PostAnchor,
    PostInThread,
    ShowCard,
    ShowDigest,
    ShowEntry,
    ShowFate,
    ShowFile,
    ShowMissingStatement,
    ShowNudge,
    ShowSetAside,
    decode,
)
from bot.app.nudges import expect_again, put_off
from bot.app.read import Case
from bot.channels.slack import bank, blocks, files, nudge, outage, thread
from bot.channels.slack.card import card, unfurled
from bot.channels.slack.direct import Direct
from bot.channels.slack.fates import fates_noted
from bot.channels.slack.jobs import PinCard, ShowOriginal, ShowOutageOver, Unfurl
from bot.channels.slack.post import GONE, Post, Posted, Poster, carefully
from bot.channels.slack.room import OUTSIDE, SHARED, Room
from bot.channels.slack.wire import NoAnswerError, RateLimitedError, RefusedError
from bot.core.facts import Language
from storage import Job, Message, Transaction

LATER = "left to the one behind it, which shows the same"
CHECKED_FOR = timedelta(minutes=1)

log = logging.getLogger(__name__)


T = TypeVar("T")


class Outgoing:
    """The senders of this channel, by kind of job. What must wait for its turn holds up nothing else."""

    def __init__(self, room: Room) -> None:
        self._room = room
        poster = Poster(room)
        self._once = poster.once
        self._direct = Direct(room, poster)
        self._private: dict[str, datetime] = {}

    @property
    def senders(self) -> Mapping[str, Sender]:
        return {
            ShowCard.KIND: self.show_card,
            PinCard.KIND: self.pin_card,
            PostInThread.KIND: self.post_in_thread,
            ShowFate.KIND: self.show_fate,
            ShowFile.KIND: self.show_file,
            ShowNudge.KIND: self.show_nudge,
            ShowDigest.KIND: self.show_digest,
            ShowSetAside.KIND: self.show_set_aside,
            ShowEntry.KIND: self.show_entry,
            ShowMissingStatement.KIND: self.show_missing_statement,
            PostAnchor.KIND: self.post_anchor,
            ShowOutageOver.KIND: self.show_outage_over,
            ShowOriginal.KIND: self.show_original,
            Unfurl.KIND: self.unfurl,
            **self._direct.senders,
        }

    async def show_card(self, job: Job, now: datetime) -> Delivery:
        """Posts the incident's card, or brings it up to date."""
        order = decode(ShowCard, job.payload)
        return await self._to_staff(order.incident, now, lambda case: self._show_card(case, job))

    async def pin_card(self, job: Job, _now: datetime) -> Delivery:
        """A card that Slack will not pin, because there are a hundred pins already, is still the card."""
        order = decode(PinCard, job.payload)

        async def pin() -> Delivery:
            try:
                await self._room.api.call("pins.add", channel=order.channel, timestamp=order.ts)
            except RefusedError as refused:
                return Delivered(f"not pinned: {refused}")
            return Delivered("pinned")

        return await carefully(pin)

    async def post_in_thread(self, job: Job, now: datetime) -> Delivery:
        """One line under the card: a fact, with the words that came with it."""
        order = decode(PostInThread, job.payload)
        return await self._to_staff(order.incident, now, lambda case: self._post_in_thread(case, order.seq, job))

    async def show_fate(self, job: Job, now: datetime) -> Delivery:
        """What became of a message, in the line that told of it; one that is gone is not written again."""
        order = decode(ShowFate, job.payload)
        return await self._to_staff(order.incident, now, lambda case: self._show_fate(case, order.fact, job))

    async def show_nudge(self, job: Job, now: datetime) -> Delivery:
        """Something waits for whoever has the incident: said within their office hours, if it waits still."""
        order = decode(ShowNudge, job.payload)
        case = await read.case(self._room.desk.store, order.incident)
        made = nudge.nudge(case, order) if case else None
        if case is None or made is None:
            return Dropped("no longer needed")
        wait = await nudge.until_office_hours(self._room, case, order, now)
        if wait and job.doubts > 1:  # an earlier try may have posted it
            return Later("outside office hours", wait, untaken=True)
        if wait:
            return Delivered("outside office hours", then=lambda tx: put_off(tx, order, now + wait, now))

        async def post(case: Case) -> Delivered:
            told = thread.Told(text=made.text, blocks=made.blocks)
            posted = await self._beneath(case, job, lambda card_at: self._under(card_at, told, job))
            return Delivered(posted.ts, then=lambda tx: expect_again(tx, self._room.desk, order, self._room.clock()))

        return await self._to_staff(order.incident, now, post)

    async def show_digest(self, job: Job, now: datetime) -> Delivery:
        """This morning's numbers, as they are now, or none once the day is over; the next wait from then on."""
        desk, delivery = self._room.desk, Delivered("its day is over")
        if decode(ShowDigest, job.payload).day == desk.terms.day_of(now):
            made = await desk.store.read(lambda tx: nudge.digest_of(tx, desk, now))
            posted = await self._to_channel(made, job, now)
            if not isinstance(posted, Delivered):
                return posted
            delivery = posted
        return replace(delivery, then=lambda tx: expect_digest(tx, desk, self._room.clock()))

    async def show_set_aside(self, job: Job, now: datetime) -> Delivery:
        """A mail that no incident shows, with the whole of it below."""
        message = await self._kept(decode(ShowSetAside, job.payload).message)
        if message is None:
            return Failed("no such message")

        return await self._among_staff(self._room.channel, now, lambda: self._show_set_aside(message, job))

    async def post_anchor(self, job: Job, now: datetime) -> Delivery:
        """The newest hash over the journal, where staff can find it again."""
        order = decode(PostAnchor, job.payload)
        said = {"number": str(order.number), "facts": str(order.facts), "at": f"{order.at:%Y-%m-%d %H:%M:%S} UTC"}
        text = self._room.desk.words.phrase("anchor.line", Language.EN, **said, hash=order.hash)
        made = bank.Shown(text=text, blocks=[blocks.naming(text, self._room.known)])
        return await self._to_channel(made, job, now)

    async def show_entry(self, job: Job, now: datetime) -> Delivery:
        """An entry of the bank's that a person must decide on."""
        order = decode(ShowEntry, job.payload)
        made = await self._room.desk.store.read(lambda tx: bank.read(tx, order.entry))
        return await self._to_channel(made, job, now) if made else Failed("no such entry")

    async def show_missing_statement(self, job: Job, now: datetime) -> Delivery:
        """Reminders wait for the bank's next statement."""
        return await self._to_channel(bank.missing(decode(ShowMissingStatement, job.payload).newest), job, now)

    async def show_outage_over(self, job: Job, now: datetime) -> Delivery:
        """Staff read all again: the outage ends with this line."""
        over = await self._room.desk.store.read(outage.known)
        if over is None or over.since != decode(ShowOutageOver, job.payload).since:
            return Dropped("it is over already")
        text = outage.line(self._room, over)
        made = bank.Shown(text=text, blocks=[blocks.naming(text, self._room.known)])
        posted = await self._to_channel(made, job, now)
        return replace(posted, then=lambda tx: outage.end(tx, over)) if isinstance(posted, Delivered) else posted

    async def _to_channel(self, made: bank.Shown | nudge.Told, job: Job, now: datetime) -> Delivery:
        async def say() -> Delivery:
            post = Post(channel=self._room.channel, text=made.text, blocks=made.blocks, marks={"outbox": job.id})
            return Delivered((await self._once(post, job)).ts)

        return await self._among_staff(self._room.channel, now, say)

    async def show_original(self, job: Job, now: datetime) -> Delivery:
        """A mail with all that it quotes, as a file in its incident's thread."""
        order = decode(ShowOriginal, job.payload)
        message = await self._kept(order.message)
        if message is None:
            return Failed("no such message")

        async def attach(case: Case) -> Delivered:
            if case.row.slack_ts is None:
                raise RefusedError("thread_not_found")
            card_at = Posted(case.row.slack_channel or self._room.channel, case.row.slack_ts)
            as_it_came = await files.as_it_came(self._room, message)
            name = f"{case.incident.reference}-{order.message}" + (".eml" if as_it_came else ".txt")
            await self._upload(card_at, name, as_it_came or thread.whole(message), job)
            return Delivered("attached")

        return await self._to_staff(order.incident, now, attach)

    async def show_file(self, job: Job, now: datetime) -> Delivery:
        """A file of the customer's, below the line that names it."""
        order = decode(ShowFile, job.payload)
        store = self._room.desk.store
        file = await store.read(lambda tx: tx.messages.attachment(order.file))
        content = await read.kept(store, file.sha256) if file else None
        if file is None or content is None:
            return Dropped("erased in the meantime")

        async def attach(case: Case) -> Delivered:
            await self._beneath(case, job, lambda card_at: self._upload(card_at, file.name, content, job))
            return Delivered("attached")

        return await self._to_staff(order.incident, now, attach)

    async def unfurl(self, job: Job, now: datetime) -> Delivery:
        """What links in a message of staff's lead to, below it."""
        order = decode(Unfurl, job.payload)

        async def show() -> Delivery:
            cases = {url: await read.case(self._room.desk.store, incident) for url, incident in order.leads.items()}
            shown = {url: {"blocks": unfurled(case)} for url, case in cases.items() if case is not None}
            await self._room.api.call("chat.unfurl", channel=order.channel, ts=order.ts, unfurls=shown)
            return Delivered("shown")

        return await self._among_staff(order.channel, now, show)

    async def _kept(self, number: int) -> Message | None:
        return await self._room.desk.store.read(lambda tx: tx.messages.load(number))

    # --- to staff ---

    async def _to_staff(self, incident: int, now: datetime, work: Callable[[Case], Awaitable[Delivered]]) -> Delivery:
        case = await read.case(self._room.desk.store, incident)
        if case is None:
            return Failed("no such incident")
        return await self._among_staff(case.row.slack_channel or self._room.channel, now, lambda: work(case))

    async def _among_staff(self, channel: str, now: datetime, work: Callable[[], Awaitable[Delivery]]) -> Delivery:
        """Does the work where staff alone read."""

        async def checked() -> Delivery:
            await self._check_privacy(channel, now)
            return await work()

        return await carefully(checked)

    async def _check_privacy(self, channel: str, now: datetime) -> None:
        """Raises RefusedError when outsiders would read what is posted, NoAnswerError when nobody ever said."""
        known = self._private.get(channel)
        if known is not None and now - known < CHECKED_FOR:
            return
        try:
            answer = await self._room.api.call("conversations.info", channel=channel)
        except RefusedError as refused:
            log.warning("nobody says whether the staff channel is shared: %s", refused)
            return
        except NoAnswerError:
            if known is None:
                raise
            return
        place = answer.get("channel") or {}
        if any(place.get(name) for name in OUTSIDE):
            self._private.pop(channel, None)
            raise RefusedError(SHARED)
        self._private[channel] = now

    async def _show_card(self, case: Case, job: Job) -> Delivered:
        if case.row.slack_ts is not None:
            if await self._comes_again(job):
                return Delivered(LATER)
            if await self._update(case, case.row.slack_ts):
                return Delivered(case.row.slack_ts)
        posted = await self._new_card(case, job)
        return Delivered(posted.ts, then=self._remember(case, posted))

    async def _comes_again(self, job: Job) -> bool:
        return await self._room.desk.store.read(lambda tx: tx.outbox.comes_again(job))

    def _remember(self, case: Case, posted: Posted) -> Callable[[Transaction], None]:
        """Notes where the card is, and has it pinned."""

        def note(tx: Transaction) -> None:
            tx.incidents.set_card(case.incident.id, posted.channel, posted.ts)
            PinCard(channel=posted.channel, ts=posted.ts).put(tx, self._room.clock())

        return note

    async def _update(self, case: Case, ts: str) -> bool:
        made = card(case)
        channel = case.row.slack_channel or self._room.channel
        try:
            await self._room.api.call("chat.update", channel=channel, ts=ts, text=made.text, blocks=made.blocks)
        except RefusedError as refused:
            if refused.code not in GONE:
                raise
            return False
        return True

    async def _new_card(self, case: Case, job: Job) -> Posted:
        """A card where there is none, or none any more."""
        made = card(case)
        post = Post(
            channel=self._room.channel,
            text=made.text,
            blocks=made.blocks,
            marks={"card": case.incident.id},
            plain=made.text,
        )
        return await self._once(post, job)

    async def _post_in_thread(self, case: Case, seq: int, job: Job) -> Delivered:
        told = thread.told(case, seq, self._room.desk.files)
        noted = fates_noted(case.incident.id, seq, told.fates, job)
        posted = await self._beneath(case, job, lambda card_at: self._under(card_at, told, job))

        return Delivered(posted.ts, then=lambda tx: noted(tx, posted.ts, self._room.clock()))

    async def _beneath(self, case: Case, job: Job, put: Callable[[Posted], Awaitable[T]]) -> T:
        """Puts something under the card, or under a new one where there is none or none any more.

        The new card is noted before: what must wait for its turn below it finds it again.
        """
        if case.row.slack_ts is not None:
            try:
                return await put(Posted(case.row.slack_channel or self._room.channel, case.row.slack_ts))
            except RefusedError as refused:
                if refused.code not in GONE:
                    raise
        card_at = await self._new_card(case, job)
        await self._room.desk.store.run(self._remember(case, card_at))
        return await put(card_at)

    async def _show_fate(self, case: Case, seq: int, job: Job) -> Delivered:
        line = next((one.line for one in thread.sent_with(case, seq) if one.line), None)
        if line is None:
            return Delivered("no line to show it in")
        if await self._comes_again(job):
            return Delivered(LATER)
        made = thread.told(case, seq, self._room.desk.files)
        channel = case.row.slack_channel or self._room.channel
        try:
            await self._room.api.call("chat.update", channel=channel, ts=line, text=made.text, blocks=made.blocks)
        except RefusedError as refused:
            if refused.code not in GONE:
                raise
            return Delivered("the line is gone")
        return Delivered(line)

    async def _under(self, card_at: Posted, told: thread.Told, job: Job) -> Posted:
        post = Post(
            channel=card_at.channel,
            text=told.text,
            blocks=told.blocks,
            marks={"outbox": job.id},
            thread_ts=card_at.ts,
            plain=told.plain,
        )
        posted = await self._once(post, job)
        if told.whole:
            await self._attach(card_at, told.file_name, told.whole.encode(), job)
        return posted

    async def _show_set_aside(self, message: Message, job: Job) -> Delivered:
        made = thread.set_aside(message)
        post = Post(channel=self._room.channel, text=made.text, blocks=made.blocks, marks={"outbox": job.id})
        posted = await self._once(post, job)
        as_it_came = await files.as_it_came(self._room, message)
        name = "mail.eml" if as_it_came else made.file_name
        await self._attach(posted, name, as_it_came or thread.safe(message), job)
        return Delivered(posted.ts)

    async def _attach(self, card_at: Posted, file_name: str, content: bytes, job: Job) -> None:
        """The whole of words that were cut, as a file below them. Refused, they stay cut, and said to be.

        Raises NoAnswerError where it is tried again: the words above it are then looked up, not posted twice; and
        UncertainError, until Slack says whether the file is there already.
        """
        try:
            await self._upload(card_at, file_name, content, job)
        except files.UncertainError:
            raise
        except RefusedError as refused:
            log.warning("the whole text was not attached: %s", refused)
        except RateLimitedError as limited:
            raise NoAnswerError(str(limited)) from limited

    async def _upload(self, card_at: Posted, file_name: str, content: bytes, job: Job) -> None:
        place = files.Place(channel=card_at.channel, thread_ts=card_at.ts)
        await files.share(self._room, job, place, file_name, content)
