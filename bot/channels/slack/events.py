"""What an event means, one transaction each: a note among staff, a customer's words, a take, a home to show."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.app.desk import Desk
from bot.app.handle import carry_out
from bot.app.jobs import ShowCard, decode
from bot.app.keys import token_sha256
from bot.app.opening import Opening, Said, open_incident
from bot.channels.slack import payloads
from bot.channels.slack.connect import EarlyError, hear_in_channel, is_theirs
from bot.channels.slack.conversation import hear, is_first_heard
from bot.channels.slack.files import Fetched, fetch, unreachable
from bot.channels.slack.jobs import SayInSlack, ShowHome, SlackArrived, Unfurl
from bot.channels.slack.payloads import Submission
from bot.channels.slack.room import Person, Room
from bot.channels.slack.speech import InternalNote
from bot.channels.slack.spoken import Spoken, author_of, is_direct, names_workspace, spoken_in
from bot.channels.slack.wire import NoAnswerError, Payload, RateLimitedError
from bot.core import commands as c
from bot.core import facts as f
from bot.core.facts import Actor
from storage import IncidentRow, Job, NewJob, Transaction, Via

SPOKEN = frozenset({"", "file_share", "thread_broadcast", "me_message", "message_changed"})
TAKES = "eyes"
PATIENT_FOR = 4  # tries: about a minute
AGAIN = timedelta(seconds=5)


async def understand(room: Room, job: Job, now: datetime) -> None:
    """Closes the inbox row and does what it asks for, together or not at all; customers' files are fetched before."""
    body = json.loads(decode(SlackArrived, job.payload).body)
    await room.refresh()
    account = await _account(room, body)
    found = _Found(taker=await _taker(room, body), account=account, fetched=await _fetched(room, job, body, account))
    patient = job.tries < PATIENT_FOR
    try:
        await room.desk.store.run(lambda tx: _understand(tx, room, job, body, found, now, patient=patient))
    except EarlyError as early:
        why = f"a reply in {early}, where nothing is yet"
        await room.desk.store.run(lambda tx: tx.inbox.retry(job, now + AGAIN * job.tries, why))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What was asked of Slack about an event: who takes an incident, who wrote in a shared channel, which files."""

    taker: Actor | str
    account: Payload
    fetched: tuple[Fetched, ...]


async def _account(room: Room, body: Payload) -> Payload:
    """What Slack says of who wrote in a channel that is shared with a customer, or to us without a word of their
    workspace; of nobody else is anything asked.
    """
    event = body.get("event") or {}
    channel, user = str(event.get("channel") or ""), author_of(event) if event.get("type") == "message" else ""
    if not user or channel == room.channel:
        return {}
    if is_direct(event):
        return {} if names_workspace(event) else await room.account(user)
    if await room.desk.store.read(lambda tx: tx.shared.load(channel)) is None:
        return {}
    return await room.account(user)


async def _fetched(room: Room, job: Job, body: Payload, account: Payload) -> tuple[Fetched, ...]:
    """The files that a customer posted in their conversation or channel; of nobody else is anything fetched.

    Where Slack hands nothing out for long, the words go on without them, and it is said.
    """
    event = body.get("event") or {}
    message = event.get("message") if event.get("subtype") == "message_changed" else event
    posted = (message or {}).get("files") or ()
    if event.get("type") != "message" or not posted:
        return ()
    spoken = spoken_in(body, (), room.clock(), account)
    if not await room.desk.store.read(lambda tx: _is_by_customer(tx, room, spoken) and is_first_heard(tx, spoken)):
        return ()
    rules = room.desk.files
    try:
        return tuple([await fetch(room, one, rules) for one in posted[: rules.most]])
    except (NoAnswerError, RateLimitedError):
        if job.tries < PATIENT_FOR:
            raise
        return tuple(unreachable(one) for one in posted[: rules.most])


def _is_by_customer(tx: Transaction, room: Room, spoken: Spoken) -> bool:
    if not spoken.direct:
        return is_theirs(tx, room, spoken)
    return tx.customers.by_slack(spoken.person.team, spoken.person.user) is not None


def _understand(
    tx: Transaction, room: Room, job: Job, body: Payload, found: _Found, now: datetime, *, patient: bool
) -> None:
    if not tx.inbox.done(job, now):
        return
    if body.get("type") == "view_submission":
        _open(tx, room.desk, payloads.submitted(body), now)
    elif _is_take(body):
        _take(tx, room, body, found.taker, now)
    elif body["event"].get("type") == "message":
        _message(tx, room, body, found, now, patient=patient)
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


def _message(tx: Transaction, room: Room, body: Payload, found: _Found, now: datetime, *, patient: bool) -> None:
    event = body["event"]
    subtype = str(event.get("subtype") or "")
    if subtype not in SPOKEN and subtype != "message_deleted":
        return
    spoken = spoken_in(body, found.fetched, now, found.account)
    if spoken.gone and _was_card(tx, spoken, now):
        return
    if spoken.direct:
        hear(tx, room, spoken, now)
        return
    row = tx.incidents.by_card(spoken.channel, spoken.thread_ts) if spoken.thread_ts else None
    if row is not None:
        _note(tx, row, spoken, now)
    elif spoken.channel != room.channel:
        hear_in_channel(tx, room, spoken, now, patient=patient)


def _was_card(tx: Transaction, spoken: Spoken, now: datetime) -> bool:
    """A card that somebody deleted is made again at once; of other messages of ours nothing is made."""
    row = tx.incidents.by_card(spoken.channel, spoken.ts)
    if row is not None:
        job = ShowCard(incident=row.id)
        key = f"slack:{row.id}"
        tx.outbox.put(NewJob(kind=job.KIND, payload=job.encode(), due_at=now, key=key), now)
    return row is not None or spoken.ours


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
