"""What an event means, one transaction each: a note among staff, a customer's words, a take, a home to show."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.app.decisions import refuse_support
from bot.app.desk import Desk
from bot.app.files import Trouble, plain_name
from bot.app.handle import carry_out
from bot.app.jobs import ShowCard, decode
from bot.app.keys import token_sha256
from bot.app.language import guess
from bot.app.opening import Opening, Said, add_words, keep, open_incident
from bot.app.read import read_case
from bot.app.wording import decision_in
from bot.channels.slack import payloads
from bot.channels.slack.chat import root
from bot.channels.slack.customer import NO_SUPPORT
from bot.channels.slack.files import Fetched, fetch, unreachable
from bot.channels.slack.jobs import SayInSlack, ShowHome, SlackArrived, Unfurl
from bot.channels.slack.payloads import Submission
from bot.channels.slack.receive import GONE, is_by_us
from bot.channels.slack.room import Person, Room
from bot.channels.slack.speech import InternalNote
from bot.channels.slack.wire import NoAnswerError, Payload, RateLimitedError
from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Customer
from bot.core.facts import Actor
from storage import Attachment, Direction, IncidentRow, Job, Message, NewJob, Transaction, Via

SPOKEN = frozenset({"", "file_share", "thread_broadcast", "me_message", "message_changed"})
TAKES = "eyes"
PATIENT_FOR = 4  # tries: about a minute
STAFF_HERE = "Nobody reads this conversation. Use the incidents' threads, or /incident."


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A message as it stands after an event. `edited` is when it was last changed, `gone` that it was deleted."""

    person: Person
    channel: str
    ts: str
    thread_ts: str
    direct: bool
    text: str
    files: tuple[str, ...]
    fetched: tuple[Fetched, ...]
    at: datetime
    edited: bool
    gone: bool
    ours: bool

    @property
    def place(self) -> str:
        """Names the message for ever, whatever becomes of its words."""
        return f"slack:{self.channel}/{self.ts}"


async def understand(room: Room, job: Job, now: datetime) -> None:
    """Closes the inbox row and does what it asks for, together or not at all; customers' files are fetched before."""
    body = json.loads(decode(SlackArrived, job.payload).body)
    await room.refresh()
    taker = await _taker(room, body)
    fetched = await _fetched(room, job, body)
    await room.desk.store.run(lambda tx: _understand(tx, room, job, body, taker, fetched, now))


async def _fetched(room: Room, job: Job, body: Payload) -> tuple[Fetched, ...]:
    """The files that a linked customer posted in their conversation; of nobody else is anything fetched.

    Where Slack hands nothing out for long, the words go on without them, and it is said.
    """
    event = body.get("event") or {}
    message = event.get("message") if event.get("subtype") == "message_changed" else event
    posted = (message or {}).get("files") or ()
    if event.get("type") != "message" or not _is_direct(event) or not posted:
        return ()
    spoken = _spoken(body, (), room.clock())
    if not await room.desk.store.read(lambda tx: _is_first_heard(tx, spoken)):
        return ()
    rules = room.desk.files
    try:
        return tuple([await fetch(room, one, rules) for one in posted[: rules.most]])
    except (NoAnswerError, RateLimitedError):
        if job.tries < PATIENT_FOR:
            raise
        return tuple(unreachable(one) for one in posted[: rules.most])


def _is_first_heard(tx: Transaction, spoken: Spoken) -> bool:
    """Whether a customer says this; of words changed since, whether no earlier version was heard."""
    customer = tx.customers.by_slack(spoken.person.team, spoken.person.user)
    return customer is not None and not (spoken.edited and tx.messages.answering(spoken.place))


def _is_direct(event: Payload) -> bool:
    return event.get("channel_type") == "im" or str(event.get("channel") or "").startswith("D")


def _team(message: Payload, body: Payload) -> str:
    return str(message.get("user_team") or message.get("team") or body.get("team_id", ""))


def _understand(
    tx: Transaction,
    room: Room,
    job: Job,
    body: Payload,
    taker: Actor | str,
    fetched: tuple[Fetched, ...],
    now: datetime,
) -> None:
    if not tx.inbox.done(job, now):
        return
    if body.get("type") == "view_submission":
        _open(tx, room.desk, payloads.submitted(body), now)
    elif _is_take(body):
        _take(tx, room, body, taker, now)
    elif body["event"].get("type") == "message":
        _message(tx, room, body, fetched, now)
    elif heard := _HEARD.get(str(body["event"].get("type"))):
        heard(tx, room, body, now)


# --- a modal that opens an incident ---


