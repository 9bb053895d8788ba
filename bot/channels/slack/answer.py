"""Answers that one person sees: why nothing was done, what happened since, the modal they asked for."""

import json
import logging
from collections.abc import Sequence

from bot.app.read import Case
from bot.channels.slack import blocks, reasons, story
from bot.channels.slack.jobs import SayInSlack
from bot.channels.slack.payloads import Click
from bot.channels.slack.room import Room
from bot.channels.slack.wire import NoAnswerError, Payload, RateLimitedError, RefusedError
from bot.core.facts import Language
from bot.core.letter import QUIET

LATEST = 3

log = logging.getLogger(__name__)


async def whisper(room: Room, click: Click, text: str, more: Sequence[Payload] = ()) -> None:
    """Says something to whoever pressed, where they pressed; in a modal where there is no place.

    Later, where Slack does not answer while they wait. Raises RefusedError.
    """
    shown = [blocks.naming(text, room.known), *more]
    said: Payload = {"text": blocks.escape(text), "blocks": shown}
    if click.thread_ts:
        said["thread_ts"] = click.thread_ts
    here = {"response_type": "ephemeral", "replace_original": False}
    if click.response_url and await room.api.post(click.response_url, said | here):
        return
    try:
        if click.channel:
            await room.api.call("chat.postEphemeral", channel=click.channel, user=click.person.user, **said)
        elif click.trigger_id:
            await _open(room, click, blocks.modal("told", "Comptoir", shown, metadata="{}", close="OK"))
    except (NoAnswerError, RateLimitedError):
        await _say_later(room, click, text)


async def _say_later(room: Room, click: Click, text: str) -> None:
    """From the queue, as often as it takes: in a direct message where they did not press in a channel."""
    place = {"channel": click.channel, "only_to": click.person.user, "thread_ts": click.thread_ts}
    order = SayInSlack(text=text, **(place if click.channel else {"channel": click.person.user}))
    await room.desk.store.run(lambda tx: order.put(tx, room.clock()))


async def open_modal(room: Room, click: Click, view: Payload) -> None:
    """Opens a modal within the three seconds its trigger lives, over the one it was pressed in.

    Says so where Slack did not open it. `over` names the incident's modal, to be brought up to date afterwards.
    """
    if click.modal == "incident":
        carried = json.loads(view["private_metadata"]) | {"over": click.view_id}
        view = view | {"private_metadata": json.dumps(carried, ensure_ascii=False)}
    try:
        await _open(room, click, view)
    except (RefusedError, RateLimitedError, NoAnswerError) as trouble:
        text = room.desk.words.phrase("chat.form_not_opened", await _language(room, click))
        if isinstance(trouble, RefusedError) and room.role(click.person) is not None:
            text = f"{text} Slack's reason: {reasons.said(trouble.code)}."
        if click.response_url or click.channel:
            await whisper(room, click, text)
        elif isinstance(trouble, RefusedError):
            raise
        else:
            await _say_later(room, click, text)
        log.warning("Slack did not open a form, and who pressed was told: %s", trouble)


async def _language(room: Room, click: Click) -> Language:
    """A customer's, as on file: nothing is asked of Slack, which does not answer."""
    person = click.person
    customer = await room.desk.store.read(lambda tx: tx.customers.by_slack(person.team, person.user))
    return customer.language if customer is not None and room.role(person) is None else Language.EN


async def _open(room: Room, click: Click, view: Payload) -> None:
    method = "views.push" if click.modal else "views.open"
    await room.api.call(method, trigger_id=click.trigger_id, view=view)


def since(case: Case, version: int) -> str:
    """What happened after this version, latest last, and who did it."""
    version_then, news = 0, []
    for recorded in case.history:
        version_then += type(recorded.fact) not in QUIET
        if version_then > version:
            news.append(f"{story.entry(case, recorded.fact).head} ({recorded.actor.partition(':')[2]})")
    if not news:
        return ""
    return f"Since then: {'; '.join(news[-LATEST:])}."
