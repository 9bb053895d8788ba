"""The staff's modals: what each asks, and what it says about money before it is sent."""

import json
from collections.abc import Callable, Mapping, Sequence

from bot.app.read import Case
from bot.channels.slack import blocks, leave, story, writing
from bot.channels.slack.acts import Act
from bot.channels.slack.room import Room
from bot.channels.slack.wire import Payload
from bot.channels.slack.writing import Given
from bot.core.contest import contested_part
from bot.core.disown import ORDER
from bot.core.facts import Language, Outcome, WayIn
from bot.core.lives import Stage
from bot.core.part import left

PREVIEW = "preview_quote"
CARRIED_NAME = 60

OUTCOMES: Mapping[Outcome, str] = {
    Outcome.OUR_FAULT: "Our fault: repair under warranty, nothing owed",
    Outcome.SOLVED: "Solved during the diagnosis: the diagnosis is owed",
    Outcome.QUOTE: "Not solved: a quote will follow",
    Outcome.NO_QUOTE: "No quote: nothing owed",
    Outcome.NO_COMPETENCE: "No competence in house: nothing owed",
    Outcome.INCONCLUSIVE: "Cannot conclude: nothing owed",
}


def form(room: Room, case: Case, act: Act, given: Given, source: str = "", posted: Sequence[Payload] = ()) -> Payload:
    """The modal of an act, with what is given already filled in; `posted` came with the words it has."""
    carried: dict[str, object] = {"incident": case.incident.id, "version": case.incident.version}
    if source:
        carried |= {"source": source}
    if posted:
        carried |= {"files": [_carried(file) for file in posted[: room.desk.files.most + 1]]}  # one more is refused
        given = {**given, "files": ", ".join(str(file.get("name") or "?") for file in posted)}
    return blocks.modal(
        act.id,
        _title(act, case),
        [blocks.context(f"{case.incident.reference} · {case.incident.title}"), *_FORMS[act.id](room, case, given)],
        metadata=json.dumps(carried, ensure_ascii=False),
        submit=_SUBMITS.get(act.id, "Do it"),
        close="Not now",
    )


def _carried(file: Payload) -> Payload:
    """What a modal takes along of a file, in the little room it has; the rest is asked for by its id.

    Of a long name the end: it tells what would run.
    """
    return {"id": file.get("id"), "name": str(file.get("name") or "?")[-CARRIED_NAME:], "size": file.get("size")}


def new_incident(given: Given) -> Payload:
    """Staff open an incident for somebody who called."""
    return blocks.modal(
        "new_incident",
        "New incident",
        [
            blocks.context("The customer is told the price by mail; nothing starts before they order."),
            blocks.field("address", "The customer's mail address", blocks.typed(initial=given.get("address", ""))),
            blocks.field("title", "Title", blocks.typed(most=120)),
            blocks.field("description", "What the customer says", blocks.typed(lines=True)),
            blocks.field("way_in", "Way in", blocks.one_of(_ways(), WayIn.DIAGNOSE)),
        ],
        metadata="{}",
        submit="Open",
        close="Not now",
    )


def _ways() -> list[Payload]:
    return [
        blocks.option(WayIn.DIAGNOSE, "Does not know where the problem is"),
        blocks.option(WayIn.WARRANTY, "Thinks it is our fault"),
    ]


def _title(act: Act, case: Case) -> str:
    if act.id == "close" and case.incident.stage is Stage.INVOICED:
        return "Write the invoice off"
    return act.label


def _conclude(_room: Room, case: Case, given: Given) -> list[Payload]:
    price = "nothing (free)" if case.incident.waived else story.price(case.incident.price)
    options = [blocks.option(outcome, words) for outcome, words in OUTCOMES.items()]
    return [
        blocks.context(f"The diagnosis: {price}. What it costs follows from the outcome."),
        blocks.field("outcome", "What the diagnosis found", blocks.one_of(options, given.get("outcome", ""))),
        _report("The report, sent to the customer as it is", given),
    ]


def _correct_outcome(_room: Room, case: Case, given: Given) -> list[Payload]:
    options = [
        blocks.option(outcome, words) for outcome, words in OUTCOMES.items() if outcome != case.incident.outcome
    ]
    return [
        blocks.context(
            "For managers only. What was billed is taken back by a credit note, what the new outcome leaves owed is"
            " billed anew, and the customer is told in one mail."
        ),
        blocks.field("outcome", "What the diagnosis really found", blocks.one_of(options, given.get("outcome", ""))),
        *_reason("")(_room, case, given)[1:],
    ]


