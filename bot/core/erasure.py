"""What in a fact is somebody's words or name, what of it is a proof, and how long each is kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from bot.core import facts as f
from bot.core.incident import Incident
from bot.core.lives import QuoteState, Stage

OVER = frozenset({Stage.CANCELLED, Stage.CLOSED})

# The fields in which people write, or are named. Everything else in a fact is money, states, times and hashes.
WORDS: Mapping[type[f.Fact], tuple[str, ...]] = {
    f.IncidentOpened: ("title", "contact"),
    f.PriceAnnounced: ("reply",),
    f.NoticeDelivered: ("reply",),
    f.NoticeFailed: ("reply", "instead"),
    f.NoticeDelayed: ("reply",),
    f.NoticeComplained: ("address", "reply"),
    f.AnnouncementReturned: ("reply",),
    f.AddressLost: ("address", "reply"),
    f.AddressRestored: ("address",),
    f.PauseEnded: ("reason",),
    f.DisownedSettled: ("reason",),
    f.DiagnosisWaived: ("reason",),
    f.IncidentCancelled: ("reason",),
    f.IncidentMoved: ("reason",),
    f.CustomerAsked: ("question",),
    f.StaffWrote: ("text", "files"),
    f.ContactProposed: ("address",),
    f.ContactSettled: ("address",),
    f.DecisionReferred: ("address",),
    f.OurFaultFound: ("report",),
    f.ProblemSolved: ("report",),
    f.DiagnosisReported: ("report",),
    f.LeftUnbilled: ("report",),
    f.QuoteDrafted: ("lines", "note"),
    f.QuoteCancelled: ("reason",),
    f.PaymentReturned: ("reason",),
    f.RemindersHeld: ("reason",),
    f.PaymentPromised: ("words",),
    f.OutcomeCorrected: ("reason",),
    f.WorkFinished: ("report",),
    f.WorkStopped: ("reason",),
    f.ConsentRequested: ("places", "why"),
    f.ConsentWithdrawn: ("reason",),
    f.ActRecorded: ("place", "note"),
    f.InvoiceIssued: ("lines",),
    f.InvoiceCredited: ("lines",),
    f.InvoiceWrittenOff: ("reason",),
    f.ContestSaid: ("reason",),
    f.ContestConceded: ("reason",),
    f.ContestReversed: ("reason",),
    f.DetailsGiven: ("sha256",),  # of a name and an address: found again by trying
    f.ChatLinked: ("team", "user"),
    f.ContactAdded: ("address",),
    f.ContactRemoved: ("address",),
    f.SupportReinstated: ("reason",),
}

# What shows, beside the decisions themselves, what was announced, offered, asked, done and billed.
PROOFS = frozenset(
    {
        f.PriceAnnounced,
        f.NoticeDelivered,
        f.QuoteDrafted,
        f.ConsentRequested,
        f.ActRecorded,
        f.InvoiceIssued,
        f.InvoiceCredited,
    }
)
# Decisions on which nothing is owed: a proof beside others, alone the end of an incident like any other.
FREE = (f.IncidentCancelled, f.PauseEnded)
ABOUT_QUOTES = (f.QuoteDrafted, f.QuoteDeclined, f.RenewalAsked)
NEVER_TAKEN = frozenset(QuoteState) - {QuoteState.ACCEPTED, QuoteState.REVOKED}


class Why(StrEnum):
    """Why something is kept once the words are gone."""

    ACCOUNTS = "accounts"  # L123-22 C. com.; L213-1 and D213-1 C. conso.
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long what is over is kept: days from its end; years from the end of the calendar year it ended in.

    `payment_days` are those of payments that were booked on no invoice: thirteen months are how long a bank may
    take one back (L133-24 CMF).
    """

    unbilled_days: int = 365
    stranger_days: int = 90
    job_days: int = 30
    payment_days: int = 400
    quote_years: int = 3
    accounts_years: int = 10


