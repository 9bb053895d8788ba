"""Opening an incident, whichever way the words came in."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.app import proof
from bot.app.decisions import refuse_support
from bot.app.desk import Desk
from bot.app.handle import Done, carry_out, meet
from bot.app.language import guess
from bot.app.masks import mask
from bot.app.offices import office_of
from bot.app.proof import Proof
from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Customer
from bot.core.decide import decide
from bot.core.refusals import Refused
from bot.core.terms import Kind
from storage import Attachment, Direction, NewMessage, Transaction, Via

TITLE_LENGTH = 120
_ANSWERS = re.compile(r"^(?:(?:re|tr|fw|fwd|aw)\s*:\s*|\[INC-\d+\]\s*)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Somebody's words as they reached us; `files` are kept already.

    `proof` says how sure the author is, `written_at` when they say they wrote.
    """

    author: str
    text: str
    via: Via
    subject: str = ""
    quoted: str = ""
    rfc_message_id: str | None = None
    in_reply_to: str | None = None
    raw: str | None = None
    content_sha256: str | None = None
    html_sha256: str | None = None
    files: tuple[Attachment, ...] = ()
    proof: Proof | None = None
    written_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A wish to open an incident. `address` is who asks; `language` None means: on file, else guessed.

    `thread` is where in a shared channel they ask, and are answered.
    """

    address: str
    said: Said
    channel: f.Channel = f.Channel.MAIL
    way_in: f.WayIn = f.WayIn.DIAGNOSE
    language: f.Language | None = None
    previous: int | None = None
    moved_from: int | None = None
    thread: str = ""


def open_incident(tx: Transaction, desk: Desk, opening: Opening, now: datetime) -> Done | Refused:
    """Opens it, keeps the words, announces the price; or gives the one polite answer (letter §2, §6.7)."""
    known = tx.customers.by_address(opening.address)
    customer = known or _meet(tx, desk, opening, now)
    language = opening.language or (known.language if known else customer.language)
    command = c.OpenIncident(
        actor=f.Actor(role=f.Role.CUSTOMER, name=opening.address),
        incident=0,
        customer=customer.id,
        kind=customer.kind,
        support=customer.support,
        title=_title(desk, opening, language, known=_is_known(known, opening)),
        language=language,
        channel=opening.channel,
        way_in=opening.way_in,
        terms=desk.terms,
        previous=opening.previous,
        recent=opening.previous is None or _is_recent(tx, desk, opening.previous, now),
        moved_from=opening.moved_from,
        thread=opening.thread,
        contact="" if customer.address == opening.address.lower() else opening.address.lower(),
        office=office_of(customer),
    )
    decided = decide(None, command, now)
    if isinstance(decided, Refused):
        refuse_support(tx, desk, customer, now)
        keep(tx, opening.said, None, now)
        return decided
    incident = tx.next_number("INC")
    message = keep(tx, opening.said, incident, now)
    return carry_out(tx, desk, incident, replace(command, incident=incident, message=str(message)), now)


def _is_recent(tx: Transaction, desk: Desk, previous: int, now: datetime) -> bool:
    """Whether that incident ended so shortly before that the same problem is free (states: closed -> opened)."""
    ended = tx.incidents.load(previous)
    over = ended.closed_at if ended else None
    return over is not None and now - over <= timedelta(days=desk.terms.reopen_days)


def add_words(
    tx: Transaction,
    desk: Desk,
    incident: int,
    said: Said,
    role: f.Role,
    now: datetime,
    *,
    colleague: bool = False,
    automatic: bool = False,
) -> Done | None:
    """Keeps words in an incident and tells staff; a customer's own words end the wait for an answer."""
    message = keep(tx, said, incident, now)
    actor = f.Actor(role=role, name=said.author)
    noted = c.NoteCustomerWords(actor=actor, message=str(message), colleague=colleague, automatic=automatic)
    done = carry_out(tx, desk, incident, noted, now)
    return None if isinstance(done, Refused) else done


def keep(tx: Transaction, said: Said, incident: int | None, now: datetime) -> int:
    """The words as a message of this incident, or of none; its id."""
    message = NewMessage(
        incident_id=incident,
        direction=Direction.IN,
        channel=said.via,
        author=said.author,
        subject=said.subject,
        text=said.text,
        quoted=said.quoted,
        at=now,
        rfc_message_id=said.rfc_message_id,
        in_reply_to=said.in_reply_to,
        raw=said.raw,
        content_sha256=said.content_sha256,
        html_sha256=said.html_sha256,
        proof=proof.encode(said.proof) if said.proof else "",
        written_at=said.written_at,
    )
    return tx.messages.add(message, said.files)


def _meet(tx: Transaction, desk: Desk, opening: Opening, now: datetime) -> Customer:
    """Somebody new: a consumer until they say otherwise, which protects them best."""
    language = opening.language or guess(f"{opening.said.subject}\n{opening.said.text}")
    return meet(tx, opening.address, language, Kind.CONSUMER, now, timezone=desk.terms.timezone)


def _is_known(customer: Customer | None, opening: Opening) -> bool:
    """Whether more is known than that mails came in their name: somebody gave a name, or uses the chat."""
    return customer is not None and (bool(customer.details.name) or opening.channel is not f.Channel.MAIL)


def _title(desk: Desk, opening: Opening, language: f.Language, *, known: bool) -> str:
    """Their subject, for customers with a name; strangers' subjects are never sent on to the address they claim,
    however often they write in its name.

    It stands in every mail's subject and on papers, hence without secrets.
    """
    words = mask(_ANSWERS.sub("", " ".join(opening.said.subject.split())))[:TITLE_LENGTH]
    if known and words:
        return words
    return desk.words.phrase("default_title", language)
