"""The staff's side: what a press does, what a submitted modal does, and why it did not."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from bot.app import decisions, moving, read
from bot.app.handle import Done, carry_out, settle
from bot.app.language import guess
from bot.app.read import Case
from bot.app.renewal import send_again
from bot.channels.slack import blocks, forms, leave, orders, sending, show, story
from bot.channels.slack.acts import ACTS, Act
from bot.channels.slack.answer import open_modal, since, whisper
from bot.channels.slack.echo import echo
from bot.channels.slack.jobs import ShowOriginal
from bot.channels.slack.orders import Filled, WrongFieldError
from bot.channels.slack.payloads import Click, Submission
from bot.channels.slack.room import Room
from bot.channels.slack.sending import once
from bot.channels.slack.wire import NoAnswerError, Payload, RateLimitedError, RefusedError
from bot.core import commands as c
from bot.core import facts as f
from bot.core.facts import Actor, Language
from bot.core.letter import ALLOWED
from bot.core.refusals import Reason, Refused
from storage import Transaction

UNKNOWN = "There is no such incident: this button may belong to an older set-up. Nothing was done."
ENOUGH_TO_TELL = 25  # characters; the language of fewer is a guess
PLACE = {"conclude": "report", "send_quote": "lines", "ask_consent": "why", "record_act": "place"}
PLACE |= {
    "settle_withdrawal": "report",
    "reply": "text",
    "ask_customer": "text",
    "finish_work": "report",
    "record_payment": "amount",
    "hold_reminders": "until",
    "note_promise": "until",
    "record_refund": "amount",
}
ABOUT = {Reason.END_PASSED: "until", Reason.END_TOO_FAR: "until", Reason.ACT_UNASKED: "acts"}
ABOUT |= {Reason.ACT_FORBIDDEN: "act", Reason.REASON_MISSING: "note"}
ABOUT |= dict.fromkeys((Reason.CUSTOMER_UNKNOWN, Reason.SUPPORT_FORFEITED, Reason.SUPPORT_LIMITED), "customer")


async def press(room: Room, click: Click, now: datetime) -> None:
    """A button on a card: done, or its modal opened, or the reason why not."""
    act = ACTS[click.name]
    actor = await room.actor(click.person, binds=act.binds and not act.modal)
    if isinstance(actor, str):
        await whisper(room, click, actor)
        return
    case = await read.case(room.desk.store, click.incident) if click.incident is not None else None
    if case is None:
        await whisper(room, click, UNKNOWN)
        return
    if not act.modal:
        refused = await _do(room, case, act, actor, click, now)
        if click.modal == show.NAME:
            await show.refresh(room, click.person, click.view_id, case.incident.id, now)
    else:
        refused = _why_not(room, case, act, actor, click.version)
        if not refused:
            await open_modal(room, click, forms.form(room, case, act, _given(case, click)))
    if refused:
        await whisper(room, click, refused)


async def show_original(room: Room, click: Click, now: datetime) -> None:
    """The button under a mail in a thread: the whole of it, as a file below."""
    actor = await room.actor(click.person)
    if isinstance(actor, str):
        await whisper(room, click, actor)
        return
    wanted = click.carried.get("message")

    def put(tx: Transaction) -> str:
        message = tx.messages.load(wanted) if isinstance(wanted, int) else None
        if message is None or not message.raw or message.incident_id is None or message.incident_id != click.incident:
            return UNKNOWN
        order = ShowOriginal(incident=message.incident_id, message=message.id)
        return "" if order.put(tx, now) else "The whole mail is in this thread already."

    if said := await room.desk.store.run(put):
        await whisper(room, click, said)


async def submit(room: Room, submission: Submission, now: datetime) -> Payload:
    """A modal of a card. What is answered closes it, or keeps what was typed and says what is wrong."""
    actor = await room.actor(submission.person, binds=ACTS[submission.name].binds)
    if isinstance(actor, str):
        return _wrong(submission, actor)
    case = await read.case(room.desk.store, submission.incident) if submission.incident is not None else None
    if case is None:
        return _wrong(submission, UNKNOWN)
    filled = Filled(
        room=room,
        case=case,
        actor=actor,
        version=submission.version,
        source=submission.source,
        entries=submission.entries,
    )
    posted = (*submission.files, *_carried(submission))
    try:
        if submission.name == "reply" and posted:
            return await _send_with_files(filled, submission, posted, now)
        done = await _carry_out(filled, submission.name, now)
    except WrongFieldError as wrong:
        return {"response_action": "errors", "errors": {wrong.field: wrong.why}}
    if isinstance(done, Done):
        await show.refresh(room, submission.person, str(submission.carried.get("over") or ""), case.incident.id, now)
        return {}
    if done.reason is Reason.NO_CONSENT:
        await _offer_to_ask(room, case, submission)
    after = await read.case(room.desk.store, case.incident.id) or case
    return _wrong(submission, _words(room, after, done, submission.version), done.reason)


def _carried(submission: Submission) -> tuple[Payload, ...]:
    """The files of the message whose words these are."""
    found = submission.carried.get("files")
    return tuple(one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()


async def _send_with_files(
    filled: Filled, submission: Submission, posted: Sequence[Payload], now: datetime
) -> Payload:
    """What can be known now is said now; the files themselves take longer than Slack waits for an answer."""
    act, desk = ACTS["reply"], filled.room.desk
    if why := _why_not(filled.room, filled.case, act, filled.actor, None) or sending.wrong(posted, desk.files):
        return {"response_action": "errors", "errors": {"files" if submission.files else "text": why}}
    waiting = sending.ReplyWithFiles(
        incident=filled.case.incident.id,
        actor=filled.actor,
        source=filled.source,
        text=orders.reply_text(filled),
        promised_on=orders.promised_on(filled),
        files=tuple(posted),
    )
    put = await desk.store.run(lambda tx: waiting.put(tx, submission.identity, now))
    return {} if put else _wrong(submission, _words(filled.room, filled.case, Refused(Reason.ALREADY), None))


Previewed = Callable[[Filled], dict[str, str]]


def preview(act: str, show_what: Previewed) -> Callable[[Room, Submission, datetime], Awaitable[None]]:
    """What the words being typed come to, or what is wrong with them, shown in their own modal; nothing is sent."""

    async def previewed(room: Room, submission: Submission, _now: datetime) -> None:
        actor = await room.actor(submission.person)
        case = await read.case(room.desk.store, submission.incident) if submission.incident is not None else None
        if isinstance(actor, str) or case is None:
            return
        filled = Filled(
            room=room,
            case=case,
            actor=actor,
            version=submission.version,
            source=submission.source,
            entries=submission.entries,
        )
        try:
            said = show_what(filled)
        except WrongFieldError as wrong:
            said = {"preview": wrong.why}
        along = ", ".join(str(one.get("name") or "?") for one in _carried(submission))
        view = forms.form(room, case, ACTS[act], {**submission.entries, "files": along, **said})
        carried = dict(submission.carried)  # with the version they looked at when they began
        view["private_metadata"] = json.dumps(carried, ensure_ascii=False)
        await room.api.call("views.update", view_id=submission.view_id, view=view)

    return previewed


def quote_preview(filled: Filled) -> dict[str, str]:
    """What the quote comes to."""
    return {"preview": "\n".join(echo(orders.quote_lines(filled)))}


def reply_preview(filled: Filled) -> dict[str, str]:
    """The words as they will leave, and a warning where they do not look like the customer's language."""
    text = orders.reply_text(filled)
    reads = filled.case.incident.language
    other = len(text) >= ENOUGH_TO_TELL and guess(text) is not reads
    names = {Language.FR: "French", Language.EN: "English"}
    warning = f"This does not look like {names[reads]}, which the customer reads." if other else ""
    return {"preview": text, "warning": warning}


