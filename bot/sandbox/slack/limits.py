"""What real Slack refuses in a message or a view as a whole: size, numbers, ids that must be unique."""

import json
from collections.abc import Iterator

from bot.sandbox.slack.block_kit import MESSAGE, VIEWS
from bot.sandbox.slack.shapes import ByType, Complaints, complaint
from bot.sandbox.slack.wire import Payload, SlackError

MESSAGE_TEXT = 40_000  # characters, chat.postMessage
UPDATE_TEXT = 4_000  # bytes once & < > are escaped, chat.update
METADATA_BYTES = 16_000
VIEW_BYTES = 250_000
BLOCKS_TOTAL = 13_400  # measured (slackapi/bolt-js#2509): 13,297 characters in one block are the end,
BLOCK_COST = 107  # and a lone divider costs 125 of them


def check_blocks(blocks: object) -> tuple[Payload, ...]:
    """The blocks of a message, if Slack would take them; otherwise SlackError in its words."""
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    wrong = tuple(MESSAGE.complaints(blocks, "/blocks")) or tuple(_ids_twice(blocks, "/blocks"))
    if wrong:
        raise SlackError("invalid_blocks", wrong)
    if sum(len(_compact(block)) + BLOCK_COST for block in blocks) > BLOCKS_TOTAL:
        raise SlackError("msg_blocks_too_long")
    return tuple(blocks)


def check_view(view: object, *kinds: str) -> Payload:
    """A view of one of `kinds` (`modal`, `home`), if Slack would take it; otherwise SlackError."""
    wrong = tuple(ByType({kind: VIEWS[kind] for kind in kinds}).complaints(view, "/view"))
    if wrong or not isinstance(view, dict):
        raise SlackError("invalid_arguments", wrong)
    wrong = (*_ids_twice(view["blocks"], "/view/blocks"), *_no_submit(view))
    if wrong:
        raise SlackError("invalid_arguments", wrong)
    if len(_compact(view).encode()) > VIEW_BYTES:
        raise SlackError("view_too_large")
    return view


def check_metadata(metadata: object) -> Payload:
    """Message metadata, if Slack would take it: `event_type`, `event_payload` and nothing else."""
    if not isinstance(metadata, dict) or set(metadata) != {"event_type", "event_payload"}:
        raise SlackError("invalid_metadata_format")
    named = isinstance(metadata["event_type"], str) and metadata["event_type"]
    if not named or not isinstance(metadata["event_payload"], dict):
        raise SlackError("invalid_metadata_schema")
    if len(_compact(metadata).encode()) > METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return metadata


def check_text(text: str) -> str:
    """The text of a new message, if it is not too long."""
    if len(text) > MESSAGE_TEXT:
        raise SlackError("msg_too_long")
    return text


def check_new_text(text: str) -> str:
    """The text of an updated message, if it is not too long; far less may be put there than in a new one."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if len(escaped.encode()) > UPDATE_TEXT:
        raise SlackError("msg_too_long")
    return text


def elements_of(block: Payload) -> Iterator[tuple[str, Payload]]:
    """The interactive elements of a block, each with its JSON pointer inside the block."""
    if block["type"] == "actions":
        yield from ((f"/elements/{index}", element) for index, element in enumerate(block["elements"]))
    for place in ("accessory", "element"):
        if place in block:
            yield f"/{place}", block[place]


def _ids_twice(blocks: list[Payload], at: str) -> Complaints:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        block_id = block.get("block_id")
        if block_id in seen:
            yield complaint(f"block_id {block_id} already exists", f"{at}/{index}/block_id")
        seen |= {block_id} if block_id else set()
        yield from _actions_twice(block, f"{at}/{index}")


def _actions_twice(block: Payload, at: str) -> Complaints:
    seen: set[str] = set()
    for place, element in elements_of(block):
        action_id = element.get("action_id")
        if action_id in seen:
            yield complaint(f"action_id {action_id} already exists in this block", f"{at}{place}/action_id")
        seen |= {action_id} if action_id else set()


def _no_submit(view: Payload) -> Complaints:
    if view["type"] == "home" or "submit" in view:
        return
    for index, block in enumerate(view["blocks"]):
        if block["type"] == "input":
            yield complaint("must define `submit` to use `input` block", f"/view/blocks/{index}/input")


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
