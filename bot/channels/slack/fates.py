"""What became of what was sent to a customer, in the words staff read."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.app import fates
from bot.app.masks import mask
from bot.channels.slack import blocks, reasons
from storage import Fate, Job, Message, Transaction, Via

REPLY = 200  # characters of what the relay or a report said
_WORDS: Mapping[Via, Mapping[Fate, str]] = {
    Via.MAIL: {
        Fate.QUEUED: "queued",
        Fate.DELAYED: "not taken yet, it is tried again",
        Fate.ACCEPTED: "accepted by the relay",
        Fate.BOUNCED: "came back",
        Fate.FAILED: "failed",
        Fate.HELD: "held back",
    },
    Via.SLACK: {
        Fate.QUEUED: "queued",
        Fate.DELAYED: "not taken yet, it is tried again",
        Fate.ACCEPTED: "delivered",
        Fate.FAILED: "not delivered",
        Fate.MAILED: "not delivered, sent by mail instead",
    },
}
_MARKS: Mapping[Fate, str] = {
    Fate.QUEUED: "…",
    Fate.DELAYED: "⚠",
    Fate.ACCEPTED: "✓",
    Fate.BOUNCED: "✗",
    Fate.FAILED: "✗",
    Fate.HELD: "⚠",
    Fate.MAILED: "✗",
}


def way(channel: str) -> str:
    """How staff read the way something came or goes."""
    return "Slack" if channel == Via.SLACK else channel


def fate(message: Message) -> str:
    """How far it has come, without who it is for: `accepted by the relay`."""
    known = message.delivery or Fate.QUEUED
    return _WORDS[message.channel].get(known, known)


def line(message: Message) -> str:
    """The whole of it: `✓ Mail to bob@example.fr: accepted by the relay (250 2.0.0 Ok: queued as 4F2)`.

    What Slack says when it takes something is a place, and told to nobody.
    """
    mark = _MARKS[message.delivery or Fate.QUEUED]
    reply = blocks.clip(mask(" ".join(message.reply.split())), REPLY)
    if message.channel is Via.MAIL:
        return f"{mark} Mail to {message.author}: {fate(message)}{f' ({reply})' if reply else ''}"
    why = f": {reasons.said(reply)}" if reply and message.delivery is not Fate.ACCEPTED else ""
    return f"{mark} In chat: {fate(message)}{why}"


Noted = Callable[[Transaction, str, datetime], None]


def fates_noted(incident: int, seq: int, shown: Sequence[Fate], job: Job) -> Noted:
    """Keeps in which line the fates of what was sent are shown; what changed while it was posted is shown at once."""

    def note(tx: Transaction, line: str, now: datetime) -> None:
        if not shown:
            return
        now_come_to = tx.messages.set_line(incident, seq, line)
        # A line that an earlier try had posted shows what was known then.
        if job.doubts > 1 or sorted(now_come_to) != sorted(shown):
            fates.show(tx, incident, seq, f"{line}:{','.join(now_come_to)}", now)

    return note