def _move(_room: Room, case: Case, given: Given) -> list[Payload]:
    """Asked twice whose it is: two customers may have one name."""
    customer = case.customer
    return [
        blocks.context(
            f"{case.incident.reference} ends for {customer.reference}, {customer.address}: they are told that it was"
            " opened in their name by mistake, and their links stop working. The right customer is told the price of"
            " an incident of their own: they see what you write here and nothing of this one, whose files stay here."
        ),
        blocks.field(
            "customer",
            "The right customer's reference",
            blocks.typed(initial=given.get("customer", ""), placeholder="C-42", most=20),
        ),
        blocks.field(
            "address",
            "Their address on file, to be sure",
            blocks.typed(initial=given.get("address", "")),
            hint="Both must be the same customer's",
        ),
        blocks.field(
            "title", "Title, for the right customer", blocks.typed(initial=given.get("title", ""), most=120)
        ),
        blocks.field(
            "description",
            "What it is about, for the right customer",
            blocks.typed(lines=True, initial=given.get("description", "")),
        ),
        blocks.field(
            "reason",
            "Reason, for staff alone",
            blocks.typed(lines=True, initial=given.get("reason", "")),
        ),
    ]


def _report(label: str, given: Given) -> Payload:
    return blocks.field("report", label, blocks.typed(lines=True, initial=given.get("report", "")))


def _send_quote(room: Room, case: Case, given: Given) -> list[Payload]:
    """One submit sends it; the button shows before what the amounts come to, the thread shows it in any case."""
    days = given.get("validity_days", "") or str(case.incident.terms.quote_validity_days)
    in_french = case.incident.language is Language.FR
    options = [blocks.option(preset.id, preset.fr if in_french else preset.en) for preset in room.presets[:100]]
    preset = blocks.field(
        "preset",
        "Work kept ready",
        blocks.one_of(options, given.get("preset", "")),
        hint="Its lines come first, those written below after them",
        optional=True,
    )
    return [
        *([preset] if options else []),
        blocks.field(
            "lines",
            "Lines",
            blocks.typed(lines=True, initial=given.get("lines", ""), placeholder="Restore the database | 2 | 80,00"),
            hint="One item a line: label | quantity | unit price, without VAT; | 5.5 behind it for another rate",
            optional=bool(options),
        ),
        blocks.field("validity_days", "Valid for how many days", blocks.typed(initial=days, most=3)),
        blocks.field(
            "note", "A note for the customer", blocks.typed(lines=True, initial=given.get("note", "")), optional=True
        ),
        blocks.actions("preview", [blocks.button(PREVIEW, "Show what it comes to", "{}")]),
        *([blocks.naming(given["preview"], ())] if given.get("preview") else []),
    ]


def _finish_work(_room: Room, _case: Case, given: Given) -> list[Payload]:
    return [_report("What was done, sent to the customer as it is", given)]


def _record_payment(room: Room, case: Case, given: Given) -> list[Payload]:
    invoice = case.incident.invoice
    still = story.amount(invoice.open) if invoice else "nothing"
    today = case.incident.terms.day_of(room.clock()).isoformat()
    return [
        blocks.context(f"Still open: {still}"),
        blocks.field("amount", "Amount received", blocks.typed(initial=given.get("amount", ""), most=40)),
        blocks.field("received_on", "Received on", blocks.day(given.get("received_on", today))),
    ]


def _hold_reminders(_room: Room, case: Case, given: Given) -> list[Payload]:
    return [
        blocks.context(f"{_owed(case)} The customer is not told. A newer hold replaces this one; today ends it."),
        blocks.field("until", "No reminders up to and including", blocks.day(given.get("until", ""))),
        blocks.field("reason", "Why, for us alone", blocks.typed(lines=True, initial=given.get("reason", ""))),
    ]


def _note_promise(_room: Room, case: Case, given: Given) -> list[Payload]:
    return [
        blocks.context(f"{_owed(case)} The customer gets a receipt. Unpaid after that day, one reminder follows."),
        blocks.field("until", "Paid by", blocks.day(given.get("until", ""))),
        blocks.field("words", "What they said, for us alone", blocks.typed(lines=True), optional=True),
    ]


def _owed(case: Case) -> str:
    invoice = case.incident.invoice
    return f"{invoice.number}: {story.amount(invoice.open)} open." if invoice else "Nothing is open."


def _record_refund(room: Room, case: Case, given: Given) -> list[Payload]:
    owed = case.incident.owed_back
    still = ", ".join(f"{story.amount(invoice.owed_back)} of {invoice.number}" for invoice in owed)
    first = str(owed[0].owed_back.amount) if owed else ""
    today = case.incident.terms.day_of(room.clock()).isoformat()
    options = [blocks.option(one.number, f"{one.number}: {story.amount(one.owed_back)}") for one in owed]
    which = blocks.field("number", "Of which invoice", blocks.one_of(options, given.get("number", "")))
    return [
        blocks.context(f"To pay back: {still}. What is carried over is recorded here, and as the other's payment."),
        *([which] if len(owed) > 1 else []),
        blocks.field("amount", "Amount paid back", blocks.typed(initial=given.get("amount", first), most=40)),
        blocks.field("refunded_on", "Paid back on", blocks.day(given.get("refunded_on", today))),
    ]


