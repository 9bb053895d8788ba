"""Which fact makes which deadline: the calendar's questions, written with the fact that calls for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.core import facts as f
from bot.core.commands import DeadlineKind
from bot.core.consent import request_lapses_at
from bot.core.due import consent_about, reminder_about
from bot.core.incident import Incident
from bot.core.lives import Stage
from bot.core.office import Office
from bot.core.reminders import limit_at, next_reminder, patience_ends

WARNED_BEFORE = timedelta(hours=9)  # a leave ends at midnight: staff learn of it in the afternoon


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """The calendar will ask `kind` about `about` at `at`."""

    kind: DeadlineKind
    about: str
    at: datetime


def deadlines(incident: Incident, fact: f.Fact, now: datetime) -> tuple[Deadline, ...]:
    """What this fact makes fall due. `incident` is the state after all facts of the command."""
    return tuple(
        make(incident, fact, now) for make in _FALLS_DUE.get(type(fact), ()) if _applies(incident, make, now)
    )


def _applies(incident: Incident, make: Callable[..., Deadline], now: datetime) -> bool:
    """Reminders and the limit follow an invoice that may be recalled, the opening's lapse one nobody was told of."""
    if make is _lapse_opening:
        return incident.stage is Stage.OPENED and incident.unannounced_at is not None
    if make is _limit:
        return incident.invoice is not None and bool(incident.invoice.open)
    return make is not _reminder or next_reminder(incident, now) is not None


def _nudge_order(i: Incident, _fact: f.PriceAnnounced, now: datetime) -> Deadline:
    at = i.office.open_at(now + timedelta(days=i.terms.announcement_nudge_days))
    return Deadline(kind=DeadlineKind.NUDGE_ORDER, about="order", at=at)


def _lapse_announcement(i: Incident, _fact: f.PriceAnnounced, now: datetime) -> Deadline:
    at = now + timedelta(days=i.terms.announcement_lapse_days)
    return Deadline(kind=DeadlineKind.LAPSE_ANNOUNCEMENT, about="order", at=at)


def _lapse_opening(i: Incident, _fact: f.Fact, now: datetime) -> Deadline:
    at = now + timedelta(days=i.terms.announcement_lapse_days)
    return Deadline(kind=DeadlineKind.LAPSE_OPENING, about="announcement", at=at)


def _lapse_pause(_i: Incident, fact: f.IncidentPaused, _now: datetime) -> Deadline:
    return Deadline(kind=DeadlineKind.LAPSE_PAUSE, about="pause", at=fact.until)


def _lapse_again(i: Incident, fact: f.DecisionUndone, now: datetime) -> Deadline:
    """What was decided waits for a decision again, and lapses as it would have."""
    quote = i.quote_named(fact.about)
    if quote is None:
        at = now + timedelta(days=i.terms.announcement_lapse_days)
        return Deadline(kind=DeadlineKind.LAPSE_ANNOUNCEMENT, about="order", at=at)
    return Deadline(kind=DeadlineKind.LAPSE_QUOTE, about=quote.number, at=_after(i, quote.valid_until))


def _nudge_answer(i: Incident, fact: f.CustomerAsked, now: datetime) -> Deadline:
    at = i.office.open_at(now + timedelta(days=i.terms.waiting_nudge_days))
    return Deadline(kind=DeadlineKind.NUDGE_ANSWER, about=fact.message, at=at)


def _lapse_answer(i: Incident, fact: f.CustomerAsked, now: datetime) -> Deadline:
    days = i.terms.waiting_nudge_days + i.terms.waiting_lapse_days
    return Deadline(kind=DeadlineKind.LAPSE_ANSWER, about=fact.message, at=now + timedelta(days=days))


def _nudge_quote(i: Incident, fact: f.QuoteOffered | f.QuoteProlonged, now: datetime) -> Deadline:
    end = _lapse_quote(i, fact, now).at
    at = i.office.open_at(max(end - timedelta(days=3), now + (end - now) / 2))
    return Deadline(kind=DeadlineKind.NUDGE_QUOTE, about=fact.number, at=at)


def _lapse_quote(i: Incident, fact: f.QuoteOffered | f.QuoteProlonged, now: datetime) -> Deadline:
    quote = i.quote_named(fact.number)
    day = quote.valid_until if quote else i.terms.day_of(now)
    return Deadline(kind=DeadlineKind.LAPSE_QUOTE, about=fact.number, at=_after(i, day))


def _after(i: Incident, day: date) -> datetime:
    return i.terms.end_of(day) + timedelta(microseconds=1)


