"""Whom a message calls: mentions that would ring, wherever in the message they stand."""

import re
from collections.abc import Iterator

from bot.sandbox.slack.records import Message

MENTION = re.compile(r"<([@!#][^>|]+)(?:\|[^>]*)?>")
SPANS = {
    "broadcast": lambda span: f"!{span['range']}",
    "user": lambda span: f"@{span['user_id']}",
    "usergroup": lambda span: f"!subteam^{span['usergroup_id']}",
}


def mentions(message: Message) -> tuple[str, ...]:
    """`!channel`, `@U…`, `!subteam^S…`, `#C…` in the order they stand; text in `rich_text` never calls anybody."""
    return (*MENTION.findall(message.text), *_inside(list(message.blocks)))


def _inside(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _inside(item)
    elif isinstance(value, dict):
        kind = value.get("type")
        if kind == "mrkdwn":
            yield from MENTION.findall(value["text"])
        elif kind in SPANS:
            yield SPANS[kind](value)
        yield from _inside(list(value.values()))
