"""What happened: each fact is one line of the journal and never changes."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.core.actor import BANK as BANK
from bot.core.actor import BOT as BOT
from bot.core.actor import CALENDAR as CALENDAR
from bot.core.actor import Actor as Actor
from bot.core.actor import Answer as Answer
from bot.core.actor import Authority as Authority
from bot.core.actor import Evidence as Evidence
from bot.core.actor import Role as Role
from bot.core.money import Line, Money, Price, Vat
from bot.core.office import Office
from bot.core.redaction import Cause, Redaction
from bot.core.terms import Kind, Terms


class Language(StrEnum):
    """The languages a customer may be answered in."""

    FR = "fr"
    EN = "en"


class Channel(StrEnum):
    """Where a customer is answered."""

    MAIL = "mail"
    SLACK = "slack"


class WayIn(StrEnum):
    """How the customer sees the problem (letter §2.1, §2.2)."""

    DIAGNOSE = "diagnose"
    WARRANTY = "warranty"


class Outcome(StrEnum):
    """What a diagnosis can find (letter §3.1 to §3.6)."""

    OUR_FAULT = "our_fault"
    SOLVED = "solved"
    QUOTE = "quote"
    NO_QUOTE = "no_quote"
    NO_COMPETENCE = "no_competence"
    INCONCLUSIVE = "inconclusive"


class Rule(StrEnum):
    """What an intervention needs before it is done (letter §1.3); `emergency` names a clause and tells at once."""

    FREE = "free"
    TELL = "tell"
    CONSENT = "consent"
    NEVER = "never"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervention:
    """One entry of the catalogue: its id, its rule, its wording in both languages, the contract's clause."""

    id: str
    rule: Rule
    fr: str
    en: str
    clause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that went along with words: its name, its kind, and the hash of its kept bytes."""

    name: str
    media_type: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened to an incident or to a customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentOpened(Fact):
    """`previous` is what it answers, `recent` says that it ended so shortly before that the same problem is free.

    `contact` is who asked, where that is not the customer's address on file; `renews` is the lapsed quote that is
    asked for anew, whose diagnosis is done and not charged again. `moved_from` is the incident that was opened in
    another customer's name by mistake. `office` is where the customer is, `thread` the thread of a shared channel in
    which it is talked about (`channel/ts`); empty where customers are answered in a conversation of their own.
    """

    incident: int
    customer: int
    kind: Kind
    title: str
    language: Language
    channel: Channel
    way_in: WayIn
    terms: Terms
    price: Price
    previous: int | None = None
    recent: bool = True
    contact: str = ""
    office: Office | None = None
    renews: str = ""
    moved_from: int | None = None
    thread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What left, as it was handed over: its Message-ID, or `channel/ts` in Slack, and who signed it (DKIM).

    `sha256` is the hash of the very bytes. They are not kept, for they hold the secrets of their links; `copy_sha256`
    names the copy that is, in which each link is cut off. `links` are the ids of those links.
    """

    message: str
    sha256: str
    copy_sha256: str
    links: tuple[str, ...] = ()
    signed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceAnnounced(Fact):
    """The announcement was delivered (letter §2.4); `reply` is the relay's or Slack's own word."""

    price: Price
    via: Channel
    reply: str
    sent: Sent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDelivered(Fact):
    notice: str
    via: Channel
    reply: str
    sent: Sent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFailed(Fact):
    """A notice that was refused, or came back; `instead` is the address it is mailed to in its stead."""

    notice: str
    via: Channel
    reply: str
    instead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDelayed(Fact):
    """A notice that has not left since then, and why; it is still tried."""

    notice: str
    via: Channel
    since: datetime
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeHeld(Fact):
    """A notice that was not sent, and why: too many already, or an address that mail comes back from."""

    notice: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeComplained(Fact):
    """A notice that somebody at this address reported as abuse (RFC 5965): it changes nothing but that staff know."""

    notice: str
    address: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementReturned(Fact):
    """The announcement came back after all: it was not made (letter §2.4)."""

    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementRepeated(Fact):
    """The price, as it is by then, is announced once more, because nobody received it."""

    price: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressLost(Fact):
    """Mail to the customer's address came back for good; `reply` is what the other side said."""

    address: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRestored(Fact):
    """They wrote from it again, or staff made sure of it."""

    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPaused(Fact):
    """Somebody who may be the customer said stop: what works against them waits until then, or for their click."""

    message: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseEnded(Fact):
    by: Role
    reason: str = ""
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerNudged(Fact):
    """The calendar asked once more; `about` is what still waits for an answer."""

    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WayInChosen(Fact):
    way_in: WayIn


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisOrdered(Fact):
    """At this price, which bears the VAT of whoever orders: known once they said who and where they are."""

    price: Price
    kind: Kind
    evidence: Evidence
    vat: Vat = Vat.STANDARD
    office: Office | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionUndone(Fact):
    """The customer says that an order or an acceptance was not theirs, and nothing was done under it yet.

    `about` is `order` or the number of the quote.
    """

    about: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionDisowned(Fact):
    """The same once something was done under it: all stops until a manager settles whether it stands."""

    about: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class DisownedSettled(Fact):
    """A manager settled it: `stands` says that the decision was the customer's after all."""

    about: str
    stands: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisWaived(Fact):
    """Staff found the same problem again: this diagnosis is free (letter §3.2, our decision on reopening)."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCancelled(Fact):
    """Ended before a diagnosis started; nothing is owed (letter §2.6)."""

    by: Role
    reason: str
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentMoved(Fact):
    """It was opened in the wrong customer's name, and ended undecided: `to` is the right one's own."""

    to: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentTaken(Fact):
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisStarted(Fact):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerAsked(Fact):
    question: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerWrote(Fact):
    """The customer's words, kept as the message named; they decide nothing."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherWrote(Fact):
    """Words from somebody else in this conversation: shown to staff, marked, without any right.

    `colleague`: proven to come from the customer's own organisation. `automatic`: in the customer's own name, but it
    looks as if a program wrote it.
    """

    message: str
    colleague: bool = False
    automatic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactProposed(Fact):
    """Somebody who is no contact wrote, in the words of `message`: the owner is asked who they are."""

    address: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSettled(Fact):
    """The owner says who that is; what was written before stays what it was."""

    address: str
    answer: Answer
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionDoubted(Fact):
    """After a decision, its page's other choice was sent within seconds: a robot may have clicked both."""

    choice: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionReferred(Fact):
    """A proven contact meant to decide what is not theirs to decide; `order` names it."""

    address: str
    authority: Authority
    order: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherIncidentNamed(Fact):
    """One mail named two incidents; `here` says that its words are kept in this one."""

    incident: int
    message: str
    here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffWrote(Fact):
    """Words sent to the customer by a person, kept as the message named, and the files sent with them.

    `promised_on` is the day by which the customer was promised to hear from us again.
    """

    message: str
    text: str
    files: tuple[File, ...] = ()
    promised_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OurFaultFound(Fact):
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemSolved(Fact):
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisReported(Fact):
    """Not solved: the report is written and a quote will follow (letter §3.3)."""

    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftUnbilled(Fact):
    """No quote, no competence, or no conclusion (letter §3.4 to §3.6)."""

    outcome: Outcome
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteDrafted(Fact):
    number: str
    lines: tuple[Line, ...]
    valid_until: date
    note: str
    replaces: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteOffered(Fact):
    """The quote's document is frozen and on its way (letter §4.3)."""

    number: str
    document_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteSuperseded(Fact):
    number: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteAccepted(Fact):
    number: str
    evidence: Evidence
    price: Price | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteDeclined(Fact):
    number: str
    evidence: Evidence
    price: Price | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteLapsed(Fact):
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalAsked(Fact):
    """The customer wants what a lapsed quote offered after all: `incident` was opened for it, nothing is accepted."""

    number: str
    incident: int
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteProlonged(Fact):
    """Nobody could read it for a while: its days begin again where they stopped."""

    number: str
    valid_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteCancelled(Fact):
    number: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFinished(Fact):
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractWithdrawn(Fact):
    """A consumer withdrew: work stops at once, and until `settles_by` staff may say what was done before."""

    number: str
    settles_by: datetime
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkStopped(Fact):
    """`owed` is the part of the quote that stays due: pro rata for a consumer's withdrawal, else nothing."""

    by: Role
    reason: str
    owed: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRequested(Fact):
    number: int
    acts: tuple[Intervention, ...]
    places: tuple[str, ...]
    until: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGranted(Fact):
    """The customer gives leave for `acts`: all that was asked, or a part of it."""

    number: int
    acts: tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRefused(Fact):
    number: int
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentLapsed(Fact):
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentReplaced(Fact):
    number: int
    by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn(Fact):
    """Staff took the request back before it was answered."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRevoked(Fact):
    number: int
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRunsOut(Fact):
    """The leave ends within hours and the work goes on: staff ask again in time, or leave the data alone."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentExpired(Fact):
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentClosed(Fact):
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRecorded(Fact):
    """An intervention was done; `consent` is the one that covers it where the rule asks for one."""

    act: Intervention
    place: str
    note: str
    consent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceIssued(Fact):
    number: str
    lines: tuple[Line, ...]
    price: Price
    issued_on: date
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceHeld(Fact):
    """Something is owed and not billed yet: an invoice would have these faults, by their names in `papers.gate`."""

    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCorrected(Fact):
    """A manager puts right what the diagnosis found, after its end; what is owed is worked out anew (letter §3).

    `paid` came in for the invoice that is taken back: it stays received, to be paid back or carried over.
    """

    outcome: Outcome
    reason: str
    paid: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFiled(Fact):
    """The document of an invoice or of a credit note is rendered, stored and hashed."""

    number: str
    document_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceived(Fact):
    """`entry` names the bank's entry that it was read from; empty where staff recorded it."""

    number: str
    amount: Money
    received_on: date
    still_open: Money
    entry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReturned(Fact):
    """The bank took a payment back: it is open again. `entry` is the return, `reason` the bank's code (ISO 20022)."""

    number: str
    amount: Money
    returned_on: date
    still_open: Money
    entry: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefunded(Fact):
    """What came in for an invoice that was credited since is paid back, by us or because the bank took it back.

    `entry` names where that was read.
    """

    number: str
    amount: Money
    refunded_on: date
    still_owed: Money
    entry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceCredited(Fact):
    """A credit note names the invoice it takes back, or a part of it; both stay as they are.

    `of`: the invoice's lines, counted from 1, and in `lines` what of each is taken back; none where that is all of
    it. `due_on` is by when the rest is to be paid, `dropped` the cents that the rounding of VAT would have left.
    """

    number: str
    invoice: str
    price: Price
    issued_on: date
    of: tuple[int, ...] = ()
    lines: tuple[Line, ...] = ()
    dropped: Money | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceWrittenOff(Fact):
    number: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceReminded(Fact):
    """A reminder of this level (1 courtesy … 4 formal notice) goes out for what is open now (letter §5.2).

    `together` is the incident whose mail lists it, where one mail lists several.
    """

    number: str
    level: int
    open: Money
    together: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderMoved(Fact):
    """Too close to the last one, about this invoice or another: this level waits."""

    number: str
    level: int
    to: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindersHeld(Fact):
    """Staff stopped the reminders, up to and including this day."""

    number: str
    until: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPromised(Fact):
    """The customer will have paid by then: no reminders up to and including that day.

    `words` are how staff heard it, `evidence` how the customer said it themselves.
    """

    number: str
    until: date
    by: Role
    words: str = ""
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLongOverdue(Fact):
    """A task for a person, and no new incidents until paid (letter §6.6)."""

    number: str
    open: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestSaid(Fact):
    """`lines`: which of the invoice's, counted from 1; none where it is all of it."""

    evidence: Evidence
    reason: str = ""
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestWithdrawn(Fact):
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestLapsed(Fact):
    """Never confirmed: as withdrawn; silence never forfeits (letter §6.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestConceded(Fact):
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestConfirmed(Fact):
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestReversed(Fact):
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClosed(Fact):
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportEnded(Fact):
    """Closed unbilled because the customer contested another invoice (letter §6.2)."""


# What happens to a customer rather than to one incident.


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerMet(Fact):
    """First contact: a customer record exists from here on."""

    language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailsGiven(Fact):
    """Name and postal address were put on file; the journal keeps only their hash."""

    kind: Kind
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLinked(Fact):
    team: str
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactAdded(Fact):
    """An address may act for the customer from here on, or with another authority than before."""

    address: str
    authority: Authority


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRemoved(Fact):
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CourtesyStopped(Fact):
    """No reminders before the due date from here on, of any invoice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourtesyResumed(Fact):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportForfeited(Fact):
    incident: int
    invoice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportLimited(Fact):
    invoice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportReinstated(Fact):
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDataErased(Fact):
    """Words and names are gone, for good: of `about` (`INC-42`, `C-17`), and how many of each.

    `gone` are the SHA-256 of bytes that facts name and that are no more: papers, pages, mails. Without this fact in
    their own customer's chain, neither redacted facts verify nor those that name what is gone.
    """

    about: str
    cause: Cause
    reason: str = ""
    redactions: tuple[Redaction, ...] = ()
    messages: int = 0
    files: int = 0
    documents: int = 0
    links: int = 0
    payments: int = 0
    gone: tuple[str, ...] = ()


FACTS: dict[str, type[Fact]] = {kind.__name__: kind for kind in Fact.__subclasses__()}
