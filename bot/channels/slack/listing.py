"""`/incident`: one by its number, several by words, a new one, or the reminders of the next two weeks."""

from datetime import datetime, timedelta

from bot.app import preview, read
from bot.app.preview import Upcoming
from bot.channels.slack import blocks, forms, home, show, story
from bot.channels.slack.answer import open_modal, whisper
from bot.channels.slack.card import card
from bot.channels.slack.customer import open_form
from bot.channels.slack.payloads import Click
from bot.channels.slack.room import Room

USAGE = (
    "Write /incident 42 for one incident, /incident and some words to look for titles, /incident new to open one,"
    " /incident reminders for the reminders that will go out."
)
FOUND = 10
AHEAD = timedelta(days=14)
MOST_MAILS = 40


async def command(room: Room, click: Click, now: datetime) -> None:
    """`/incident 42 | words | new | reminders`, answered to whoever typed it."""
    await room.refresh()
    if room.role(click.person) is None:
        await open_form(room, click, now)
        return
    actor = await room.actor(click.person)
    asked = click.text.removeprefix("INC-").removeprefix("inc-")
    if isinstance(actor, str):
        await whisper(room, click, actor)
    elif not asked:
        await whisper(room, click, USAGE)
    elif asked.lower() == "new":
        await open_modal(room, click, forms.new_incident({}))
    elif asked.lower() == "reminders":
        await _reminders(room, click, now)
    elif _is_number(asked):
        await _one(room, click, int(asked))
    else:
        await _some(room, click, asked)


async def new_incident(room: Room, click: Click, _now: datetime) -> None:
    """The button of the staff's App Home."""
    actor = await room.actor(click.person)
    if isinstance(actor, str):
        await whisper(room, click, actor)
    else:
        await open_modal(room, click, forms.new_incident({}))


async def find(room: Room, click: Click, _now: datetime) -> None:
    """What was typed on the App Home: the incident with that number, or those with these words in their titles."""
    actor = await room.actor(click.person)
    asked = click.text.strip().removeprefix("INC-").removeprefix("inc-")
    if isinstance(actor, str) or not asked:
        await whisper(room, click, actor if isinstance(actor, str) else "Type a number, or words of a title.")
        return
    case = await read.case(room.desk.store, int(asked)) if _is_number(asked) else None
    if case is not None:
        await open_modal(room, click, show.view(room, case))
        return
    found = await room.desk.store.read(lambda tx: tx.incidents.listing(words=asked, limit=FOUND))
    title = f"{len(found)} found for “{asked[:100]}”" if found else f"No title has “{asked[:100]}” in it"
    made = await home.found(room, title, found)
    await open_modal(room, click, blocks.modal("found", "Incidents", made, metadata="{}", close="Back"))


def _is_number(asked: str) -> bool:
    return asked.isascii() and asked.isdigit() and len(asked) < 10


async def _one(room: Room, click: Click, incident: int) -> None:
    case = await read.case(room.desk.store, incident)
    if case is None:
        await whisper(room, click, f"There is no INC-{incident}.")
    else:
        await whisper(room, click, case.incident.reference, card(case).blocks)


async def _reminders(room: Room, click: Click, now: datetime) -> None:
    """The mails of the next two weeks, if nobody pays or contests first."""
    mails = await preview.reminders(room.desk.store, now + AHEAD, now)
    title = f"Reminders of the next {AHEAD.days} days, if nobody pays or contests first: {len(mails) or 'none'}"
    lines = [blocks.line(blocks.span(_in_words(mail))) for mail in mails[:MOST_MAILS]]
    items = {"type": "rich_text_list", "style": "bullet", "elements": lines or [blocks.line(blocks.span("—"))]}
    heading = blocks.line(blocks.span(title, strong=True))
    await whisper(room, click, title, [blocks.rich(heading, items)])


def _in_words(mail: Upcoming) -> str:
    """When, to whom, and each invoice with its level and what is open."""
    when = story.moment(mail.at, mail.incidents[0].terms.timezone)
    parts = (f"{fact.number} (level {fact.level}, {story.amount(fact.open)})" for fact in mail.reminders)
    return blocks.clip(f"{when} · {mail.customer.name}: {', '.join(parts)}", 300)


async def _some(room: Room, click: Click, words: str) -> None:
    found = await room.desk.store.read(lambda tx: tx.incidents.listing(words=words, limit=FOUND))
    if found:
        await whisper(room, click, f"{len(found)} found", await home.found(room, words[:100], found))
    else:
        await whisper(room, click, f"No title has “{words[:100]}” in it.")
