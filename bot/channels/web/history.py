"""An incident's story as its customer reads it: facts and words in the order they came."""

from dataclasses import dataclass
from datetime import datetime

from bot.app.links import masked
from bot.app.read import Case
from bot.core import facts as f
from storage import Recorded

# What concerns the desk alone: deliveries, who took it, drafts, the calendar's notes, what others wrote.
UNTOLD: frozenset[type[f.Fact]] = frozenset(
    {
        f.NoticeDelivered,
        f.NoticeFailed,
        f.NoticeHeld,
        f.AnnouncementReturned,
        f.AnnouncementRepeated,
        f.AddressLost,
        f.AddressRestored,
        f.CustomerNudged,
        f.IncidentTaken,
        f.OtherWrote,
        f.QuoteDrafted,
        f.ConsentReplaced,
        f.PaperFiled,
        f.ReminderMoved,
        f.InvoiceLongOverdue,
        f.CustomerMet,
        f.DetailsGiven,
        f.ChatLinked,
        f.SupportForfeited,
        f.SupportLimited,
        f.SupportReinstated,
    }
)
TOLD: frozenset[type[f.Fact]] = frozenset(f.FACTS.values()) - UNTOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, worded under its fact's name; `words` are the customer's own where they wrote.

    `quoted` is what stood below them.
    """

    at: datetime
    fact: f.Fact
    words: str = ""
    quoted: str = ""
    files: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return type(self.fact).__name__


def history(case: Case) -> tuple[Event, ...]:
    """The story, oldest first."""
    return tuple(_event(case, recorded) for recorded in case.history if _is_told(case, recorded.fact))


def _is_told(case: Case, fact: f.Fact) -> bool:
    if isinstance(fact, f.QuoteSuperseded):
        quote = case.incident.quote_named(fact.number)
        return quote is not None and quote.offered_at is not None
    return type(fact) in TOLD


def _event(case: Case, recorded: Recorded) -> Event:
    if not isinstance(recorded.fact, f.CustomerWrote):
        return Event(at=recorded.at, fact=recorded.fact)
    number = recorded.fact.message
    message = next((one for one in case.messages if str(one.id) == number), None)
    files = tuple(file.name for file in case.attachments if str(file.message_id) == number)
    return Event(
        at=recorded.at,
        fact=recorded.fact,
        words=message.text if message else "",
        quoted=masked(message.quoted) if message else "",
        files=files,
    )
