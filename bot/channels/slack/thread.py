"""One line in an incident's thread: the fact, who did it, and words somebody wrote, never as markup."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from bot.app.files import FileRules, Trouble, judged
from bot.app.links import masked
from bot.app.masks import mask
from bot.app.proof import Level, decode
from bot.app.read import Case
from bot.channels.slack import blocks, fates, files, story
from bot.channels.slack.author import author
from bot.channels.slack.wire import Payload
from bot.core import facts as f
from storage import Direction, Fate, Message, Recorded

QUOTED = 2_500  # characters of a text shown in the thread; the whole goes along as a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A message for the thread; `whole` is what was cut, for a file of this name, `plain` the words without blocks.

    `fates` are those it shows of what was sent to the customer.
    """

    text: str
    blocks: list[Payload]
    whole: str = ""
    file_name: str = ""
    fates: tuple[Fate, ...] = ()
    plain: str = ""


def told(case: Case, seq: int, rules: FileRules) -> Told:
    """The fact with this number in the incident's journal. Raises LookupError for one that is not there."""
    recorded = next((entry for entry in case.history if entry.seq == seq), None)
    if recorded is None:
        raise LookupError(f"{case.incident.reference} has no fact {seq}")
    entry = story.entry(case, recorded.fact)
    head = mask(entry.head)
    message = message_of(case, recorded.fact)
    words = mask(message.text if message else entry.quote)
    shown = words if len(words) <= QUOTED else f"{words[:QUOTED]}… ({len(words)} characters in all)"
    elements = [blocks.line(blocks.span(head, strong=True), *_by(recorded))]
    if shown:
        elements.append(blocks.quote(shown))
    elements.extend(attached(case, message, rules))
    sent = sent_with(case, seq)
    elements.extend(blocks.line(blocks.span(fates.line(one))) for one in sent)
    return Told(
        text=blocks.escape(blocks.clip(f"{case.incident.reference}: {head}", 300)),
        blocks=[blocks.rich(*elements), *_original(case, message), *_ask_again(case, recorded.fact)],
        whole=words if shown != words else "",
        file_name=f"{case.incident.reference}-{seq}.txt",
        fates=tuple(one.delivery for one in sent if one.delivery),
        plain=blocks.escape(f"{case.incident.reference}: {head}\n{shown}".rstrip()),
    )


def sent_with(case: Case, seq: int) -> tuple[Message, ...]:
    """What the customer was sent because of this fact, by mail, in chat, or both."""
    return tuple(one for one in case.messages if one.direction is Direction.OUT and one.fact == seq)


def whole(message: Message) -> bytes:
    """A mail with all that was read of it, what it quotes too: for staff who asked and may need its secrets.

    The links in it, which would decide, are masked.
    """
    return masked(_whole(message)).encode()


def safe(message: Message) -> bytes:
    """The same without its secrets, for a channel where nobody asked."""
    return mask(_whole(message)).encode()


def _whole(message: Message) -> str:
    written = message.written_at or message.at
    head = (f"From: {author(message)}", f"Subject: {message.subject}", f"Date: {written:%Y-%m-%d %H:%M} UTC")
    return "\n".join((*head, "", message.text, "", message.quoted)).rstrip() + "\n"


def _original(case: Case, message: Message | None) -> Iterator[Payload]:
    """A mail can be had whole."""
    if message is not None and message.raw:
        value = json.dumps({"incident": case.incident.id, "message": message.id})
        yield blocks.actions(f"original-{message.id}", [blocks.button("original", "Whole mail", value)])


def _ask_again(case: Case, fact: f.Fact) -> Iterator[Payload]:
    """A leave that ends, or has ended, by its date is asked for again with one press and the form filled in."""
    if isinstance(fact, f.ConsentRunsOut | f.ConsentExpired):
        value = json.dumps({"incident": case.incident.id, "leave": fact.number})
        yield blocks.actions(f"leave-{fact.number}", [blocks.button("ask_consent", "Ask for more time", value)])


def set_aside(message: Message) -> Told:
    """A mail that belongs to no incident, because nobody can say who wrote it or because a customer's looks like a
    program's; all that was read of it goes along.
    """
    proof = decode(message.proof)
    why = (proof.reason if proof else "") or "its author cannot be made out"
    if proof and proof.level is not Level.MALFORMED:
        why = f"it came in the name of {message.author} and looks as if a program wrote it"
    words = blocks.clip(mask(message.text), QUOTED)
    about = f", about “{blocks.clip(mask(message.subject), 150)}”" if message.subject else ""
    elements = [
        blocks.line(
            blocks.span(f"A mail that belongs to no incident{about}", strong=True),
            blocks.span(f" — {why}. It was not answered. Whoever wrote it may need you; the whole of it is below."),
        )
    ]
    if words:
        elements.append(blocks.quote(words))
    return Told(
        text=blocks.escape(f"A mail that belongs to no incident: {why}"),
        blocks=[blocks.rich(*elements)],
        file_name="mail.txt",
    )


def message_of(case: Case, fact: f.Fact) -> Message | None:
    """The words that a fact only names."""
    if not isinstance(fact, f.CustomerWrote | f.OtherWrote):
        return None
    return next((message for message in case.messages if str(message.id) == fact.message), None)


def _by(recorded: Recorded) -> Iterator[Payload]:
    """Who did it, where it was a person."""
    role, _, name = recorded.actor.partition(":")
    if role in {f.Role.STAFF, f.Role.MANAGER} and name:
        yield blocks.span(" — ")
        yield blocks.person(name) if name.isalnum() and name.isupper() else blocks.span(name)
    elif role == f.Role.CUSTOMER and name and not isinstance(recorded.fact, f.CustomerWrote | f.OtherWrote):
        yield blocks.span(f" — {name}")


def attached(case: Case, message: Message | None, rules: FileRules) -> Iterator[Payload]:
    """What came along, by name; those that pass follow below, of the others it says why they do not.

    The bytes of a mail that could not be read are had by a button.
    """
    if message is None:
        return
    came = [file for file in case.attachments if file.message_id == message.id]
    found = judged(rules, message, came)
    names = [f"{one.file.name} ({files.size(one.file.size)}{_kept_back(one.trouble)})" for one in found]
    names += [file.name for file in came if file.sha256 == message.raw]
    if names:
        yield blocks.line(blocks.span(f"Attached: {blocks.clip(', '.join(names), 1000)}"))


def _kept_back(trouble: Trouble | None) -> str:
    return f": not shown here, {files.WHY[trouble]}" if trouble else ""
