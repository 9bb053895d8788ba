"""Questions that pages, cards and the command line ask; nothing here writes."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.attention import promised, unanswered
from bot.core.commands import NoteCustomerWords
from bot.core.customer import Customer, may
from bot.core.facts import Authority
from bot.core.incident import Incident
from storage import Document, IncidentRow, KeptAttachment, Link, Message, Recorded, Store, Transaction

LATE_AFTER, LATE_AT_MOST = timedelta(minutes=5), timedelta(days=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything about one incident: what its page and its card show; `answered` is the address it is answered at."""

    incident: Incident
    row: IncidentRow
    customer: Customer
    history: tuple[Recorded, ...]
    messages: tuple[Message, ...]
    attachments: tuple[KeptAttachment, ...]
    documents: tuple[Document, ...]
    answered: str = ""


async def case(store: Store, incident_id: int) -> Case | None:
    """One incident with its history, words and documents; None for an unknown one."""
    return await store.read(lambda tx: read_case(tx, incident_id))


def read_case(tx: Transaction, incident_id: int) -> Case | None:
    """The same within a transaction."""
    row = tx.incidents.row(incident_id)
    incident = tx.incidents.load(incident_id)
    customer = tx.customers.load(row.customer_id) if row else None
    if row is None or incident is None or customer is None:
        return None
    messages = tuple(tx.messages.of_incident(incident_id))
    return Case(
        incident=incident,
        row=row,
        customer=customer,
        history=tuple(tx.journal.facts(row.reference)),
        messages=messages,
        attachments=tuple(kept for message in messages for kept in tx.messages.attachments_of(message.id)),
        documents=tuple(tx.blobs.documents_of(incident_id)),
        answered=_answered(tx, incident, customer),
    )


def _answered(tx: Transaction, incident: Incident, customer: Customer) -> str:
    """The contact who opened it, where they may be told; else the address on file."""
    if incident.contact in {"", customer.address}:
        return customer.address
    authority = tx.customers.authority(customer.id, incident.contact)
    return incident.contact if may(authority, NoteCustomerWords) else customer.address


async def linked(
    store: Store, token_sha256: str, purposes: Container[str]
) -> tuple[Link, Case, Authority | None] | None:
    """What a mailed link leads to, and what the contact it was mailed to may do; None for an unknown token.

    A token for none of these purposes is as unknown as any: nothing more is read, so that its answer takes no longer.
    So is one to an incident that proved to be another customer's.
    """

    def look(tx: Transaction) -> tuple[Link, Case, Authority | None] | None:
        link = tx.links.by_token_sha256(token_sha256)
        if link is None or link.purpose not in purposes or link.incident_id is None:
            return None
        found = read_case(tx, link.incident_id)
        if found is None or found.incident.moved_to is not None:
            return None
        return link, found, tx.customers.authority(found.customer.id, link.address)

    return await store.read(look)


def written_earlier(message: Message) -> datetime | None:
    """When it was written, where it was long on its way; a clock further off than servers retry is not believed."""
    late = message.at - message.written_at if message.written_at else LATE_AFTER
    return message.written_at if LATE_AFTER < late <= LATE_AT_MOST else None


def needs_answer(tx: Transaction, row: IncidentRow) -> bool:
    """Whether the customer's words wait for an answer of staff's."""
    return bool(unanswered([recorded.fact for recorded in tx.journal.facts(row.reference)]))


def is_promised(tx: Transaction, row: IncidentRow) -> bool:
    """Whether the customer was promised words that have not come yet."""
    return bool(promised([recorded.fact for recorded in tx.journal.facts(row.reference)]))


async def kept(store: Store, sha256: str) -> bytes | None:
    """The bytes with this hash."""
    return await store.read(lambda tx: tx.blobs.content(sha256))
