"""Erasing words and names where the law lets it: a fact says so, proofs stay and go on verifying."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from bot.app.handle import note_on_customer
from bot.app.keys import random_key
from bot.app.proof import decode as proof_of
from bot.core import facts as f
from bot.core.customer import Customer
from bot.core.erasure import (
    OVER,
    Kept,
    Retention,
    Why,
    evidence_of,
    numbers_of,
    proofs,
    rested_on,
    sent_of,
    without_words,
    words_until,
)
from bot.core.incident import Incident
from bot.core.redaction import Cause, Redaction
from storage import Gone, Recorded, Redacted, Store, Transaction

_RAW = re.compile(rb'"raw":"([0-9a-f]{64})"')
FOR_GOOD = datetime(9999, 1, 1, tzinfo=UTC)
"""When to look again at what has nothing left to erase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What is gone, and how many proofs stay: by their reason, and until which day the last of them is kept."""

    facts: int = 0
    gone: Gone = field(default_factory=Gone)
    blobs: int = 0
    kept: Mapping[Why, tuple[int, date]] = field(default_factory=dict)

    def __add__(self, other: "Erased") -> "Erased":
        return Erased(
            facts=self.facts + other.facts,
            gone=self.gone + other.gone,
            blobs=self.blobs + other.blobs,
            kept=_together((*self.kept.items(), *other.kept.items())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What may go from one incident now. `again` is when more may go; `words` whether its words do."""

    incident: Incident
    history: tuple[Recorded, ...]
    kept: tuple[Kept | None, ...]
    going: frozenset[int]
    words: bool
    again: datetime

    @property
    def changes(self) -> int:
        """How many facts still have something to lose."""
        return sum(_redact(entry) != _as_it_is(entry) for entry in self.history if entry.seq in self.going)


def plan(tx: Transaction, incident_id: int, retention: Retention, today: date, *, asked: bool) -> Plan | None:
    """What may be erased from an incident today; None while it is not over. `asked`: its words go at once."""
    incident = tx.incidents.load(incident_id)
    if incident is None or incident.stage not in OVER:
        return None
    history = tuple(tx.journal.facts(incident.reference))
    kept = proofs(incident, [entry.fact for entry in history], retention)
    until = words_until(incident, retention, stranger=_is_stranger(tx, incident))
    words = asked or (until is not None and until < today)
    going = {
        entry.seq
        for entry, proof in zip(history, kept, strict=True)
        if (proof.until < today if proof is not None else words)
    }
    days = [proof.until for proof in kept if proof is not None and proof.until >= today]
    if until is not None and not words:
        days.append(until)
    again = datetime.combine(min(days) + timedelta(days=1), time(), UTC) if days else FOR_GOOD
    return Plan(incident=incident, history=history, kept=kept, going=frozenset(going), words=words, again=again)


def erase_incident(tx: Transaction, planned: Plan, cause: Cause, reason: str, now: datetime) -> Erased:
    """Erases what is planned, with the fact that says so, in this transaction."""
    incident, today = planned.incident, planned.incident.terms.day_of(now)
    customer = tx.customers.load(incident.customer)
    if customer is None:
        raise ValueError(f"{incident.reference} has no customer")
    tx.erasure.look_again(incident.id, planned.again)
    staying = [e for e, kept in zip(planned.history, planned.kept, strict=True) if _stays(kept, today)]
    leaving = [e for e in planned.history if e.seq in planned.going]
    gone = _delete(tx, planned, staying, leaving)
    deleted = tx.erasure.unnamed(gone.bytes_of)
    redactions = tx.journal.redactions.prepare(incident.reference, _redacted(leaving))
    if redactions or deleted or replace(gone, bytes_of=frozenset()) != Gone():
        missed = sorted(_named(planned.history).intersection(deleted))
        _note(tx, customer, incident.reference, cause, reason, redactions, gone, now, missed)
    kept = [(proof.why, (1, proof.until)) for proof in planned.kept if proof is not None and proof.until >= today]
    return Erased(facts=len(redactions), gone=gone, blobs=len(deleted), kept=_together(kept))


