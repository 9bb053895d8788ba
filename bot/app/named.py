"""What facts name by its hash, and whether it is still that: documents, pages that were shown, mails in and out.

`templates/evidence/verify.py` does the same outside of the product, and says what is wrong in the same words.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from storage import Row, Transaction


class What(StrEnum):
    """What a fact may name."""

    DOCUMENT = "document"
    WORDING = "wording"
    MAIL = "mail"
    COPY = "copy"


WRONG = {
    What.WORDING: "the wording that fact {seq} names is not what was shown",
    What.MAIL: "the mail that fact {seq} names is not what came in",
    What.COPY: "the message that fact {seq} names is not what was sent",
    What.DOCUMENT: "the document {number} is not what was sent",
}


@dataclass(frozen=True, slots=True)
class Named:
    """Something that a fact names by its hash; a document by its number too."""

    what: What
    sha256: str
    number: str = ""


def named(body: str) -> Iterator[Named]:
    """What this fact names. A wording is kept since the time when a decision notes when it came."""
    fact = json.loads(body)
    evidence, sent = fact.get("evidence") or {}, fact.get("sent") or {}
    if fact.get("document_sha256") and fact.get("number"):
        yield Named(What.DOCUMENT, fact["document_sha256"], fact["number"])
    if evidence.get("wording_sha256") and (evidence.get("posted_at") or evidence["method"] == "link"):
        yield Named(What.WORDING, evidence["wording_sha256"])
    if evidence.get("mail_sha256"):
        yield Named(What.MAIL, evidence["mail_sha256"])
    if sent.get("copy_sha256"):
        yield Named(What.COPY, sent["copy_sha256"])


def first_wrong(
    tx: Transaction, subject: str, rows: Sequence[Row], seen: Callable[[Named], object] = lambda _: None
) -> str:
    """The first fact of this subject, or thing that one names, that is not as it was, in words; empty if all are."""
    broken = tx.journal.first_broken(rows)
    if broken is not None:
        return f"{subject}: fact {broken} is not what was written"
    for row in rows:
        for one in named(row.body):
            if not _is_sound(tx, subject, one):
                return f"{subject}: {WRONG[one.what].format(seq=row.seq, number=one.number)}"
            seen(one)
    return ""


def _is_sound(tx: Transaction, subject: str, one: Named) -> bool:
    """Whether it is kept as it was, or was erased as its customer's journal says."""
    content = kept(tx, one)
    if content is None:
        return tx.journal.redactions.erased(subject, one.sha256)
    return sha256(content).hexdigest() == one.sha256


def kept(tx: Transaction, one: Named) -> bytes | None:
    """The bytes that are kept for it."""
    if one.what is not What.DOCUMENT:
        return tx.blobs.content(one.sha256)
    document = tx.blobs.document(one.number, "pdf")
    return tx.blobs.content(document.sha256) if document else None
