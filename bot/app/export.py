"""All that is held on a customer, as one ZIP: a page to read, the data as JSON, and every file as it was kept."""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from bot.app.desk import Desk
from bot.app.jobs import notice_of
from bot.app.read import Case, read_case
from bot.core import facts as f
from bot.core.customer import Customer
from bot.core.erasure import sent_of
from bot.words import TEMPLATES, Context
from storage import Contact, Direction, EntryRow, InvoiceRow, KeptAttachment, Link, Message, Recorded, Transaction

EPOCH_OF_ZIP: Final = 1980
_ODD: Final = re.compile(r"[^\w.() -]+|^\.+")
_ENDINGS: Final = {"application/pdf": ".pdf", "application/xml": ".xml", "text/xml": ".xml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is on file about a customer, without the bytes: those are read one by one.

    `others` are the numbers of messages that somebody else wrote into their incidents.
    """

    customer: Customer
    contacts: tuple[Contact, ...]
    facts: tuple[Recorded, ...]
    cases: tuple[Case, ...]
    invoices: tuple[InvoiceRow, ...]
    payments: tuple[EntryRow, ...]
    links: tuple[Link, ...]
    set_aside: tuple[Message, ...]
    files: tuple[KeptAttachment, ...]
    others: frozenset[int]

    @property
    def messages(self) -> list[Message]:
        return [*(message for case in self.cases for message in case.messages), *self.set_aside]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What went into the file; `by_others` are messages of third parties, which are theirs as well."""

    incidents: int
    messages: int
    files: int
    facts: int
    by_others: int


async def export(desk: Desk, customer: Customer, file: Path, now: datetime) -> Exported:
    """Writes the file, which only its owner may read. Raises FileExistsError rather than write over anything."""
    held = await desk.store.read(lambda tx: _gather(tx, customer))
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as opened, ZipFile(opened, "w", ZIP_DEFLATED) as folder:
            names: dict[str, str] = {}
            count = 0
            async for sha256, name, content in _contents(desk, held):
                names[sha256] = name
                count += 1
                _put(folder, name, content, now)
            data = _data(held, names, now)
            _put(folder, "data.json", json.dumps(data, ensure_ascii=False, indent=2).encode(), now)
            _put(folder, "style.css", (TEMPLATES / "web" / "style.css").read_bytes(), now)
            _put(folder, "index.html", _page(desk, held, names, now).encode(), now)
    except BaseException:
        await asyncio.to_thread(file.unlink, missing_ok=True)
        raise
    return Exported(
        incidents=len(held.cases),
        messages=len(held.messages),
        files=count,
        facts=len(held.facts) + sum(len(case.history) for case in held.cases),
        by_others=len(held.others),
    )


def _gather(tx: Transaction, customer: Customer) -> Held:
    rows = tx.incidents.listing(customer_id=customer.id, limit=1_000_000)
    cases = [case for row in sorted(rows, key=lambda row: row.id) if (case := read_case(tx, row.id)) is not None]
    contacts = tx.customers.contacts_of(customer.id)
    aside = tx.messages.set_aside_by([contact.address for contact in contacts])
    return Held(
        customer=customer,
        contacts=tuple(contacts),
        facts=tuple(tx.journal.facts(customer.reference)),
        cases=tuple(cases),
        invoices=tuple(row for case in cases for row in tx.money.of_incident(case.incident.id)),
        payments=tuple(tx.bank.paid_for(customer.id)),
        links=tuple(tx.links.of_customer(customer.id)),
        set_aside=tuple(aside),
        files=(
            *(file for case in cases for file in case.attachments),
            *(file for message in aside for file in tx.messages.attachments_of(message.id)),
        ),
        others=_others(cases),
    )


async def _contents(desk: Desk, held: Held) -> AsyncIterator[tuple[str, str, bytes]]:
    """Each file once, under a name people recognise."""
    done: set[str] = set()
    for sha256, name in _named(held):
        if sha256 not in done:
            done.add(sha256)
            content = await desk.store.read(lambda tx, of=sha256: tx.blobs.content(of))  # type: ignore[misc]
            if content is not None:
                yield sha256, name, content


def _named(held: Held) -> Iterator[tuple[str, str]]:
    for case in held.cases:
        for document in case.documents:
            ending = _ENDINGS.get(document.media_type, f".{_clean(document.kind)}")
            yield document.sha256, f"documents/{_clean(document.number)}{ending}"
        for entry in case.history:
            evidence = getattr(entry.fact, "evidence", None)
            if isinstance(evidence, f.Evidence) and evidence.wording_sha256:
                yield evidence.wording_sha256, f"evidence/{case.row.reference}-{entry.seq}.html.txt"
            if isinstance(evidence, f.Evidence) and evidence.mail_sha256:
                yield evidence.mail_sha256, f"evidence/{case.row.reference}-{entry.seq}.eml"
            sent = sent_of(entry.fact)
            if sent is not None:
                yield sent.copy_sha256, f"sent/{case.row.reference}-{entry.seq}{_ending(entry.fact)}"
    for message in held.messages:
        if message.raw:
            yield message.raw, f"mails/{message.id}.eml"
        if message.html_sha256:
            yield message.html_sha256, f"mails/{message.id}.html.txt"
    for file in held.files:
        yield file.sha256, f"files/{file.message_id}-{file.id}-{_clean(file.name)}"


def _ending(fact: f.Fact) -> str:
    """Mails are mails; what was posted in chat is its blocks."""
    return ".json" if getattr(fact, "via", None) is f.Channel.SLACK else ".eml"


def _clean(name: str) -> str:
    """A name that stays where it is put, on any system."""
    return _ODD.sub("_", name)[-100:] or "file"


def _put(folder: ZipFile, name: str, content: bytes, now: datetime) -> None:
    at = now if now.year >= EPOCH_OF_ZIP else datetime(EPOCH_OF_ZIP, 1, 1, tzinfo=UTC)
    info = ZipInfo(name, at.timetuple()[:6])
    info.compress_type = ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    folder.writestr(info, content)


def _data(held: Held, names: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Everything, as it is kept; evidence stands in its fact, and files are named by where they lie here."""
    customer = held.customer
    return {
        "exported_at": now.isoformat(),
        "customer": _plain(customer) | {"reference": customer.reference},
        "contacts": [_plain(contact) for contact in held.contacts],
        "facts": [_fact(entry) for entry in held.facts],
        "incidents": [_incident(held, case, names) for case in held.cases],
        "payments": [_payment(row) for row in held.payments],
        "links": [_plain(link) | {"token_sha256": None} for link in held.links],
        "messages_of_no_incident": [_message(held, message, names) for message in held.set_aside],
    }


def _incident(held: Held, case: Case, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "reference": case.row.reference,
        "title": case.row.title,
        "stage": case.row.stage,
        "opened_at": case.row.opened_at.isoformat(),
        "updated_at": case.row.updated_at.isoformat(),
        "facts": [_fact(entry) for entry in case.history],
        "messages": [_message(held, message, names) for message in case.messages],
        "invoices": [_plain(row) for row in held.invoices if row.incident_id == case.incident.id],
        "documents": [_plain(document) | {"file": names.get(document.sha256)} for document in case.documents],
    }


def _payment(row: EntryRow) -> dict[str, Any]:
    """What the bank's statement says; of the account, what is kept is a key of it and its ends."""
    return _plain(row) | {"reference": row.reference, "identity": None, "iban_hash": None}


def _fact(entry: Recorded) -> dict[str, Any]:
    fact = _plain(entry.fact)
    return {
        "number": entry.seq,
        "at": entry.at.isoformat(),
        "kind": entry.kind,
        "by": entry.actor,
        "says": fact,
        "wording": fact.get("evidence", {}).get("wording_sha256") or None,
    }


def _message(held: Held, message: Message, names: Mapping[str, str]) -> dict[str, Any]:
    files = [file for file in held.files if file.message_id == message.id]
    return _plain(message) | {
        "by_others": message.id in held.others,
        "mail": names.get(message.raw or ""),
        "html": names.get(message.html_sha256 or ""),
        "files": [{"name": file.name, "size": file.size, "file": names.get(file.sha256)} for file in files],
    }


def _others(cases: Iterable[Case]) -> frozenset[int]:
    """Messages that somebody else wrote into this customer's incidents."""
    wrote = (entry.fact for case in cases for entry in case.history)
    return frozenset(int(fact.message) for fact in wrote if isinstance(fact, f.OtherWrote) and fact.message.isdigit())


def _plain(thing: Any) -> dict[str, Any]:
    """A value's fields as JSON has them."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(thing), default=_as_text))
    return plain


def _as_text(value: object) -> object:
    match value:
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case frozenset() | set():
            return sorted(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no place in an export")


def _page(desk: Desk, held: Held, names: Mapping[str, str], now: datetime) -> str:
    language = held.customer.language
    incidents = [
        {"case": case, "messages": [_shown(desk, held, case, one, names) for one in case.messages]}
        for case in held.cases
    ]
    return desk.words.page(
        f"{language}/export",
        language,
        timezone=held.customer.timezone,
        stylesheet="style.css",
        now=now,
        held=held,
        names=names,
        incidents=incidents,
        aside=[_shown(desk, held, None, message, names) for message in held.set_aside],
    )


def _shown(desk: Desk, held: Held, case: Case | None, message: Message, names: Mapping[str, str]) -> dict[str, Any]:
    files: Iterable[KeptAttachment] = (file for file in held.files if file.message_id == message.id)
    return {
        "message": message,
        "text": _sent(desk, held.customer, case, message) if message.direction is Direction.OUT else message.text,
        "mail": names.get(message.raw or ""),
        "files": [(file.name, names[file.sha256]) for file in files if file.sha256 in names],
    }


def _sent(desk: Desk, customer: Customer, case: Case | None, message: Message) -> str:
    """What we wrote, in words: only what they are made of is kept, without the links."""
    context = Context(
        reference=case.row.reference if case else "",
        title=case.row.title if case else "",
        customer=customer.name,
        links={},
        timezone=customer.timezone,
    )
    language = case.row.language if case else customer.language
    try:
        return desk.words.notice(notice_of(message.subject, message.text), language, context).text
    except (KeyError, ValueError):  # a notice of an earlier version, or words that were never one
        return message.text
