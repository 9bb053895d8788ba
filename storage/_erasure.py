"""Erasing for good: the only place that deletes what people wrote, and bytes that nothing names any more."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa

from bot.core.bank import QUEUED, Fate, Why
from storage._engine import contains
from storage._tables import (
    Moment,
    allocations,
    attachments,
    bank_entries,
    blobs,
    contacts,
    customers,
    documents,
    inbox,
    incidents,
    invoices,
    links,
    messages,
    settings,
    shared_channels,
)

ENDED: Final = ("cancelled", "closed")
ERASED: Final = "erased "
"""What stands before the id of a link in the place of its token's hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What was deleted; `bytes_of` are the hashes it named, whose bytes may be nobody's by now."""

    messages: int = 0
    files: int = 0
    documents: int = 0
    links: int = 0
    payments: int = 0
    outbox: tuple[int, ...] = ()
    bytes_of: frozenset[str] = frozenset()

    def __add__(self, other: "Gone") -> "Gone":
        return Gone(
            **{name: getattr(self, name) + getattr(other, name) for name in _SUMS},
            bytes_of=self.bytes_of | other.bytes_of,
        )


_SUMS: Final = ("messages", "files", "documents", "links", "payments", "outbox")


class Eraser:
    """Erasure within one transaction."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def due(self, now: datetime, touched_before: datetime, limit: int) -> list[int]:
        """Incidents that are over and from which something may have to go."""
        never_looked_at = sa.and_(incidents.c.erase_at.is_(None), incidents.c.updated_at <= touched_before)
        query = (
            sa.select(incidents.c.id)
            .where(incidents.c.stage.in_(ENDED), sa.or_(never_looked_at, incidents.c.erase_at <= now))
            .order_by(incidents.c.id)
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def look_again(self, incident_id: int, at: datetime) -> None:
        """Nothing more of this incident goes before then."""
        self._connection.execute(sa.update(incidents).where(incidents.c.id == incident_id).values(erase_at=at))

    def look_at_all(self) -> None:
        """Other rules hold from now on."""
        self._connection.execute(sa.update(incidents).where(incidents.c.erase_at.is_not(None)).values(erase_at=None))

    def words(
        self,
        incident_id: int,
        *,
        but: Collection[str],
        but_mails: Collection[str],
        but_links: Collection[str],
        reply_key: str,
    ) -> Gone:
        """The words, files and links of an incident, but for these Message-IDs, mails with these bytes, and links.

        Links that stay as a proof lead nowhere from now on: their token is known by its hash no more. The incident's
        row loses its title; under a new `reply_key`, what is sent to its old address is no answer any more.
        """
        mine = messages.c.incident_id == incident_id
        named = sa.func.coalesce(messages.c.rfc_message_id, "").not_in(list(but))
        gone = self._messages(mine, named, sa.func.coalesce(messages.c.raw, "").not_in(list(but_mails)))
        of_incident = links.c.incident_id == incident_id
        deleted = self._run(sa.delete(links).where(of_incident, links.c.id.not_in(list(but_links))))
        self._run(sa.update(links).where(of_incident).values(token_sha256=sa.literal(ERASED) + links.c.id))
        self._run(sa.update(incidents).where(incidents.c.id == incident_id).values(title="", reply_key=reply_key))
        return replace(gone, links=deleted)

    def papers(self, incident_id: int, numbers: Collection[str]) -> Gone:
        """The documents with these numbers, in all their forms."""
        mine = (documents.c.incident_id == incident_id, documents.c.number.in_(list(numbers)))
        named = self._connection.execute(sa.select(documents.c.sha256).where(*mine)).scalars()
        hashes = frozenset(named)
        return Gone(documents=self._run(sa.delete(documents).where(*mine)), bytes_of=hashes)

    def payments(self, incident_id: int, *, gone: datetime) -> Gone:
        """Who paid an incident's invoices, and who took that back; amounts, days and what became of each stay.

        An entry that paid another incident's invoice as well stays whole until those proofs are gone, too: until that
        incident is looked at again at `gone`.
        """
        theirs = sa.select(allocations.c.entry_id).select_from(_PAID).where(invoices.c.incident_id == incident_id)
        ids = list(self._connection.execute(theirs.distinct()).scalars())
        if not ids:
            return Gone()
        elsewhere = _PAID.join(incidents, incidents.c.id == invoices.c.incident_id)
        still = (incidents.c.id != incident_id, incidents.c.erase_at.is_distinct_from(gone))
        needed = sa.exists().select_from(elsewhere).where(_OF_ENTRY, *still)
        of_these = sa.or_(bank_entries.c.id.in_(ids), bank_entries.c.taken_back.in_(ids))
        return self._forget_payers(of_these, sa.not_(needed))

    def payments_from(self, customer_id: int, now: datetime) -> Gone:
        """What came from accounts that paid nobody else's invoices, was booked nowhere, and waits for nobody."""
        paying = bank_entries.alias()
        accounts = (
            sa.select(paying.c.iban_hash)
            .join(allocations, allocations.c.entry_id == paying.c.id)
            .join(invoices, invoices.c.number == allocations.c.number)
            .where(paying.c.iban_hash != "")
        )
        theirs = accounts.where(invoices.c.customer_id == customer_id)
        others = accounts.where(invoices.c.customer_id != customer_id)
        account = bank_entries.c.iban_hash
        return self._forget_payers(account.in_(theirs), account.not_in(others), *_NOBODYS, settled_at=now)

    def payments_of_nobody(self, *, before: date, settled_before: datetime, now: datetime, limit: int = 500) -> Gone:
        """Who paid what was booked nowhere and waits for nobody, so long ago; who is not looked for any more."""
        old = (*_NOBODYS, *_old(before, settled_before), _NAMES_SOMEBODY)
        chosen = sa.select(bank_entries.c.id).where(*old).order_by(bank_entries.c.id).limit(limit)
        ids = list(self._connection.execute(chosen).scalars())
        return self._forget_payers(bank_entries.c.id.in_(ids), settled_at=now) if ids else Gone()

    def payments_of_nobody_before(self, before: date, settled_before: datetime) -> int:
        """How many those are."""
        old = (*_NOBODYS, *_old(before, settled_before), _NAMES_SOMEBODY)
        return self._connection.execute(sa.select(sa.func.count()).select_from(bank_entries).where(*old)).scalar_one()

    def set_aside(self, *, before: datetime | None = None, author: Collection[str] = (), limit: int = 500) -> Gone:
        """Messages of no incident: the oldest of those kept before then, or by these authors."""
        wanted: list[sa.ColumnElement[bool]] = [messages.c.incident_id.is_(None)]
        if before is not None:
            wanted.append(messages.c.at < before)
        if author:
            wanted.append(sa.func.lower(messages.c.author).in_(list(author)))
        chosen = sa.select(messages.c.id).where(*wanted).order_by(messages.c.id).limit(limit)
        ids = list(self._connection.execute(chosen).scalars())
        return self._messages(messages.c.id.in_(ids)) if ids else Gone()

    def set_aside_before(self, moment: datetime) -> int:
        """How many messages of no incident are older."""
        old = sa.and_(messages.c.incident_id.is_(None), messages.c.at < moment)
        return self._connection.execute(sa.select(sa.func.count()).select_from(messages).where(old)).scalar_one()

    def customer(self, customer_id: int) -> int:
        """Names and addresses on file, contacts, their channels, what is left of their links; how many contacts."""
        self._run(sa.delete(links).where(links.c.customer_id == customer_id, links.c.incident_id.is_(None)))
        nameless: dict[str, Any] = dict.fromkeys(("address", "name", "postal_address", "vat_number", "siren"), "")
        nameless |= {"slack_team": None, "slack_user": None}
        user = sa.select(customers.c.slack_user).where(customers.c.id == customer_id)
        slack_user = self._connection.execute(user).scalar()
        if slack_user:  # how often codes were asked for, by whom
            self._run(sa.delete(settings).where(settings.c.name.endswith(f":{slack_user}", autoescape=True)))
        self._run(sa.update(customers).where(customers.c.id == customer_id).values(nameless))
        self._run(sa.delete(shared_channels).where(shared_channels.c.customer_id == customer_id))
        return self._run(sa.delete(contacts).where(contacts.c.customer_id == customer_id))

    def unnamed(self, hashes: Iterable[str]) -> tuple[str, ...]:
        """Deletes those of these bytes that no row names any more; which."""
        return tuple(
            sha256
            for sha256 in sorted(hashes)
            if self._run(sa.delete(blobs).where(blobs.c.sha256 == sha256, *_nobody_names(self._dialect, sha256)))
        )

    def _messages(self, *wanted: "sa.ColumnElement[bool]") -> Gone:
        rows = self._connection.execute(
            sa.select(messages.c.id, messages.c.raw, messages.c.html_sha256, messages.c.outbox_id).where(*wanted)
        ).all()
        if not rows:
            return Gone()
        of_these = attachments.c.message_id.in_(sa.select(messages.c.id).where(*wanted))
        files = self._connection.execute(sa.select(attachments.c.sha256).where(of_these)).scalars()
        named = {*files, *(row.raw for row in rows), *(row.html_sha256 for row in rows)} - {None}
        count = self._run(sa.delete(attachments).where(of_these))
        return Gone(
            messages=self._run(sa.delete(messages).where(*wanted)),
            files=count,
            outbox=tuple(row.outbox_id for row in rows if row.outbox_id is not None),
            bytes_of=frozenset(named),
        )

    def _forget_payers(self, *wanted: "sa.ColumnElement[bool]", settled_at: datetime | None = None) -> Gone:
        """Empties what a bank and a payer wrote; who was still looked for, `settled_at`, is not any more.

        `identity` stays: read again in an old statement, the entry is not a new one.
        """
        values: dict[str, Any] = dict.fromkeys(_PAYERS, "")
        if settled_at is not None:
            queued = bank_entries.c.fate.in_(sorted(QUEUED))
            values |= {
                "fate": sa.case((queued, sa.literal(Fate.DISMISSED.value)), else_=bank_entries.c.fate),
                "kept": sa.case((queued, 0), else_=bank_entries.c.kept),
                "settled_at": sa.case((queued, sa.literal(settled_at, Moment)), else_=bank_entries.c.settled_at),
                "settled_by": sa.case((queued, sa.literal("retention")), else_=bank_entries.c.settled_by),
                "suggested": "",
            }
        return Gone(payments=self._run(sa.update(bank_entries).where(*wanted, _NAMES_SOMEBODY).values(values)))

    @property
    def _dialect(self) -> str:
        return self._connection.dialect.name

    def _run(self, statement: "sa.Update | sa.Delete") -> int:
        return self._connection.execute(statement).rowcount


_PAYERS: Final = ("name", "iban_hash", "iban_masked", "structured", "free", "end_to_end", "note")
"""What of a bank's entry is somebody's name, account or words."""
_NAMES_SOMEBODY: Final = sa.or_(*(bank_entries.c[name] != "" for name in _PAYERS))
_PAID: Final = allocations.join(invoices, invoices.c.number == allocations.c.number)
_OF_ENTRY: Final = allocations.c.entry_id.in_([bank_entries.c.id, bank_entries.c.taken_back])
_NOBODYS: Final = (
    sa.not_(sa.exists().select_from(allocations).where(_OF_ENTRY)),
    # What names an invoice of ours and was not settled may be money to be paid back: a person still needs the name.
    sa.or_(bank_entries.c.fate.not_in(sorted(QUEUED)), bank_entries.c.why == Why.NO_REFERENCE.value),
)


def _old(before: date, settled_before: datetime) -> Sequence["sa.ColumnElement[bool]"]:
    settled = bank_entries.c.settled_at
    return (
        bank_entries.c.booked_on < before.isoformat(),
        sa.or_(settled.is_(None), settled < settled_before),
    )


def _nobody_names(dialect: str, sha256: str) -> Sequence["sa.ColumnElement[bool]"]:
    """What is kept under its hash is named by rows, and by mails that are not understood yet."""
    unread = [
        sa.and_(inbox.c.state == sa.literal_column(state), contains(dialect, inbox.c.payload, sha256.encode()))
        for state in ("'waiting'", "'parked'")  # literals, for the partial indexes
    ]
    named = (
        messages.c.raw == sha256,
        messages.c.html_sha256 == sha256,
        attachments.c.sha256 == sha256,
        documents.c.sha256 == sha256,
        *unread,
    )
    return [sa.not_(sa.exists().where(condition)) for condition in named]
