"""A reply with files: checked at once by what Slack says of them, fetched and sent from the queue, or given back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from bot.app.files import FileRules
from bot.app.handle import Done, carry_out
from bot.app.jobs import Order, decode
from bot.channels.slack import blocks, files
from bot.channels.slack.files import WHY, Fetched
from bot.channels.slack.jobs import SayInSlack
from bot.channels.slack.room import Room
from bot.channels.slack.speech import PublicMessage
from bot.channels.slack.wire import NoAnswerError, Payload, RateLimitedError
from bot.core import commands as c
from bot.core import facts as f
from bot.core.facts import Actor, File, Language
from bot.core.refusals import Reason, Refused
from storage import Job, NewJob, Transaction

MOST_TRIES = 5
AGAIN = timedelta(seconds=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyWithFiles(Order):
    """Words for the customer that wait for their files, which are as Slack describes them; `source` names it all."""

    KIND: ClassVar[str] = "slack_reply"
    incident: int
    actor: Actor
    source: str
    text: str
    files: tuple[Payload, ...]
    promised_on: date | None = None

    def put(self, tx: Transaction, submission: str, now: datetime) -> bool:
        """Whether it waits now; False: this very submission did already.

        Another one of the same words may come when nothing was sent; words that were sent stop it then (`once`).
        """
        key = f"slack:reply:{self.incident}"
        new = NewJob(kind=self.KIND, payload=self.encode(), due_at=now, key=key, dedup=f"reply:{submission}")
        return tx.inbox.put(new, now) is not None


def wrong(posted: Sequence[Payload], rules: FileRules) -> str:
    """Why these files cannot go to a customer, as far as Slack's own words tell; empty when they can."""
    found = [(one.get("name") or "?", files.posted_trouble(one, rules)) for one in posted]
    said = [f"{name}: {WHY[trouble]}" for name, trouble in found if trouble]
    octets = sum(int(one.get("size") or 0) for one in posted)
    if len(posted) > rules.most:
        said.append(f"{rules.most} files at most")
    if octets > rules.mail_bytes:
        said.append(f"{files.size(octets)} together, {files.size(rules.mail_bytes)} at most in one mail")
    return "; ".join(said)


def once(tx: Transaction, room: Room, incident_id: int, command: c.Command, now: datetime) -> Done | Refused:
    """Words go out once, however often Slack brings the same modal or the same message."""
    incident = tx.incidents.load(incident_id)
    if incident is not None and isinstance(command, c.WriteToCustomer | c.AskCustomer):
        for recorded in tx.journal.facts(incident.reference):
            fact = recorded.fact
            if isinstance(fact, f.StaffWrote | f.CustomerAsked) and fact.message == command.message:
                return Refused(Reason.ALREADY)
    return carry_out(tx, room.desk, incident_id, command, now)


async def send(room: Room, job: Job, now: datetime) -> None:
    """Fetches the files and sends the words with them; where one cannot be had nothing leaves, which is said."""
    order = decode(ReplyWithFiles, job.payload)
    try:
        fetched = [await files.fetch(room, one, room.desk.files) for one in order.files]
    except (NoAnswerError, RateLimitedError) as trouble:
        if job.tries < MOST_TRIES:
            why = str(trouble)
            await room.desk.store.run(lambda tx: tx.inbox.retry(job, now + AGAIN * job.tries, why))
            return
        fetched = []
    await room.desk.store.run(lambda tx: _send(tx, room, job, order, fetched, now))


def _send(
    tx: Transaction, room: Room, job: Job, order: ReplyWithFiles, fetched: Sequence[Fetched], now: datetime
) -> None:
    if not tx.inbox.done(job, now):
        return
    why = _why_not(fetched, room.desk.files)
    if not why:
        kept = tuple(File(name=o.name, media_type=o.media_type, sha256=tx.blobs.keep(o.content)) for o in fetched)
        said = PublicMessage(text=order.text, source=order.source, files=kept, promised_on=order.promised_on)
        done = once(tx, room, order.incident, said.as_command(order.actor), now)
        why = room.desk.words.refusal(done.reason, Language.EN) if isinstance(done, Refused) else ""
    if why:
        _give_back(tx, room, order, why, now)


def _give_back(tx: Transaction, room: Room, order: ReplyWithFiles, why: str, now: datetime) -> None:
    """All the words, for nothing else keeps them; Slack shows a few thousand characters in one message."""
    text = f"INC-{order.incident}: nothing was sent. {why} Your words were:\n{order.text}"
    for piece in blocks.pieces(text, blocks.SECTION):
        SayInSlack(channel=room.channel, text=piece, only_to=order.actor.name).put(tx, now)


def _why_not(fetched: Sequence[Fetched], rules: FileRules) -> str:
    if not fetched:
        return "Slack does not hand out the files."
    said = [f"{one.name}: {WHY[one.trouble]}." for one in fetched if one.trouble]
    if sum(len(one.content) for one in fetched) > rules.mail_bytes:
        said.append("Together they are too big for one mail.")
    return " ".join(said)
