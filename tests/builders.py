"""What tests start from: people, orders with everything that does not matter filled in, incidents at any stage."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Customer, Details
from bot.core.incident import Incident
from bot.core.lives import Stage, Support
from bot.core.money import Line, Money, Price
from bot.core.terms import Kind, Terms
from tests.play import Play

MONDAY = datetime(2010, 6, 14, 8, 0, tzinfo=UTC)  # ten o'clock in Paris, the day the scheme began

CUSTOMER = f.Actor(role=f.Role.CUSTOMER, name="bob@clientsa.fr")
STAFF = f.Actor(role=f.Role.STAFF, name="U0ALICE")
MANAGER = f.Actor(role=f.Role.MANAGER, name="U0OCTAVE")

TERMS = Terms()
EVIDENCE = f.Evidence(method="link", who=CUSTOMER.name, express_request=True)

READ = f.Intervention(id="read_database", rule=f.Rule.CONSENT, fr="Lire la base de données", en="Read the database")
EDIT = f.Intervention(id="edit_files", rule=f.Rule.CONSENT, fr="Modifier des fichiers", en="Change files")
REBOOT = f.Intervention(id="reboot", rule=f.Rule.FREE, fr="Redémarrer le serveur", en="Restart the server")
SUSPEND = f.Intervention(id="suspend", rule=f.Rule.TELL, fr="Suspendre le site", en="Suspend the site")
SEARCH_MAIL = f.Intervention(id="search_mail", rule=f.Rule.NEVER, fr="Lire le courrier", en="Read their mail")
CUT_OFF = f.Intervention(id="cut_off", rule=f.Rule.EMERGENCY, fr="Isoler", en="Isolate", clause="CGV 7.2")

QUOTE = "D2010-00001"
SHOWN = "a" * 64  # the hash of that quote's document
INVOICE = "F2010-00001"
CREDIT_NOTE = "A2010-00001"
LINES = (Line(label="Repair of the shop's database", quantity=Decimal(3), unit=Money(cents=6000)),)

ORDERS: tuple[c.Command, ...] = (
    c.OpenIncident(
        actor=CUSTOMER,
        incident=42,
        customer=7,
        kind=Kind.BUSINESS,
        support=Support.FULL,
        title="The shop is down",
        language=f.Language.EN,
        channel=f.Channel.MAIL,
        way_in=f.WayIn.DIAGNOSE,
        terms=TERMS,
    ),
    c.ReportDelivery(actor=f.BOT, notice="incident_opened", via=f.Channel.MAIL, delivered=True, reply="250 ok"),
    c.ReportDelay(actor=f.BOT, notice="incident_opened", via=f.Channel.MAIL, since=MONDAY, reply="451 not now"),
    c.ReportBounce(actor=f.BOT, notice="incident_opened", address=CUSTOMER.name, reply="5.1.1"),
    c.ReportComplaint(actor=f.BOT, notice="order_nudged", address=CUSTOMER.name, reply="abuse"),
    c.LoseAddress(actor=f.BOT, address=CUSTOMER.name, reply="5.1.1"),
    c.RestoreAddress(actor=STAFF),
    c.HoldNotice(actor=f.BOT, notice="decide_by_link", why="too many"),
    c.AnnounceAgain(actor=STAFF),
    c.PauseIncident(actor=f.BOT, message="7"),
    c.EndPause(actor=STAFF, reason="they called"),
    c.ChooseWayIn(actor=CUSTOMER, way_in=f.WayIn.WARRANTY),
    c.OrderDiagnosis(actor=CUSTOMER, price_cents=2000, kind=Kind.BUSINESS, evidence=EVIDENCE),
    c.CancelIncident(actor=CUSTOMER, reason="found it myself"),
    c.Disown(actor=CUSTOMER, about="order", evidence=EVIDENCE),
    c.SettleDisowned(actor=MANAGER, stands=True, reason="they remember it now"),
    c.TakeIncident(actor=STAFF),
    c.MoveIncident(actor=STAFF, to=43, reason="it is the other Client SA's"),
    c.WaiveDiagnosis(actor=STAFF, reason="the same problem again"),
    c.StartDiagnosis(actor=STAFF),
    c.AskCustomer(actor=STAFF, question="Since when?", message="<q1@host.example>"),
    c.NoteCustomerWords(actor=CUSTOMER, message="<w1@clientsa.fr>"),
    c.ProposeContact(actor=f.BOT, address="alice@clientsa.fr", message="8"),
    c.SettleContact(actor=CUSTOMER, address="alice@clientsa.fr", answer=f.Answer.WRITES, evidence=EVIDENCE),
    c.DoubtDecision(actor=f.BOT, choice="decline", evidence=EVIDENCE),
    c.ReferDecision(actor=f.BOT, address="alice@clientsa.fr", authority=f.Authority.WRITE, order="AcceptQuote"),
    c.NameOtherIncident(actor=f.BOT, incident=41, message="8", here=True),
    c.WriteToCustomer(actor=STAFF, message="<s1@host.example>", text="We are looking."),
    c.ConcludeDiagnosis(actor=STAFF, outcome=f.Outcome.QUOTE, report="The index is broken."),
    c.DraftQuote(actor=STAFF, number=QUOTE, lines=LINES, validity_days=15),
    c.OfferQuote(actor=f.BOT, number=QUOTE, document_sha256=SHOWN),
    c.AcceptQuote(actor=CUSTOMER, number=QUOTE, document_sha256=SHOWN, evidence=EVIDENCE),
    c.DeclineQuote(actor=CUSTOMER, number=QUOTE, evidence=EVIDENCE),
    c.AskRenewal(actor=CUSTOMER, number=QUOTE, incident=43, evidence=EVIDENCE),
    c.CancelQuote(actor=STAFF, reason="we were wrong"),
    c.FinishWork(actor=STAFF, report="Rebuilt the index."),
    c.StopWork(actor=STAFF, reason="we cannot do it"),
    c.WithdrawFromContract(actor=CUSTOMER, evidence=EVIDENCE),
    c.SettleWithdrawal(actor=STAFF, done_percent=50, report="the index is rebuilt, not yet filled"),
    c.RequestConsent(
        actor=STAFF, acts=(READ,), places=("shop",), until=MONDAY + timedelta(days=5), why="to see the index"
    ),
    c.GrantConsent(actor=CUSTOMER, number=1, acts=(READ.id,), evidence=EVIDENCE),
    c.RefuseConsent(actor=CUSTOMER, number=1, evidence=EVIDENCE),
    c.RevokeConsent(actor=CUSTOMER, number=1, evidence=EVIDENCE),
    c.WithdrawConsentRequest(actor=STAFF, number=1, reason="no longer needed"),
    c.RecordAct(actor=STAFF, act=READ, place="shop", note="looked at the index"),
    c.Settle(actor=f.BOT, number=INVOICE, diagnosis_label="Diagnosis", part_label="Work done"),
    c.CorrectOutcome(actor=MANAGER, number=CREDIT_NOTE, outcome=f.Outcome.OUR_FAULT, reason="it was our router"),
    c.FilePaper(actor=f.BOT, number=INVOICE, document_sha256="b" * 64),
    c.RecordPayment(actor=STAFF, amount=Money(cents=2400), received_on=date(2010, 6, 14)),
    c.ReturnPayment(actor=f.BANK, amount=Money(cents=2400), returned_on=date(2010, 6, 14), entry="bank-2"),
    c.HoldReminders(actor=STAFF, until=date(2010, 7, 10), reason="the director is ill"),
    c.PromisePayment(actor=CUSTOMER, until=date(2010, 7, 10), evidence=EVIDENCE),
    c.RecordRefund(actor=STAFF, amount=Money(cents=2400), refunded_on=date(2010, 6, 14)),
    c.WriteOff(actor=MANAGER, reason="goodwill"),
    c.SayContest(actor=CUSTOMER, evidence=EVIDENCE, reason="it was your router"),
    c.WithdrawContest(actor=CUSTOMER, evidence=EVIDENCE),
    c.ConfirmContest(actor=CUSTOMER, number=CREDIT_NOTE, evidence=EVIDENCE),
    c.Concede(actor=MANAGER, number=CREDIT_NOTE, reason="it was our router"),
    c.ReverseContest(actor=MANAGER, reason="paid after all"),
    c.EndSupport(actor=f.BOT),
    c.FallDue(actor=f.CALENDAR, kind=c.DeadlineKind.NUDGE_ORDER, about="order"),
    c.ForfeitSupport(actor=f.BOT, incident=42, invoice=INVOICE),
    c.LimitSupport(actor=f.BOT, invoice=INVOICE),
    c.StopCourtesy(actor=CUSTOMER),
    c.ResumeCourtesy(actor=CUSTOMER),
    c.ReinstateSupport(actor=MANAGER, reason="paid after all"),
)
"""Every command once, as the person who usually gives it, about the objects named above."""

_BY_KIND: Mapping[type[c.Command], c.Command] = {type(order): order for order in ORDERS}

T = TypeVar("T", bound=c.Command)


def an_order(kind: type[T], /, **fields: Any) -> T:
    """A command of this kind; only the fields that matter are named."""
    usual = _BY_KIND[kind]
    if not isinstance(usual, kind):
        raise TypeError(f"no usual {kind.__name__}")
    return replace(usual, **fields)


# How each stage is reached: from which stage, by which orders. Those who give them are the usual ones.
_WAYS: Mapping[Stage, tuple[Stage, tuple[c.Command, ...]]] = {
    Stage.ANNOUNCED: (Stage.OPENED, (an_order(c.ReportDelivery),)),
    Stage.ORDERED: (Stage.ANNOUNCED, (an_order(c.OrderDiagnosis),)),
    Stage.CANCELLED: (Stage.ANNOUNCED, (an_order(c.CancelIncident),)),
    Stage.DIAGNOSING: (Stage.ORDERED, (an_order(c.StartDiagnosis),)),
    Stage.REPAIRING: (Stage.DIAGNOSING, (an_order(c.ConcludeDiagnosis, outcome=f.Outcome.OUR_FAULT),)),
    Stage.SOLVED: (Stage.DIAGNOSING, (an_order(c.ConcludeDiagnosis, outcome=f.Outcome.SOLVED),)),
    Stage.UNBILLED: (Stage.DIAGNOSING, (an_order(c.ConcludeDiagnosis, outcome=f.Outcome.NO_COMPETENCE),)),
    Stage.QUOTED: (
        Stage.DIAGNOSING,
        (an_order(c.ConcludeDiagnosis), an_order(c.DraftQuote), an_order(c.OfferQuote)),
    ),
    Stage.QUOTE_REFUSED: (Stage.QUOTED, (an_order(c.DeclineQuote),)),
    Stage.WORKING: (Stage.QUOTED, (an_order(c.AcceptQuote),)),
    Stage.WITHDRAWN: (Stage.WORKING, (an_order(c.WithdrawFromContract),)),
    Stage.STOPPED: (Stage.WORKING, (an_order(c.StopWork),)),
    Stage.DONE: (Stage.WORKING, (an_order(c.FinishWork),)),
    Stage.INVOICED: (Stage.SOLVED, (an_order(c.Settle),)),
    Stage.CORRECTED: (Stage.INVOICED, (an_order(c.CorrectOutcome),)),
    Stage.CLOSED: (Stage.INVOICED, (an_order(c.RecordPayment),)),
}


def a_play(*, at: Stage = Stage.OPENED, now: datetime = MONDAY, terms: Terms = TERMS, **opening: Any) -> Play:
    """An incident brought to this stage by real commands, all at `now`, ready to be played on.

    `opening` is whatever matters of `OpenIncident`: the kind of customer, the way in, the language.
    """
    play = Play(now)
    consumer = {"kind": Kind.CONSUMER} if at is Stage.WITHDRAWN else {}
    play.order(an_order(c.OpenIncident, terms=terms, **opening | consumer))
    for order in _script(at):
        play.order(_adapted(order, play.incident, now))
    assert play.incident.stage is at
    return play


def an_incident(
    *, at: Stage = Stage.OPENED, now: datetime = MONDAY, terms: Terms = TERMS, **opening: Any
) -> Incident:
    """The incident of such a play."""
    return a_play(at=at, now=now, terms=terms, **opening).incident


def a_customer(*, support: Support = Support.FULL, kind: Kind = Kind.BUSINESS) -> Customer:
    """Bob, on file."""
    return Customer(
        id=7,
        kind=kind,
        language=f.Language.EN,
        address=CUSTOMER.name,
        details=Details(name="Client SA", postal_address="1 rue de la Paix\n75002 Paris"),
        support=support,
    )


def euros(amount: str) -> Money:
    """An amount in euros."""
    return Money.of(Decimal(amount))


def price(net: str) -> Price:
    """A net amount in euros at the usual rate."""
    return Price.at(euros(net), TERMS.vat_rate)


def _script(stage: Stage) -> tuple[c.Command, ...]:
    if stage is Stage.OPENED:
        return ()
    before, orders = _WAYS[stage]
    return _script(before) + orders


def _adapted(order: c.Command, incident: Incident, now: datetime) -> c.Command:
    """The customer orders at the price shown, as who they are, and pays what is asked, that day."""
    match order:
        case c.OrderDiagnosis():
            return replace(order, price_cents=incident.terms.price_at(now).net.cents, kind=incident.kind)
        case c.RecordPayment() if incident.invoice is not None:
            return replace(order, amount=incident.invoice.open, received_on=incident.terms.day_of(now))
        case _:
            return order
