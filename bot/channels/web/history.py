"""An incident's story as its customer reads it: facts and words in the order they came."""

from dataclasses import dataclass
from datetime import datetime

from bot.app.links import masked
from bot.app.read import Case, written_earlier
from bot.core import facts as f
from storage import Direction, KeptAttachment, Message, Recorded

# What concerns the desk alone: deliveries, who took it, drafts, the calendar's notes, what others wrote.
UNTOLD: frozenset[type[f.Fact]] = frozenset(
    {
        f.NoticeDelivered,
        f.NoticeDelayed,
        f.NoticeFailed,
        f.NoticeHeld,
        f.NoticeComplained,
        f.AnnouncementReturned,
        f.AnnouncementRepeated,
        f.AddressLost,
        f.AddressRestored,
        f.CustomerNudged,
        f.IncidentMoved,
        f.IncidentTaken,
        f.OtherWrote,
        f.ContactProposed,
        f.ContactSettled,
        f.DecisionDoubted,
        f.DecisionReferred,
        f.OtherIncidentNamed,
        f.QuoteDrafted,
        f.ConsentReplaced,
        f.ConsentRunsOut,
        f.PaperFiled,
        f.InvoiceHeld,
        f.ReminderMoved,
        f.RemindersHeld,
        f.InvoiceLongOverdue,
        f.CustomerMet,
        f.DetailsGiven,
        f.ChatLinked,
        f.ContactAdded,
        f.ContactRemoved,
        f.CourtesyStopped,
        f.CourtesyResumed,
        f.SupportForfeited,
        f.SupportLimited,
        f.SupportReinstated,
        f.PersonalDataErased,
    }
)
TOLD: frozenset[type[f.Fact]] = frozenset(f.FACTS.values()) - UNTOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, worded under its fact's name; `words` are the customer's own where they wrote.

    `quoted` is what stood below them, `original` the number of a mail that can be seen as it was sent, `written_at`
    when they wrote it, where it was long on its way.
    """

    at: datetime
    fact: f.Fact
    words: str = ""
    quoted: str = ""
    files: tuple[KeptAttachment, ...] = ()
    original: int = 0
    written_at: datetime | None = None

    @property
    def kind(self) -> str:
        return type(self.fact).__name__


def history(case: Case) -> tuple[Event, ...]:
    """The story, oldest first; a mail that was overtaken by its own answer stands where it was written."""
    events = [_event(case, recorded) for recorded in case.history if _is_told(case, recorded.fact)]
    return tuple(sorted(events, key=lambda event: _place(case, event)))


def _place(case: Case, event: Event) -> tuple[datetime, bool, datetime]:
    """Never before the incident, whose opening comes first."""
    at = event.written_at or event.at
    return max(at, case.incident.opened_at), not isinstance(event.fact, f.IncidentOpened), at


def _is_told(case: Case, fact: f.Fact) -> bool:
    if isinstance(fact, f.QuoteSuperseded):
        quote = case.incident.quote_named(fact.number)
        return quote is not None and quote.offered_at is not None
    return type(fact) in TOLD


def _event(case: Case, recorded: Recorded) -> Event:
    if isinstance(recorded.fact, f.StaffWrote):
        return Event(at=recorded.at, fact=recorded.fact, files=_sent(case, recorded.seq))
    if not isinstance(recorded.fact, f.CustomerWrote):
        return Event(at=recorded.at, fact=recorded.fact)
    message = next((one for one in case.messages if str(one.id) == recorded.fact.message), None)
    return Event(
        at=recorded.at,
        fact=recorded.fact,
        words=masked(message.text) if message else "",
        quoted=masked(message.quoted) if message else "",
        files=files_of(case, message) if message else (),
        original=message.id if message and message.html_sha256 else 0,
        written_at=written_earlier(message) if message else None,
    )


def told_message(case: Case, number: int) -> Message | None:
    """The customer's own message of this number; None for what others wrote, and for other incidents."""
    told = {fact.fact.message for fact in case.history if isinstance(fact.fact, f.CustomerWrote)}
    return next((one for one in case.messages if one.id == number and str(one.id) in told), None)


def told_file(case: Case, number: int) -> KeptAttachment | None:
    """The file of this number, where it came or went with a message that is told."""
    file = next((one for one in case.attachments if one.id == number), None)
    if file is None:
        return None
    ours = {one.seq for one in case.history if isinstance(one.fact, f.StaffWrote)}
    sent = any(one.id == file.message_id and one.fact in ours for one in case.messages)
    return file if sent or told_message(case, file.message_id) else None


def _sent(case: Case, seq: int) -> tuple[KeptAttachment, ...]:
    """What went with the words of this fact: once, though it may have left by mail and in chat."""
    sent = (files_of(case, one) for one in case.messages if one.direction is Direction.OUT and one.fact == seq)
    return next((files for files in sent if files), ())


def files_of(case: Case, message: Message) -> tuple[KeptAttachment, ...]:
    return tuple(file for file in case.attachments if file.message_id == message.id)