def _concede(_room: Room, case: Case, given: Given) -> list[Payload]:
    """What the customer contests, or other lines, or less than that; what remains stays due."""
    invoice, contest = case.incident.invoice, case.incident.contest
    there = left(invoice) if invoice else {}
    part = contested_part(case.incident)
    of = f"They contest {story.price(part.price)}. " if part else ""
    lines = contest.lines if contest and contest.lines else tuple(there)
    chosen = given.get("lines", "\n".join(str(at) for at in lines)).split()
    options = [
        blocks.priced(at, invoice.lines[at - 1].label, f"{story.amount(net)} excl. VAT")
        for at, net in list(there.items())[:100]
        if invoice
    ]
    several = blocks.field(
        "lines",
        "What is taken back",
        blocks.some_of(options, chosen),
        hint="Without a choice, what the customer contests",
        optional=True,
    )
    return [
        blocks.context(
            f"{of}A credit note is issued and support is kept: for managers only. What it does not take back stays"
            " due, and reminders go on after a pause. The customer is told why."
        ),
        *([several] if len(options) > 1 else []),
        blocks.field(
            "net",
            "No more of it than",
            blocks.typed(initial=given.get("net", ""), most=40),
            hint="A smaller sum you agreed on, without VAT; it is shared between the lines as they weigh",
            optional=True,
        ),
        *_reason("")(_room, case, given)[1:],
    ]


def _reason(words: str) -> Callable[[Room, Case, Given], list[Payload]]:
    def asked(_room: Room, _case: Case, given: Given) -> list[Payload]:
        field = blocks.field(
            "reason",
            "Reason, sent to the customer as it is",
            blocks.typed(lines=True, initial=given.get("reason", "")),
        )
        return [blocks.context(words), field]

    return asked


def _settle_disowned(_room: Room, case: Case, given: Given) -> list[Payload]:
    about = case.incident.disowned.about if case.incident.disowned else ""
    what = "the order of the diagnosis" if about == ORDER else f"the acceptance of quote {about}"
    options = [
        blocks.option("yes", "It stands: the customer did decide it, work goes on"),
        blocks.option("no", "It does not: all ends here, nothing is owed for it"),
    ]
    return [
        blocks.context(
            f"The customer says that {what} was not theirs. For managers only; nothing is billed meanwhile."
        ),
        blocks.field("stands", "What you found out", blocks.one_of(options, given.get("stands", ""))),
        *_reason("Speak to the customer first.")(_room, case, given)[1:],
    ]


def _settle_withdrawal(_room: Room, case: Case, given: Given) -> list[Payload]:
    incident, withdrawal = case.incident, case.incident.withdrawal
    quote = incident.quote_named(withdrawal.quote) if withdrawal else None
    of = f" of {story.price(quote.price)}" if quote else ""
    until = f" Without an answer by {story.day(incident.terms.day_of(withdrawal.settles_by))}" if withdrawal else ""
    return [
        blocks.context(f"The customer withdrew and owes this share{of}, and the diagnosis.{until} it counts as 0 %."),
        blocks.field(
            "done_percent",
            "How much was done before they withdrew, in percent",
            blocks.typed(initial=given.get("done_percent", "0"), most=3),
            hint="In doubt less: what is billed must be shown to have been done",
        ),
        _report("What was done, sent to the customer as it is", given),
    ]


def _close(_room: Room, case: Case, given: Given) -> list[Payload]:
    words = _CLOSING.get(
        case.incident.stage, "The incident is cancelled and nothing is owed. The customer is told why."
    )
    return _reason(words)(_room, case, given)


_CLOSING: Mapping[Stage, str] = {
    Stage.DIAGNOSING: "The diagnosis ends without a conclusion and nothing is owed. The customer is told why.",
    Stage.QUOTED: "The quote is taken back and nothing is owed. The customer is told why.",
    Stage.WORKING: "We give the work up: nothing is owed for it, the diagnosis stays owed. The customer is told why.",
    Stage.REPAIRING: "The repair under warranty is finished. The customer reads this as the report.",
    Stage.INVOICED: "The invoice is written off: for managers only.",
}

_SUBMITS: Mapping[str, str] = {
    "reply": "Send",
    "send_quote": "Send",
    "ask_customer": "Send",
    "ask_consent": "Send",
    "conclude": "Conclude",
    "move": "Move",
}

_FORMS: Mapping[str, Callable[[Room, Case, Given], list[Payload]]] = {
    "conclude": _conclude,
    "send_quote": _send_quote,
    "ask_consent": leave.ask,
    "record_act": leave.record,
    "ask_customer": writing.question,
    "reply": writing.reply,
    "finish_work": _finish_work,
    "record_payment": _record_payment,
    "hold_reminders": _hold_reminders,
    "note_promise": _note_promise,
    "record_refund": _record_refund,
    "cancel_quote": _reason("The quote is taken back; nothing is owed. The customer is told why."),
    "concede": _concede,
    "reinstate": _reason("The customer's support is given back: for managers only. The customer is told why."),
    "withdraw_consent": _reason("The request is taken back before it was answered. The customer is told why."),
    "settle_disowned": _settle_disowned,
    "settle_withdrawal": _settle_withdrawal,
    "go_on": _reason("You made sure that the customer did not ask to stop, or they told you to go on: say how."),
    "correct_outcome": _correct_outcome,
    "move": _move,
    "same_problem": _reason("This diagnosis becomes free: it is the same problem as before. The customer is told."),
    "close": _close,
}
