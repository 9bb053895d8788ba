"""What this channel keeps in the queues beside the application's own jobs."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from bot.app.jobs import Order
from storage import NewJob, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackArrived(Order):
    """An event as Slack sent it, signature checked; `body` is its JSON."""

    KIND: ClassVar[str] = "slack"
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SayInSlack(Order):
    """A few words of the desk's own: in a direct conversation, or with `only_to` for one person in a channel."""

    KIND: ClassVar[str] = "say"
    channel: str
    text: str
    thread_ts: str = ""
    only_to: str = ""
    action_id: str = ""
    label: str = ""

    def put(self, tx: Transaction, now: datetime) -> None:
        """Writes it to the outbox; what is said in one conversation keeps its order."""
        job = NewJob(kind=self.KIND, payload=self.encode(), due_at=now, key=f"say:{self.channel}:{self.only_to}")
        tx.outbox.put(job, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowOriginal(Order):
    """Puts the whole of a mail into its incident's thread."""

    KIND: ClassVar[str] = "original"
    incident: int
    message: int

    def put(self, tx: Transaction, now: datetime) -> bool:
        """Whether it is on its way: once for each mail."""
        new = NewJob(
            kind=self.KIND,
            payload=self.encode(),
            due_at=now,
            key=f"slack:{self.incident}",
            dedup=f"original:{self.message}",
        )
        return tx.outbox.put(new, now) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowOutageOver(Order):
    """Tells staff that they read all again, and that they did not since then."""

    KIND: ClassVar[str] = "outage_over"
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PinCard(Order):
    """Pins a card that was posted."""

    KIND: ClassVar[str] = "pin"
    channel: str
    ts: str

    def put(self, tx: Transaction, now: datetime) -> None:
        tx.outbox.put(NewJob(kind=self.KIND, payload=self.encode(), due_at=now, key=f"pin:{self.channel}"), now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowHome(Order):
    """Publishes somebody's App Home as things stand when it leaves."""

    KIND: ClassVar[str] = "home"
    team: str
    user: str

    def put(self, tx: Transaction, now: datetime) -> None:
        new = NewJob(kind=self.KIND, payload=self.encode(), due_at=now, key=f"home:{self.team}:{self.user}")
        tx.outbox.put(new, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfurl(Order):
    """Shows below a message what the links in it lead to; `leads` are incidents by the link's address."""

    KIND: ClassVar[str] = "unfurl"
    channel: str
    ts: str
    leads: dict[str, int]

    def put(self, tx: Transaction, now: datetime) -> None:
        new = NewJob(kind=self.KIND, payload=self.encode(), due_at=now, dedup=f"unfurl:{self.channel}:{self.ts}")
        tx.outbox.put(new, now)
