"""From a filled-in staff modal to the command it means, or to what is wrong with which field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from bot.app.moving import Wish
from bot.app.read import Case
from bot.channels.slack import story, writing
from bot.channels.slack.amounts import read_amount, read_lines
from bot.channels.slack.leave import MOST_ACTS, MOST_PLACES
from bot.channels.slack.payloads import choice, number_in
from bot.channels.slack.room import Preset, Room
from bot.channels.slack.speech import PublicMessage
from bot.core import commands as c
from bot.core.consent import last_end
from bot.core.facts import Actor, Language, Outcome
from bot.core.lives import ConsentState
from bot.core.money import Line, Money
from bot.core.part import take
from bot.core.place import LONGEST_PLACE, is_plain, named

LONGEST_PROMISE = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What was filled in, by whom, looking at which version; `source` names the words for ever."""

    room: Room
    case: Case
    actor: Actor
    version: int | None
    source: str
    entries: Mapping[str, str]

    def text(self, name: str) -> str:
        return self.entries.get(name, "").strip()

    @property
    def language(self) -> Language:
        """That of what is kept ready."""
        return choice(Language, self.text("language"), self.case.incident.language)


@dataclass(frozen=True, slots=True)
class WrongFieldError(Exception):
    """A field that cannot be taken, and why, for whoever filled it in."""

    field: str
    why: str


def order(name: str, filled: Filled) -> c.Command:
    """The command. Raises WrongFieldError."""
    return _ORDERS[name](filled)


def move(by: Filled) -> Wish:
    """Whose the incident is, and what they read of it. Raises WrongFieldError."""
    return Wish(
        customer=_needed(by, "customer"),
        address=_needed(by, "address"),
        title=_needed(by, "title"),
        text=_needed(by, "description"),
        reason=_needed(by, "reason"),
    )


def _conclude(by: Filled) -> c.Command:
    outcome = _chosen(by, "outcome", tuple(Outcome))
    return c.ConcludeDiagnosis(
        actor=by.actor, expected=by.version, outcome=Outcome(outcome), report=_needed(by, "report")
    )


def _send_quote(by: Filled) -> c.Command:
    terms = by.case.incident.terms
    days = _days(by)
    preset = _preset(by)
    if preset is not None and preset.validity_days is not None and days == terms.quote_validity_days:
        days = preset.validity_days
    return c.DraftQuote(
        actor=by.actor,
        expected=by.version,
        number="",
        lines=quote_lines(by),
        validity_days=days,
        note=by.text("note"),
    )


def quote_lines(by: Filled) -> tuple[Line, ...]:
    """The preset's lines, then those that were typed, at the customer's rates. Raises WrongFieldError."""
    incident = by.case.incident
    currency, usual = incident.terms.diagnosis_price.currency, incident.terms.vat_rate
    try:
        typed = read_lines(by.text("lines"), currency, usual)
    except ValueError as wrong:
        raise WrongFieldError("lines", str(wrong)) from None
    lines = (*_preset_lines(by, currency, usual), *typed)
    if not lines:
        raise WrongFieldError("lines", "Write at least one line: label | quantity | unit price")
    return tuple(replace(line, vat_rate=incident.vat.rate(line.vat_rate)) for line in lines)


def _preset(by: Filled) -> Preset | None:
    return next((preset for preset in by.room.presets if preset.id == by.text("preset")), None)


def _preset_lines(by: Filled, currency: str, usual: Decimal) -> tuple[Line, ...]:
    preset, in_french = _preset(by), by.case.incident.language is Language.FR
    return tuple(
        Line(
            label=line.fr if in_french else line.en,
            quantity=line.quantity,
            unit=Money.of(line.unit_price, currency),
            vat_rate=usual if line.vat_rate is None else line.vat_rate,
        )
        for line in (preset.lines if preset else ())
    )


def _days(by: Filled) -> int:
    days = number_in(by.text("validity_days"))
    if days is None or not 1 <= days <= 365:
        raise WrongFieldError("validity_days", "A whole number of days, from 1 to 365")
    return days


