"""All that is kept of one incident, gathered to stand in front of a lawyer: as it is kept, whole, and in order."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.app.named import What, first_wrong, kept, named
from bot.core.customer import Customer
from storage import Anchor, Direction, Document, IncidentRow, Link, Message, Place, Row, Transaction

REFERENCE = re.compile(r"(?:INC-)?([0-9]{1,18})")
# Facts about the customer that speak of another incident are theirs too, but are not shown: their hashes suffice.
ELSEWHERE = frozenset({"SupportForfeited", "SupportLimited", "PersonalDataErased"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """`chains` are the customer's and the incident's, `ends` how many facts each has, `shown` the blobs by hash.

    `wrong` is the first bad thing, in words. `messages` are those in and out; what staff noted among themselves is
    theirs. `withheld` are the customer's facts, by number, that are shown by their hashes alone. Bytes are None where
    they are kept no more. `places` say where each chain stands under its anchor. Nothing here is made from the facts:
    those that were tampered with may make no incident.
    """

    row: IncidentRow
    customer: Customer
    messages: tuple[Message, ...]
    chains: Mapping[str, tuple[Row, ...]]
    ends: Mapping[str, int]
    documents: tuple[tuple[Document, bytes | None], ...]
    shown: Mapping[str, tuple[What, bytes | None]]
    mails: tuple[tuple[Message, bytes | None], ...]
    links: tuple[Link, ...]
    anchor: Anchor | None
    places: Mapping[str, Place]
    withheld: frozenset[int]
    wrong: str

    @property
    def reference(self) -> str:
        return self.row.reference


def gather(tx: Transaction, reference: str) -> Gathered | None:
    """Everything about the incident of this reference; None where there is none."""
    tx.one_snapshot()
    asked = REFERENCE.fullmatch(reference.upper())
    row = tx.incidents.row(int(asked[1])) if asked else None
    customer = tx.customers.load(row.customer_id) if row else None
    if row is None or customer is None:
        return None
    messages = tuple(each for each in tx.messages.of_incident(row.id) if each.direction is not Direction.NOTE)
    subjects = (customer.reference, row.reference)
    chains = {subject: tuple(tx.journal.rows(subject)) for subject in subjects}
    ends = {customer.reference: customer.seq, row.reference: row.seq}
    newest = tx.anchors.newest()
    places = dict(_places(tx, chains, newest))
    documents = tuple(tx.blobs.documents_of(row.id))
    here: set[object] = {row.id, row.reference, customer.reference, *(document.number for document in documents)}
    return Gathered(
        row=row,
        customer=customer,
        messages=messages,
        chains=chains,
        documents=tuple((filed, tx.blobs.content(filed.sha256)) for filed in documents),
        shown=dict(_shown(tx, chains)),
        mails=tuple((each, tx.blobs.content(each.raw or "")) for each in messages if _came(each)),
        links=tuple(tx.links.of_incident(row.id)),
        anchor=newest,
        places=places,
        withheld=frozenset(_elsewhere(chains[customer.reference], here)),
        ends=ends,
        wrong=_first_wrong(tx, chains, ends) or _unanchored(newest, places),
    )


def _first_wrong(tx: Transaction, chains: Mapping[str, tuple[Row, ...]], ends: Mapping[str, int]) -> str:
    for subject, rows in chains.items():
        wrong = first_wrong(tx, subject, rows)
        if wrong or len(rows) < ends[subject]:
            return wrong or f"{subject}: its last facts are missing"
    return ""


def _unanchored(newest: Anchor | None, places: Mapping[str, Place]) -> str:
    if newest is not None and not newest.is_sound:
        return "the newest anchor is not what it says"
    return next(
        (f"{subject} is not under its anchor" for subject in sorted(places) if not places[subject].is_sound), ""
    )


def file_name(document: Document) -> str:
    """What its file is called: `F2010-00001.pdf`, and `F2010-00001.xml` for machines."""
    return f"{document.number}.{'pdf' if document.kind == 'pdf' else 'xml'}"


def _came(message: Message) -> bool:
    return message.direction is Direction.IN and message.raw is not None


def _shown(tx: Transaction, chains: Mapping[str, tuple[Row, ...]]) -> Iterator[tuple[str, tuple[What, bytes | None]]]:
    for row in (row for rows in chains.values() for row in rows):
        for one in named(row.body) if _is_json(row.body) else ():
            if one.what is not What.DOCUMENT:
                yield one.sha256, (one.what, kept(tx, one))


def _is_json(body: str) -> bool:
    """A body that was tampered with may be anything."""
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False


def _places(
    tx: Transaction, chains: Mapping[str, tuple[Row, ...]], newest: Anchor | None
) -> Iterator[tuple[str, Place]]:
    """Where the last fact of each chain that is under an anchor stands."""
    for subject, rows in chains.items():
        under = [row.id for row in rows if newest is not None and row.id <= newest.upto]
        place = tx.anchors.place_of(under[-1]) if under else None
        if place is not None:
            yield subject, place


def _elsewhere(facts: Sequence[Row], here: set[object]) -> Iterator[int]:
    """The facts about the customer that concern other incidents; not what an erasure left, which is proven by all."""
    before = ""
    for one in facts:
        fact = json.loads(one.body) if _is_json(one.body) else {}
        about = {fact.get(name) for name in ("incident", "invoice", "about")}
        if one.kind in ELSEWHERE and one.is_written(before) and about.isdisjoint(here):
            yield one.seq
        before = one.chain
