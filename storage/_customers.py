"""Customers, and the addresses they write from."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from bot.core.customer import Customer, Details
from bot.core.facts import Authority, Language
from bot.core.likeness import likeness, likenesses
from bot.core.lives import Support
from bot.core.terms import Kind
from storage._tables import contacts, customers


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An address on file, in lower case. `bounced_at`: mail to it came back for good."""

    address: str
    customer_id: int
    authority: Authority
    bounced_at: datetime | None


class Customers:
    """The customers within one transaction."""

    __slots__ = ("_connection", "_locks")

    def __init__(self, connection: sa.Connection, *, locks: bool) -> None:
        self._connection = connection
        self._locks = locks

    def load(self, customer_id: int) -> Customer | None:
        """The customer. A transaction that writes has them to itself from here on."""
        return self._one(_BY_ID, of=customer_id)

    def by_address(self, address: str) -> Customer | None:
        """Whose contact this address is, whatever its case."""
        return self._one(_BY_ADDRESS, of=address.lower())

    def by_slack(self, team: str, user: str) -> Customer | None:
        return self._one(_BY_SLACK, of=user, team=team)

    def create(
        self,
        *,
        address: str,
        language: Language,
        now: datetime,
        kind: Kind = Kind.BUSINESS,
        details: Details | None = None,
        timezone: str = "Europe/Paris",
        seq: int = 0,
    ) -> Customer:
        """A new customer, whose first contact is this address and their owner. It must be nobody's yet.

        `seq` is how many facts their journal will hold at the end of this transaction.
        """
        customer = Customer(
            id=0,
            kind=kind,
            language=language,
            address=address.lower(),
            details=details or Details(),
            timezone=timezone,
            seq=seq,
        )
        created = self._connection.execute(_CREATE, {**_values(customer), "created_at": now})
        customer_id = created.scalar_one()
        self.add_contact(customer_id, address, Authority.OWNER)
        return replace(customer, id=customer_id)

    def save(self, customer: Customer) -> None:
        """Writes back what changed; `seq` is what their journal has reached."""
        self._connection.execute(_SAVE, {**_values(customer), "of": customer.id})

    def reminded(self, customer_id: int) -> tuple[datetime | None, bool]:
        """When they were last reminded of an invoice, and whether they want to be of one that is not due yet."""
        row = self._connection.execute(_REMINDED, {"of": customer_id}).one()
        return row.reminded_at, row.courtesy

    def set_reminded(self, customer_id: int, at: datetime) -> None:
        self._connection.execute(sa.update(customers).where(customers.c.id == customer_id).values(reminded_at=at))

    def set_slack(self, customer_id: int, team: str, user: str) -> None:
        """Links a Slack user to the customer; the link that user had before is undone."""
        before = sa.update(customers).where(customers.c.slack_team == team, customers.c.slack_user == user)
        self._connection.execute(before.values(slack_team=None, slack_user=None))
        linked = sa.update(customers).where(customers.c.id == customer_id)
        self._connection.execute(linked.values(slack_team=team, slack_user=user))

    def add_contact(self, customer_id: int, address: str, authority: Authority) -> None:
        """Puts an address on file. It must be nobody's yet."""
        domain = address.lower().rpartition("@")[2]
        values = {
            "address": address.lower(),
            "customer_id": customer_id,
            "authority": authority,
            "likeness": likeness(domain),
            "domain": domain,
        }
        self._connection.execute(_ADD_CONTACT, values)

    def set_authority(self, address: str, authority: Authority) -> None:
        """Changes what a contact may do."""
        changed = sa.update(contacts).where(contacts.c.address == address.lower())
        self._connection.execute(changed.values(authority=authority))

    def remove_contact(self, customer_id: int, address: str) -> bool:
        """Takes an address off the customer's file; False where it is not on it."""
        gone = sa.delete(contacts).where(contacts.c.customer_id == customer_id, contacts.c.address == address.lower())
        return self._connection.execute(gone).rowcount > 0

    def authority(self, customer_id: int, address: str) -> Authority | None:
        """What who writes from this address may do for the customer; None where they are not their contact."""
        found = self._connection.execute(_AUTHORITY, {"of": address.lower(), "customer": customer_id}).scalar()
        return Authority(found) if found is not None else None

    def contacts_of(self, customer_id: int) -> list[Contact]:
        query = sa.select(*_CONTACT).where(contacts.c.customer_id == customer_id).order_by(contacts.c.address)
        return [
            Contact(**(row._asdict() | {"authority": Authority(row.authority)}))
            for row in self._connection.execute(query)
        ]

    def resembled_by(self, domain: str) -> str:
        """The domain on file that this one only looks like; empty when there is none, or it is a customer's itself.

        Whoever writes is on file from then on; a customer is one who has given a name, and stands for their domain.
        However many write from one domain, some of them say enough of it.
        """
        alike = likenesses(domain)
        other = self._connection.execute(_ALIKE, {"alike": alike, "domain": domain}).scalar() if alike else None
        if other is None or self._connection.execute(_NAMED, {"likeness": alike[0], "domain": domain}).first():
            return ""
        return str(other)

    def set_bounced(self, address: str, at: datetime | None) -> None:
        """Notes that mail to this address comes back, or (None) that it no longer does."""
        noted = sa.update(contacts).where(contacts.c.address == address.lower())
        self._connection.execute(noted.values(bounced_at=at))

    def set_complained(self, address: str, at: datetime) -> None:
        """Notes that somebody at this address reported mail of ours as abuse."""
        noted = sa.update(contacts).where(contacts.c.address == address.lower())
        self._connection.execute(noted.values(complained_at=at))

    def has_complained(self, address: str) -> bool:
        """Whether mail of ours to this address was reported as abuse, and nobody wrote from it since."""
        return self._connection.execute(_COMPLAINED, {"of": address.lower()}).first() is not None

    def heard_from(self, address: str) -> bool:
        """Mail to this address neither comes back nor is unwelcome any more; whether either held until now."""
        return self._connection.execute(_HEARD_FROM, {"of": address.lower()}).rowcount > 0

    def listing(self, limit: int = 50, after_id: int = 0) -> list[Customer]:
        """Customers in the order of their ids."""
        query = sa.select(customers).where(customers.c.id > after_id).order_by(customers.c.id).limit(limit)
        return [_customer(row) for row in self._connection.execute(query).all()]

    def _one(self, queries: "tuple[sa.Select[Any], sa.Select[Any]]", **values: object) -> Customer | None:
        reading, locking = queries
        row = self._connection.execute(locking if self._locks else reading, values).first()
        return _customer(row) if row else None


