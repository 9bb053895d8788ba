"""The bank's entries that a person must decide on: shown, booked by a click, set aside, or noted as sent back."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from bot.app.bank import book_by_hand, end_entry, reject_suggestion
from bot.app.masks import mask
from bot.channels.slack import blocks, story
from bot.channels.slack.answer import open_modal, whisper
from bot.channels.slack.jobs import ShowHome
from bot.channels.slack.payloads import Click, Submission
from bot.channels.slack.room import Person, Room
from bot.channels.slack.wire import NoAnswerError, Payload, RateLimitedError, RefusedError
from bot.core.bank import QUEUED, Fate, Side, Why
from bot.core.facts import Actor, Language
from bot.core.refusals import Reason, Refused
from storage import Allocation, EntryRow, Transaction

GONE = "There is no such entry: this button may belong to an older set-up. Nothing was done."
WHY: Mapping[Why, str] = {
    Why.NONE: "",
    Why.NO_REFERENCE: "It names no invoice.",
    Why.BAD_REFERENCE: "The check digits of its reference are wrong: it may mean another invoice than it seems to.",
    Why.UNKNOWN_REFERENCE: "It names an invoice that was never issued.",
    Why.OTHER_CURRENCY: "It is in another currency than the invoice.",
    Why.NOT_OPEN: "The invoice it names is paid, credited or written off: it is probably to be sent back.",
    Why.SEVERAL: "It names several invoices, or one that does not exist, and is not the sum of those that are open.",
    Why.OVERPAID: "It was more than was open: the rest is kept, and is probably to be sent back.",
    Why.KNOWN_ACCOUNT: "It names no invoice, but this account paid for a customer before, and the amount fits.",
    Why.UNDIVIDED: "Several payments in one entry, and their amounts do not add up to it.",
    Why.OWN_PAYMENT_BACK: "A payment of ours came back: whoever it was meant for did not get it.",
    Why.RETURN_UNKNOWN: "The bank took a payment back, and does not say which.",
    Why.RETURN_SETTLED: "The bank took a payment back whose invoice was credited or written off since: it stays so.",
    Why.NOT_THIS_ONE: "Not the invoice that was suggested.",
    Why.AMOUNT: "Its amount says nothing.",
}
BECAME: Mapping[Fate, str] = {
    Fate.BOOKED: "Booked",
    Fate.OVERPAID: "Booked, and a rest is kept",
    Fate.KNOWN: "Recorded by staff before",
    Fate.RETURNED: "Taken back by the bank",
    Fate.REFUNDED: "Sent back",
    Fate.DISMISSED: "Set aside: nothing to do",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message about one entry, or about the queue."""

    text: str
    blocks: list[Payload]


def shown(entry: EntryRow, allocated: Sequence[Allocation]) -> Shown:
    """An entry as a message, with what can be done about it."""
    amount = story.amount(entry.amount)
    head = f"{'Received' if entry.side is Side.CREDIT else 'Taken back'}: {amount} on {story.day(entry.booked_on)}"
    return Shown(text=blocks.escape(f"The bank: {head}"), blocks=_blocks(entry, allocated, head))


def missing(newest: date) -> Shown:
    """Nobody is pressed while the bank is not heard."""
    said = (
        f"The bank's newest statement is of {story.day(newest)}: reminders after the first, and limits, wait until"
        " the next one is imported (python -m bot bank import), because nobody knows who has paid since."
    )
    return Shown(text=said, blocks=[blocks.section(said)])


def queue(tx: Transaction, most: int) -> list[Payload]:
    """The App Home's part about the bank; nothing where nothing waits."""
    waiting = tx.bank.waiting()
    if not waiting:
        return []
    entries = tx.bank.queue(limit=most)
    more = f" (the first {most})" if waiting > most else ""
    heading = blocks.rich(blocks.line(blocks.span(f"Bank: {waiting} to look at{more}", strong=True)))
    return [heading, *(made for e in entries for made in shown(e, tx.bank.allocated(entry_id=e.id)).blocks)]


