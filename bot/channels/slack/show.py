"""An incident in a modal: its card and its latest lines, with every button, for whoever works from the App Home."""

import json
from collections.abc import Iterator
from datetime import datetime

from bot.app import read
from bot.app.files import FileRules
from bot.app.masks import mask
from bot.app.read import Case
from bot.channels.slack import blocks, story, thread
from bot.channels.slack.answer import open_modal, whisper
from bot.channels.slack.card import card
from bot.channels.slack.jobs import ShowHome
from bot.channels.slack.payloads import Click
from bot.channels.slack.room import Person, Room
from bot.channels.slack.wire import NoAnswerError, Payload, RateLimitedError, RefusedError
from bot.core import facts as f
from storage import Recorded

NAME = "incident"
LINES = 8
QUOTED = 700


def view(room: Room, case: Case) -> Payload:
    """The card, then what happened last, the latest first."""
    carried = {"incident": case.incident.id, "version": case.incident.version}
    lines = [blocks.rich(*_line(case, one, room.desk.files)) for one in _latest(case)]
    made = [*card(case).blocks, {"type": "divider"}, *(lines or [blocks.context("Nothing has happened yet.")])]
    return blocks.modal(NAME, case.incident.reference, made, metadata=json.dumps(carried), close="Back")


async def show(room: Room, click: Click, _now: datetime) -> None:
    """`Open` beside an incident."""
    actor = await room.actor(click.person)
    case = await read.case(room.desk.store, click.incident) if click.incident is not None else None
    if isinstance(actor, str) or case is None:
        await whisper(room, click, actor if isinstance(actor, str) else "There is no such incident.")
        return
    await open_modal(room, click, view(room, case))


async def refresh(room: Room, person: Person, view_id: str, incident: int, now: datetime) -> None:
    """Brings the incident's modal up to date after an act from it, and the Home below."""
    case = await read.case(room.desk.store, incident)
    if case is None or not view_id:
        return
    await room.desk.store.run(lambda tx: ShowHome(team=person.team, user=person.user).put(tx, now))
    try:
        await room.api.call("views.update", view_id=view_id, view=view(room, case))
    except (RefusedError, RateLimitedError, NoAnswerError):
        return  # they closed it meanwhile


def _latest(case: Case) -> list[Recorded]:
    """What staff read in the thread, the newest first."""
    told = [one for one in case.history if not isinstance(one.fact, f.NoticeDelivered | f.PaperFiled)]
    return told[::-1][:LINES]


def _line(case: Case, recorded: Recorded, rules: FileRules) -> Iterator[Payload]:
    entry = story.entry(case, recorded.fact)
    at = story.moment(recorded.at, case.incident.terms.timezone)
    yield blocks.line(blocks.span(f"{at}  "), blocks.span(mask(entry.head), strong=True))
    message = thread.message_of(case, recorded.fact)
    words = mask(message.text if message else entry.quote)
    if words:
        yield blocks.quote(blocks.clip(words, QUOTED))
    yield from thread.attached(case, message, rules)
