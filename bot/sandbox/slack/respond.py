"""response_url: how an app answers one interaction without a token, and the limits on it."""

from dataclasses import replace
from datetime import timedelta

from bot.sandbox.slack import chat
from bot.sandbox.slack.limits import check_blocks, check_text
from bot.sandbox.slack.records import Ephemeral, Message, ResponseUrl
from bot.sandbox.slack.wire import Payload, SlackError
from bot.sandbox.slack.workspace import Workspace

USES = 5
LIFE = timedelta(minutes=30)


def use_response_url(workspace: Workspace, url_id: str, answer: Payload) -> None:
    """Do what was posted to a response_url; `used_url`, `expired_url`, or what is wrong with the answer."""
    right = workspace.response_urls.get(url_id)
    if right is None or right.uses >= USES:
        raise SlackError("used_url")
    if workspace.clock() - right.made_at > LIFE:
        raise SlackError("expired_url")
    respond(workspace, right, answer)
    workspace.response_urls[right.id] = replace(right, uses=right.uses + 1)


def respond(workspace: Workspace, right: ResponseUrl, answer: Payload, source: str = "response_url") -> None:
    """Do what an app posted to a response_url, or answered to a command: show, replace or delete."""
    original = workspace.messages[right.channel].get(right.message_ts or "")
    if answer.get("delete_original"):
        _delete_original(workspace, right, original)
        return
    text = check_text(str(answer.get("text") or ""))
    blocks = chat.with_ids(workspace, check_blocks(answer["blocks"])) if answer.get("blocks") else ()
    if not text and not blocks:
        raise SlackError("no_text")
    if answer.get("replace_original") and original is not None:
        workspace.put(replace(original, text=text, blocks=blocks, edited=workspace.new_ts()))
    elif answer.get("response_type") == "in_channel":
        _say_aloud(workspace, right, text, blocks)
    else:
        _show(workspace, right, source, text, blocks, again=bool(answer.get("replace_original")))


def _delete_original(workspace: Workspace, right: ResponseUrl, original: Message | None) -> None:
    if original is None:
        workspace.drop_ephemeral(right.message_ts or "")
    else:
        workspace.remove(right.channel, original.ts)


def _say_aloud(workspace: Workspace, right: ResponseUrl, text: str, blocks: tuple[Payload, ...]) -> None:
    workspace.put(
        Message(
            channel=right.channel,
            ts=workspace.new_ts(),
            user=workspace.bot_user,
            bot_id=workspace.bot_id,
            text=text,
            blocks=blocks,
            thread_ts=right.thread_ts,
        )
    )


def _show(
    workspace: Workspace,
    right: ResponseUrl,
    source: str,
    text: str,
    blocks: tuple[Payload, ...],
    *,
    again: bool,
) -> None:
    workspace.put_ephemeral(
        Ephemeral(
            channel=right.channel,
            user=right.user,
            ts=right.message_ts if again and right.message_ts else workspace.new_ts(),
            source=source,
            text=text,
            blocks=blocks,
            thread_ts=right.thread_ts,
        )
    )
