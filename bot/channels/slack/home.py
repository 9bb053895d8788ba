"""The App Home: the queue for staff, their own incidents for customers, the way in for everybody."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain

from bot.app.masks import mask
from bot.channels.slack import bank, blocks
from bot.channels.slack.charts import charts
from bot.channels.slack.room import Person, Room
from bot.channels.slack.wire import Payload
from bot.core.facts import Language
from bot.core.letter import OPEN
from storage import IncidentRow, Transaction

SHOWN = 10
STAGES = tuple(sorted(OPEN))


async def view(room: Room, person: Person) -> Payload:
    """The home of one person as things stand."""
    await room.refresh()
    if room.role(person) is not None:
        now = room.clock()
        made = await room.desk.store.read(lambda tx: _staff(tx, room, person, now))
    else:
        language = await room.language(person)
        made = await room.desk.store.read(lambda tx: _customer(tx, room, person, language))
    return {"type": "home", "blocks": made}


def rows(title: str, found: Sequence[IncidentRow]) -> list[Payload]:
    """A heading and a line for each incident; titles are customers' words."""
    lines = [blocks.line(blocks.span(f"{row.reference} ", strong=True), *_about(row)) for row in found]
    items = {"type": "rich_text_list", "style": "bullet", "elements": lines}
    heading = blocks.line(blocks.span(title, strong=True))
    return [blocks.rich(heading, items if lines else blocks.line(blocks.span("—")))]


def _about(row: IncidentRow) -> Iterator[Payload]:
    waits = ", waiting for the customer" if row.waiting else ""
    yield blocks.span(f"{blocks.clip(mask(row.title), 100)} — {row.stage.replace('_', ' ')}{waits}")
    if row.assignee:
        yield blocks.span(", with ")
        yield blocks.person(row.assignee) if row.assignee.isalnum() else blocks.span(row.assignee)


def _staff(tx: Transaction, room: Room, person: Person, now: datetime) -> list[Payload]:
    queues = (
        ("Mine", tx.incidents.listing(stages=STAGES, assignee=person.user, limit=SHOWN)),
        ("Nobody's yet", tx.incidents.listing(stages=STAGES, assignee="", limit=SHOWN)),
        ("Waiting for the customer", tx.incidents.listing(stages=STAGES, waiting=True, limit=SHOWN)),
    )
    new = blocks.button("new_incident", "New incident", "{}")
    return [
        blocks.header("Comptoir"),
        *chain.from_iterable(rows(title, found) for title, found in queues),
        *bank.queue(tx, SHOWN),
        blocks.actions("main", [new]),
        *charts(tx, room.desk.terms, now),
    ]


def _customer(tx: Transaction, room: Room, person: Person, language: Language) -> list[Payload]:
    words = room.desk.words
    customer = tx.customers.by_slack(person.team, person.user)
    if customer is not None:
        language = customer.language
    label = words.phrase("button.open_incident", language)
    made = [
        blocks.section(words.phrase("chat.home", language)),
        blocks.actions("main", [blocks.button("open_incident", label, json.dumps({}), style="primary")]),
    ]
    if customer is None:
        return [*made, blocks.context(words.phrase("chat.not_linked", language))]
    for row in tx.incidents.listing(customer_id=customer.id, limit=SHOWN):
        stage = words.phrase(f"stage.{row.stage}", language)
        line = blocks.line(blocks.span(f"{row.reference} ", strong=True), blocks.span(f"{row.title} — {stage}"))
        made.append(blocks.rich(line))
    return made