def _open(tx: Transaction, desk: Desk, form: Submission, now: datetime) -> None:
    opening = _by_staff(form) if form.name == "new_incident" else _by_customer(tx, form)
    if opening is not None:
        open_incident(tx, desk, opening, now)


def _by_staff(form: Submission) -> Opening:
    address = form.entries["address"].strip()
    said = replace(_said(form, address), quoted=f"Taken down by {form.person.user}")
    return Opening(address=address, said=said, way_in=_way_in(form))


def _by_customer(tx: Transaction, form: Submission) -> Opening | None:
    customer = tx.customers.by_slack(form.person.team, form.person.user)
    if customer is None:
        return None
    return Opening(
        address=customer.address,
        said=_said(form, customer.address),
        channel=f.Channel.SLACK,
        way_in=_way_in(form),
        language=customer.language,
    )


def _said(form: Submission, author: str) -> Said:
    return Said(author=author, text=form.entries["description"], via=Via.SLACK, subject=form.entries["title"])


def _way_in(form: Submission) -> f.WayIn:
    return payloads.choice(f.WayIn, form.entries.get("way_in"), f.WayIn.DIAGNOSE)


# --- messages ---


def _message(tx: Transaction, room: Room, body: Payload, fetched: tuple[Fetched, ...], now: datetime) -> None:
    event = body["event"]
    subtype = str(event.get("subtype") or "")
    if subtype not in SPOKEN and subtype != "message_deleted":
        return
    spoken = _spoken(body, fetched, now)
    if spoken.gone and _was_card(tx, spoken, now):
        return
    if spoken.direct:
        _from_customer(tx, room, spoken, now)
        return
    row = tx.incidents.by_card(spoken.channel, spoken.thread_ts) if spoken.thread_ts else None
    if row is not None:
        _note(tx, row, spoken, now)


def _was_card(tx: Transaction, spoken: Spoken, now: datetime) -> bool:
    """A card that somebody deleted is made again at once; of other messages of ours nothing is made."""
    row = tx.incidents.by_card(spoken.channel, spoken.ts)
    if row is not None:
        job = ShowCard(incident=row.id)
        key = f"slack:{row.id}"
        tx.outbox.put(NewJob(kind=job.KIND, payload=job.encode(), due_at=now, key=key), now)
    return row is not None or spoken.ours


def _spoken(body: Payload, fetched: tuple[Fetched, ...], now: datetime) -> Spoken:
    event = body["event"]
    gone = event.get("subtype") == "message_deleted" or (event.get("message") or {}).get("subtype") == GONE
    message = event.get("previous_message" if gone else "message") or event
    edited = str((message.get("edited") or {}).get("ts") or "") if not gone else str(event.get("event_ts") or "")
    ts = str(event.get("deleted_ts") or message.get("ts") or "")
    return Spoken(
        person=Person(_team(message, body), str(message.get("user") or "")),
        channel=str(event.get("channel") or ""),
        ts=ts,
        thread_ts=str(message.get("thread_ts") or ""),
        direct=_is_direct(event),
        text="" if gone else payloads.said(message),
        files=tuple(str(file.get("name") or "?") for file in message.get("files") or ()),
        fetched=fetched,
        at=payloads.moment_of(edited or ts) or now,
        edited=event.get("subtype") == "message_changed" and not gone,
        gone=gone,
        ours=is_by_us(body, message),
    )


def _note(tx: Transaction, row: IncidentRow, spoken: Spoken, now: datetime) -> None:
    """A reply in the thread stays inside, always; each version of it is kept and the latest counts."""
    note = InternalNote(
        incident=row.id,
        author=spoken.person.user,
        text="\n".join((spoken.text, *(f"[file: {name}]" for name in spoken.files))).strip(),
        place=spoken.place,
        at=spoken.at,
    )
    tx.messages.add(note.as_message())
    if (spoken.edited or spoken.gone) and _was_sent(tx, row, spoken):
        SayInSlack(
            channel=spoken.channel,
            text=f"{row.reference}: the customer has the earlier words. This change was not sent to them.",
            thread_ts=spoken.thread_ts,
            only_to=spoken.person.user,
        ).put(tx, now)


def _was_sent(tx: Transaction, row: IncidentRow, spoken: Spoken) -> bool:
    facts = (recorded.fact for recorded in tx.journal.facts(row.reference))
    return any(isinstance(fact, f.StaffWrote) and fact.message == spoken.place for fact in facts)


