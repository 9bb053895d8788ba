"""What can be clicked behind each kind of link, and the command each click gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.app.decisions import OrderForm, may_give_details
from bot.app.read import Case
from bot.channels.web.forms import Form, problems, who
from bot.channels.web.seals import Shown
from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Details, may
from bot.core.decide import decide
from bot.core.disown import decision
from bot.core.incident import Consent, Incident
from bot.core.invoice import asked_of_customer
from bot.core.lives import ConsentState, QuoteState
from bot.core.notices import Purpose
from bot.core.refusals import Reason, Refused
from bot.core.terms import Kind
from storage import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A link somebody holds, and what it is about, as it stands now.

    `authority` is that of the contact it was mailed to; None where they are no contact any more.
    """

    link: Link
    case: Case
    authority: f.Authority | None
    now: datetime

    @property
    def purpose(self) -> Purpose:
        return Purpose(self.link.purpose)

    @property
    def incident(self) -> Incident:
        return self.case.incident

    @property
    def actor(self) -> f.Actor:
        return f.Actor(role=f.Role.CUSTOMER, name=self.link.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """A submitted form: what was filled in, what the page had shown, and the evidence of both."""

    form: Form
    shown: Shown
    evidence: f.Evidence


@dataclass(frozen=True, slots=True)
class Incomplete:
    """What is missing or wrong, by the name of its message on the page."""

    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a click orders; `leave` is given beside it where its box was ticked (letter §4.4)."""

    command: c.Command
    order: OrderForm | None = None
    leave: c.GrantConsent | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What an invoice waits for: who it goes to. It decides nothing."""

    details: Details


Choose = Callable[[Opened, Click], Decision | Given | Incomplete | None]


def choose(opened: Opened, name: str, click: Click) -> Decision | Given | Incomplete | None:
    """What this click orders, or what it lacks; None where this link has no such choice."""
    choice = CHOICES[opened.purpose].get(name)
    return choice(opened, click) if choice else None


def purposes_of(name: str) -> frozenset[Purpose]:
    """The kinds of link behind which there is this choice."""
    return frozenset(purpose for purpose, choices in CHOICES.items() if name in choices)


def is_done(opened: Opened, decision: Decision | Given) -> bool:
    """Whether it is so already: a second click, which is shown the result of the first."""
    if isinstance(decision, Given):
        return not asked_of_customer(opened.incident)
    return decide(opened.incident, decision.command, opened.now) == Refused(Reason.ALREADY)


def offered(opened: Opened) -> frozenset[str]:
    """The choices that would be carried out now: the core is asked, so that no page offers what it refuses."""
    shown = Shown(at=opened.now, wording_sha256="", **_object(opened))
    names: set[str] = set()
    for name, choice in CHOICES[opened.purpose].items():
        made = choice(opened, Click(form=_filled(opened), shown=shown, evidence=_WHOLE))
        if isinstance(made, Decision) and _would_be_done(opened, made.command):
            names.add(name)
    return frozenset(names | ({DETAILS} if _may_complete(opened) else set()))


def _may_complete(opened: Opened) -> bool:
    """Whether the invoice waits for what this contact can say, on the incident's own page."""
    waits = opened.purpose is Purpose.INCIDENT and bool(asked_of_customer(opened.incident))
    return waits and may_give_details(opened.case.customer, opened.authority)


def _would_be_done(opened: Opened, command: c.Command) -> bool:
    allowed = may(opened.authority, type(command))
    return allowed and not isinstance(decide(opened.incident, command, opened.now), Refused)


def quote_shown(opened: Opened) -> str:
    """The number of the quote this link shows: its own, or the one that replaced it."""
    own = opened.incident.quote_named(opened.link.object)
    if own is not None and own.state is not QuoteState.SUPERSEDED:
        return own.number
    later = [quote.number for quote in opened.incident.quotes if quote.offered_at is not None]
    return later[-1] if later else ""


def pending(incident: Incident) -> Consent | None:
    """The request for leave that still waits for an answer."""
    return next((leave for leave in incident.consents if leave.state is ConsentState.REQUESTED), None)


def _object(opened: Opened) -> dict[str, str]:
    quote = opened.incident.quote_named(quote_shown(opened)) if opened.purpose is Purpose.QUOTE else None
    return {"number": quote.number, "document_sha256": quote.document_sha256} if quote else {}


_WHOLE = f.Evidence(method="link", who="", express_request=True)


def _filled(opened: Opened) -> Form:
    """A form in which everything needed is filled in, to ask whether a choice exists at all."""
    consent = pending(opened.incident)
    live = next((leave for leave in opened.incident.consents if leave.state is ConsentState.GRANTED), None)
    return Form(
        {
            "name": ("-",),
            "postal_address": ("-",),
            "country": ("FR",),
            "kind": (opened.incident.kind,),
            "express": ("yes",),
            "understood": ("yes",),
            "until": (opened.incident.terms.day_of(opened.now).isoformat(),),
            "acts": tuple(act.id for act in consent.acts) if consent else (),
            "consent": (str(live.number) if live else "",),
        }
    )


def _order(opened: Opened, click: Click) -> Decision | Incomplete:
    given = who(click.form)
    price = opened.incident.terms.price_at(opened.now)
    found = problems(given, priced=bool(price.net))
    if found or given.kind is None:
        return Incomplete(found)
    command = c.OrderDiagnosis(
        actor=opened.actor, price_cents=price.net.cents, kind=given.kind, evidence=click.evidence
    )
    return Decision(command=command, order=OrderForm(details=given.details, way_in=given.way_in, order=command))


def _withdraw(opened: Opened, click: Click) -> Decision:
    return Decision(command=c.CancelIncident(actor=opened.actor, evidence=click.evidence))


def _accept(opened: Opened, click: Click) -> Decision | Incomplete:
    """Exactly what the page showed, by number and hash; beside it the leave, as far as its own boxes were ticked."""
    if opened.incident.kind is Kind.CONSUMER and not click.evidence.express_request:
        return Incomplete(("express",))
    command = c.AcceptQuote(
        actor=opened.actor,
        number=click.shown.number,
        document_sha256=click.shown.document_sha256,
        evidence=click.evidence,
    )
    consent = pending(opened.incident)
    every = tuple(act.id for act in consent.acts) if consent else ()
    given = every if click.form.ticked("leave") else tuple(act for act in every if act in click.form.many("acts"))
    if consent is None or not given:
        return Decision(command=command)
    leave = c.GrantConsent(actor=opened.actor, number=consent.number, acts=given, evidence=click.evidence)
    return Decision(command=command, leave=leave)


def _decline(opened: Opened, click: Click) -> Decision:
    return Decision(command=c.DeclineQuote(actor=opened.actor, number=click.shown.number, evidence=click.evidence))


def _ask_again(opened: Opened, click: Click) -> Decision:
    """The lapsed quote anew; the incident for it is opened when that is carried out."""
    number = quote_shown(opened)
    return Decision(command=c.AskRenewal(actor=opened.actor, number=number, incident=0, evidence=click.evidence))


def _give(opened: Opened, click: Click) -> Decision | Incomplete:
    acts = click.form.many("acts")
    if not acts:
        return Incomplete(("acts",))
    number = int(opened.link.object)
    return Decision(command=c.GrantConsent(actor=opened.actor, number=number, acts=acts, evidence=click.evidence))


def _refuse(opened: Opened, click: Click) -> Decision:
    number = int(opened.link.object)
    return Decision(command=c.RefuseConsent(actor=opened.actor, number=number, evidence=click.evidence))


def _revoke(opened: Opened, click: Click) -> Decision:
    number = int(opened.link.object)
    return Decision(command=c.RevokeConsent(actor=opened.actor, number=number, evidence=click.evidence))


def _revoke_named(opened: Opened, click: Click) -> Decision | None:
    """From the incident's own page, which lists all that was allowed."""
    number = click.form.text("consent")
    if not number.isascii() or not number.isdecimal():
        return None
    return Decision(command=c.RevokeConsent(actor=opened.actor, number=int(number), evidence=click.evidence))


def _stop(opened: Opened, click: Click) -> Decision:
    """A consumer withdraws from the contract, within the days the law gives (L221-18)."""
    return Decision(command=c.WithdrawFromContract(actor=opened.actor, evidence=click.evidence))


def _contest(opened: Opened, click: Click) -> Decision | None:
    """The invoice that is to be paid, and not one that was taken back since; of it the lines that were ticked."""
    if opened.purpose is not Purpose.INCIDENT and _is_former(opened):
        return None
    reason = click.form.text("reason")[:LONGEST_REASON]
    lines = tuple(int(at) if at.isascii() and at.isdecimal() else 0 for at in click.form.many("part"))
    return Decision(command=c.SayContest(actor=opened.actor, evidence=click.evidence, reason=reason, lines=lines))


def _is_former(opened: Opened) -> bool:
    invoice = opened.incident.invoice
    return invoice is None or opened.link.object != invoice.number


def _promise(opened: Opened, click: Click) -> Decision | Incomplete:
    try:
        until = date.fromisoformat(click.form.text("until"))
    except ValueError:
        return Incomplete(("until",))
    return Decision(command=c.PromisePayment(actor=opened.actor, until=until, evidence=click.evidence))


def _confirm(opened: Opened, click: Click) -> Decision | Incomplete | None:
    if _is_former(opened):
        return None
    if not click.form.ticked("understood"):
        return Incomplete(("understood",))
    return Decision(command=c.ConfirmContest(actor=opened.actor, number="", evidence=click.evidence))


def _keep(opened: Opened, click: Click) -> Decision | None:
    if _is_former(opened):
        return None
    return Decision(command=c.WithdrawContest(actor=opened.actor, evidence=click.evidence))


def _disown(opened: Opened, click: Click) -> Decision:
    """The decision that work stands on was not theirs."""
    about = decision(opened.incident)
    return Decision(command=c.Disown(actor=opened.actor, about=about, evidence=click.evidence))


def _go_on(opened: Opened, click: Click) -> Decision:
    """It was not they who said stop, or not what they meant."""
    return Decision(command=c.EndPause(actor=opened.actor, evidence=click.evidence))


def _details(opened: Opened, click: Click) -> Given | Incomplete:
    """Who the invoice goes to, whole: what was right on file is shown again, and may be corrected too."""
    missing = asked_of_customer(opened.incident)
    given = replace(who(click.form), kind=opened.incident.kind)
    found = problems(given, priced=False)
    if "buyer_vat_number_missing" in missing and not given.details.vat_number:
        found = (*found, "vat_number_missing")
    return Incomplete(found) if found and missing else Given(given.details)


def _is(answer: f.Answer) -> Choose:
    """Who the newcomer is that the link is about."""

    def settle(opened: Opened, click: Click) -> Decision:
        command = c.SettleContact(
            actor=opened.actor, address=opened.link.object, answer=answer, evidence=click.evidence
        )
        return Decision(command=command)

    return settle


LONGEST_REASON = 2000
DETAILS = "details"

CHOICES: Mapping[Purpose, Mapping[str, Choose]] = {
    Purpose.ORDER: {"order": _order, "withdraw": _withdraw},
    Purpose.QUOTE: {"accept": _accept, "decline": _decline, "ask_again": _ask_again},
    Purpose.CONSENT: {"give": _give, "refuse": _refuse, "revoke": _revoke},
    Purpose.INVOICE: {"contest": _contest, "promise": _promise, "go_on": _go_on},
    Purpose.CONTEST: {"confirm": _confirm, "keep": _keep, "contest": _contest},
    Purpose.CONTACT: {answer: _is(answer) for answer in f.Answer},
    Purpose.COURTESY: {},
    Purpose.INCIDENT: {
        "withdraw": _withdraw,
        "stop": _stop,
        "disown": _disown,
        "revoke": _revoke_named,
        "contest": _contest,
        "go_on": _go_on,
        DETAILS: _details,
    },
}