USUAL = Retention()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Up to and including which day a proof is kept, and why."""

    until: date
    why: Why


def words_until(incident: Incident, retention: Retention, *, stranger: bool) -> date | None:
    """The last day on which the words of an incident are kept; None while it is not over.

    `stranger`: nobody knows who wrote it.
    """
    ended = _ended(incident)
    if ended is None:
        return None
    if incident.invoice is not None or incident.former_invoices:
        return _years(ended, retention.accounts_years)
    alone = stranger and incident.ordered_at is None
    return ended + timedelta(days=retention.stranger_days if alone else retention.unbilled_days)


def proofs(incident: Incident, facts: Sequence[f.Fact], retention: Retention) -> tuple[Kept | None, ...]:
    """For each fact of an incident that is over, how long it is kept as a proof; None where it is none."""
    ended = _ended(incident)
    if ended is None:
        raise ValueError(f"{incident.reference} is not over")
    accounts = Kept(until=_years(ended, retention.accounts_years), why=Why.ACCOUNTS)
    decided = any(_binds(incident, fact) for fact in facts)

    def kept(fact: f.Fact) -> Kept | None:
        if _refusal(incident, fact):
            return _refused(incident, fact, retention)
        if decided and (evidence_of(fact) is not None or type(fact) in PROOFS):
            return accounts
        return None

    return tuple(kept(fact) for fact in facts)


def _binds(incident: Incident, fact: f.Fact) -> bool:
    """Whether something came of it: a decision that was not a refusal nor an end, or a bill."""
    decided = evidence_of(fact) is not None and not isinstance(fact, FREE) and not _refusal(incident, fact)
    return decided or isinstance(fact, f.InvoiceIssued)


def rested_on(facts: Iterable[f.Fact]) -> set[str]:
    """The messages that these facts prove or rest on, by their ids: announced, answered, or answering."""
    found: set[str] = set()
    for fact in facts:
        evidence = evidence_of(fact)
        if evidence is not None:
            found |= {evidence.message, evidence.answers}
        if isinstance(fact, f.PriceAnnounced) and fact.sent is not None:
            found.add(fact.sent.message)
    return found - {""}


def without_words(fact: f.Fact) -> f.Fact:
    """The same fact without what people wrote, or are named by; money, states, times and hashes stay."""
    emptied = {name: _emptied(getattr(fact, name)) for name in WORDS.get(type(fact), ())}
    evidence, sent = evidence_of(fact), sent_of(fact)
    if sent is not None:
        emptied["sent"] = replace(sent, message="", links=())
    if evidence is not None:
        # Its times, hashes and method say nothing without the person.
        emptied["evidence"] = replace(
            evidence, who="", ip="", agent="", link="", message="", proof="", nonce="", answers="", reply=""
        )
    return replace(fact, **emptied) if emptied else fact


def evidence_of(fact: f.Fact) -> f.Evidence | None:
    """How the decision that this fact reports reached us, where it is one."""
    found = getattr(fact, "evidence", None)
    return found if isinstance(found, f.Evidence) else None


def sent_of(fact: f.Fact) -> f.Sent | None:
    """What left, where this fact reports that it was taken."""
    return fact.sent if isinstance(fact, f.PriceAnnounced | f.NoticeDelivered) else None


def numbers_of(facts: Iterable[f.Fact]) -> set[str]:
    """The numbers of the papers that these facts made."""
    return {fact.number for fact in facts if isinstance(fact, f.QuoteDrafted | f.InvoiceIssued | f.InvoiceCredited)}


def _ended(incident: Incident) -> date | None:
    over = incident.stage in OVER and incident.closed_at is not None
    return incident.terms.day_of(incident.closed_at) if over and incident.closed_at else None


def _years(day: date, years: int) -> date:
    """Accounts are kept from the end of the year they belong to."""
    return date(day.year + years, 12, 31)


def _refusal(incident: Incident, fact: f.Fact) -> bool:
    """Whether it is about a quote that nobody took."""
    if not isinstance(fact, ABOUT_QUOTES):
        return False
    quote = incident.quote_named(fact.number)
    return quote is not None and quote.state in NEVER_TAKEN


def _refused(incident: Incident, fact: f.Fact, retention: Retention) -> Kept | None:
    quote = incident.quote_named(fact.number) if isinstance(fact, ABOUT_QUOTES) else None
    if quote is None or quote.offered_at is None:
        return None  # a draft that nobody was shown
    decided = incident.terms.day_of(quote.decided_at or quote.offered_at)
    return Kept(until=_years(decided, retention.quote_years), why=Why.REFUSED)


def _emptied(value: Any) -> Any:
    """Nothing, in the field's own type; of a line, its amounts stay."""
    if isinstance(value, str):
        return ""
    return tuple(replace(one, label="") for one in value if hasattr(one, "label"))