def _ask_consent(by: Filled) -> c.Command:
    acts = tuple(by.room.desk.intervention(act) for act in dict.fromkeys(by.text("acts").splitlines()))
    known = tuple(act for act in acts if act is not None)
    if not known or len(known) != len(acts):
        raise WrongFieldError("acts", "Choose what is to be done")
    if len(known) > MOST_ACTS:
        raise WrongFieldError("acts", f"At most {MOST_ACTS} in one request")
    return c.RequestConsent(
        actor=by.actor,
        expected=by.version,
        acts=known,
        places=_places(by),
        until=_until(by),
        why=_needed(by, "why"),
    )


def _places(by: Filled) -> tuple[str, ...]:
    """One a line, each once however it is written."""
    lines = [line.strip() for line in by.text("places").splitlines() if line.strip()]
    places = {named(line): _place("places", line) for line in reversed(lines)}
    if not places:
        raise WrongFieldError("places", "Name at least one place")
    if len(places) > MOST_PLACES:
        raise WrongFieldError("places", f"At most {MOST_PLACES} places in one request")
    return tuple(reversed(places.values()))


def _place(field: str, text: str) -> str:
    """What the customer sees must be what is meant."""
    if len(text) > LONGEST_PLACE:
        raise WrongFieldError(field, f"A place has at most {LONGEST_PLACE} characters: “{text[:40]}…”")
    if not is_plain(text):
        raise WrongFieldError(field, f"There is a character in it that cannot be seen: {text[:40]!a}")
    return text


def _until(by: Filled) -> datetime:
    terms, now = by.case.incident.terms, by.room.clock()
    latest = last_end(by.case.incident, now)
    day = _date(by, "until")
    if not terms.day_of(now) <= day <= terms.day_of(latest):
        raise WrongFieldError("until", f"Choose a day from today to {story.day(terms.day_of(latest))}")
    return terms.end_of(day)


def _record_act(by: Filled) -> c.Command:
    act = by.room.desk.intervention(by.text("act"))
    if act is None:
        raise WrongFieldError("act", "Choose what was done")
    place = _place("place", _needed(by, "place"))
    return c.RecordAct(actor=by.actor, expected=by.version, act=act, place=place, note=by.text("note"))


def _ask_customer(by: Filled) -> c.Command:
    return c.AskCustomer(actor=by.actor, expected=by.version, question=_needed(by, "text"), message=by.source)


def reply_text(by: Filled) -> str:
    """The words that go out: those written, else those kept ready. Raises WrongFieldError."""
    canned = next((reply for reply in by.room.canned if reply.id == by.text("canned")), None)
    kept = "" if canned is None else canned.fr if by.language is Language.FR else canned.en
    text = writing.words(by.entries) or kept
    if not text:
        raise WrongFieldError("text", "Write the words, or choose a reply kept ready")
    return text


def _reply(by: Filled) -> c.Command:
    said = PublicMessage(text=reply_text(by), source=by.source, promised_on=promised_on(by))
    return said.as_command(by.actor)


def promised_on(by: Filled) -> date | None:
    """The day by which the customer hears from us again, where one is promised. Raises WrongFieldError."""
    if not by.text("promised_on"):
        return None
    day, today = _date(by, "promised_on"), by.case.incident.terms.day_of(by.room.clock())
    if not today <= day <= today + LONGEST_PROMISE:
        raise WrongFieldError("promised_on", f"Choose a day from today to {story.day(today + LONGEST_PROMISE)}")
    return day


def _finish_work(by: Filled) -> c.Command:
    return c.FinishWork(actor=by.actor, expected=by.version, report=_needed(by, "report"))


def _cancel_quote(by: Filled) -> c.Command:
    return c.CancelQuote(actor=by.actor, expected=by.version, reason=_needed(by, "reason"))


def _record_payment(by: Filled) -> c.Command:
    day = _date(by, "received_on")
    return c.RecordPayment(actor=by.actor, expected=by.version, amount=_amount(by), received_on=day)


def _record_refund(by: Filled) -> c.Command:
    day = _date(by, "refunded_on")
    owed = tuple(invoice.number for invoice in by.case.incident.owed_back)
    number = _chosen(by, "number", owed) if len(owed) > 1 else by.text("number")
    return c.RecordRefund(actor=by.actor, expected=by.version, amount=_amount(by), refunded_on=day, number=number)


def _amount(by: Filled) -> Money:
    currency = by.case.incident.terms.diagnosis_price.currency
    try:
        return read_amount(by.text("amount"), currency)
    except ValueError as wrong:
        raise WrongFieldError("amount", str(wrong)) from None


