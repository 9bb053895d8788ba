"""What became of what was sent: delivered, late, failed, returned, held back; and a lost address (letter §2.4)."""

from datetime import datetime

from bot.core import commands as c
from bot.core import facts as f
from bot.core.incident import Incident
from bot.core.lives import QuoteState, Stage
from bot.core.notices import ANNOUNCEMENT
from bot.core.refusals import Decided, Deciders, Reason, Refused


def report(incident: Incident, command: c.ReportDelivery, _now: datetime) -> Decided:
    """A delivered announcement is what opens the way to the diagnosis (letter §2.4)."""
    if not command.delivered:
        failed = f.NoticeFailed(notice=command.notice, via=command.via, reply=command.reply, instead=command.instead)
        return (failed, *_lost(incident, command.address, command.reply))
    if command.notice == ANNOUNCEMENT and incident.stage is Stage.OPENED:
        return (f.PriceAnnounced(price=incident.price, via=command.via, reply=command.reply, sent=command.sent),)
    return (f.NoticeDelivered(notice=command.notice, via=command.via, reply=command.reply, sent=command.sent),)


def report_delay(_incident: Incident, command: c.ReportDelay, _now: datetime) -> Decided:
    """Nothing follows from it but that staff know: it is still tried."""
    return (f.NoticeDelayed(notice=command.notice, via=command.via, since=command.since, reply=command.reply),)


def report_bounce(incident: Incident, command: c.ReportBounce, _now: datetime) -> Decided:
    """What came back was not said: an announcement that nobody has acted upon was not made."""
    failed = f.NoticeFailed(notice=command.notice, via=f.Channel.MAIL, reply=command.reply)
    unmade = command.notice == ANNOUNCEMENT and incident.stage is Stage.ANNOUNCED
    returned = (f.AnnouncementReturned(reply=command.reply),) if unmade else ()
    return (failed, *returned, *_lost(incident, command.address, command.reply))


def _lost(incident: Incident, address: str, reply: str) -> tuple[f.Fact, ...]:
    """An address that mail does not reach is lost once."""
    return (f.AddressLost(address=address, reply=reply),) if address and incident.lost is None else ()


def report_complaint(_incident: Incident, command: c.ReportComplaint, _now: datetime) -> Decided:
    """A button in a mail program decides nothing, for or against anybody."""
    return (f.NoticeComplained(notice=command.notice, address=command.address, reply=command.reply),)


def lose(incident: Incident, command: c.LoseAddress, _now: datetime) -> Decided:
    if incident.lost is not None:
        return Refused(Reason.ALREADY)
    return (f.AddressLost(address=command.address, reply=command.reply),)


def restore(incident: Incident, _command: c.RestoreAddress, now: datetime) -> Decided:
    """What nobody could read is said again: the announcement, and the quote with the days it had left."""
    if incident.lost is None:
        return Refused(Reason.ALREADY)
    days = incident.terms.day_of(now) - incident.terms.day_of(incident.lost.since)
    prolonged = tuple(
        f.QuoteProlonged(number=quote.number, valid_until=quote.valid_until + days)
        for quote in incident.quotes
        if quote.state is QuoteState.SENT
    )
    repeated = (_repeated(incident, now),) if incident.stage is Stage.OPENED else ()
    return (f.AddressRestored(address=incident.lost.address), *prolonged, *repeated)


def hold(_incident: Incident, command: c.HoldNotice, _now: datetime) -> Decided:
    return (f.NoticeHeld(notice=command.notice, why=command.why),)


def announce_again(incident: Incident, _command: c.AnnounceAgain, now: datetime) -> Decided:
    """Only what is known not to have arrived: while the first is on its way a second would be one too many."""
    if incident.lost is not None:
        return Refused(Reason.ADDRESS_LOST)
    if incident.unannounced_at is None:
        return Refused(Reason.ALREADY)
    return (_repeated(incident, now),)


def _repeated(incident: Incident, now: datetime) -> f.Fact:
    return f.AnnouncementRepeated(price=incident.terms.price_at(now))


DECIDERS: Deciders = {
    c.ReportDelivery: report,
    c.ReportDelay: report_delay,
    c.ReportBounce: report_bounce,
    c.ReportComplaint: report_complaint,
    c.LoseAddress: lose,
    c.RestoreAddress: restore,
    c.HoldNotice: hold,
    c.AnnounceAgain: announce_again,
}
