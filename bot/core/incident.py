"""One incident and what belongs to it, as the fold of its facts makes them."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.core import facts as f
from bot.core.lives import ConsentState, ContestState, InvoiceState, QuoteState, Stage
from bot.core.money import Line, Money, Price, Vat, total
from bot.core.office import Office
from bot.core.place import named
from bot.core.terms import Kind, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A quote; a changed one is a new quote that supersedes it (letter §4.3)."""

    number: str
    lines: tuple[Line, ...]
    valid_until: date
    note: str
    state: QuoteState
    document_sha256: str = ""
    offered_at: datetime | None = None
    decided_at: datetime | None = None

    @property
    def price(self) -> Price:
        return total(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A request for leave to touch hosted data, and what became of it (letter §1.3)."""

    number: int
    acts: tuple[f.Intervention, ...]
    places: tuple[str, ...]
    until: datetime
    why: str
    state: ConsentState
    asked_at: datetime
    granted: tuple[str, ...] = ()
    decided_at: datetime | None = None

    @property
    def given(self) -> tuple[f.Intervention, ...]:
        """What of it was granted, in the words that were shown."""
        return tuple(act for act in self.acts if act.id in self.granted)

    def is_live(self, now: datetime) -> bool:
        return self.state is ConsentState.GRANTED and now < self.until

    def covered(self, act: f.Intervention, place: str, now: datetime) -> str | None:
        """The place as it was shown, if this leave is live and names it with this act, in these very words."""
        if not self.is_live(now) or act not in self.given:
            return None
        return next((shown for shown in self.places if named(shown) == named(place)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """A credit note: `lines` are its own, `of` says which of the invoice's each takes back, counted from 1.

    `dropped`: the cents that the rounding of VAT would have left of the invoice after it.
    """

    number: str
    issued_on: date
    price: Price
    of: tuple[int, ...]
    lines: tuple[Line, ...]
    dropped: Money | None = None
    document_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """The one invoice of an incident (letter §5.1). `reminded` is the last reminder's level, `reminders` how many.

    `due_on` is by when what is open is to be paid; `printed_due_on` what the document says where that was moved.
    """

    number: str
    lines: tuple[Line, ...]
    price: Price
    issued_on: date
    due_on: date
    paid: Money
    state: InvoiceState = InvoiceState.ISSUED
    document_sha256: str = ""
    printed_due_on: date | None = None
    credits: tuple[Credit, ...] = ()
    reminded: int = 0
    reminders: int = 0
    reminded_at: datetime | None = None
    held_until: date | None = None
    held_why: str = ""
    promised_until: date | None = None
    promised_by_customer: bool = False
    long_overdue: bool = False
    returned_at: datetime | None = None

    @property
    def open(self) -> Money:
        """What remains to be paid, VAT included; nothing once paid, credited or written off."""
        if self.state not in {InvoiceState.ISSUED, InvoiceState.PART_PAID}:
            return self.paid - self.paid
        return self.owed - self.paid

    @property
    def owed(self) -> Money:
        """What it asks for, VAT included, less what credit notes took back of it; what was paid is not looked at."""
        nothing = self.paid - self.paid
        taken = (credit.price.gross + (credit.dropped or nothing) for credit in self.credits)
        return self.price.gross - sum(taken, start=nothing)

    @property
    def owed_back(self) -> Money:
        """What was paid although credit notes took it back: it is the customer's."""
        nothing = self.paid - self.paid
        return max(self.paid - self.owed, nothing) if self.credits else nothing

    def credit(self, number: str) -> Credit | None:
        """The credit note with this number."""
        return next((credit for credit in self.credits if credit.number == number), None)

    @property
    def quiet_until(self) -> date | None:
        """The last day on which nobody is reminded, because somebody promised or staff hold it back."""
        return max((day for day in (self.held_until, self.promised_until) if day is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """A customer's disagreement (letter §6), with these lines of the invoice, counted from 1; none means with all.

    `lost`: support had ended with one that they confirmed before, with another part, and was not given back.
    """

    state: ContestState
    said_at: datetime
    reason: str = ""
    lines: tuple[int, ...] = ()
    ended_at: datetime | None = None
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What staff asked and the customer has not answered yet."""

    text: str
    message: str
    asked_at: datetime
    nudged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """An address that mail comes back from, and since when."""

    address: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """An unproven "stop" that nobody has confirmed or denied yet, or that is over; `stage` is where it was heard."""

    message: str
    stage: Stage
    since: datetime
    until: datetime
    over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Disowned:
    """A decision that its customer says was not theirs, after work under it had begun; `stage` is where that was."""

    about: str
    stage: Stage
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A consumer's withdrawal from the contract made by this quote, and until when staff may say what was done."""

    quote: str
    accepted_at: datetime
    at: datetime
    settles_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Somebody who wrote here without being a contact, in the words of `message`; who the owner says they are."""

    address: str
    message: str
    asked_at: datetime
    answer: f.Answer | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """`version` counts the facts that change what may be done; `seq` counts all of them.

    `contact` is who opened it and is answered, where that is not the customer's address on file. `invoice_faults`
    keep what is owed from being billed; `former_invoices` were taken back by corrections, `correction` is the last.
    `renews` is another incident's lapsed quote that this one was opened for, `renewals` are this one's own that were
    asked for anew.
    """

    id: int
    customer: int
    kind: Kind
    title: str
    language: f.Language
    channel: f.Channel
    way_in: f.WayIn
    terms: Terms
    price: Price
    stage: Stage
    opened_at: datetime
    seq: int = 1
    version: int = 1
    previous: int | None = None
    moved_from: int | None = None
    thread: str = ""
    moved_to: int | None = None
    vat: Vat = Vat.STANDARD
    recent: bool = True
    contact: str = ""
    office: Office
    renews: str = ""
    renewals: tuple[f.RenewalAsked, ...] = ()
    newcomers: tuple[Newcomer, ...] = ()
    announced_at: datetime | None = None
    unannounced_at: datetime | None = None
    ordered_at: datetime | None = None
    started_at: datetime | None = None
    assignee: str = ""
    outcome: f.Outcome | None = None
    report: str = ""
    waived: bool = False
    waiting: Question | None = None
    quotes: tuple[Quote, ...] = ()
    consents: tuple[Consent, ...] = ()
    acts: tuple[f.ActRecorded, ...] = ()
    work_report: str = ""
    work_owed: Price | None = None
    withdrawal: Withdrawal | None = None
    invoice: Invoice | None = None
    former_invoices: tuple[Invoice, ...] = ()
    correction: f.OutcomeCorrected | None = None
    invoice_faults: tuple[str, ...] = ()
    contest: Contest | None = None
    lost: Lost | None = None
    pause: Pause | None = None
    begun: bool = False
    disowned: Disowned | None = None
    ended: str = ""
    closed_at: datetime | None = None

    @property
    def reference(self) -> str:
        return f"INC-{self.id}"

    @property
    def quote(self) -> Quote | None:
        """The newest quote."""
        return self.quotes[-1] if self.quotes else None

    def quote_named(self, number: str) -> Quote | None:
        return next((quote for quote in self.quotes if quote.number == number), None)

    def renewal_of(self, number: str) -> f.RenewalAsked | None:
        """The request to have this lapsed quote anew."""
        return next((asked for asked in self.renewals if asked.number == number), None)

    def newcomer(self, address: str) -> Newcomer | None:
        """Who wrote from this address without being a contact."""
        return next((one for one in self.newcomers if one.address == address), None)

    def consent_named(self, number: int) -> Consent | None:
        return next((consent for consent in self.consents if consent.number == number), None)

    def invoice_named(self, number: str) -> Invoice | None:
        """The invoice with this number, or the one that the credit note with this number takes back."""
        known = (*self.former_invoices, *([self.invoice] if self.invoice else []))
        return next((invoice for invoice in known if number == invoice.number or invoice.credit(number)), None)

    @property
    def owed_back(self) -> tuple[Invoice, ...]:
        """The invoices of which more was paid than credit notes left of them, and is still here."""
        billed = (*self.former_invoices, *([self.invoice] if self.invoice else []))
        return tuple(one for one in billed if one.owed_back)

    @property
    def contested(self) -> bool:
        """Whether a contest stands between its first and its second step."""
        return self.contest is not None and self.contest.state is ContestState.SAID

    @property
    def accepted(self) -> Quote | None:
        """The quote that was accepted and neither done nor stopped for good."""
        return next((quote for quote in self.quotes if quote.state is QuoteState.ACCEPTED), None)

    @property
    def held(self) -> bool:
        """Whether a disowned decision still waits for a manager."""
        return self.disowned is not None and self.disowned.stage is self.stage

    @property
    def paused(self) -> bool:
        """Whether an unproven "stop" still waits for somebody to say what it meant."""
        return self.pause is not None and not self.pause.over
