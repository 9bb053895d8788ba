"""The App Home: the queue for staff, their own incidents for customers, the way in for everybody."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.app.digest import due_today, owing
from bot.app.masks import mask
from bot.app.read import needs_answer
from bot.channels.slack import bank, blocks, story
from bot.channels.slack.charts import figures_of, in_characters
from bot.channels.slack.picture import pictured
from bot.channels.slack.room import Person, Room
from bot.channels.slack.wire import Payload
from bot.core.facts import Actor, Language
from bot.core.letter import OPEN
from bot.core.lives import Stage
from storage import IncidentRow, Status, Transaction

SHOWN = 8
ENTRIES = 10  # of the bank
LOOKED_AT = 1000
STAGES = tuple(sorted(OPEN))
AT_WORK = tuple(stage for stage in STAGES if stage is not Stage.INVOICED)
OPEN_CARD = "show_incident"
FIND = "find"


@dataclass(frozen=True, slots=True)
class Line:
    """One incident in a queue, and what is said of it instead of its stage where there is more to say."""

    row: IncidentRow
    about: str = ""


@dataclass(frozen=True, slots=True)
class Queue:
    """A heading, the first of its incidents, and how many there are."""

    title: str
    lines: tuple[Line, ...]
    count: int


async def view(room: Room, person: Person, *, pictures: bool = True) -> Payload:
    """The home of one person as things stand; `pictures` False: its figures in characters."""
    if isinstance(await room.actor(person), Actor):
        made = await _staff(room, person, room.clock(), pictures=pictures)
    else:
        themselves, language = await _at_home(room, person), await room.language(person)
        made = await room.desk.store.read(lambda tx: _customer(tx, room, themselves, language))
    return {"type": "home", "blocks": made}


async def _at_home(room: Room, person: Person) -> Person:
    """The same as one of their own workspace: that somebody opens their home says only in which one of ours."""
    return Person(str((await room.account(person.user)).get("team_id") or person.team), person.user)


async def found(room: Room, title: str, rows: Sequence[IncidentRow]) -> list[Payload]:
    """What was looked for: a heading, and a line with a button for each incident."""
    queue = Queue(title, tuple(Line(row) for row in rows), len(rows))
    heading = blocks.rich(blocks.line(blocks.span(title, strong=True)))
    return [heading, *_drawn(queue, await _names(room, [queue]))[1:]]


async def _staff(room: Room, person: Person, now: datetime, *, pictures: bool) -> list[Payload]:
    queues = await room.desk.store.read(lambda tx: _queues(tx, room, person, now))
    names = await _names(room, queues)
    store, terms = room.desk.store, room.desk.terms
    entries, charts = await store.read(lambda tx: (bank.queue(tx, ENTRIES), figures_of(tx, terms, now)))
    figures = await pictured(room, charts) if pictures else in_characters(charts)
    look = blocks.field(
        FIND,
        "Find an incident by its number or words of its title",
        blocks.typed(placeholder="42, or words; press Enter", most=100),
        optional=True,
    )
    look["element"] |= {"action_id": FIND, "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]}}
    return [
        blocks.header("Comptoir"),
        look | {"dispatch_action": True},
        blocks.actions("main", [blocks.button("new_incident", "New incident", "{}")]),
        *(block for queue in queues for block in _drawn(queue, names)),
        *entries,
        *figures,
    ]


def _queues(tx: Transaction, room: Room, person: Person, now: datetime) -> list[Queue]:
    """What waits for this person, for somebody, for customers; what ends today; who owes."""
    rows = tx.incidents.listing(stages=STAGES, limit=LOOKED_AT)
    work = [row for row in rows if row.stage in AT_WORK]
    return [
        _queue("Mine", [row for row in work if row.assignee == person.user]),
        _queue("The customer waits for an answer", [row for row in rows if needs_answer(tx, row)]),
        _queue("Nobody's yet", [row for row in work if not row.assignee]),
        _queue("Waiting for the customer", [row for row in work if row.waiting]),
        _queue("Due today", due_today(tx, room.desk, now)),
        _owed(tx, room, now),
    ]


def _queue(title: str, rows: Sequence[IncidentRow]) -> Queue:
    return Queue(title, tuple(Line(row) for row in rows[:SHOWN]), len(rows))


def _owed(tx: Transaction, room: Room, now: datetime) -> Queue:
    """Open invoices, those longest due first."""
    today = room.desk.terms.day_of(now)
    invoices = sorted(tx.money.listing(status=Status.OPEN, limit=LOOKED_AT), key=lambda one: str(one.payable_on))
    lines = []
    for invoice in invoices[:SHOWN]:
        row = tx.incidents.row(invoice.incident_id)
        until = invoice.payable_on
        late = ", overdue" if until is not None and until < today else ""
        due = f" due {story.day(until)}{late}" if until else ""
        if row is not None:
            lines.append(Line(row, f"{invoice.number}, {story.amount(invoice.open)}{due}"))
    total = owing(tx, room.desk, now)
    late = f", {story.amount(total.overdue)} of it overdue" if total.overdue else ""
    title = f"Owed: {story.amount(total.open)}{late}" if total.invoices else "Owed"
    return Queue(title, tuple(lines), len(invoices))


async def _names(room: Room, queues: Sequence[Queue]) -> dict[str, str]:
    """What Slack calls those who have the incidents shown."""
    users = {line.row.assignee for queue in queues for line in queue.lines if line.row.assignee in room.known}
    return {user: str((await room.account(user)).get("real_name") or user) for user in sorted(users)}


def _drawn(queue: Queue, names: dict[str, str]) -> list[Payload]:
    """A heading with the number, a line and a button for each; titles are customers' words, hence plain text."""
    many = f" ({queue.count})" if queue.count else ": —"
    made = [blocks.rich(blocks.line(blocks.span(f"{queue.title}{many}", strong=True)))]
    made += [_incident(line, names) for line in queue.lines]
    if queue.count > len(queue.lines):
        made.append(
            blocks.context(f"and {queue.count - len(queue.lines)} more: find them by words, or with /incident")
        )
    return made


def _incident(line: Line, names: dict[str, str]) -> Payload:
    row = line.row
    value = json.dumps({"incident": row.id, "version": row.version})
    return blocks.section(f"{row.reference}  {blocks.clip(mask(row.title), 100)}\n{''.join(_about(line, names))}") | {
        "accessory": blocks.button(OPEN_CARD, "Open", value)
    }


def _about(line: Line, names: dict[str, str]) -> Iterator[str]:
    row = line.row
    yield line.about or f"{row.stage.replace('_', ' ')}, opened {_day(row)}"
    if row.waiting and not line.about:
        yield ", waiting for the customer"
    if row.assignee:
        yield f", with {names.get(row.assignee, row.assignee)}"


def _day(row: IncidentRow) -> str:
    return row.opened_at.strftime("%-d %b")


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
    for row in tx.incidents.listing(customer_id=customer.id, limit=10):
        stage = words.phrase(f"stage.{row.stage}", language)
        line = blocks.line(blocks.span(f"{row.reference} ", strong=True), blocks.span(f"{row.title} — {stage}"))
        made.append(blocks.rich(line))
    return made
