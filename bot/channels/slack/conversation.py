"""A customer's conversation with the desk: which incident their words belong to, and what is said where none."""

from datetime import datetime

from bot.app.decisions import refuse_support
from bot.app.files import Trouble, plain_name
from bot.app.language import guess
from bot.app.opening import Said, add_words, keep
from bot.app.read import read_case
from bot.app.wording import decision_in
from bot.channels.slack.chat import root
from bot.channels.slack.customer import NO_SUPPORT
from bot.channels.slack.files import Fetched
from bot.channels.slack.jobs import SayInSlack
from bot.channels.slack.room import Room
from bot.channels.slack.spoken import Spoken
from bot.core import facts as f
from bot.core.customer import Customer
from storage import Attachment, Direction, Message, Transaction, Via

STAFF_HERE = "Nobody reads this conversation. Use the incidents' threads, or /incident."


def hear(tx: Transaction, room: Room, spoken: Spoken, now: datetime) -> None:
    """Words in the direct conversation belong to the incident of their thread, or to the only open one."""
    customer = tx.customers.by_slack(spoken.person.team, spoken.person.user)
    if customer is None:
        _to_nobody(tx, room, spoken, now)
        return
    incident = _meant(tx, customer, spoken)
    if incident is None:
        keep(tx, said(tx, spoken, customer.address), None, now)
        _no_incident(tx, room, customer, spoken, now)
    else:
        add(tx, room, incident, customer, spoken, now)


def add(
    tx: Transaction, room: Room, incident: int, customer: Customer, spoken: Spoken, now: datetime, by: str = ""
) -> None:
    """Words in an incident of this customer's: their own, or of somebody else of theirs, who is called `by` us so."""
    if _is_older(tx.messages.of_incident(incident), spoken):
        return
    role = f.Role.BOT if by else f.Role.CUSTOMER
    add_words(tx, room.desk, incident, said(tx, spoken, by or customer.address), role, now, colleague=bool(by))
    say_which_files_are_refused(tx, room, spoken, customer.language, now)
    if decision_in(spoken.text) is not None:
        say(tx, room, spoken, "use_button", customer.language, now)


def said(tx: Transaction, spoken: Spoken, author: str) -> Said:
    """What of it is kept, with the files that came along."""
    return Said(
        author=author,
        text=_words(spoken),
        via=Via.SLACK,
        in_reply_to=spoken.place,
        written_at=spoken.at,
        files=tuple(_kept(tx, one) for one in spoken.fetched if not one.trouble),
    )


def say_which_files_are_refused(
    tx: Transaction, room: Room, spoken: Spoken, language: f.Language, now: datetime
) -> None:
    """Nothing where all are taken."""
    if refused := _refused_files(room, spoken, language):
        say(tx, room, spoken, "files_refused", language, now, files=refused, address=room.desk.mail_address)


def _kept(tx: Transaction, file: Fetched) -> Attachment:
    return Attachment(sha256=tx.blobs.keep(file.content), name=plain_name(file.name), media_type=file.media_type)


def _refused_files(room: Room, spoken: Spoken, language: f.Language) -> str:
    """Those we did not take, each with the reason; empty when all are here."""
    words = room.desk.words
    if spoken.gone or (spoken.edited and not spoken.fetched):
        return ""
    late = [(name, Trouble.TOO_MANY) for name in spoken.files[len(spoken.fetched) :]]
    found = [(one.name, one.trouble) for one in spoken.fetched if one.trouble] + late
    return ", ".join(f"{name} ({words.phrase(f'file.{trouble}', language)})" for name, trouble in found)


def _to_nobody(tx: Transaction, room: Room, spoken: Spoken, now: datetime) -> None:
    """Words of somebody who is no customer we know: never lost in silence."""
    if room.role(spoken.person) is not None:
        SayInSlack(channel=spoken.channel, text=STAFF_HERE).put(tx, now)
    elif not spoken.gone:
        say(tx, room, spoken, "not_linked_here", guess(spoken.text), now)


def _meant(tx: Transaction, customer: Customer, spoken: Spoken) -> int | None:
    if spoken.thread_ts:
        for row in tx.incidents.listing(customer_id=customer.id):
            case = read_case(tx, row.id)
            began = root(case) if case else None
            if began is not None and (began.channel, began.ts) == (spoken.channel, spoken.thread_ts):
                return row.id
    its_own = next((m.incident_id for m in _versions(tx, customer, spoken)), None)
    opened = tx.incidents.open_of(customer.id)
    return its_own or (opened[0] if len(opened) == 1 else None)


def _versions(tx: Transaction, customer: Customer, spoken: Spoken) -> list[Message]:
    """Where an earlier version of a changed message went."""
    if not (spoken.edited or spoken.gone):
        return []
    incidents = (row.id for row in tx.incidents.listing(customer_id=customer.id))
    return [m for incident in incidents for m in tx.messages.of_incident(incident) if m.in_reply_to == spoken.place]


def _is_older(kept: list[Message], spoken: Spoken) -> bool:
    """Whether a later change of these very words was heard of before; of the words themselves, any change."""
    came = [m for m in kept if m.direction is Direction.IN and m.in_reply_to == spoken.place]
    changed = spoken.edited or spoken.gone
    return any(not changed or (m.written_at or m.at) > spoken.at for m in came)


def _words(spoken: Spoken) -> str:
    """What staff read: the words, and what was done to them since they were first said."""
    if spoken.gone:
        return "[message deleted by its author]"
    taken = {one.name for one in spoken.fetched if not one.trouble}
    named = (f"[file: {name}]" for name in spoken.files if name not in taken)
    words = "\n".join((spoken.text, *named)).strip()
    return f"[edited] {words}" if spoken.edited else words


def _no_incident(tx: Transaction, room: Room, customer: Customer, spoken: Spoken, now: datetime) -> None:
    reason = NO_SUPPORT.get(customer.support)
    if tx.incidents.open_of(customer.id):
        say(tx, room, spoken, "which_incident", customer.language, now)
    elif reason is not None:
        refuse_support(tx, room.desk, customer, now)
        text = room.desk.words.refusal(reason, customer.language)
        SayInSlack(channel=spoken.channel, text=text).put(tx, now)
    else:
        say(tx, room, spoken, "no_incident", customer.language, now)


def say(
    tx: Transaction, room: Room, spoken: Spoken, key: str, language: f.Language, now: datetime, **values: object
) -> None:
    """A few words of ours to whoever said this: in a shared channel to them alone."""
    offers = key in {"not_linked_here", "no_incident"}
    SayInSlack(
        channel=spoken.channel,
        text=room.desk.words.phrase(f"chat.{key}", language, **values),
        thread_ts=spoken.thread_ts,
        only_to="" if spoken.direct else spoken.person.user,
        action_id="open_incident" if offers else "",
        label=room.desk.words.phrase("button.open_incident", language) if offers else "",
    ).put(tx, now)


def is_first_heard(tx: Transaction, spoken: Spoken) -> bool:
    """Whether nobody heard an earlier version of these words."""
    return not (spoken.edited and tx.messages.answering(spoken.place))
