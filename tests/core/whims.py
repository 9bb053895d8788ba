"""Random orders to an incident: mostly plausible ones at its stage, by anybody, about anything, at any time."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum
from random import Random
from typing import Any, TypeVar

from bot.core import commands as c
from bot.core import facts as f
from bot.core.disown import decision
from bot.core.letter import ALLOWED
from bot.core.lives import Stage
from bot.core.money import Money
from bot.core.terms import GoAhead, Kind, Terms
from tests.builders import (
    CREDIT_NOTE,
    CUSTOMER,
    CUT_OFF,
    EDIT,
    EVIDENCE,
    INVOICE,
    LINES,
    MANAGER,
    MONDAY,
    ORDERS,
    READ,
    REBOOT,
    SEARCH_MAIL,
    SHOWN,
    STAFF,
    SUSPEND,
    a_play,
)
from tests.play import Play

E = TypeVar("E", bound=StrEnum)

ACTORS = (CUSTOMER, STAFF, MANAGER, f.BOT, f.CALENDAR)
ACTS = (READ, EDIT, REBOOT, SUSPEND, SEARCH_MAIL, CUT_OFF)
RARE = frozenset(
    {
        # at home at every stage, they change nothing
        c.ReportDelivery,
        c.ReportDelay,
        c.ReportComplaint,
        c.NoteCustomerWords,
        c.ProposeContact,
        c.SettleContact,
        c.DoubtDecision,
        c.ReferDecision,
        c.NameOtherIncident,
        c.WriteToCustomer,
        c.FallDue,
        c.FilePaper,
        c.HoldNotice,
        c.ReportBounce,
        c.LoseAddress,
        # given as often as the others, they would make every life a short one
        c.EndSupport,
        c.CancelIncident,
        c.MoveIncident,
        c.ConcludeDiagnosis,
        c.AcceptQuote,
        c.DeclineQuote,
        c.CancelQuote,
        c.FinishWork,
        c.WriteOff,
        c.CorrectOutcome,
        c.Disown,
    }
)
PLACES = ("shop", "/var/www")


KNOWN = tuple(order for order in ORDERS if type(order) in ALLOWED)
PLAUSIBLE = {stage: tuple(order for order in KNOWN if stage in ALLOWED[type(order)][1]) for stage in Stage}


def a_life(rng: Random, *, orders: int) -> Play:
    """Brings an incident somewhere and lets whims happen to it."""
    stage, now = _one(rng, Stage), MONDAY + timedelta(hours=rng.randrange(24 * 14))
    terms = _terms(rng, offer=stage not in {Stage.INVOICED, Stage.CLOSED})
    play = a_play(at=stage, now=now, terms=terms, kind=_one(rng, Kind), way_in=_one(rng, f.WayIn))
    for _ in range(orders):
        if rng.random() < 0.1:
            play.wait(hours=rng.choice((1, 30, 24 * 8, 24 * 20)))
        elif rng.random() < 0.05:
            play.outage(days=rng.choice((3, 16, 40)))
        else:
            play.order(a_whim(rng, play))
    return play


def a_whim(rng: Random, play: Play) -> c.Command:
    """An order; mostly one that this stage knows, from somebody who may give it."""
    plausible = PLAUSIBLE[play.incident.stage]
    telling = [order for order in plausible if type(order) not in RARE or rng.random() < 0.3]
    order = rng.choice((telling or plausible) if rng.random() < 0.85 else KNOWN)
    roles, _ = ALLOWED[type(order)]
    may = [actor for actor in ACTORS if actor.role in roles]
    order = replace(order, actor=rng.choice(may if rng.random() < 0.9 else ACTORS))
    if rng.random() < 0.1:
        order = replace(order, expected=play.incident.version - rng.randrange(2))
    vary = _VARIED.get(type(order))
    changes: dict[str, Any] = vary(rng, play) if vary else {}
    return replace(order, **changes)


def _terms(rng: Random, *, offer: bool) -> Terms:
    until = date(2010, 6, 20) if offer and rng.random() < 0.5 else None
    return Terms(offer_until=until, go_ahead=rng.choice((GoAhead.ORDER, GoAhead.ORDER, GoAhead.ANNOUNCE)))


def _one(rng: Random, kinds: type[E]) -> E:
    return rng.choice(list(kinds))


def _some(rng: Random, pool: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(one for one in pool if rng.random() < 0.6)


def _delivery(rng: Random, _play: Play) -> dict[str, Any]:
    notice, instead = rng.choice(("incident_opened", "staff_wrote")), rng.choice((CUSTOMER.name, ""))
    return {"delivered": rng.random() < 0.8, "notice": notice, "instead": instead}


def _bounce(rng: Random, _play: Play) -> dict[str, Any]:
    notice = rng.choice(("incident_opened", "quote_offered"))
    return {"notice": notice, "address": rng.choice((CUSTOMER.name, ""))}


def _diagnosis(rng: Random, play: Play) -> dict[str, Any]:
    price = play.incident.terms.price_at(play.now).net.cents
    ticked = replace(EVIDENCE, express_request=rng.random() < 0.8)
    return {"price_cents": rng.choice((price, price, 1)), "kind": _one(rng, Kind), "evidence": ticked}


def _question(rng: Random, play: Play) -> dict[str, Any]:
    return {"question": rng.choice(("", "When?", "Where?")), "message": f"<q{play.incident.seq}@host.example>"}


def _conclusion(rng: Random, _play: Play) -> dict[str, Any]:
    quote_mostly = (*f.Outcome, f.Outcome.QUOTE, f.Outcome.QUOTE, f.Outcome.QUOTE)
    return {"outcome": rng.choice(quote_mostly), "report": rng.choice(("", "found", "found"))}


def _draft(rng: Random, play: Play) -> dict[str, Any]:
    dollars = (replace(LINES[0], unit=Money(cents=100, currency="USD")),)
    return {
        "number": f"D2010-{len(play.incident.quotes) + 1:05d}",
        "lines": rng.choice((LINES, LINES, LINES * 2, (), dollars)),
        "validity_days": rng.choice((0, 1, 15)),
    }


def _quote(rng: Random, play: Play) -> dict[str, Any]:
    numbers = [quote.number for quote in play.incident.quotes] or ["D2010-99999"]
    return {"number": rng.choice((numbers[-1], rng.choice(numbers)))}


def _acceptance(rng: Random, play: Play) -> dict[str, Any]:
    ticked = replace(EVIDENCE, express_request=rng.random() < 0.8)
    return _quote(rng, play) | {"document_sha256": rng.choice((SHOWN, SHOWN, "d" * 64)), "evidence": ticked}


def _share(rng: Random, _play: Play) -> dict[str, Any]:
    return {"done_percent": rng.choice((-1, 0, 33, 100, 101)), "report": rng.choice(("", "half of it"))}


def _settlement(rng: Random, play: Play) -> dict[str, Any]:
    number = f"F2010-{len(play.incident.former_invoices) + 1:05d}"
    return {"number": number, "faults": rng.choice(((), ("buyer_address",)))}


def _correction(rng: Random, play: Play) -> dict[str, Any]:
    return _credit_note(play) | {"outcome": _one(rng, f.Outcome), "reason": rng.choice(("", "because", "because"))}


def _credit_note(play: Play) -> dict[str, Any]:
    return {"number": f"A2010-{play.happened.count(f.InvoiceCredited) + 1:05d}"}


def _said(rng: Random, play: Play) -> dict[str, Any]:
    lines = range(1, len(play.incident.invoice.lines) + 1) if play.incident.invoice else ()
    return {"lines": rng.choice(((), _some(rng, tuple(lines)), _some(rng, tuple(lines)), (7,)))}


def _confirmed(_rng: Random, play: Play) -> dict[str, Any]:
    return _credit_note(play)


def _conceded(rng: Random, play: Play) -> dict[str, Any]:
    net = rng.choice((None, None, Money(cents=1), Money(cents=777), Money(cents=99999)))
    return _credit_note(play) | _said(rng, play) | _reason(rng, play) | {"net": net}


def _disowned(rng: Random, play: Play) -> dict[str, Any]:
    return {"about": rng.choice((decision(play.incident), "order"))}


def _settled(rng: Random, _play: Play) -> dict[str, Any]:
    return {"stands": rng.random() < 0.5, "reason": rng.choice(("", "because", "because"))}


def _request(rng: Random, play: Play) -> dict[str, Any]:
    until = play.now + timedelta(days=rng.choice((-1, 1, 20, 60, 60, 200)))
    return {
        "acts": rng.choice((ACTS, ACTS[:3], *(ACTS[:2],) * 8)),
        "places": _some(rng, PLACES),
        "until": until,
    }


def _consent(rng: Random, play: Play) -> dict[str, Any]:
    newest = len(play.incident.consents) or 1
    return {"number": rng.choice((newest, newest, newest - 1, newest + 1))}


def _grant(rng: Random, play: Play) -> dict[str, Any]:
    chosen = _consent(rng, play)
    asked = play.incident.consent_named(chosen["number"])
    pool = asked.acts if asked and rng.random() < 0.8 else ACTS
    return chosen | {"acts": tuple(act.id for act in _some(rng, pool))}


def _act(rng: Random, _play: Play) -> dict[str, Any]:
    return {
        "act": rng.choice(ACTS),
        "place": rng.choice((*PLACES, "/var/www/", "")),
        "note": rng.choice(("", "seen")),
    }


def _paper(rng: Random, play: Play) -> dict[str, Any]:
    known = [i for i in (*play.incident.former_invoices, play.incident.invoice) if i is not None]
    numbers = [n for invoice in known for n in (invoice.number, *(credit.number for credit in invoice.credits))]
    return {"number": rng.choice((INVOICE, CREDIT_NOTE, "", *numbers))}


def _payment(rng: Random, play: Play) -> dict[str, Any]:
    today = play.incident.terms.day_of(play.now)
    cents = rng.choice((-1, 1, 500, 2400, 24000))
    whole = play.incident.invoice.open if play.incident.invoice else Money(cents=cents)
    return {"amount": rng.choice((whole, Money(cents=cents))), "received_on": today + timedelta(rng.randint(-3, 1))}


def _return(rng: Random, play: Play) -> dict[str, Any]:
    cents = rng.choice((-1, 500, 2400, 24001))
    paid = play.incident.invoice.paid if play.incident.invoice else Money(cents=cents)
    return {"amount": rng.choice((paid, paid, Money(cents=cents)))}


def _patience(rng: Random, play: Play) -> dict[str, Any]:
    today = play.incident.terms.day_of(play.now)
    return {"until": today + timedelta(days=rng.choice((-1, 0, 3, 20, 40, 200)))}


def _refund(rng: Random, play: Play) -> dict[str, Any]:
    owed = [one.owed_back for one in play.incident.owed_back] or [Money(cents=100)]
    today = play.incident.terms.day_of(play.now)
    return {
        "amount": rng.choice((owed[0], owed[-1], Money(cents=100))),
        "refunded_on": today + timedelta(rng.randint(-3, 1)),
    }


def _reason(rng: Random, _play: Play) -> dict[str, Any]:
    return {"reason": rng.choice(("", "because", "because"))}


def _question_of_the_calendar(rng: Random, play: Play) -> dict[str, Any]:
    """Too early, about what is over, or about nothing: the core must know."""
    if play.deadlines and rng.random() < 0.7:
        asked = rng.choice(play.deadlines)
        return {"kind": asked.kind, "about": asked.about}
    return {"kind": _one(rng, c.DeadlineKind), "about": f"consent-{rng.randint(0, 2)}"}


_VARIED: Mapping[type[c.Command], Callable[[Random, Play], dict[str, Any]]] = {
    c.ReportDelivery: _delivery,
    c.ReportBounce: _bounce,
    c.OrderDiagnosis: _diagnosis,
    c.AskCustomer: _question,
    c.ConcludeDiagnosis: _conclusion,
    c.DraftQuote: _draft,
    c.OfferQuote: _quote,
    c.AcceptQuote: _acceptance,
    c.DeclineQuote: _quote,
    c.AskRenewal: _quote,
    c.StopWork: _reason,
    c.SettleWithdrawal: _share,
    c.Settle: _settlement,
    c.CorrectOutcome: _correction,
    c.Disown: _disowned,
    c.SettleDisowned: _settled,
    c.RequestConsent: _request,
    c.GrantConsent: _grant,
    c.RefuseConsent: _consent,
    c.RevokeConsent: _consent,
    c.WithdrawConsentRequest: _consent,
    c.RecordAct: _act,
    c.FilePaper: _paper,
    c.RecordPayment: _payment,
    c.ReturnPayment: _return,
    c.HoldReminders: _patience,
    c.PromisePayment: _patience,
    c.RecordRefund: _refund,
    c.WriteOff: _reason,
    c.EndPause: _reason,
    c.CancelIncident: _reason,
    c.MoveIncident: _reason,
    c.CancelQuote: _reason,
    c.WaiveDiagnosis: _reason,
    c.SayContest: _said,
    c.ConfirmContest: _confirmed,
    c.Concede: _conceded,
    c.ReverseContest: _reason,
    c.FallDue: _question_of_the_calendar,
}