async def send_to_customer(room: Room, click: Click, _now: datetime) -> None:
    """The shortcut on a message in a thread: its words in the reply modal, sent only from there."""
    actor = await room.actor(click.person)
    if isinstance(actor, str):
        await whisper(room, click, actor)
        return
    root = click.thread_ts or click.ts
    row = await room.desk.store.read(lambda tx: tx.incidents.by_card(click.channel, root))
    case = await read.case(room.desk.store, row.id) if row else None
    if case is None or click.ts == root:
        await whisper(room, click, "Use this on a reply in an incident's thread: its words are sent to the customer.")
        return
    source = f"slack:{click.channel}/{click.ts}"
    await open_modal(room, click, forms.form(room, case, ACTS["reply"], {"text": click.text}, source, click.files))


async def _do(room: Room, case: Case, act: Act, actor: Actor, click: Click, now: datetime) -> str:
    """An act without a modal; why not, or nothing."""

    def work(tx: Transaction) -> Done | Refused | str:
        incident = tx.incidents.load(case.incident.id)
        if act.id == "take" and incident is not None and incident.assignee not in {actor.name, _seen(click)}:
            return f"{case.incident.reference} was taken by {incident.assignee} in the meantime. Nothing was done."
        if act.id == "issue_invoice" and incident is not None:
            return settle(tx, room.desk, incident, actor, now, expected=click.version)
        if act.id == "renew_quote" and incident is not None:
            return send_again(tx, room.desk, incident, actor, now, expected=click.version)
        return carry_out(tx, room.desk, case.incident.id, _DIRECT[act.id](actor, click.version), now)

    done = await room.desk.store.run(work)
    if isinstance(done, str):
        return done
    if isinstance(done, Done):
        return ""
    after = await read.case(room.desk.store, case.incident.id) or case
    return _words(room, after, done, click.version)


