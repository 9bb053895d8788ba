"""What became of what was sent to a customer, in the words staff read."""

from collections.abc import Mapping

from bot.app.masks import mask
from bot.channels.slack import blocks
from storage import Fate, Message, Via

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
        Fate.FAILED: "failed",
    },
}
_MARKS: Mapping[Fate, str] = {
    Fate.QUEUED: "…",
    Fate.DELAYED: "⚠",
    Fate.ACCEPTED: "✓",
    Fate.BOUNCED: "✗",
    Fate.FAILED: "✗",
    Fate.HELD: "⚠",
}


def fate(message: Message) -> str:
    """How far it has come, without who it is for: `accepted by the relay`."""
    known = message.delivery or Fate.QUEUED
    return _WORDS[message.channel].get(known, known)


def line(message: Message) -> str:
    """The whole of it: `✓ Mail to bob@example.fr: accepted by the relay (250 2.0.0 Ok: queued as 4F2)`."""
    by_mail = message.channel is Via.MAIL
    to = f"Mail to {message.author}" if by_mail else "In chat"
    reply = blocks.clip(mask(" ".join(message.reply.split())), REPLY) if by_mail else ""
    mark = _MARKS[message.delivery or Fate.QUEUED]
    return f"{mark} {to}: {fate(message)}{f' ({reply})' if reply else ''}"