def _blocks(entry: EntryRow, allocated: Sequence[Allocation], head: str) -> list[Payload]:
    elements = [blocks.line(blocks.span(head, strong=True), blocks.span(_from(entry)))]
    words = " · ".join(filter(None, (entry.structured, entry.free)))
    if words:
        elements.append(blocks.quote(blocks.clip(mask(words), 500)))
    told = [f"{story.amount(one.amount)} for {one.number}" for one in allocated]
    if told:
        elements.append(blocks.line(blocks.span(f"Booked: {', '.join(told)}. ")))
    if entry.kept and allocated:
        elements.append(blocks.line(blocks.span(f"Kept: {story.amount(entry.kept)}.", strong=True)))
    elements.append(blocks.line(*_state(entry)))
    made = [blocks.rich(*elements)]
    if entry.fate in QUEUED:
        made.append(blocks.actions(f"entry-{entry.id}", _buttons(entry)))
    return made


def _from(entry: EntryRow) -> str:
    account = f" ({entry.iban_masked})" if entry.iban_masked else ""
    return f" — {blocks.clip(mask(entry.name), 100) or 'nobody named'}{account}, entry {entry.reference}"


def _state(entry: EntryRow) -> list[Payload]:
    if entry.fate in QUEUED:
        suggested = f" Suggested: {entry.suggested}." if entry.suggested else ""
        return [blocks.span(f"{WHY[entry.why]}{suggested}")]
    role, _, name = entry.settled_by.partition(":")
    by = [blocks.span(" by "), blocks.person(name)] if role and name.isalnum() else []
    return [blocks.span(f"{BECAME.get(entry.fate, entry.fate)}"), *by]


def _buttons(entry: EntryRow) -> list[Payload]:
    value = json.dumps({"entry": entry.id, "number": entry.suggested})
    made: list[Payload] = []
    if entry.fate is Fate.SUGGESTED:
        made.append(blocks.button("book_payment", f"Book on {entry.suggested}", value, style="primary"))
        made.append(blocks.button("not_this_one", "Not this one", value))
    if entry.kept:
        made.append(blocks.button("allocate_payment", "Book on an invoice…", value))
        made.append(blocks.button("note_refund", "Sent back", value, confirm=_asks_refund(entry)))
    made.append(blocks.button("dismiss_entry", "Nothing to do", value, confirm=_ASKS_DISMISSAL))
    return made


def _asks_refund(entry: EntryRow) -> Payload:
    text = f"You sent {story.amount(entry.kept)} back. The desk itself pays nobody."
    return blocks.confirm("Sent back?", text, "It is sent", "Not yet")


_ASKS_DISMISSAL = blocks.confirm("Nothing to do?", "It leaves the queue and pays no invoice.", "Set aside", "Keep")


# --- what is pressed ---

Deed = Callable[[Transaction, Room, Click, int, Actor, datetime], EntryRow | Refused]


async def press(room: Room, click: Click, now: datetime) -> None:
    """A button under an entry: done and shown, or the reason why not."""
    actor, entry_id = await room.actor(click.person, binds=True), _entry_of(click.carried)
    if isinstance(actor, str):
        await whisper(room, click, actor)
        return
    if entry_id is None:
        await whisper(room, click, GONE)
        return
    done = await room.desk.store.run(
        partial(_carry_out, room=room, click=click, entry_id=entry_id, actor=actor, now=now)
    )
    if isinstance(done, Refused):
        await whisper(room, click, _words(room, entry_id, done))
    await _show_again(room, click, entry_id)


async def ask_number(room: Room, click: Click, _now: datetime) -> None:
    """The modal that asks which invoice it pays."""
    actor, entry_id = await room.actor(click.person), _entry_of(click.carried)
    if isinstance(actor, str):
        await whisper(room, click, actor)
        return
    entry = await room.desk.store.read(lambda tx: tx.bank.load(entry_id)) if entry_id is not None else None
    if entry is None or entry.fate not in QUEUED:
        await whisper(room, click, _words(room, entry_id or 0, Refused(Reason.ALREADY)))
        return
    carried = {"entry": entry.id, "channel": click.channel, "ts": click.ts}
    view = blocks.modal(
        "allocate_payment",
        "Book a payment",
        [
            blocks.context(f"{story.amount(entry.kept)} of {entry.reference}: as much of it as is open is booked."),
            blocks.field("number", "Invoice", blocks.typed(placeholder="F2026-00042", most=20)),
        ],
        metadata=json.dumps(carried),
        submit="Book",
        close="Not now",
    )
    await open_modal(room, click, view)


