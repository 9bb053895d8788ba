"""What a customer is told: one dataclass per notice.

`templates/notices/<name>/{fr,en}.j2` words each one; the fields here are all it is fed with.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from bot.core.facts import Answer, Outcome, Role, WayIn
from bot.core.lives import Stage, Support
from bot.core.money import Line, Money, Price
from bot.core.pages import Purpose as Purpose
from bot.core.reminders import Tone
from bot.core.terms import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something a customer is told.

    `LINK` is the page its button opens, beside the incident's own page; `PAPER` says that a document goes with it;
    `BY_MAIL` that it goes by mail even to customers answered in chat; `AUTOMATIC` that no person wrote it; `LIMITED`
    that it answers a mail or urges, and is held back when there are too many or when mail comes back. Receipts,
    papers, results and whatever has effect in law are never held back. `ROUTINE` ones leave after all others.
    `STOPS`: it may be a courtesy, and then shows the page that stops it.
    """

    LINK: ClassVar[Purpose] = Purpose.INCIDENT
    STOPS: ClassVar[bool] = False
    PAPER: ClassVar[bool] = False
    BY_MAIL: ClassVar[bool] = False
    AUTOMATIC: ClassVar[bool] = True
    ROUTINE: ClassVar[bool] = False
    LIMITED: ClassVar[bool] = False

    @property
    def link(self) -> Purpose:
        """What the page its button opens is for."""
        return self.LINK

    @property
    def about(self) -> str:
        """The object its link is bound to: a quote's or an invoice's number, a consent's; empty for the incident."""
        return str(getattr(self, "number", ""))

    @classmethod
    def name(cls) -> str:
        """The notice's folder under `templates/notices`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentOpened(Notice):
    """The announcement of the price, before anything else (letter §2.3). `usual` is the price after an offer.

    `lapse_days` after its delivery the incident ends by itself, where it must be ordered.
    """

    LINK: ClassVar[Purpose] = Purpose.ORDER
    LIMITED: ClassVar[bool] = True
    price: Price
    usual: Price
    offer_until: date | None
    way_in: WayIn
    must_order: bool
    lapse_days: int
    previous: str
    recent: bool = True
    renews: str = ""


ANNOUNCEMENT = IncidentOpened.name()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNudged(Notice):
    ROUTINE: ClassVar[bool] = True
    LINK: ClassVar[Purpose] = Purpose.ORDER
    LIMITED: ClassVar[bool] = True
    price: Price
    lapses_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisOrdered(Notice):
    """The durable acknowledgement of the order."""

    price: Price
    ordered_at: datetime
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionUndone(Notice):
    """An order or an acceptance (then `quote`) is taken back as if it had never been given."""

    BY_MAIL: ClassVar[bool] = True
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionDisowned(Notice):
    """The same after work began: all has stopped, a person looks at it, nothing is billed meanwhile."""

    BY_MAIL: ClassVar[bool] = True
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisownedSettled(Notice):
    """We hold that the decision was theirs, and why; work goes on."""

    BY_MAIL: ClassVar[bool] = True
    reason: str
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCancelled(Notice):
    by: Role
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisStarted(Notice):
    price: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisWaived(Notice):
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerAsked(Notice):
    AUTOMATIC: ClassVar[bool] = False
    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerNudged(Notice):
    ROUTINE: ClassVar[bool] = True
    LIMITED: ClassVar[bool] = True
    question: str
    lapses_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffWrote(Notice):
    """`files` are the names of what goes along; `promised_on` the day by which they hear from us again."""

    AUTOMATIC: ClassVar[bool] = False
    text: str
    files: tuple[str, ...] = ()
    promised_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OurFaultFound(Notice):
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemSolved(Notice):
    """`price` is what will be billed: nothing under an offer or a waiver."""

    report: str
    price: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftUnbilled(Notice):
    outcome: Outcome
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteOffered(Notice):
    """The diagnosis report and the quote, with its frozen document (letter §3.3, §4)."""

    LINK: ClassVar[Purpose] = Purpose.QUOTE
    PAPER: ClassVar[bool] = True
    BY_MAIL: ClassVar[bool] = True
    number: str
    report: str
    lines: tuple[Line, ...]
    price: Price
    diagnosis: Price
    valid_until: date
    note: str
    replaces: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteNudged(Notice):
    ROUTINE: ClassVar[bool] = True
    LINK: ClassVar[Purpose] = Purpose.QUOTE
    LIMITED: ClassVar[bool] = True
    number: str
    price: Price
    diagnosis: Price
    valid_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteAccepted(Notice):
    """The durable confirmation of the acceptance; work has begun."""

    PAPER: ClassVar[bool] = True
    BY_MAIL: ClassVar[bool] = True
    number: str
    price: Price
    accepted_at: datetime
    kind: Kind
    document_sha256: str

    @property
    def about(self) -> str:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteDeclined(Notice):
    quote: str
    diagnosis: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteLapsed(Notice):
    quote: str
    diagnosis: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteCancelled(Notice):
    quote: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFinished(Notice):
    """`warranty`: it was our fault and nothing is owed (letter §3.1)."""

    report: str
    warranty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractWithdrawn(Notice):
    """The acknowledgement that the law wants at once, with what was declared and when (L221-21)."""

    BY_MAIL: ClassVar[bool] = True
    quote: str
    price: Price
    accepted_at: datetime
    withdrawn_at: datetime
    settles_by: datetime
    diagnosis: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkStopped(Notice):
    """The exact sum and why; after a consumer's withdrawal `work` is the whole quote that `owed` is a part of."""

    by: Role
    reason: str
    owed: Price
    diagnosis: Price
    work: Price | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRequested(Notice):
    LINK: ClassVar[Purpose] = Purpose.CONSENT
    number: str
    acts: tuple[str, ...]
    places: tuple[str, ...]
    until: datetime
    why: str
    lapses_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentNudged(Notice):
    ROUTINE: ClassVar[bool] = True
    LINK: ClassVar[Purpose] = Purpose.CONSENT
    LIMITED: ClassVar[bool] = True
    number: str
    acts: tuple[str, ...]
    places: tuple[str, ...]
    until: datetime
    why: str
    lapses_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGranted(Notice):
    """What was allowed, and where to take it back."""

    LINK: ClassVar[Purpose] = Purpose.CONSENT
    number: str
    acts: tuple[str, ...]
    places: tuple[str, ...]
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRefused(Notice):
    acts: tuple[str, ...]
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentLapsed(Notice):
    acts: tuple[str, ...]
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRevoked(Notice):
    acts: tuple[str, ...]
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentExpired(Notice):
    acts: tuple[str, ...]
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn(Notice):
    acts: tuple[str, ...]
    places: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRecorded(Notice):
    """An act the customer must be told of, or one done in an emergency (letter §1.3)."""

    act: str
    place: str
    note: str
    clause: str
    emergency: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceHeld(Notice):
    """What an invoice needs to be told before it can be issued, by the names of the faults."""

    price: Price
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceIssued(Notice):
    LINK: ClassVar[Purpose] = Purpose.INVOICE
    PAPER: ClassVar[bool] = True
    BY_MAIL: ClassVar[bool] = True
    number: str
    lines: tuple[Line, ...]
    price: Price
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderBeforeDue(Notice):
    STOPS: ClassVar[bool] = True
    ROUTINE: ClassVar[bool] = True
    LINK: ClassVar[Purpose] = Purpose.INVOICE
    PAPER: ClassVar[bool] = True
    BY_MAIL: ClassVar[bool] = True
    number: str
    price: Price
    open: Money
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderOverdue(Notice):
    ROUTINE: ClassVar[bool] = True
    LINK: ClassVar[Purpose] = Purpose.INVOICE
    PAPER: ClassVar[bool] = True
    BY_MAIL: ClassVar[bool] = True
    number: str
    price: Price
    open: Money
    due_on: date
    level: int
    promised: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormalNotice(Notice):
    """The last reminder, a formal notice to pay (1344 C. civ.); `kind` decides what late payment costs in law."""

    ROUTINE: ClassVar[bool] = True
    LINK: ClassVar[Purpose] = Purpose.INVOICE
    PAPER: ClassVar[bool] = True
    BY_MAIL: ClassVar[bool] = True
    number: str
    price: Price
    open: Money
    due_on: date
    limited_on: date
    kind: Kind = Kind.CONSUMER
    promised: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One invoice among several in one mail."""

    number: str
    reference: str
    issued_on: date
    due_on: date
    price: Price
    open: Money
    tone: Tone
    promised: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeveralReminders(Notice):
    """One mail for all invoices of a customer that fall due for a reminder on the same day, in the firmest tone.

    Its button opens the first; `invoice:<number>` links to each.
    """

    STOPS: ClassVar[bool] = True
    ROUTINE: ClassVar[bool] = True
    LINK: ClassVar[Purpose] = Purpose.INVOICE
    BY_MAIL: ClassVar[bool] = True
    number: str
    bills: tuple[Bill, ...]
    total: Money
    tone: Tone
    limited_on: date
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPromised(Notice):
    """The receipt of a promise: no reminder up to and including that day."""

    LINK: ClassVar[Purpose] = Purpose.INVOICE
    BY_MAIL: ClassVar[bool] = True
    number: str
    price: Price
    open: Money
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLongOverdue(Notice):
    ROUTINE: ClassVar[bool] = True
    LINK: ClassVar[Purpose] = Purpose.INVOICE
    BY_MAIL: ClassVar[bool] = True
    number: str
    price: Price
    open: Money
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceived(Notice):
    invoice: str
    price: Price
    amount: Money
    still_open: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReturned(Notice):
    """The bank took a payment back: `open` is to be paid again."""

    LINK: ClassVar[Purpose] = Purpose.INVOICE
    BY_MAIL: ClassVar[bool] = True
    number: str
    price: Price
    amount: Money
    open: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceWrittenOff(Notice):
    invoice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceCredited(Notice):
    """The credit note with its document; `rest` of the invoice is still to be paid by `due_on`, if any.

    `part`: the invoice is not cancelled as a whole; without a `rest`, what it still asks for has been paid.
    """

    PAPER: ClassVar[bool] = True
    BY_MAIL: ClassVar[bool] = True
    number: str
    invoice: str
    price: Price
    part: bool = False
    rest: Money | None = None
    due_on: date | None = None

    @property
    def about(self) -> str:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestSaid(Notice):
    """The first step was taken; what confirming means, and until when (letter §6.4).

    Where a part is contested: its lines' labels, its price, and the `rest` that is owed in any case. `lost`, here and
    in what follows from it: support has ended with an earlier contest of this invoice, so that none can be kept.
    """

    LINK: ClassVar[Purpose] = Purpose.CONTEST
    BY_MAIL: ClassVar[bool] = True
    number: str
    price: Price
    open: Money
    until: date
    part: tuple[str, ...] = ()
    contested: Price | None = None
    rest: Money | None = None
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestWithdrawn(Notice):
    LINK: ClassVar[Purpose] = Purpose.INVOICE
    number: str
    price: Price
    open: Money
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestLapsed(Notice):
    LINK: ClassVar[Purpose] = Purpose.INVOICE
    BY_MAIL: ClassVar[bool] = True
    number: str
    price: Price
    open: Money
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCorrected(Notice):
    """What the diagnosis found, put right; with the credit note (`number`) of the `invoice` and its `price`, if any.

    `owed` is what is billed instead, in an invoice of its own; `paid` came in already.
    """

    PAPER: ClassVar[bool] = True
    BY_MAIL: ClassVar[bool] = True
    AUTOMATIC: ClassVar[bool] = False
    outcome: Outcome
    reason: str
    number: str
    invoice: str
    price: Price | None
    owed: Price | None
    paid: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestConceded(Notice):
    """Where a part was conceded: what is taken back, and the `rest`, to be paid by `due_on`."""

    invoice: str
    reason: str
    credited: Price | None = None
    rest: Money | None = None
    due_on: date | None = None
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestConfirmed(Notice):
    """What was contested is not owed and support is over; services and renewals go on (letter §6.1 to §6.3).

    Where that was a part: what is taken back, and the `rest`, to be paid by `due_on`.
    """

    BY_MAIL: ClassVar[bool] = True
    invoice: str
    credited: Price | None = None
    rest: Money | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestReversed(Notice):
    """Support is given back (letter §6.5)."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportEnded(Notice):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentMoved(Notice):
    """An incident opened in their name by mistake is not theirs any more: nothing of the other customer, no page."""

    BY_MAIL: ClassVar[bool] = True
    reference: str
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportUnavailable(Notice):
    """The one polite answer to somebody without entitlement: the reason and the way back (letter §6.7)."""

    LIMITED: ClassVar[bool] = True
    support: Support
    invoice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailUnread(Notice):
    """A mail that could not be opened, or only by who has its key: people look at its original."""

    LIMITED: ClassVar[bool] = True
    received_at: datetime
    encrypted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideByLink(Notice):
    """A reply that reads like a decision: it is taken on the page, by one click."""

    LIMITED: ClassVar[bool] = True
    stage: Stage
    number: str = ""

    @property
    def link(self) -> Purpose:
        pages = {
            Stage.ANNOUNCED: Purpose.ORDER,
            Stage.QUOTED: Purpose.QUOTE,
            Stage.INVOICED: Purpose.INVOICE,
        }
        return pages.get(self.stage, Purpose.CONSENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPaused(Notice):
    """A mail said stop: everything waits for one click, either way. `number` is the invoice where one is open."""

    BY_MAIL: ClassVar[bool] = True
    stage: Stage
    until: datetime
    number: str = ""

    @property
    def link(self) -> Purpose:
        return Purpose.INVOICE if self.number else Purpose.INCIDENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactProposed(Notice):
    """Somebody who is no contact wrote about this incident: who is that? Nothing of their words goes along."""

    LINK: ClassVar[Purpose] = Purpose.CONTACT
    BY_MAIL: ClassVar[bool] = True
    address: str

    @property
    def about(self) -> str:
        return self.address


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSettled(Notice):
    """The receipt of that answer, with the page on which to change it."""

    LINK: ClassVar[Purpose] = Purpose.CONTACT
    BY_MAIL: ClassVar[bool] = True
    address: str
    answer: Answer

    @property
    def about(self) -> str:
        return self.address


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRenewed(Notice):
    """A fresh link for one that expired, sent to the address on file."""

    purpose: Purpose
    number: str

    @property
    def link(self) -> Purpose:
        return self.purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatCodeSent(Notice):
    """The code that links a Slack user to the address on file."""

    BY_MAIL: ClassVar[bool] = True
    code: str


NOTICES: Mapping[str, type[Notice]] = {kind.name(): kind for kind in Notice.__subclasses__()}
