"""What leaves for Slack: the card, the lines in its thread, direct messages; each once, in order, or said why not."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from bot.app import fates, read
from bot.app.deliver import Delivered, Delivery, Failed, Later, Sender
from bot.app.jobs import (
    PostAnchor,
    PostInThread,
    ShowCard,
    ShowEntry,
    ShowFate,
    ShowMissingStatement,
    ShowSetAside,
    TellInChat,
    decode,
)
from bot.app.read import Case
from bot.channels.slack import bank, blocks, chat, home, thread
from bot.channels.slack.card import card
from bot.channels.slack.jobs import PinCard, SayInSlack, ShowHome, ShowOriginal
from bot.channels.slack.post import Post, Posted, Poster, TurnError
from bot.channels.slack.room import OUTSIDE, SHARED, Person, Room
from bot.channels.slack.wire import NoAnswerError, RateLimitedError, RefusedError
from bot.core.facts import Language
from storage import Job, Message, Transaction

GONE = frozenset({"message_not_found", "thread_not_found", "cant_update_message"})
LATER = "left to the one behind it, which shows the same"
CHECKED_FOR = timedelta(minutes=1)

log = logging.getLogger(__name__)


Noted = Callable[[Transaction, Posted], None]


class Outgoing:
    """The senders of this channel, by kind of job. What must wait for its turn holds up nothing else."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._poster = Poster(room)
        self._once = self._poster.once
        self._private: dict[str, datetime] = {}

    @property
    def senders(self) -> Mapping[str, Sender]:
        return {
            ShowCard.KIND: self.show_card,
            PinCard.KIND: self.pin_card,
            PostInThread.KIND: self.post_in_thread,
            ShowFate.KIND: self.show_fate,
            ShowSetAside.KIND: self.show_set_aside,
            ShowEntry.KIND: self.show_entry,
            ShowMissingStatement.KIND: self.show_missing_statement,
            PostAnchor.KIND: self.post_anchor,
            ShowOriginal.KIND: self.show_original,
            TellInChat.KIND: self.tell_in_chat,
            SayInSlack.KIND: self.say,
            ShowHome.KIND: self.show_home,
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

        return await self._carefully(pin)

    async def post_in_thread(self, job: Job, now: datetime) -> Delivery:
        """One line under the card: a fact, with the words that came with it."""
        order = decode(PostInThread, job.payload)
        return await self._to_staff(order.incident, now, lambda case: self._post_in_thread(case, order.seq, job))

    async def show_fate(self, job: Job, now: datetime) -> Delivery:
        """What became of a message, in the line that told of it; one that is gone is not written again."""
        order = decode(ShowFate, job.payload)
        return await self._to_staff(order.incident, now, lambda case: self._show_fate(case, order.fact, job))

    async def show_set_aside(self, job: Job, now: datetime) -> Delivery:
        """A mail that no incident shows, with the whole of it below."""
        message = await self._kept(decode(ShowSetAside, job.payload).message)
        if message is None:
            return Failed("no such message")

        async def checked() -> Delivery:
            await self._check_privacy(self._room.channel, now)
            return await self._show_set_aside(message, job)

        return await self._carefully(checked)

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

    async def _to_channel(self, made: bank.Shown, job: Job, now: datetime) -> Delivery:
        async def checked() -> Delivery:
            await self._check_privacy(self._room.channel, now)
            post = Post(channel=self._room.channel, text=made.text, blocks=made.blocks, marks={"outbox": job.id})
            return Delivered((await self._once(post, job)).ts)

        return await self._carefully(checked)

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
            as_it_came = await self._as_it_came(message)
            name = f"{case.incident.reference}-{order.message}" + (".eml" if as_it_came else ".txt")
            await self._upload(card_at, name, as_it_came or thread.whole(message), job)
            return Delivered("attached")

        return await self._to_staff(order.incident, now, attach)

    async def _as_it_came(self, message: Message) -> bytes | None:
        """The bytes of a mail that could not be read, and therefore came in as a file of its own; else None."""
        files = await self._room.desk.store.read(lambda tx: tx.messages.attachments_of(message.id))
        file = next((one for one in files if one.sha256 == message.raw), None)
        return await read.kept(self._room.desk.store, file.sha256) if file else None

    async def _kept(self, number: int) -> Message | None:
        return await self._room.desk.store.read(lambda tx: tx.messages.load(number))

    async def tell_in_chat(self, job: Job, _now: datetime) -> Delivery:
        """A notice to a customer, with its buttons, in their direct conversation."""
        order = decode(TellInChat, job.payload)
        case = await read.case(self._room.desk.store, order.incident) if order.incident is not None else None
        if case is None:
            return Failed("no such incident")
        return await self._carefully(lambda: self._tell(case, order, job))

    async def say(self, job: Job, _now: datetime) -> Delivery:
        """A few words of the desk's own."""
        order = decode(SayInSlack, job.payload)
        return await self._carefully(lambda: self._say(order, job))

    async def show_home(self, job: Job, _now: datetime) -> Delivery:
        """Somebody's App Home: the queue for staff, their incidents for customers."""
        order = decode(ShowHome, job.payload)
        person = Person(order.team, order.user)

        async def publish() -> Delivery:
            view = await home.view(self._room, person)
            await self._room.api.call("views.publish", user_id=person.user, view=view)
            return Delivered("published")

        return await self._carefully(publish)

    # --- to staff ---

    async def _to_staff(self, incident: int, now: datetime, work: Callable[[Case], Awaitable[Delivered]]) -> Delivery:
        case = await read.case(self._room.desk.store, incident)
        if case is None:
            return Failed("no such incident")
        channel = case.row.slack_channel or self._room.channel

        async def checked() -> Delivery:
            await self._check_privacy(channel, now)
            return await work(case)

        return await self._carefully(checked)

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
        )
        return await self._once(post, job)

    async def _post_in_thread(self, case: Case, seq: int, job: Job) -> Delivered:
        told = thread.told(case, seq)
        noted = self._fates_noted(case, seq, told, job)
        if case.row.slack_ts is None:
            return await self._under_new_card(case, told, job, noted)
        card_at = Posted(case.row.slack_channel or self._room.channel, case.row.slack_ts)
        try:
            posted = await self._under(card_at, told, job)
        except RefusedError as refused:
            if refused.code not in GONE:
                raise
            return await self._under_new_card(case, told, job, noted)
        return Delivered(posted.ts, then=lambda tx: noted(tx, posted))

    async def _under_new_card(self, case: Case, told: thread.Told, job: Job, noted: Noted) -> Delivered:
        """The card is noted before its line is posted: a line that must wait for its turn finds it again."""
        card_at = await self._new_card(case, job)
        await self._room.desk.store.run(self._remember(case, card_at))
        posted = await self._under(card_at, told, job)
        return Delivered(posted.ts, then=lambda tx: noted(tx, posted))

    def _fates_noted(self, case: Case, seq: int, told: thread.Told, job: Job) -> Noted:
        """Keeps where the fates of what was sent are shown; what changed while it was posted is shown at once."""

        def note(tx: Transaction, posted: Posted) -> None:
            if not told.fates:
                return
            now_come_to = tx.messages.set_line(case.incident.id, seq, posted.ts)
            # A line that an earlier try had posted shows what was known then.
            if job.doubts > 1 or sorted(now_come_to) != sorted(told.fates):
                fates.show(tx, case.incident.id, seq, f"{posted.ts}:{','.join(now_come_to)}", self._room.clock())

        return note

    async def _show_fate(self, case: Case, seq: int, job: Job) -> Delivered:
        line = next((one.line for one in thread.sent_with(case, seq) if one.line), None)
        if line is None:
            return Delivered("no line to show it in")
        if await self._comes_again(job):
            return Delivered(LATER)
        made = thread.told(case, seq)
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
        )
        posted = await self._once(post, job)
        if told.whole:
            await self._attach(card_at, told.file_name, told.whole.encode(), job)
        return posted

    async def _show_set_aside(self, message: Message, job: Job) -> Delivered:
        made = thread.set_aside(message)
        post = Post(channel=self._room.channel, text=made.text, blocks=made.blocks, marks={"outbox": job.id})
        posted = await self._once(post, job)
        as_it_came = await self._as_it_came(message)
        name = "mail.eml" if as_it_came else made.file_name
        await self._attach(posted, name, as_it_came or thread.safe(message), job)
        return Delivered(posted.ts)

    async def _attach(self, card_at: Posted, file_name: str, content: bytes, job: Job) -> None:
        """The whole of words that were cut, as a file below them. Refused, they stay cut, and said to be.

        Raises NoAnswerError where it is tried again: the words above it are then looked up, not posted twice.
        """
        try:
            await self._upload(card_at, file_name, content, job)
        except RefusedError as refused:
            log.warning("the whole text was not attached: %s", refused)
        except RateLimitedError as limited:
            raise NoAnswerError(str(limited)) from limited

    async def _upload(self, card_at: Posted, file_name: str, content: bytes, job: Job) -> None:
        if await self._poster.has_file(card_at, file_name, job):
            return
        place = await self._room.api.call("files.getUploadURLExternal", filename=file_name, length=len(content))
        await self._room.api.upload(str(place["upload_url"]), content)
        await self._room.api.call(
            "files.completeUploadExternal",
            files=[{"id": place["file_id"], "title": file_name}],
            channel_id=card_at.channel,
            thread_ts=card_at.ts,
        )

    # --- to customers, and to one person ---

    async def _tell(self, case: Case, order: TellInChat, job: Job) -> Delivered:
        made = chat.message(self._room.desk, case, order)
        root = chat.root(case)
        post = Post(
            channel=root.channel if root else order.user,
            text=made.text,
            blocks=made.blocks,
            marks={"outbox": job.id},
            thread_ts=root.ts if root else "",
            broadcast=root is not None,
        )
        try:
            posted = await self._once(post, job, user=order.user)
        except RefusedError as refused:
            if refused.code not in GONE:
                raise
            alone = Post(channel=order.user, text=made.text, blocks=made.blocks, marks=post.marks)
            posted = await self._once(alone, job, user=order.user)
        return chat.delivered(made, order, f"{posted.channel}/{posted.ts}")

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

    # --- once, or not at all ---

    async def _carefully(self, work: Callable[[], Awaitable[Delivery]]) -> Delivery:
        """Does the work; trouble becomes an answer for the queue."""
        try:
            return await work()
        except TurnError as turn:
            return Later(str(turn), turn.wait, untaken=True)
        except RateLimitedError as limited:
            return Later("Slack asked to wait", timedelta(seconds=limited.seconds), untaken=True)
        except NoAnswerError as trouble:
            return Later(str(trouble))
        except RefusedError as refused:
            log.error("Slack refused what is kept aside now: %s", refused)
            return Failed(refused.code)