def _hold_reminders(by: Filled) -> c.Command:
    until = _date(by, "until")
    return c.HoldReminders(actor=by.actor, expected=by.version, until=until, reason=_needed(by, "reason"))


def _note_promise(by: Filled) -> c.Command:
    until = _date(by, "until")
    return c.PromisePayment(actor=by.actor, expected=by.version, until=until, words=by.text("words"))


def _concede(by: Filled) -> c.Command:
    lines = tuple(at for at in map(number_in, by.text("lines").split()) if at is not None)
    reason = _needed(by, "reason")
    return c.Concede(actor=by.actor, expected=by.version, number="", reason=reason, lines=lines, net=_less(by, lines))


def _less(by: Filled, lines: tuple[int, ...]) -> Money | None:
    """The smaller sum that was agreed on, if one was, and what it must be smaller than."""
    invoice, contest = by.case.incident.invoice, by.case.incident.contest
    if not by.text("net") or invoice is None or contest is None:
        return None
    part = take(invoice, lines or contest.lines)
    try:
        net = read_amount(by.text("net"), invoice.paid.currency)
    except ValueError as wrong:
        raise WrongFieldError("net", str(wrong)) from None
    if part is None or net > part.price.net:
        most = story.amount(part.price.net) if part else "nothing"
        raise WrongFieldError("net", f"That is more than these lines come to: {most} excl. VAT")
    return net


def _same_problem(by: Filled) -> c.Command:
    return c.WaiveDiagnosis(actor=by.actor, expected=by.version, reason=_needed(by, "reason"))


def _correct_outcome(by: Filled) -> c.Command:
    outcome = _chosen(by, "outcome", tuple(Outcome))
    return c.CorrectOutcome(
        actor=by.actor, expected=by.version, number="", outcome=Outcome(outcome), reason=_needed(by, "reason")
    )


def _go_on(by: Filled) -> c.Command:
    return c.EndPause(actor=by.actor, expected=by.version, reason=_needed(by, "reason"))


def _settle_disowned(by: Filled) -> c.Command:
    stands = _chosen(by, "stands", ("yes", "no")) == "yes"
    return c.SettleDisowned(actor=by.actor, expected=by.version, stands=stands, reason=_needed(by, "reason"))


def _settle_withdrawal(by: Filled) -> c.Command:
    percent = number_in(by.text("done_percent").removesuffix("%").strip())
    if percent is None or percent > 100:
        raise WrongFieldError("done_percent", "A whole number, from 0 to 100")
    report = _needed(by, "report")
    return c.SettleWithdrawal(actor=by.actor, expected=by.version, done_percent=percent, report=report)


def _withdraw_consent(by: Filled) -> c.Command:
    asked = next((k.number for k in by.case.incident.consents if k.state is ConsentState.REQUESTED), 0)
    return c.WithdrawConsentRequest(actor=by.actor, expected=by.version, number=asked, reason=_needed(by, "reason"))


def _needed(by: Filled, name: str) -> str:
    text = by.text(name)
    if not text:
        raise WrongFieldError(name, "This cannot stay empty")
    return text


def _chosen(by: Filled, name: str, among: tuple[str, ...]) -> str:
    if by.text(name) not in among:
        raise WrongFieldError(name, "Choose one")
    return by.text(name)


def _date(by: Filled, name: str) -> date:
    try:
        return date.fromisoformat(by.text(name))
    except ValueError:
        raise WrongFieldError(name, "Choose a day") from None


_ORDERS: Mapping[str, Callable[[Filled], c.Command]] = {
    "conclude": _conclude,
    "send_quote": _send_quote,
    "ask_consent": _ask_consent,
    "record_act": _record_act,
    "ask_customer": _ask_customer,
    "reply": _reply,
    "finish_work": _finish_work,
    "cancel_quote": _cancel_quote,
    "record_payment": _record_payment,
    "hold_reminders": _hold_reminders,
    "note_promise": _note_promise,
    "record_refund": _record_refund,
    "concede": _concede,
    "correct_outcome": _correct_outcome,
    "same_problem": _same_problem,
    "go_on": _go_on,
    "settle_disowned": _settle_disowned,
    "settle_withdrawal": _settle_withdrawal,
    "withdraw_consent": _withdraw_consent,
}
