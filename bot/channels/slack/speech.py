"""Two kinds of words by staff that nothing turns into each other: notes stay inside, messages go to the customer."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.core import commands as c
from bot.core.facts import Actor, File
from storage import Direction, NewMessage, Via


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalNote:
    """A reply in an incident's thread. `place` is its channel and ts; of several versions the latest counts."""

    incident: int
    author: str
    text: str
    place: str
    at: datetime

    def as_message(self) -> NewMessage:
        """What is kept: a note, which no sender reads."""
        return NewMessage(
            incident_id=self.incident,
            direction=Direction.NOTE,
            channel=Via.SLACK,
            author=self.author,
            text=self.text,
            in_reply_to=self.place,
            at=self.at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicMessage:
    """Words a person chose to send to the customer. `source` is the modal or the message they come from."""

    text: str
    source: str
    files: tuple[File, ...] = ()
    promised_on: date | None = None

    def as_command(self, actor: Actor) -> c.WriteToCustomer:
        """The only way out. Bound to no version: words are as good after a change as before."""
        return c.WriteToCustomer(
            actor=actor, message=self.source, text=self.text, files=self.files, promised_on=self.promised_on
        )
