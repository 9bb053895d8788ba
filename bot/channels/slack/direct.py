"""What leaves for one person: notices to a customer with their files, a few words, an App Home."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.app import read
from bot.app.deliver import Delivered, Delivery, Failed, Sender
from bot.app.jobs import TellInChat, decode
from bot.app.read import Case
from bot.channels.slack import blocks, chat, files, home
from bot.channels.slack.jobs import SayInSlack, ShowHome
from bot.channels.slack.post import GONE, Post, Poster, carefully
from bot.channels.slack.room import Person, Room
from bot.channels.slack.wire import RefusedError
from storage import Job, Transaction

NOT_SHOWN = frozenset({"invalid_arguments", "invalid_blocks"})  # a picture that Slack has not worked on yet


class Direct:
    """The senders to one person, by kind of job."""

    def __init__(self, room: Room, poster: Poster) -> None:
        self._room = room
        self._once = poster.once

    @property
    def senders(self) -> Mapping[str, Sender]:
        return {
            TellInChat.KIND: self.tell_in_chat,
            SayInSlack.KIND: self.say,
            ShowHome.KIND: self.show_home,
        }

    async def tell_in_chat(self, job: Job, _now: datetime) -> Delivery:
        """A notice to a customer, with its buttons, in their direct conversation."""
        order = decode(TellInChat, job.payload)
        case = await read.case(self._room.desk.store, order.incident) if order.incident is not None else None
        if case is None:
            return Failed("no such incident")
        return await carefully(lambda: self._tell(case, order, job))

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
            root = None
            alone = Post(channel=order.user, text=made.text, blocks=made.blocks, marks=post.marks)
            posted = await self._once(alone, job, user=order.user)
        place = files.Place(channel=posted.channel, thread_ts=root.ts if root else posted.ts)
        missing = await files.hand_over(self._room, job, place)
        said = chat.delivered(made, order, f"{posted.channel}/{posted.ts}")
        return replace(said, then=lambda tx: self._tell_staff(tx, case, missing)) if missing else said

    def _tell_staff(self, tx: Transaction, case: Case, missing: tuple[str, ...]) -> None:
        """The words are there and some of their files are not."""
        SayInSlack(
            channel=case.row.slack_channel or self._room.channel,
            text=f"{case.incident.reference}: the customer has the words, but not with them: {', '.join(missing)}.",
            thread_ts=case.row.slack_ts or "",
        ).put(tx, self._room.clock())

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
