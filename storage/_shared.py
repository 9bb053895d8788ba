"""Channels of Slack that are shared with one customer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from storage._engine import insert
from storage._tables import shared_channels


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedChannel:
    """A channel, the customer it is shared with, and the one other organisation in it (`team`), `since` then.

    `trouble` is why nothing is said there any more; empty while all is as it was when it was put on file.
    """

    channel: str
    customer_id: int
    team: str
    since: datetime
    trouble: str = ""


class SharedChannels:
    """The shared channels on file within one transaction."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def load(self, channel: str) -> SharedChannel | None:
        row = self._connection.execute(_BY_CHANNEL, {"of": channel}).first()
        return SharedChannel(**row._asdict()) if row else None

    def put(self, shared: SharedChannel) -> None:
        """Puts a channel on file, in the place of what was known of it."""
        values = {
            "channel": shared.channel,
            "customer_id": shared.customer_id,
            "team": shared.team,
            "since": shared.since,
            "trouble": shared.trouble,
        }
        added = insert(self._connection.dialect.name, shared_channels).values(values)
        kept = {name: value for name, value in values.items() if name != "channel"}
        self._connection.execute(added.on_conflict_do_update(index_elements=["channel"], set_=kept))

    def remove(self, channel: str) -> bool:
        """Takes a channel off file; False where it is not on it."""
        gone = sa.delete(shared_channels).where(shared_channels.c.channel == channel)
        return self._connection.execute(gone).rowcount > 0

    def set_trouble(self, channel: str, trouble: str) -> bool:
        """Notes why nothing is said there any more; False where that is known, or the channel is not on file."""
        noted = sa.update(shared_channels).where(
            shared_channels.c.channel == channel, shared_channels.c.trouble == ""
        )
        return self._connection.execute(noted.values(trouble=trouble)).rowcount > 0

    def listing(self) -> list[SharedChannel]:
        """All of them, by customer."""
        query = sa.select(shared_channels).order_by(shared_channels.c.customer_id, shared_channels.c.channel)
        return [SharedChannel(**row._asdict()) for row in self._connection.execute(query)]


_BY_CHANNEL: Final = sa.select(shared_channels).where(shared_channels.c.channel == sa.bindparam("of"))
