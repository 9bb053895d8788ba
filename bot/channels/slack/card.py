"""The card: one incident as staff see it, with what can be done now and why the rest cannot."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from bot.app.masks import mask
from bot.app.read import Case
from bot.channels.slack import acts, blocks, fates, story
from bot.channels.slack.acts import Act
from bot.channels.slack.wire import Payload
from bot.core.contest import contested_part
from bot.core.diagnosis import may_start_unordered
from bot.core.facts import Language
from bot.core.incident import Consent, Incident, Invoice, Quote
from bot.core.letter import AT_WORK
from bot.core.lives import ConsentState, ContestState, InvoiceState, Stage
from storage import Direction, Via

_LANGUAGES = {Language.FR: "French", Language.EN: "English"}
LIVE = frozenset({ConsentState.REQUESTED, ConsentState.GRANTED})


@dataclass(frozen=True, slots=True)
class Card:
    """A message: `text` is what notifications and screen readers say."""

    text: str
    blocks: list[Payload]


def card(case: Case) -> Card:
    """The card of this case as it stands."""
    incident = case.incident
    title = f"{incident.reference} · {mask(incident.title)}"
    made = [blocks.header(title), _customer(case), blocks.fields(_fields(case))]
    if incident.report:
        report = blocks.clip(incident.report, 600)
        made.append(blocks.rich(blocks.line(blocks.span("Report", strong=True)), blocks.quote(report)))
    made.extend(blocks.context(why) for why in _waits(incident))
    made.extend(_buttons(case))
    return Card(text=blocks.escape(blocks.clip(f"{title} — {_stage(incident)}", 300)), blocks=made)


def unfurled(case: Case) -> list[Payload]:
    """What a link to this incident shows where staff alone read."""
    incident = case.incident
    open_it = json.dumps({"incident": incident.id, "version": incident.version})
    title = blocks.clip(mask(incident.title), 200)
    said = f"{incident.reference} · {title}\n{_stage(incident)}, {case.customer.address}"
    return [blocks.section(said) | {"accessory": blocks.button("show_incident", "Open", open_it)}]


def value(case: Case) -> str:
    """What a button carries: which incident, which version of it was shown, and in whose hands."""
    incident = case.incident
    return json.dumps({"incident": incident.id, "version": incident.version, "assignee": incident.assignee})


def _ask(act: Act, case: Case) -> Payload | None:
    """The question before an act that means money or an ending."""
    if act.asks is None:
        return None
    return blocks.confirm(f"{act.label}?", act.asks(case), act.label, "Not now")


def _buttons(case: Case) -> Iterator[Payload]:
    for block_id, row in zip(("main", "more"), acts.offered(case), strict=True):
        if row:
            first = row[0] if block_id == "main" else None
            yield blocks.actions(block_id, [_button(act, case, main=act is first) for act in row])


def _button(act: Act, case: Case, *, main: bool) -> Payload:
    """The one that comes next stands out, and what ends something."""
    style = act.style if main or act.style == "danger" else ""
    label = "Write off" if act.id == "close" and case.incident.invoice is not None else act.label
    return blocks.button(act.id, label, value(case), style=style, confirm=_ask(act, case))


def _customer(case: Case) -> Payload:
    """Names and addresses are other people's words: rich text, where nothing is markup."""
    customer = case.customer
    named = f"{customer.details.name} · {customer.address}" if customer.details.name else customer.address
    spans = [
        blocks.span("Customer ", strong=True),
        blocks.span(f"{blocks.clip(named, 300)} · {case.incident.kind} · {customer.reference}"),
    ]
    if case.incident.assignee:
        spans += [blocks.span("\nWith ", strong=True), blocks.named(case.incident.assignee)]
    else:
        spans.append(blocks.span("\nNobody has taken it yet"))
    return blocks.rich(blocks.line(*spans))


