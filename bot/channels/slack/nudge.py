"""What staff are reminded of: one line for what waits in an incident, and the numbers of each working morning."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.app import digest
from bot.app.desk import Desk
from bot.app.jobs import ShowNudge
from bot.app.nudges import waits
from bot.app.read import Case
from bot.channels.slack import blocks, story
from bot.channels.slack.room import Room
from bot.channels.slack.wire import Payload
from bot.core import facts as f
from bot.core.attention import Need, lapses_at
from bot.core.consent import request_lapses_at
from storage import IncidentRow, Transaction

NAMED = 5  # incidents of one kind that the digest names


@dataclass(frozen=True, slots=True)
class Told:
    """A message: `text` is what notifications and screen readers say."""

    text: str
    blocks: list[Payload]


def nudge(case: Case, order: ShowNudge) -> Told | None:
    """The line in the thread, with who it is for and the button that answers it; None where nothing waits by now."""
    if not waits(case.incident, case.history, order):
        return None
    said = _SAID[order.need](case, order.about)
    again = "" if order.times == 1 else ", reminded again"
    spans = [blocks.span(f"{said}{again}.", strong=True)]
    if case.incident.assignee:
        spans += [blocks.span(" — "), blocks.named(case.incident.assignee)]
    else:
        spans.append(blocks.span(" Nobody has taken it yet."))
    text = f"{case.incident.reference}: {said}"
    return Told(blocks.escape(blocks.clip(text, 300)), [blocks.rich(blocks.line(*spans)), *_button(case, order)])


def _button(case: Case, order: ShowNudge) -> Iterator[Payload]:
    """What answers it with one press; a diagnosis is started from the card, which says what that means."""
    value = json.dumps({"incident": case.incident.id, "version": case.incident.version})
    if order.need is not Need.START:
        yield blocks.actions("nudge", [blocks.button("reply", "Reply to the customer", value)])
    elif not case.incident.assignee:
        yield blocks.actions("nudge", [blocks.button("take", "Take", value)])


async def until_office_hours(room: Room, case: Case, order: ShowNudge, now: datetime) -> timedelta:
    """How long until whoever has the incident is at work, where they live; nothing when they are.

    What lapses before that is said at once: others may read it in time.
    """
    who, house = case.incident.assignee, case.incident.terms.house
    zone = str((await room.account(who)).get("tz") or "") if who in room.known else ""
    try:
        ZoneInfo(zone)
    except (ValueError, ZoneInfoNotFoundError):
        zone = house.timezone
    end = lapses_at(case.incident, order.need, order.about)
    wait = replace(house, timezone=zone).open_at(now) - now
    return wait if end is None or now + wait < end else timedelta()


def _unanswered(case: Case, about: str) -> str:
    wrote = next((e for e in case.history if isinstance(e.fact, f.CustomerWrote) and e.fact.message == about), None)
    at = story.moment(wrote.at, case.incident.terms.timezone) if wrote else "some time ago"
    return f"The customer has waited for an answer since {at}"


def _promised(case: Case, about: str) -> str:
    facts = (recorded.fact for recorded in case.history)
    promise = next((one for one in facts if isinstance(one, f.StaffWrote) and one.message == about), None)
    by = f" by {story.day(promise.promised_on)}" if promise and promise.promised_on else ""
    return f"The customer was promised to hear from us{by}"


def _unstarted(case: Case, _about: str) -> str:
    incident = case.incident
    at = story.moment(incident.ordered_at, incident.terms.timezone) if incident.ordered_at else "some time ago"
    return f"The diagnosis was ordered {at}, and nobody has started it"


def _quote_lapses(case: Case, about: str) -> str:
    quote = case.incident.quote_named(about)
    until = f" after {story.day(quote.valid_until)}" if quote else ""
    return f"Quote {about} lapses{until}, and the customer has not decided"


def _leave_lapses(case: Case, about: str) -> str:
    terms, consent = case.incident.terms, case.incident.consent_named(int(about))
    at = story.moment(request_lapses_at(consent, terms), terms.timezone) if consent else "soon"
    return f"Request for leave {about} lapses {at}, and the customer has not answered"


def _lacks_details(case: Case, _about: str) -> str:
    """Since when the customer was asked for it, which may have been more than once."""
    asked = [recorded.at for recorded in case.history if isinstance(recorded.fact, f.InvoiceHeld)]
    at = story.moment(asked[-1], case.incident.terms.timezone) if asked else "some time ago"
    return f"The invoice is not issued: the customer was asked {at} for what it lacks, and has not said it"


def _unpaid(case: Case, about: str) -> str:
    invoice = case.incident.invoice_named(about)
    by = f" by {story.day(invoice.promised_until)}" if invoice and invoice.promised_until else ""
    left = f"{story.amount(invoice.open)} of it is open" if invoice else "it is open"
    return f"Payment of {about} was promised{by}, and {left}"


_SAID: Mapping[Need, Callable[[Case, str], str]] = {
    Need.ANSWER: _unanswered,
    Need.PROMISE: _promised,
    Need.START: _unstarted,
    Need.QUOTE: _quote_lapses,
    Need.LEAVE: _leave_lapses,
    Need.DETAILS: _lacks_details,
    Need.PAYMENT: _unpaid,
}


# --- the morning's numbers ---


def digest_of(tx: Transaction, desk: Desk, now: datetime) -> Told:
    """The numbers, and the incidents behind those that ask for somebody."""
    counted = digest.digest(tx, desk, now)
    day = story.day(desk.terms.day_of(now))
    figures = blocks.fields(_figures(counted))
    named = [line for title, rows in _groups(counted) for line in _named(title, rows)]
    text = f"{day}: {counted.open} open, {len(counted.unanswered)} unanswered, {len(counted.nobodys)} nobody's"
    return Told(text=text, blocks=[blocks.header(f"Good morning: {day}"), figures, *named])


def _figures(counted: digest.Digest) -> Iterator[tuple[str, str]]:
    yield "Open", f"{counted.open}, {counted.opened or 'none'} since yesterday"
    yield "Nobody's yet", str(len(counted.nobodys))
    yield "Unanswered", str(len(counted.unanswered))
    yield "Ordered, not started", str(len(counted.to_start))
    yield "Promised to write", str(len(counted.promised))
    yield "Waiting for the customer", str(counted.waiting)
    yield "Due today", str(len(counted.due_today))
    owing = counted.owing
    late = f", {story.amount(owing.overdue)} overdue" if owing.overdue else ""
    papers = f" in {owing.invoices} invoice{'s' if owing.invoices > 1 else ''}" if owing.invoices else ""
    yield "Owed", f"{story.amount(owing.open)}{papers}{late}"


def _groups(counted: digest.Digest) -> tuple[tuple[str, Sequence[IncidentRow]], ...]:
    return (
        ("Unanswered", counted.unanswered),
        ("Ordered, not started", counted.to_start),
        ("Promised to write", counted.promised),
        ("Nobody's yet", counted.nobodys),
        ("Due today", counted.due_today),
    )


def _named(title: str, rows: Sequence[IncidentRow]) -> Iterator[Payload]:
    if not rows:
        return
    shown = ", ".join(row.reference for row in rows[:NAMED])
    more = f" and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
    yield blocks.context(f"{title}: {shown}{more}")
