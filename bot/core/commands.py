"""Orders: what somebody wants to happen. `decide` answers each with facts or a refusal."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.core.facts import (
    Actor,
    Answer,
    Authority,
    Channel,
    Evidence,
    File,
    Intervention,
    Language,
    Outcome,
    Sent,
    WayIn,
)
from bot.core.lives import Support
from bot.core.money import Line, Money, Vat
from bot.core.office import Office
from bot.core.terms import Kind, Terms


class DeadlineKind(StrEnum):
    """What the calendar may ask."""

    NUDGE_ORDER = "nudge_order"
    LAPSE_ANNOUNCEMENT = "lapse_announcement"
    NUDGE_ANSWER = "nudge_answer"
    LAPSE_ANSWER = "lapse_answer"
    NUDGE_QUOTE = "nudge_quote"
    LAPSE_QUOTE = "lapse_quote"
    NUDGE_CONSENT = "nudge_consent"
    LAPSE_CONSENT = "lapse_consent"
    WARN_CONSENT = "warn_consent"
    EXPIRE_CONSENT = "expire_consent"
    LAPSE_OPENING = "lapse_opening"
    LAPSE_PAUSE = "lapse_pause"
    REMIND = "remind"
    LIMIT_SUPPORT = "limit_support"
    LAPSE_CONTEST = "lapse_contest"
    LAPSE_WITHDRAWAL = "lapse_withdrawal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """An order from `actor`; `expected` is the version they looked at, None where it does not matter."""

    actor: Actor
    expected: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIncident(Command):
    """Opens an incident under these terms; `support` is the customer's entitlement now (letter §6.7).

    `message` names the words it opens with, where they are kept; `contact` who asks, where that is not the address on
    file. `recent` says that the previous incident ended less than `terms.reopen_days` ago; `renews` is the lapsed
    quote that is asked for anew. `office` is where the customer is, `thread` where in a shared channel they asked.
    """

    incident: int
    customer: int
    kind: Kind
    support: Support
    title: str
    language: Language
    channel: Channel
    way_in: WayIn
    terms: Terms
    previous: int | None = None
    recent: bool = True
    renews: str = ""
    message: str = ""
    contact: str = ""
    office: Office | None = None
    moved_from: int | None = None
    thread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDelivery(Command):
    """A sender reports what the relay or Slack answered for a notice (letter §2.4).

    `address` where it was refused because there is no such address, `sent` what was taken; `instead` is the address
    it is mailed to where Slack has not taken it.
    """

    notice: str
    via: Channel
    delivered: bool
    reply: str
    address: str = ""
    sent: Sent | None = None
    instead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDelay(Command):
    """A sender reports that a notice has not left for hours, since when, and what the relay or Slack says."""

    notice: str
    via: Channel
    since: datetime
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportBounce(Command):
    """A mail of ours came back: which notice, to whom (empty where the address itself is not to blame), and why."""

    notice: str
    address: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportComplaint(Command):
    """A mail of ours was reported as abuse by somebody at this address: which notice, and what the report says."""

    notice: str
    address: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseAddress(Command):
    """Mail to this address comes back, as another incident of the customer has found out."""

    address: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreAddress(Command):
    """The address on file works again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldNotice(Command):
    """A notice is not sent: nothing of it reaches the customer, and staff see why."""

    notice: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceAgain(Command):
    """Staff send the announcement once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseIncident(Command):
    """A mail without proof says stop, in the words of `message`."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPause(Command):
    """The customer never said stop, or staff made sure of what they want; staff say how."""

    reason: str = ""
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseWayIn(Command):
    way_in: WayIn


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDiagnosis(Command):
    """`price_cents` is the net price beside the button (letter §2.5); `kind` what the customer says to be, and
    `vat` what follows from it and from where they are established, their `office`.
    """

    price_cents: int
    kind: Kind
    evidence: Evidence
    vat: Vat = Vat.STANDARD
    office: Office | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelIncident(Command):
    reason: str = ""
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disown(Command):
    """“This was not me”: `about` names the decision, `order` or the number of a quote."""

    about: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleDisowned(Command):
    """Whether a decision that was disowned after work began stands all the same, and why."""

    stands: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveIncident(Command):
    """It is another customer's: it ends here, and goes on in the incident `to` of their own."""

    to: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeIncident(Command):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiveDiagnosis(Command):
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartDiagnosis(Command):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AskCustomer(Command):
    question: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCustomerWords(Command):
    """`colleague`: not a contact, but proven to write from the customer's own organisation.

    `automatic`: in the customer's name, and as if a program wrote it.
    """

    message: str
    colleague: bool = False
    automatic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeContact(Command):
    """Somebody who is no contact wrote: ask the owner who they are."""

    address: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleContact(Command):
    """The owner says who that is, or changes their mind."""

    address: str
    answer: Answer
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtDecision(Command):
    """The other `choice` of a page that was decided on seconds ago: held, and told to staff."""

    choice: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferDecision(Command):
    """A proven contact meant to order this, and may not."""

    address: str
    authority: Authority
    order: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NameOtherIncident(Command):
    """A mail of this conversation (`here`), or of the other one, names both."""

    incident: int
    message: str
    here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteToCustomer(Command):
    message: str
    text: str
    files: tuple[File, ...] = ()
    promised_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcludeDiagnosis(Command):
    outcome: Outcome
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftQuote(Command):
    number: str
    lines: tuple[Line, ...]
    validity_days: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferQuote(Command):
    """The document of a draft is frozen: send it."""

    number: str
    document_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptQuote(Command):
    """Names the version by its number and what was shown by its hash (letter §4.3)."""

    number: str
    document_sha256: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineQuote(Command):
    number: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class AskRenewal(Command):
    """The customer asks for a lapsed quote anew, in the `incident` that is opened for it."""

    number: str
    incident: int
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelQuote(Command):
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishWork(Command):
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopWork(Command):
    """Staff give up."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawFromContract(Command):
    """A consumer takes back the acceptance of a quote, without giving reasons (L221-18)."""

    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleWithdrawal(Command):
    """Staff say how much of the work was done before a consumer withdrew, in percent, and what it was."""

    done_percent: int
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestConsent(Command):
    acts: tuple[Intervention, ...]
    places: tuple[str, ...]
    until: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantConsent(Command):
    number: int
    acts: tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseConsent(Command):
    number: int
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeConsent(Command):
    number: int
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawConsentRequest(Command):
    number: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAct(Command):
    act: Intervention
    place: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle(Command):
    """Bills what the ending leaves owed, under this number; closes where nothing is owed (letter §5.1).

    The labels word the lines that no quote worded; `faults` are what is wrong with the invoice as it would be. `day`
    is its date where the series has come further than the clock.
    """

    number: str
    diagnosis_label: str
    part_label: str
    faults: tuple[str, ...] = ()
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectOutcome(Command):
    """The diagnosis found something else: credit note `number` for what was billed, and what is owed anew."""

    number: str
    outcome: Outcome
    reason: str
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePaper(Command):
    """The document of an issued invoice or credit note is rendered and stored."""

    number: str
    document_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPayment(Command):
    """What came in; `entry` names the bank's entry that says so, where one does."""

    amount: Money
    received_on: date
    entry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnPayment(Command):
    """The bank took a payment back, in the entry named."""

    amount: Money
    returned_on: date
    entry: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReminders(Command):
    """No reminders up to and including this day."""

    until: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisePayment(Command):
    """They will have paid by then; `words` are how staff heard it, `evidence` how the customer said it themselves."""

    until: date
    words: str = ""
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRefund(Command):
    """What was paid back of a credited invoice; without its `number`, of the first that is owed back."""

    amount: Money
    refunded_on: date
    number: str = ""
    entry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff(Command):
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SayContest(Command):
    """`lines`: which of the invoice's, counted from 1, they do not agree with; none means all of it."""

    evidence: Evidence
    reason: str = ""
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawContest(Command):
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmContest(Command):
    """`number` is drawn for the credit note; the evidence carries the box the customer ticked (letter §6.4)."""

    number: str
    evidence: Evidence
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Concede(Command):
    """The provider gives in: credit note `number`, support kept (letter §6.4).

    `lines` as they are counted on the invoice, none for what is contested; `net` of them where less was agreed.
    """

    number: str
    reason: str
    lines: tuple[int, ...] = ()
    net: Money | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseContest(Command):
    """Paid after all, or goodwill: support is given back (letter §6.5)."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSupport(Command):
    """Closes an open incident of a customer who contested another invoice (letter §6.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FallDue(Command):
    """The calendar asks; `about` names the object: a quote, a consent, an invoice with the level, a question.

    Of reminders: `reminded_at` is when the customer was last sent one, `courtesy` whether they want those before the
    due date, `together` the incident whose mail lists this invoice beside others.
    """

    kind: DeadlineKind
    about: str
    reminded_at: datetime | None = None
    courtesy: bool = True
    together: str = ""


# Orders to a customer's record.


@dataclass(frozen=True, slots=True, kw_only=True)
class ForfeitSupport(Command):
    incident: int
    invoice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopCourtesy(Command):
    """No reminders of what is not due yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeCourtesy(Command):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSupport(Command):
    invoice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReinstateSupport(Command):
    reason: str