def _fields(case: Case) -> Iterator[tuple[str, str]]:
    incident = case.incident
    yield "Stage", _stage(incident)
    yield (
        "Way in",
        f"{incident.way_in} · answered by {fates.way(incident.channel)}, in {_LANGUAGES[incident.language]}",
    )
    if incident.previous is not None:
        since = "" if incident.recent else ", which ended too long ago to be the same problem"
        if incident.renews:
            since = f", whose quote {incident.renews} lapsed: its diagnosis is done and not charged again"
        yield "Follows", f"INC-{incident.previous}{since}"
    if incident.moved_from is not None:
        yield "Moved from", f"INC-{incident.moved_from}: another customer's, who must not learn of this one"
    yield "Diagnosis", _diagnosis(incident)
    yield "Leave", "\n".join(_consents(incident)) or "none asked"
    if incident.quote is not None:
        yield "Quote", _quote(incident.quote) + _mailed(case, ("quote_offered",))
    if incident.invoice is not None:
        yield "Invoice", _invoice(incident.invoice) + _mailed(case, ("invoice_issued", "invoice_credited"))
    yield "Support", case.customer.support
    last = next((message for message in reversed(case.messages) if message.direction is Direction.OUT), None)
    if last is not None:
        yield "Last notice", f"{last.subject.replace('_', ' ')}, by {fates.way(last.channel)}: {fates.fate(last)}"
    due = _next(incident)
    if due:
        yield "Next", due


def _stage(incident: Incident) -> str:
    words = incident.stage.replace("_", " ")
    if incident.stage in {Stage.CLOSED, Stage.CANCELLED} and incident.ended:
        return f"{words}: {blocks.clip(incident.ended.replace('_', ' '), 100)}"
    return f"{words}, waiting for the customer" if incident.waiting else words


def _diagnosis(incident: Incident) -> str:
    zone = incident.terms.timezone
    parts = [_price(incident)]
    steps = (
        ("announced", incident.announced_at),
        ("ordered", incident.ordered_at),
        ("started", incident.started_at),
    )
    parts.extend(f"{word} {story.moment(at, zone)}" for word, at in steps if at)
    if incident.outcome:
        parts.append(incident.outcome.replace("_", " "))
    return ", ".join(parts)


def _price(incident: Incident) -> str:
    if incident.waived:
        return "free: the same problem again"
    if incident.price.net:
        return story.price(incident.price)
    until = incident.terms.offer_until
    return f"free: offer until {story.day(until)}" if until else "free"


def _consents(incident: Incident) -> Iterator[str]:
    shown = [consent for consent in incident.consents if consent.state in LIVE] or list(incident.consents[-1:])
    for consent in shown[-3:]:
        yield f"{consent.state}: {_scope(consent)}, until {story.moment(consent.until, incident.terms.timezone)}"


def _scope(consent: Consent) -> str:
    granted = tuple(act for act in consent.acts if act.id in consent.granted) or consent.acts
    return blocks.clip(story.scope(granted, consent.places), 200)


def _quote(quote: Quote) -> str:
    return f"{quote.number} {quote.state}: {story.price(quote.price)}, valid until {story.day(quote.valid_until)}"


def _invoice(invoice: Invoice) -> str:
    still = f", {story.amount(invoice.open)} open" if invoice.open else ""
    state = invoice.state.replace("_", " ")
    return f"{invoice.number} {state}: {story.price(invoice.price)}{still}, due {story.day(invoice.due_on)}"


def _mailed(case: Case, notices: tuple[str, ...]) -> str:
    """What became of the mail that brought it."""
    sent = (m for m in reversed(case.messages) if m.direction is Direction.OUT and m.subject in notices)
    mail = next((m for m in sent if m.channel is Via.MAIL), None)
    return f". Mail {fates.fate(mail)}" if mail else ""