async def submit(room: Room, submission: Submission, now: datetime) -> Payload:
    """Books it on the invoice named, or says what is wrong."""
    actor, entry_id = await room.actor(submission.person, binds=True), _entry_of(submission.carried)
    if isinstance(actor, str):
        return _wrong(actor)
    if entry_id is None:
        return _wrong(GONE)
    number = "".join(submission.entries.get("number", "").split()).upper()
    done = await room.desk.store.run(
        lambda tx: _and_home(tx, submission.person, book_by_hand(tx, room.desk, entry_id, number, actor, now), now)
    )
    if isinstance(done, Refused):
        return _wrong(_words(room, entry_id, done))
    place = Click(
        person=submission.person,
        name="",
        carried={},
        channel=str(submission.carried.get("channel") or ""),
        ts=str(submission.carried.get("ts") or ""),
    )
    await _show_again(room, place, entry_id)
    return {}


def _carry_out(
    tx: Transaction, room: Room, click: Click, entry_id: int, actor: Actor, now: datetime
) -> EntryRow | Refused:
    done = DEEDS[click.name](tx, room, click, entry_id, actor, now)
    return _and_home(tx, click.person, done, now)


def _and_home(tx: Transaction, person: Person, done: EntryRow | Refused, now: datetime) -> EntryRow | Refused:
    """Whoever did it sees the queue as it is by then."""
    ShowHome(team=person.team, user=person.user).put(tx, now)
    return done


def _book(
    tx: Transaction, room: Room, click: Click, entry_id: int, actor: Actor, now: datetime
) -> EntryRow | Refused:
    """Only what was shown: another suggestion, or none any more, is not booked by this click."""
    entry, number = tx.bank.load(entry_id), str(click.carried.get("number") or "")
    if entry is None or entry.fate is not Fate.SUGGESTED or entry.suggested != number:
        return Refused(Reason.ALREADY)
    return book_by_hand(tx, room.desk, entry_id, number, actor, now)


def _ended(fate: Fate) -> Deed:
    return lambda tx, _room, _click, entry_id, actor, now: end_entry(tx, entry_id, fate, actor, now)


DEEDS: Mapping[str, Deed] = {
    "book_payment": _book,
    "not_this_one": lambda tx, _room, _click, entry_id, actor, now: reject_suggestion(tx, entry_id, actor, now),
    "note_refund": _ended(Fate.REFUNDED),
    "dismiss_entry": _ended(Fate.DISMISSED),
}
PRESSES = {**dict.fromkeys(DEEDS, press), "allocate_payment": ask_number}
FORMS = {"allocate_payment": submit}


async def _show_again(room: Room, click: Click, entry_id: int) -> None:
    """The message that was pressed as it stands now; a Home is shown anew by itself."""
    if not (click.channel and click.ts):
        return
    made = await room.desk.store.read(lambda tx: read(tx, entry_id))
    if made is None:
        return
    try:
        await room.api.call("chat.update", channel=click.channel, ts=click.ts, text=made.text, blocks=made.blocks)
    except (RefusedError, RateLimitedError, NoAnswerError) as trouble:
        await whisper(room, click, f"It is done, but this message could not be brought up to date ({trouble}).")


def read(tx: Transaction, entry_id: int) -> Shown | None:
    """An entry as it stands."""
    entry = tx.bank.load(entry_id)
    return shown(entry, tx.bank.allocated(entry_id=entry_id)) if entry else None


def _words(room: Room, entry_id: int, refused: Refused) -> str:
    return f"bank-{entry_id}: {room.desk.words.refusal(refused.reason, Language.EN)}"


def _wrong(why: str) -> Payload:
    return {"response_action": "errors", "errors": {"number": why}}


def _entry_of(carried: Mapping[str, object]) -> int | None:
    entry = carried.get("entry")
    return entry if isinstance(entry, int) and not isinstance(entry, bool) else None
