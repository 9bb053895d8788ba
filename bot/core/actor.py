"""Who acts, by which authority, and how it reached us; facts and orders name them from here."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """Who acts: letter §1.3 and "Who does what"."""

    CUSTOMER = "customer"
    STAFF = "staff"
    MANAGER = "manager"
    BOT = "bot"
    CALENDAR = "calendar"


class Authority(StrEnum):
    """What somebody at an address on file may do for the customer; `letter.MAY` says what."""

    OWNER = "owner"
    ADMIN = "admin"
    TECHNICAL = "technical"
    BILLING = "billing"
    WRITE = "write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who acts, with the name the journal shows: an address, a Slack user, a process."""

    role: Role
    name: str = ""


BOT = Actor(role=Role.BOT, name="comptoir")
BANK = Actor(role=Role.BOT, name="bank")
CALENDAR = Actor(role=Role.CALENDAR, name="calendar")


class Answer(StrEnum):
    """Who the owner says that a newcomer is."""

    MINE = "mine"
    DECIDES = "decides"
    WRITES = "writes"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How a customer's decision reached us. Empty strings where a channel has no such thing.

    `wording_sha256` names what was shown, which is kept, with its `template` and `language`; `shown_at` is when it
    was shown, `posted_at` when the answer came. `answers` is our mail or chat message that carried the link or the
    button, or that the mail replies to, `reply` what the relay or Slack said of it; `nonce` is what the form proved
    itself with. `authority` is what who decides may do for the customer, at that moment.

    `message` is the id of a mail or the place in Slack that the answer came from; of a mail, `mail_sha256` is the
    hash of its bytes, which are kept, and `proof` what was found about its author: with the key in it, anybody can
    verify those bytes. `signals` name what hints at a robot.
    """

    method: str
    who: str
    link: str = ""
    wording_sha256: str = ""
    document_sha256: str = ""
    express_request: bool = False
    shown_at: datetime | None = None
    ip: str = ""
    agent: str = ""
    message: str = ""
    mail_sha256: str = ""
    proof: str = ""
    signals: tuple[str, ...] = ()
    posted_at: datetime | None = None
    authority: str = ""
    template: str = ""
    language: str = ""
    nonce: str = ""
    answers: str = ""
    reply: str = ""
