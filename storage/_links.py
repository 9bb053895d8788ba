"""The links that were mailed: what each may do, for whom, until when. The token itself is never kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from storage._tables import links


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """`object` names what the link is about (a quote's number, a consent's), `version` what was shown.

    `address` is where it was sent, `token_sha256` the hash of the secret part of its URL.
    """

    id: str
    token_sha256: str
    purpose: str
    customer_id: int
    address: str
    created_at: datetime
    expires_at: datetime
    incident_id: int | None = None
    object: str = ""
    version: int = 0
    used_at: datetime | None = None


class Links:
    """The links within one transaction."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, link: Link) -> None:
        values = {name: getattr(link, name) for name in Link.__slots__}
        self._connection.execute(_ADD, values)

    def by_token_sha256(self, token_sha256: str) -> Link | None:
        row = self._connection.execute(_BY_TOKEN, {"of": token_sha256}).first()
        return Link(**row._asdict()) if row else None

    def of_customer(self, customer_id: int) -> list[Link]:
        """Every link that was mailed to them, the first first."""
        query = sa.select(links).where(links.c.customer_id == customer_id).order_by(links.c.created_at, links.c.id)
        return [Link(**row._asdict()) for row in self._connection.execute(query)]

    def of_incident(self, incident_id: int) -> list[Link]:
        """All links into one incident, in the order they were made."""
        query = sa.select(links).where(links.c.incident_id == incident_id).order_by(links.c.created_at, links.c.id)
        return [Link(**row._asdict()) for row in self._connection.execute(query)]

    def use(self, link_id: str, now: datetime, *, again_after: timedelta | None = None) -> bool:
        """Marks it used; False if it was used before, or, where it may be used again, less than that ago."""
        free: sa.ColumnElement[bool] = links.c.used_at.is_(None)
        if again_after is not None:
            free = sa.or_(free, links.c.used_at <= now - again_after)
        unused = sa.update(links).where(links.c.id == link_id, free)
        return self._connection.execute(unused.values(used_at=now)).rowcount == 1


_ADD: Final = sa.insert(links)
_BY_TOKEN: Final = sa.select(links).where(links.c.token_sha256 == sa.bindparam("of"))
