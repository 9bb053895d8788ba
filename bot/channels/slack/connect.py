"""Words in a channel shared with a customer (Slack Connect): each message there begins a thread, and an incident."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from bot.app.language import guess
from bot.app.opening import TITLE_LENGTH, Opening, keep, open_incident
from bot.channels.slack.conversation import add, said, say, say_which_files_are_refused
from bot.channels.slack.jobs import SayInSlack
from bot.channels.slack.payloads import moment_of
from bot.channels.slack.room import Person, Room
from bot.channels.slack.speech import InternalNote
from bot.channels.slack.spoken import Spoken
from bot.core import facts as f
from bot.core.customer import Customer
from bot.core.lives import Stage
from bot.core.refusals import Refused
from storage import IncidentRow, SharedChannel, Transaction

QUOTED: Final = 2_000
ONE_BREATH: Final = timedelta(minutes=2)
"""People say in several messages what is wrong: within so long after the first, all of it is one incident."""
CLOCKS_APART: Final = timedelta(seconds=10)  # ours and Slack's
READ_BY_ALL: Final = (
    "The customer reads what you write here; staff read it in the incident's thread as said in the channel. It is "
    "no reply of the desk's and proves nothing: for that, use the incident's thread in the staff channel."
)

NOT_ORDERED: Final = frozenset({Stage.OPENED, Stage.ANNOUNCED})

log = logging.getLogger(__name__)


class EarlyError(Exception):
    """A reply that is here before what it replies to."""


class Side(Enum):
    """Who somebody is in a shared channel."""

    LINKED = auto()
    """The customer, proven by a code that was mailed to them."""
    COLLEAGUE = auto()
    """Of the customer's organisation: talks, and decides nothing."""
    OURS = auto()
    STRANGER = auto()


def side(tx: Transaction, room: Room, shared: SharedChannel, person: Person) -> Side:
    """Only a code proves who decides; a workspace says no more than whose colleague somebody is."""
    if room.role(person) is not None:
        return Side.OURS
    customer = tx.customers.by_slack(person.team, person.user)
    if customer is not None and customer.id == shared.customer_id:
        return Side.LINKED
    if person.team == shared.team:
        return Side.COLLEAGUE
    return Side.OURS if person.team == room.team else Side.STRANGER


def is_theirs(tx: Transaction, room: Room, spoken: Spoken) -> bool:
    """Whether somebody of the customer's says this in a channel that is shared with them."""
    shared = tx.shared.load(spoken.channel)
    return shared is not None and side(tx, room, shared, spoken.person) in {Side.LINKED, Side.COLLEAGUE}


def hear_in_channel(tx: Transaction, room: Room, spoken: Spoken, now: datetime, *, patient: bool) -> None:
    """A message opens an incident in a thread of its own, and replies go on in it; nothing is dropped in silence.

    Raises EarlyError, while we are `patient`, for a reply that may have come before what it replies to.
    """
    shared = tx.shared.load(spoken.channel)
    customer = tx.customers.load(shared.customer_id) if shared is not None else None
    if shared is None or customer is None:
        if spoken.shared:
            _in_vain(tx, room, spoken, guess(spoken.text), now)
        return
    row = _talked_about(tx, customer, spoken)
    match side(tx, room, shared, spoken.person):
        case Side.OURS:
            _by_us(tx, room, row, spoken, now)
        case Side.STRANGER:
            _in_vain(tx, room, spoken, customer.language, now)
        case who:
            by = "" if who is Side.LINKED else _unproven(spoken)
            if row is not None:
                add(tx, room, row.id, customer, spoken, now, by)
            elif spoken.thread_ts:
                _in_no_incident(tx, room, shared, customer, spoken, now, by, patient=patient)
            elif begun := _begun_a_moment_ago(tx, shared, customer, spoken, by or customer.address):
                add(tx, room, begun.id, customer, spoken, now, by)
                say(tx, room, spoken, "one_breath", customer.language, now, incident=begun.reference)
            else:
                _begin(tx, room, shared, customer, spoken, now, by)


def _talked_about(tx: Transaction, customer: Customer, spoken: Spoken) -> IncidentRow | None:
    """The incident of this thread, or the one that the thread's first message was added to."""
    row = tx.incidents.by_thread(spoken.thread)
    if row is None:
        began = (one.incident_id for one in tx.messages.answering(f"slack:{spoken.thread}"))
        row = next((tx.incidents.row(incident) for incident in began if incident is not None), None)
    return row if row is not None and row.customer_id == customer.id else None


