"""From the outbox to a sender, and the sender's answer back into the domain (letter §2.4)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import SystemRandom

import structlog

from bot.app import fates, tell
from bot.app.desk import Desk
from bot.app.handle import carry_out
from bot.app.jobs import Tell, TellByMail, TellInChat, decode
from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from storage import Conflict, Fate, Job, Message, Transaction, Unavailable

log = structlog.get_logger("app.deliver")
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
NOTED = timedelta(hours=4)
GIVEN_UP = timedelta(days=5)
NO_ADDRESS = "and there is no address to mail it to: nothing reached the customer"
NOTED_AGAIN_AFTER = (0.5, 1, 2, *(4,) * 14)
"""Seconds of rest: a minute in all. Of a claim that ended meanwhile nothing is noted, as of any other."""
CHANCE = SystemRandom()
CLAIMS = frozenset(
    kind.name() for kind in (n.ReminderBeforeDue, n.ReminderOverdue, n.FormalNotice, n.InvoiceLongOverdue)
)


@dataclass(frozen=True, slots=True)
class Delivered:
    """Taken over by the relay or by Slack, in their own words. `then` runs in the transaction that notes it.

    `sent` is what a customer was told, `copy` the bytes it names: kept in that transaction.
    """

    reply: str
    then: Callable[[Transaction], None] | None = None
    sent: f.Sent | None = None
    copy: bytes = b""


@dataclass(frozen=True, slots=True)
class Later:
    """Not now, or nobody knows: the same again, after this long or after a growing while.

    `untaken`: it is sure that nothing was taken this time.
    """

    reason: str
    after: timedelta | None = None
    untaken: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """Never like this: kept aside and said so. `gone`: nothing will ever reach this address.

    `untaken`: it is sure that nobody was told: what was to be said in chat is mailed.
    """

    reason: str
    gone: bool = False
    untaken: bool = False


@dataclass(frozen=True, slots=True)
class Dropped:
    """Not sent, because it would no longer be true."""

    reason: str


Delivery = Delivered | Later | Failed | Dropped
Sender = Callable[[Job, datetime], Awaitable[Delivery]]


async def deliver(desk: Desk, job: Job, senders: Mapping[str, Sender], clock: Callable[[], datetime]) -> Delivery:
    """Sends one claimed job and notes what became of it. A sender that raises is tried again, visibly."""
    now = clock()
    try:
        held, overtaken = await desk.store.read(lambda tx: (tx.outbox.holds(job), _overtaken(tx, job)))
        if not held:
            return Later("somebody else has it")
        delivery = Dropped(overtaken) if overtaken else await senders[job.kind](job, now)
    except Exception as error:  # the loop's edge: the row is kept, with the error's name
        if not isinstance(error, Unavailable):
            log.exception("sender_failed", kind=job.kind, id=job.id, tries=job.tries)
        delivery = Later(f"{type(error).__name__}: {error}")
    await _noted(desk, job, delivery, clock())
    return delivery


async def _noted(desk: Desk, job: Job, delivery: Delivery, now: datetime) -> None:
    """Keeps what became of it, which nobody else knows: without that, what was taken is sent a second time."""
    for seconds in NOTED_AGAIN_AFTER:
        try:
            return await desk.store.run(lambda tx: _note(tx, desk, job, delivery, now))
        except (Unavailable, Conflict) as passing:
            log.warning("not_noted_yet", kind=job.kind, id=job.id, error=str(passing))
            await asyncio.sleep(seconds)
    return await desk.store.run(lambda tx: _note(tx, desk, job, delivery, now))


def _note(tx: Transaction, desk: Desk, job: Job, delivery: Delivery, now: datetime) -> None:
    match delivery:
        case Delivered(reply=reply):
            if tx.outbox.done(job, now):
                _report(tx, desk, job, reply, now, taken=delivery)
                if delivery.then is not None:
                    delivery.then(tx)
        case Dropped(reason=reason):
            if tx.outbox.done(job, now):
                _report_dropped(tx, desk, job, reason, now)
        case Later() if now - job.created_at < GIVEN_UP:
            _try_again(tx, desk, job, delivery, now)
        case Later(reason=reason):
            _give_up(tx, desk, job, f"given up after {GIVEN_UP.days} days: {reason}", now)
        case Failed(untaken=True) if job.kind == TellInChat.KIND:
            _mail_instead(tx, desk, job, delivery.reason, now)
        case Failed(reason=reason, gone=gone):
            _give_up(tx, desk, job, reason, now, gone=gone)


def _give_up(tx: Transaction, desk: Desk, job: Job, reason: str, now: datetime, *, gone: bool = False) -> None:
    if tx.outbox.park(job, reason, now):
        _report(tx, desk, job, reason, now, gone=gone)


def _mail_instead(tx: Transaction, desk: Desk, job: Job, reason: str, now: datetime) -> None:
    """The same notice by mail: a customer in chat is known by a code that was mailed to them."""
    told, message = decode(TellInChat, job.payload), tx.messages.by_outbox_id(job.id)
    incident = tx.incidents.load(told.incident) if told.incident is not None else None
    customer = tell.reached_by_mail(tx, incident, told) if incident is not None else None
    if incident is None or customer is None:
        _give_up(tx, desk, job, f"{reason}, {NO_ADDRESS}", now)
        return
    if not tx.outbox.done(job, now):
        return
    tell.mail_instead(tx, desk, customer, incident, told, message, now)
    if message is not None:
        fates.come_to(tx, desk, message, Fate.MAILED, reason, now)
    failed = c.ReportDelivery(
        actor=f.BOT, notice=told.notice, via=f.Channel.SLACK, delivered=False, reply=reason, instead=customer.address
    )
    carry_out(tx, desk, incident.id, failed, now)


def _try_again(tx: Transaction, desk: Desk, job: Job, later: Later, now: datetime) -> None:
    at = now + (later.after or wait_before(job.tries))
    late = _late(tx, job, now)
    if late is None:
        tx.outbox.retry(job, at, later.reason, untaken=later.untaken)
        return
    told, message = late
    if tx.outbox.retry(job, at, later.reason, untaken=later.untaken, payload=_worded_late(told, job, later)):
        fates.come_to(tx, desk, message, Fate.DELAYED, later.reason, now)
        _report_delay(tx, desk, told, job.created_at, later.reason, now)


def _late(tx: Transaction, job: Job, now: datetime) -> tuple[Tell, Message] | None:
    """What has waited for hours by now, and is not known to."""
    told = _told(job) if now - job.created_at >= NOTED else None
    message = tx.messages.by_outbox_id(job.id) if told is not None else None
    return None if told is None or message is None or message.delivery is Fate.DELAYED else (told, message)


def _worded_late(told: Tell, job: Job, later: Later) -> bytes | None:
    """The job that says so to the customer, where no try may have been taken: else it is sent again as it was."""
    untaken = later.untaken and job.doubts == 1
    return replace(told, late=True).encode() if untaken and isinstance(told, TellByMail) else None


def _report_delay(tx: Transaction, desk: Desk, told: Tell, since: datetime, reply: str, now: datetime) -> None:
    if told.incident is not None:
        delay = c.ReportDelay(actor=f.BOT, notice=told.notice, via=_via(told), since=since, reply=reply)
        carry_out(tx, desk, told.incident, delay, now)


def wait_before(tries: int, chance: Callable[[], float] = CHANCE.random) -> timedelta:
    """How long to wait after so many tries: twice as long each time, at most an hour, up to a quarter less by chance.

    The chance keeps what failed together from coming back together.
    """
    doubled: timedelta = FIRST_WAIT * 2 ** min(tries - 1, 12)
    return min(LONGEST_WAIT, doubled) * (1 - chance() / 4)


def _report(
    tx: Transaction,
    desk: Desk,
    job: Job,
    reply: str,
    now: datetime,
    *,
    taken: Delivered | None = None,
    gone: bool = False,
) -> None:
    """What customers were told, or could not be told, is a fact of the incident, and names the copy that is kept."""
    told = _told(job)
    message = tx.messages.by_outbox_id(job.id)
    if message is not None:
        fates.come_to(tx, desk, message, Fate.ACCEPTED if taken else Fate.FAILED, reply, now)
    if told is None:
        return
    if told.incident is None:
        if gone:
            tx.customers.set_bounced(told.to, now)
        return
    report = c.ReportDelivery(
        actor=f.BOT,
        notice=told.notice,
        via=_via(told),
        delivered=taken is not None,
        reply=reply,
        address=told.to if gone else "",
        sent=taken.sent if taken else None,
    )
    carry_out(tx, desk, told.incident, report, now)
    if taken is not None and taken.copy:
        tx.blobs.keep(taken.copy)


def _via(told: Tell) -> f.Channel:
    return f.Channel.MAIL if isinstance(told, TellByMail) else f.Channel.SLACK


def _overtaken(tx: Transaction, job: Job) -> str:
    """Why what waited here is not said any more, else empty: the incident proved to be another customer's, or a
    claim was paid or contested (letter §5.2).
    """
    told = _told(job)
    incident = tx.incidents.load(told.incident) if told is not None and told.incident is not None else None
    if told is None or incident is None:
        return ""
    if incident.moved_to is not None:
        return "the incident was moved to another customer"
    if told.notice not in CLAIMS or incident.invoice is None:
        return ""
    if incident.contested:
        return "the invoice was contested in the meantime"
    return "" if incident.invoice.open else "nothing is open any more"


def _report_dropped(tx: Transaction, desk: Desk, job: Job, reason: str, now: datetime) -> None:
    told, message = _told(job), tx.messages.by_outbox_id(job.id)
    if message is not None:
        fates.come_to(tx, desk, message, Fate.HELD, reason, now)
    if told is not None and told.incident is not None:
        carry_out(tx, desk, told.incident, c.HoldNotice(actor=f.BOT, notice=told.notice, why=reason), now)


def _told(job: Job) -> Tell | None:
    match job.kind:
        case TellByMail.KIND:
            return decode(TellByMail, job.payload)
        case TellInChat.KIND:
            return decode(TellInChat, job.payload)
        case _:
            return None