def _from_customer(tx: Transaction, room: Room, spoken: Spoken, now: datetime) -> None:
    """Words in the direct conversation belong to the incident of their thread, or to the only open one."""
    customer = tx.customers.by_slack(spoken.person.team, spoken.person.user)
    if customer is None:
        _to_nobody(tx, room, spoken, now)
        return
    incident = _meant(tx, customer, spoken)
    said = Said(
        author=customer.address,
        text=_words(spoken),
        via=Via.SLACK,
        in_reply_to=spoken.place,
        written_at=spoken.at,
        files=tuple(_kept(tx, one) for one in spoken.fetched if not one.trouble),
    )
    if incident is None:
        keep(tx, said, None, now)
        _no_incident(tx, room, customer, spoken, now)
    elif not _is_older(tx.messages.of_incident(incident), spoken):
        add_words(tx, room.desk, incident, said, f.Role.CUSTOMER, now)
        if refused := _refused_files(room, spoken, customer.language):
            _say(tx, room, spoken, "files_refused", customer.language, now, files=refused)
        if decision_in(spoken.text) is not None:
            _say(tx, room, spoken, "use_button", customer.language, now)


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
        _say(tx, room, spoken, "not_linked_here", guess(spoken.text), now)


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
        _say(tx, room, spoken, "which_incident", customer.language, now)
    elif reason is not None:
        refuse_support(tx, room.desk, customer, now)
        text = room.desk.words.refusal(reason, customer.language)
        SayInSlack(channel=spoken.channel, text=text).put(tx, now)
    else:
        _say(tx, room, spoken, "no_incident", customer.language, now)


def _say(
    tx: Transaction, room: Room, spoken: Spoken, key: str, language: f.Language, now: datetime, **values: object
) -> None:
    offers = key in {"not_linked_here", "no_incident"}
    SayInSlack(
        channel=spoken.channel,
        text=room.desk.words.phrase(f"chat.{key}", language, **values),
        thread_ts=spoken.thread_ts,
        action_id="open_incident" if offers else "",
        label=room.desk.words.phrase("button.open_incident", language) if offers else "",
    ).put(tx, now)


# --- the rest ---


def _is_take(body: Payload) -> bool:
    """:eyes: takes the incident; no other emoji means anything."""
    event = body.get("event") or {}
    return event.get("type") == "reaction_added" and event.get("reaction") == TAKES


async def _taker(room: Room, body: Payload) -> Actor | str:
    """Who takes an incident, or why they may not; nobody where nothing is taken."""
    if not _is_take(body):
        return ""
    event = body["event"]
    return await room.actor(
        Person(str(event.get("user_team") or body.get("team_id", "")), str(event.get("user", "")))
    )


def _take(tx: Transaction, room: Room, body: Payload, taker: Actor | str, now: datetime) -> None:
    event = body["event"]
    item, user = event.get("item") or {}, str(event.get("user", ""))
    row = tx.incidents.by_card(str(item.get("channel", "")), str(item.get("ts", "")))
    if row is None or row.assignee == user:
        return
    if isinstance(taker, str):
        why = taker
    elif row.assignee:
        why = f"{row.reference} is with {row.assignee}: to take it over, use the button. Nothing was done."
    else:
        carry_out(tx, room.desk, row.id, c.TakeIncident(actor=taker), now)
        return
    SayInSlack(channel=item["channel"], text=why, only_to=user).put(tx, now)


def _home(tx: Transaction, _room: Room, body: Payload, now: datetime) -> None:
    event = body["event"]
    if event.get("tab", "home") == "home":
        ShowHome(team=str(body.get("team_id", "")), user=str(event.get("user", ""))).put(tx, now)


def _links(tx: Transaction, room: Room, body: Payload, now: datetime) -> None:
    """What links to our pages lead to is shown where staff alone read: whoever is in the channel sees it."""
    event = body["event"]
    person = Person(str(body.get("team_id", "")), str(event.get("user", "")))
    if event.get("channel") != room.channel or room.role(person) is None:
        return
    urls = [str(one.get("url") or "") for one in event.get("links") or ()]
    leads = {url: incident for url in urls if (incident := _led_to(tx, room, url)) is not None}
    if leads:
        Unfurl(channel=room.channel, ts=str(event.get("message_ts") or ""), leads=leads).put(tx, now)


def _led_to(tx: Transaction, room: Room, url: str) -> int | None:
    token = url.partition("?")[0].removeprefix(f"{room.desk.public_url}/a/").strip("/")
    link = tx.links.by_token_sha256(token_sha256(token)) if url.startswith(f"{room.desk.public_url}/a/") else None
    return link.incident_id if link else None


_HEARD: Mapping[str, Callable[[Transaction, Room, Payload, datetime], None]] = {
    "app_home_opened": _home,
    "link_shared": _links,
}