def _nudge_consent(i: Incident, fact: f.ConsentRequested, now: datetime) -> Deadline:
    at = i.office.open_at(now + (_lapse_consent(i, fact, now).at - now) / 2)
    return Deadline(kind=DeadlineKind.NUDGE_CONSENT, about=consent_about(fact.number), at=at)


def _lapse_consent(i: Incident, fact: f.ConsentRequested, now: datetime) -> Deadline:
    consent = i.consent_named(fact.number)
    at = request_lapses_at(consent, i.terms) if consent else now + timedelta(days=i.terms.consent_lapse_days)
    return Deadline(kind=DeadlineKind.LAPSE_CONSENT, about=consent_about(fact.number), at=at)


def _warn_consent(i: Incident, fact: f.ConsentGranted, now: datetime) -> Deadline:
    """On the last afternoon, or while staff last work before it; half-way where it is shorter than that."""
    end = _expire_consent(i, fact, now).at
    moment = max(end - WARNED_BEFORE, now + (end - now) / 2)
    at = Office(timezone=i.terms.timezone).open_before(moment, end, now) or moment
    return Deadline(kind=DeadlineKind.WARN_CONSENT, about=consent_about(fact.number), at=at)


def _expire_consent(i: Incident, fact: f.ConsentGranted, now: datetime) -> Deadline:
    consent = i.consent_named(fact.number)
    at = consent.until if consent else now
    return Deadline(kind=DeadlineKind.EXPIRE_CONSENT, about=consent_about(fact.number), at=at)


def _reminder(i: Incident, _fact: f.Fact, now: datetime) -> Deadline:
    reminder = next_reminder(i, now)
    if i.invoice is None or reminder is None:
        raise ValueError("nothing to remind of")
    return Deadline(kind=DeadlineKind.REMIND, about=reminder_about(i.invoice), at=reminder.at)


def _moved(i: Incident, fact: f.ReminderMoved, _now: datetime) -> Deadline:
    about = reminder_about(i.invoice) if i.invoice else fact.number
    return Deadline(kind=DeadlineKind.REMIND, about=about, at=fact.to)


def _limit(i: Incident, _fact: f.Fact, now: datetime) -> Deadline:
    if i.invoice is None:
        raise ValueError("no invoice yet")
    pause = i.office.open_at(now + timedelta(days=i.terms.contest_pause_days))
    at = max(limit_at(i, i.invoice), pause, patience_ends(i) or pause)
    return Deadline(kind=DeadlineKind.LIMIT_SUPPORT, about=i.invoice.number, at=at)


def _lapse_contest(i: Incident, _fact: f.ContestSaid, now: datetime) -> Deadline:
    at = now + timedelta(days=i.terms.contest_confirm_days)
    return Deadline(kind=DeadlineKind.LAPSE_CONTEST, about="contest", at=at)


def _lapse_withdrawal(_i: Incident, fact: f.ContractWithdrawn, _now: datetime) -> Deadline:
    at = fact.settles_by + timedelta(microseconds=1)
    return Deadline(kind=DeadlineKind.LAPSE_WITHDRAWAL, about=fact.number, at=at)


_FALLS_DUE: Mapping[type[f.Fact], tuple[Callable[..., Deadline], ...]] = {
    f.PriceAnnounced: (_nudge_order, _lapse_announcement),
    f.NoticeFailed: (_lapse_opening,),
    f.NoticeHeld: (_lapse_opening,),
    f.AnnouncementReturned: (_lapse_opening,),
    f.IncidentPaused: (_lapse_pause,),
    f.PauseEnded: (_reminder, _limit),
    f.AddressRestored: (_reminder, _limit),
    f.DecisionUndone: (_lapse_again,),
    f.CustomerAsked: (_nudge_answer, _lapse_answer),
    f.QuoteOffered: (_nudge_quote, _lapse_quote),
    f.QuoteProlonged: (_nudge_quote, _lapse_quote),
    f.ConsentRequested: (_nudge_consent, _lapse_consent),
    f.ConsentGranted: (_warn_consent, _expire_consent),
    f.InvoiceIssued: (_reminder, _limit),
    f.InvoiceReminded: (_reminder,),
    f.ReminderMoved: (_moved,),
    f.PaymentReturned: (_reminder, _limit),
    f.RemindersHeld: (_reminder, _limit),
    f.PaymentPromised: (_reminder, _limit),
    f.ContestWithdrawn: (_reminder, _limit),
    f.ContestLapsed: (_reminder, _limit),
    f.ContestSaid: (_lapse_contest,),
    f.InvoiceCredited: (_reminder, _limit),
    f.ContractWithdrawn: (_lapse_withdrawal,),
}
