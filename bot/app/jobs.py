"""What waits in the queues: one dataclass per kind of job, kept as JSON."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar, TypeVar

from pydantic import TypeAdapter

from bot.core.attention import Need
from bot.core.commands import DeadlineKind
from bot.core.facts import Language
from bot.core.notices import NOTICES, Notice

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A job's payload; `KIND` names it in the queue."""

    KIND: ClassVar[str]

    def encode(self) -> bytes:
        return _adapter(type(self)).dump_json(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell(Order):
    """A notice to a customer. `links` are link ids by purpose; tokens are derived when it is rendered."""

    notice: str
    fields: str
    incident: int | None
    customer: int
    to: str
    language: Language
    title: str
    links: dict[str, str] = field(default_factory=dict)
    document: str = ""

    def worded(self) -> Notice:
        """The notice itself."""
        return notice_of(self.notice, self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class TellByMail(Tell):
    """Leaves through the relay under this Message-ID, always the same however often it is sent.

    `late`: it says that it could not leave for hours; decided once, before it may have been taken as it was.
    """

    KIND: ClassVar[str] = "mail"
    message_id: str
    reply_key: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TellInChat(Tell):
    """Leaves in the incident's thread of a shared channel, else as a direct message to the customer's Slack user."""

    KIND: ClassVar[str] = "chat"
    team: str
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowCard(Order):
    """Posts or updates the incident's card in the staff channel with its state at that time."""

    KIND: ClassVar[str] = "card"
    incident: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostInThread(Order):
    """Tells staff in the incident's thread what happened: the fact with this number in its journal."""

    KIND: ClassVar[str] = "thread"
    incident: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowFile(Order):
    """Puts a file that came with a customer's words into their incident's thread, below the line that names it."""

    KIND: ClassVar[str] = "file"
    incident: int
    file: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowFate(Order):
    """Brings the line of this fact up to date, in place, with what became of what it told the customer."""

    KIND: ClassVar[str] = "fate"
    incident: int
    fact: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowNudge(Order):
    """Reminds staff in an incident's thread of what waits since this fact; the how manieth time it is."""

    KIND: ClassVar[str] = "nudge"
    incident: int
    need: Need
    about: str
    seq: int
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowDigest(Order):
    """The numbers of this morning in the staff channel."""

    KIND: ClassVar[str] = "digest"
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowSetAside(Order):
    """Tells staff of a mail that belongs to no incident, because nobody can say who wrote it."""

    KIND: ClassVar[str] = "aside"
    message: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowEntry(Order):
    """Asks staff about an entry of the bank's that a person must decide on."""

    KIND: ClassVar[str] = "entry"
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowMissingStatement(Order):
    """Tells staff that reminders wait for the bank's next statement."""

    KIND: ClassVar[str] = "statement"
    newest: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PostAnchor(Order):
    """Tells staff the newest hash over the journal: how many facts it stands over, and since when."""

    KIND: ClassVar[str] = "anchored"
    number: int
    hash: str
    facts: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAnchor(PostAnchor):
    """Takes it to a mailbox outside."""

    KIND: ClassVar[str] = "anchor"
    to: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOutage(Order):
    """Tells staff by mail that they read nothing in Slack, since when and why."""

    KIND: ClassVar[str] = "outage"
    reason: str
    since: datetime
    to: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintPaper(Order):
    """Renders, freezes and files the document with this number."""

    KIND: ClassVar[str] = "paper"
    incident: int
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Order):
    """A deadline: the calendar asks the incident."""

    KIND: ClassVar[str] = "ask"
    incident: int
    kind: DeadlineKind
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall(Order):
    """A deadline: the calendar asks whether staff must be reminded, for the fact with this number."""

    KIND: ClassVar[str] = "recall"
    incident: int
    need: Need
    about: str
    seq: int
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MailArrived(Order):
    """A mail as it was received; its bytes are kept under `raw`."""

    KIND: ClassVar[str] = "mail"
    raw: str
    mail_from: str
    rcpt_to: tuple[str, ...]
    peer: str
    helo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeAgain(Order):
    """A mail in this incident that decides something, and whose author DNS could not vouch for at first."""

    KIND: ClassVar[str] = "judge"
    mail: MailArrived
    incident: int


def fields_of(notice: Notice) -> str:
    """A notice's fields as JSON."""
    return _adapter(type(notice)).dump_json(notice).decode()


def notice_of(name: str, fields: str) -> Notice:
    """The notice of this name with these fields, as they were kept."""
    notice: Notice = _adapter(NOTICES[name]).validate_json(fields)
    return notice


def decode(kind: type[T], payload: bytes) -> T:
    """The payload of a job of this kind. Raises ValueError where it does not fit."""
    read: T = _adapter(kind).validate_json(payload)
    return read


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return _ADAPTERS.get(kind) or _ADAPTERS.setdefault(kind, TypeAdapter(kind))