def erase_record(tx: Transaction, customer: Customer, cause: Cause, reason: str, now: datetime) -> Erased:
    """Erases the customer's record: names, addresses, contacts, Slack account, and mails that belong to no incident.

    Only once all their incidents are over; who writes again is somebody new.
    """
    addresses = [contact.address for contact in tx.customers.contacts_of(customer.id)]
    gone = tx.erasure.set_aside(author=addresses) if addresses else Gone()
    tx.outbox.forget_naming([*addresses, customer.slack_user])
    gone += Gone(bytes_of=raws(tx.inbox.forget_naming([*addresses, customer.slack_user])))
    gone += tx.erasure.payments_from(customer.id, now)
    history = tx.journal.facts(customer.reference)
    redactions = tx.journal.redactions.prepare(customer.reference, _redacted(history))
    _note(tx, customer, customer.reference, cause, reason, redactions, gone, now)
    tx.erasure.customer(customer.id)
    return Erased(facts=len(redactions), gone=gone, blobs=len(tx.erasure.unnamed(gone.bytes_of)))


def raws(payloads: Iterable[bytes]) -> frozenset[str]:
    """The hashes of the mails that these jobs of the inbox brought."""
    return frozenset(found.decode() for payload in payloads for found in _RAW.findall(payload))


async def erase_customer(
    store: Store, customer: Customer, retention: Retention, reason: str, clock: Callable[[], datetime]
) -> tuple[Erased, int]:
    """All that may go, incident by incident; and how many of theirs are under way, which keep the record too."""
    rows = await store.read(lambda tx: tx.incidents.listing(customer_id=customer.id, limit=1_000_000))
    done, under_way = Erased(), 0
    for row in sorted(rows, key=lambda row: row.id):
        erased = await store.run(lambda tx, of=row.id: _asked(tx, of, retention, reason, clock()))  # type: ignore[misc]
        if erased is None:
            under_way += 1
        else:
            done += erased
    if not under_way:
        done += await store.run(lambda tx: _record(tx, customer.id, reason, clock()))
    return done, under_way


def said(done: Erased, under_way: int) -> list[str]:
    """For whoever asked for it: what is gone, what is kept, why and until when."""
    gone = done.gone
    return [
        f"erased: words and names in {done.facts} facts, {gone.messages} messages, {gone.files} files, "
        f"{gone.documents} documents, {gone.links} links, {gone.payments} payers in statements",
        *(f"kept: {count} {_BECAUSE[why]}, until {until}" for why, (count, until) in sorted(done.kept.items())),
        *(
            [f"kept: {under_way} incidents under way, and the record: erase again once they are over"]
            if under_way
            else []
        ),
    ]


_BECAUSE: Mapping[Why, str] = {
    Why.ACCOUNTS: "facts with their documents, payers and evidence, of invoices, orders, acceptances and permissions "
    "(L123-22 C. com., L213-1 and D213-1 C. conso.)",
    Why.REFUSED: "facts with their documents, of quotes that were refused (three years)",
}


def _asked(tx: Transaction, incident_id: int, retention: Retention, reason: str, now: datetime) -> Erased | None:
    incident = tx.incidents.load(incident_id)
    today = incident.terms.day_of(now) if incident else now.date()
    planned = plan(tx, incident_id, retention, today, asked=True)
    return erase_incident(tx, planned, Cause.REQUEST, reason, now) if planned else None


def _record(tx: Transaction, customer_id: int, reason: str, now: datetime) -> Erased:
    customer = tx.customers.load(customer_id)
    if customer is None:
        raise ValueError(f"C-{customer_id} is not on file")
    return erase_record(tx, customer, Cause.REQUEST, reason, now)


def _is_stranger(tx: Transaction, incident: Incident) -> bool:
    """Nobody gave a name, and no mail in it proved who wrote it."""
    customer = tx.customers.load(incident.customer)
    if customer is not None and (customer.details.name or customer.slack_user):
        return False
    found = (proof_of(message.proof) for message in tx.messages.of_incident(incident.id))
    return not any(proof is not None and proof.strong for proof in found)


def _stays(kept: Kept | None, today: date) -> bool:
    return kept is not None and kept.until >= today