def _next(incident: Incident) -> str:
    """The next date that the calendar holds for this stage."""
    zone, terms = incident.terms.timezone, incident.terms
    if incident.stage is Stage.ANNOUNCED and incident.announced_at:
        days = terms.announcement_lapse_days
        return f"lapses {days} days after the announcement of {story.moment(incident.announced_at, zone)}"
    if incident.waiting is not None:
        return f"answer awaited since {story.moment(incident.waiting.asked_at, zone)}"
    if incident.stage is Stage.QUOTED and incident.quote is not None:
        return f"quote lapses after {story.day(incident.quote.valid_until)}"
    if incident.stage is Stage.WITHDRAWN and incident.withdrawal is not None:
        return f"the work counts as not done after {story.moment(incident.withdrawal.settles_by, zone)}"
    if incident.invoice is not None and incident.invoice.open:
        return f"payment due {story.day(incident.invoice.due_on)}"
    return ""


def _waits(incident: Incident) -> Iterator[str]:
    """Why what is not on the card cannot be done."""
    if incident.paused:
        yield "Paused: a mail says stop. Leave hosted data alone until the customer answers or you lift it."
    if incident.held:
        yield "The customer says the decision was not theirs: stop work. A manager settles whether it stands."
    if incident.lost is not None:
        yield "Mail to the customer comes back. Reach them another way, then say that the address works again."
    if incident.stage is Stage.OPENED and incident.unannounced_at is not None:
        yield "The price announcement did not reach the customer: nothing can start. Left so, the incident lapses."
    elif incident.stage is Stage.OPENED:
        yield "Start waits for the price announcement to be delivered, then for the customer's order."
    if incident.stage is Stage.ANNOUNCED and not may_start_unordered(incident):
        yield "Start waits for the customer's order."
    if incident.stage is Stage.DIAGNOSING and not incident.report:
        yield "A quote waits for the diagnosis report: conclude first, with the outcome “quote”."
    if incident.stage is Stage.DIAGNOSING and incident.quote is not None:
        yield f"Quote {incident.quote.number} is being prepared; it goes out by itself."
    if incident.stage in AT_WORK and not any(k.state is ConsentState.GRANTED for k in incident.consents):
        yield "Acts on hosted data wait for the customer's leave."
    if incident.stage is Stage.WITHDRAWN:
        yield "The customer withdrew: work has stopped. The invoice waits for you to say how much was done before."
    if incident.stage is Stage.QUOTED:
        yield "Work waits for the customer to accept the quote."
    yield from _waits_for_money(incident)


def _waits_for_money(incident: Incident) -> Iterator[str]:
    for fault in story.faults(incident.invoice_faults):
        yield f"The invoice waits: {fault}"
    for back in incident.owed_back:
        much = story.amount(back.owed_back)
        yield f"{much} came in for {back.number}, taken back: pay that back, or carry it over."
    part = contested_part(incident)
    if part is not None and incident.contest is not None:
        of = f" in part ({story.price(part.price)})" if incident.contest.lines else ""
        yield f"Contested{of}: reminders have stopped. The customer confirms or withdraws, or a manager concedes."
    invoice = incident.invoice
    if incident.contest is not None and incident.contest.state is ContestState.EFFECTIVE:
        owed = f"{story.amount(invoice.open)} is left to pay" if invoice and invoice.open else "nothing is owed"
        yield f"The contest is final: {owed}, and this customer has no more support."
    elif incident.contest is not None and incident.contest.lost:
        yield "The contest of a part was confirmed before, and final: support ended with it."
    if invoice is not None and invoice.open and invoice.promised_until is not None:
        yield f"They said that they pay by {story.day(invoice.promised_until)}: no reminders until then."
    if invoice is not None and invoice.open and invoice.held_until is not None:
        yield f"Reminders held until {story.day(invoice.held_until)}: {blocks.clip(invoice.held_why, 200)}"
    if invoice is not None and invoice.state is InvoiceState.WRITTEN_OFF:
        yield "The invoice was written off."