def _begun_a_moment_ago(
    tx: Transaction, shared: SharedChannel, customer: Customer, spoken: Spoken, author: str
) -> IncidentRow | None:
    """What the same person has just begun in this channel, and nobody has ordered yet."""
    at = moment_of(spoken.ts)
    if spoken.gone or shared.trouble:
        return None
    for row in filter(None, map(tx.incidents.row, reversed(tx.incidents.open_of(customer.id)))):
        channel, _, ts = (row.thread or "").partition("/")
        began = moment_of(ts)
        if channel != spoken.channel or at is None or began is None or row.stage not in NOT_ORDERED:
            continue
        by_them = any(one.author == author for one in tx.messages.answering(f"slack:{row.thread}"))
        if by_them and timedelta() <= at - began <= ONE_BREATH:
            return row
    return None


def _unproven(spoken: Spoken) -> str:
    user = f"{spoken.person.team}/{spoken.person.user}"
    return f"{spoken.name} ({user}, not linked)" if spoken.name else f"{user} (not linked)"


def _begin(
    tx: Transaction, room: Room, shared: SharedChannel, customer: Customer, spoken: Spoken, now: datetime, by: str
) -> None:
    """Opens an incident in the thread of this message, whatever of it changed since; what is told follows there."""
    if _is_before(shared, spoken.ts) or tx.messages.answering(spoken.place):
        return
    words = said(tx, spoken, by or customer.address)
    if spoken.gone or shared.trouble:
        keep(tx, words, None, now)
        if not spoken.gone:
            say(tx, room, spoken, "channel_unused", customer.language, now, address=room.desk.mail_address)
        return
    opening = Opening(
        address=customer.address,
        said=replace(words, subject=_title(spoken.text)),
        channel=f.Channel.SLACK,
        language=customer.language,
        thread=spoken.thread,
    )
    done = open_incident(tx, room.desk, opening, now)
    if isinstance(done, Refused):
        text = room.desk.words.refusal(done.reason, customer.language)
        SayInSlack(channel=spoken.channel, text=text, only_to=spoken.person.user).put(tx, now)
    else:
        say_which_files_are_refused(tx, room, spoken, customer.language, now)


def _title(text: str) -> str:
    """The first line, where it says anything."""
    return next((line.strip()[:TITLE_LENGTH] for line in text.splitlines() if line.strip()), "")


def _is_before(shared: SharedChannel, ts: str) -> bool:
    """Whether this was said before the channel was on file."""
    at = moment_of(ts)
    return at is not None and at < shared.since - CLOCKS_APART


def _in_no_incident(
    tx: Transaction,
    room: Room,
    shared: SharedChannel,
    customer: Customer,
    spoken: Spoken,
    now: datetime,
    by: str,
    *,
    patient: bool,
) -> None:
    if patient and not _is_before(shared, spoken.thread_ts):
        raise EarlyError(spoken.thread)
    keep(tx, said(tx, spoken, by or customer.address), None, now)
    if not spoken.gone:
        say(tx, room, spoken, "thread_of_none", customer.language, now)


def _by_us(tx: Transaction, room: Room, row: IncidentRow | None, spoken: Spoken, now: datetime) -> None:
    """What our own people say there is no customer's word; staff read it where the incident is."""
    if row is not None:
        words = spoken.text or "[message deleted by its author]"
        note = InternalNote(
            incident=row.id,
            author=spoken.person.user,
            text=f"[in the customer's channel] {words}",
            place=spoken.place,
            at=spoken.at,
        )
        tx.messages.add(note.as_message())
        SayInSlack(
            channel=row.slack_channel or room.channel,
            text=f"{row.reference}: {spoken.person.user} said in the customer's channel, not through the desk: "
            f"{words[:QUOTED]}",
            thread_ts=row.slack_ts or "",
        ).put(tx, now)
    if _is_first(tx, f"slack_ours:{spoken.channel}:{spoken.person.team}:{spoken.person.user}", now):
        SayInSlack(
            channel=spoken.channel, text=READ_BY_ALL, thread_ts=spoken.thread_ts, only_to=spoken.person.user
        ).put(tx, now)


def _in_vain(tx: Transaction, room: Room, spoken: Spoken, language: f.Language, now: datetime) -> None:
    """Nobody answers here: said once to each person, and once to staff of each channel."""
    if spoken.edited or spoken.gone:
        return
    if _is_first(tx, f"slack_in_vain:{spoken.channel}:{spoken.person.team}:{spoken.person.user}", now):
        say(tx, room, spoken, "channel_unknown", language, now, address=room.desk.mail_address)
    if _is_first(tx, f"slack_in_vain:{spoken.channel}", now):
        log.warning("somebody writes in the shared channel %s, and is of no customer on file for it", spoken.channel)
        text = (
            f"{spoken.person.team}/{spoken.person.user} wrote in the channel {spoken.channel}, which is shared with "
            "another organisation, and is of no customer on file for it. They were told to write by mail. To hear a "
            f"customer there: python -m bot customers channels add C-… {spoken.channel}"
        )
        SayInSlack(channel=room.channel, text=text).put(tx, now)


def _is_first(tx: Transaction, name: str, now: datetime) -> bool:
    if tx.setting(name) is not None:
        return False
    tx.keep_setting(name, now.isoformat())
    return True