def _delete(tx: Transaction, planned: Plan, staying: Sequence[Recorded], leaving: Sequence[Recorded]) -> Gone:
    """Deletes the rows; the bytes they named are looked at once nothing names them here any more."""
    incident, evidence = planned.incident, _evidence(staying)
    papers = numbers_of(entry.fact for entry in leaving) - numbers_of(entry.fact for entry in staying)
    gone = tx.erasure.papers(incident.id, papers)
    tx.money.forget_labels(papers)
    rested = rested_on(entry.fact for entry in staying) | _confirming(tx, incident, staying)
    if planned.words:
        gone += tx.erasure.words(
            incident.id,
            but=rested,
            but_mails={one.mail_sha256 for one in evidence if one.mail_sha256},
            but_links={one.link for one in evidence if one.link},
            reply_key=random_key(),
        )
        tx.outbox.forget(gone.outbox)
    if planned.again == FOR_GOOD:
        gone += tx.erasure.payments(incident.id, gone=FOR_GOOD)
    copies = _copies(planned.history if planned.words else leaving)
    going = gone.bytes_of | _bytes_of(_evidence(leaving)) | set(copies.values())
    staying_copies = {copy for message, copy in copies.items() if message in rested}
    return replace(gone, bytes_of=frozenset(going - _bytes_of(evidence) - staying_copies))


def _confirming(tx: Transaction, incident: Incident, staying: Iterable[Recorded]) -> set[str]:
    """The messages that confirmed these decisions: part of how a contract came about (L221-13 C. conso.)."""
    decisions = {entry.seq for entry in staying if evidence_of(entry.fact) is not None}
    told = (message for message in tx.messages.of_incident(incident.id) if message.fact in decisions)
    return {message.rfc_message_id or message.reply for message in told} - {""}


def _evidence(entries: Iterable[Recorded]) -> list[f.Evidence]:
    return [found for entry in entries if (found := evidence_of(entry.fact)) is not None]


def _bytes_of(evidence: Iterable[f.Evidence]) -> set[str]:
    """What an evidence names by its hash alone: what was shown, and the mail."""
    return {sha256 for one in evidence for sha256 in (one.wording_sha256, one.mail_sha256) if sha256}


def _copies(entries: Iterable[Recorded]) -> dict[str, str]:
    """What is kept of the messages that left: the hash of the copy, by the message's id."""
    found = (sent_of(entry.fact) for entry in entries)
    return {sent.message: sent.copy_sha256 for sent in found if sent is not None}


def _named(history: Iterable[Recorded]) -> set[str]:
    """All that these facts name by its hash."""
    entries = list(history)
    papers = {getattr(entry.fact, "document_sha256", "") for entry in entries}
    return papers | _bytes_of(_evidence(entries)) | set(_copies(entries).values())


def _redacted(history: Iterable[Recorded]) -> Mapping[int, Redacted]:
    return {entry.seq: _redact(entry) for entry in history}


def _redact(entry: Recorded) -> Redacted:
    return Redacted(fact=without_words(entry.fact), actor=_nameless(entry.actor))


def _as_it_is(entry: Recorded) -> Redacted:
    return Redacted(fact=entry.fact, actor=entry.actor)


def _nameless(actor: str) -> str:
    """Customers lose their name; staff, who are named by a Slack user, keep it: they answer for what they did."""
    role, _, name = actor.partition(":")
    return f"{role}:" if role == f.Role.CUSTOMER or "@" in name else actor


def _note(
    tx: Transaction,
    customer: Customer,
    about: str,
    cause: Cause,
    reason: str,
    redactions: tuple[Redaction, ...],
    gone: Gone,
    now: datetime,
    missed: Sequence[str] = (),
) -> None:
    """The fact comes first: without it nothing may be redacted. `missed` are bytes gone that facts still name."""
    erased = f.PersonalDataErased(
        about=about,
        cause=cause,
        reason=reason,
        redactions=redactions,
        messages=gone.messages,
        files=gone.files,
        documents=gone.documents,
        links=gone.links,
        payments=gone.payments,
        gone=tuple(missed),
    )
    note_on_customer(tx, customer, (erased,), f.BOT, now)
    tx.journal.redactions.redact(redactions)


def _together(kept: Collection[tuple[Why, tuple[int, date]]]) -> Mapping[Why, tuple[int, date]]:
    """How many for each reason, and until when the last."""
    found: dict[Why, tuple[int, date]] = {}
    for why, (count, until) in kept:
        before, last = found.get(why, (0, until))
        found[why] = (before + count, max(last, until))
    return found