def _seen(click: Click) -> str:
    """Who had the incident on the card that was pressed."""
    return str(click.carried.get("assignee") or "")


_DIRECT: Mapping[str, Callable[[Actor, int | None], c.Command]] = {
    "take": lambda actor, _version: c.TakeIncident(actor=actor),
    "announce_again": lambda actor, version: c.AnnounceAgain(actor=actor, expected=version),
    "restore_address": lambda actor, _version: c.RestoreAddress(actor=actor),
    "start_diagnosis": lambda actor, version: c.StartDiagnosis(actor=actor, expected=version),
}


def _why_not(room: Room, case: Case, act: Act, actor: Actor, version: int | None) -> str:
    """Why a modal is not opened: what would be refused is not worth typing."""
    stale = act.versioned and version is not None and version != case.incident.version
    if stale:
        return _words(room, case, Refused(Reason.STALE), version)
    if actor.role not in _roles(act, case):
        return _words(room, case, Refused(Reason.NOT_ALLOWED), None)
    if not act.open_to(case):
        return _words(room, case, Refused(act.refusal(case)), version)
    return leave.unavailable(room, act)


def _roles(act: Act, case: Case) -> frozenset[f.Role]:
    writes_off = act.id == "close" and case.incident.invoice is not None
    return ALLOWED[c.WriteOff if writes_off else act.command][0]


async def _carry_out(filled: Filled, name: str, now: datetime) -> Done | Refused:
    desk, incident = filled.room.desk, filled.case.incident.id
    if name in {"close", "reinstate"}:
        reason = filled.text("reason")
        if not reason:
            raise WrongFieldError("reason", "This cannot stay empty")
        end = decisions.close if name == "close" else decisions.reinstate
        return await end(desk, incident, filled.actor, reason, now, expected=filled.version)
    if name == "move":
        return await moving.move(desk, incident, filled.actor, orders.move(filled), now, expected=filled.version)
    command = orders.order(name, filled)
    return await desk.store.run(lambda tx: once(tx, filled.room, incident, command, now))


async def _offer_to_ask(room: Room, case: Case, submission: Submission) -> None:
    """One press to ask for the leave that was missing (letter §1.1): the request names this act and this place."""
    entries = submission.entries
    carried: dict[str, object] = {"incident": case.incident.id, "version": case.incident.version}
    carried |= {"given": {"acts": entries.get("act", ""), "places": entries.get("place", "")}}
    text = f"{case.incident.reference}: no leave covers this act in this place. Nothing was recorded."
    made = [blocks.section(text)]
    made.append(
        blocks.actions(
            "main", [blocks.button("ask_consent", "Ask for leave", json.dumps(carried, ensure_ascii=False))]
        )
    )
    place = {"channel": case.row.slack_channel or room.channel, "user": submission.person.user}
    if case.row.slack_ts:
        place["thread_ts"] = case.row.slack_ts
    try:
        await room.api.call("chat.postEphemeral", text=text, blocks=made, **place)
    except (RefusedError, RateLimitedError, NoAnswerError):
        return  # the modal says the same; this only saves a few keystrokes


def _given(case: Case, click: Click) -> dict[str, str]:
    """What the button fills in: what it carries, or the scope of a leave it names, with a new end to choose."""
    number = click.carried.get("leave")
    consent = case.incident.consent_named(number) if isinstance(number, int) else None
    if consent is not None:
        acts = "\n".join(act.id for act in consent.given)
        return {"acts": acts, "places": "\n".join(consent.places), "why": consent.why}
    given = click.carried.get("given")
    return {str(name): str(value) for name, value in given.items()} if isinstance(given, dict) else {}


def _words(room: Room, case: Case, refused: Refused, version: int | None) -> str:
    """The reason, and what happened since the version they looked at."""
    said = f"{case.incident.reference}: {room.desk.words.refusal(refused.reason, Language.EN)}"
    if refused.reason is Reason.NOT_ALLOWED:
        said = f"{case.incident.reference}: this is for managers. Nothing was done."
    if refused.reason is Reason.INVOICE_FAULTY:
        said = f"{said} {' '.join(story.faults(case.incident.invoice_faults))}"
    news = since(case, version) if version is not None else ""
    return f"{said} {news}".strip()


def _wrong(submission: Submission, why: str, reason: Reason | None = None) -> Payload:
    """Shown under the field it is about, so that the modal stays open with everything typed in it."""
    usual = PLACE.get(submission.name, "reason")
    about = ABOUT.get(reason, usual) if reason else usual
    return {"response_action": "errors", "errors": {about if about in submission.entries else usual: why}}