def _reading_and_locking(*wanted: sa.ColumnElement[bool]) -> tuple[sa.Select[Any], sa.Select[Any]]:
    query = sa.select(customers).where(*wanted)
    return query, query.with_for_update(key_share=True)


_CONTACT: Final = (contacts.c.address, contacts.c.customer_id, contacts.c.authority, contacts.c.bounced_at)
_OF: Final[sa.BindParameter[Any]] = sa.bindparam("of")
_BY_ID: Final = _reading_and_locking(customers.c.id == _OF)
_BY_ADDRESS: Final = _reading_and_locking(
    customers.c.id == sa.select(contacts.c.customer_id).where(contacts.c.address == _OF).scalar_subquery()
)
_AUTHORITY: Final = sa.select(contacts.c.authority).where(
    contacts.c.address == _OF, contacts.c.customer_id == sa.bindparam("customer")
)
_REMINDED: Final = sa.select(customers.c.reminded_at, customers.c.courtesy).where(customers.c.id == _OF)
SOME: Final = 100
_DOMAIN: Final[sa.BindParameter[Any]] = sa.bindparam("domain")


def _some_alike(beside: "sa.ColumnElement[bool]") -> "sa.Select[Any]":
    """Contacts whose domain looks like one of these, on one side of it: the index has all others in its middle."""
    alike = contacts.c.likeness.in_(sa.bindparam("alike", expanding=True))
    return sa.select(sa.select(contacts.c.domain, contacts.c.customer_id).where(alike, beside).limit(SOME).subquery())


_LOOKALIKES: Final = sa.union_all(
    _some_alike(contacts.c.domain < _DOMAIN), _some_alike(contacts.c.domain > _DOMAIN)
).subquery()
_ALIKE: Final = (
    sa.select(_LOOKALIKES.c.domain)
    .join(customers, customers.c.id == _LOOKALIKES.c.customer_id)
    .order_by(customers.c.name == "", customers.c.id)
    .limit(1)
)
_OF_DOMAIN: Final = (
    sa.select(contacts.c.customer_id)
    .where(contacts.c.likeness == sa.bindparam("likeness"), contacts.c.domain == _DOMAIN)
    .limit(SOME)
    .subquery()
)
_NAMED: Final = (
    sa.select(customers.c.id)
    .join(_OF_DOMAIN, customers.c.id == _OF_DOMAIN.c.customer_id)
    .where(customers.c.name != "")
    .limit(1)
)
_IS_IT: Final = contacts.c.address == _OF
_HEARD_FROM: Final = (
    sa.update(contacts)
    .where(_IS_IT, sa.or_(contacts.c.bounced_at.is_not(None), contacts.c.complained_at.is_not(None)))
    .values(bounced_at=sa.null(), complained_at=sa.null())
)
_COMPLAINED: Final = sa.select(contacts.c.address).where(_IS_IT, contacts.c.complained_at.is_not(None))
_ADD_CONTACT: Final = sa.insert(contacts)
_CREATE: Final = sa.insert(customers).returning(customers.c.id)
_SAVE: Final = sa.update(customers).where(customers.c.id == sa.bindparam("of"))
_BY_SLACK: Final = _reading_and_locking(customers.c.slack_user == _OF, customers.c.slack_team == sa.bindparam("team"))


def _values(customer: Customer) -> dict[str, object]:
    return {
        "kind": customer.kind,
        "address": customer.address,
        "name": customer.details.name,
        "postal_address": customer.details.postal_address,
        "country": customer.details.country,
        "vat_number": customer.details.vat_number,
        "siren": customer.details.siren,
        "language": customer.language,
        "support": customer.support,
        "timezone": customer.timezone,
        "slack_team": customer.slack_team or None,
        "slack_user": customer.slack_user or None,
        "courtesy": customer.courtesy,
        "seq": customer.seq,
    }


def _customer(row: "sa.Row[Any]") -> Customer:
    return Customer(
        id=row.id,
        kind=Kind(row.kind),
        language=Language(row.language),
        address=row.address,
        details=Details(
            name=row.name,
            postal_address=row.postal_address,
            country=row.country,
            vat_number=row.vat_number,
            siren=row.siren,
        ),
        support=Support(row.support),
        timezone=row.timezone,
        slack_team=row.slack_team or "",
        slack_user=row.slack_user or "",
        courtesy=row.courtesy,
        seq=row.seq,
    )
