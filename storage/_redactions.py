"""Facts whose words are gone: what was put in their place, and why their chain still proves them.

A row keeps its `body_sha256` and its `chain`. The newest fact of its own customer names what stands there now,
word for word; the triggers let exactly that in, and `verify` accepts nothing else.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from bot.core.facts import Fact, PersonalDataErased
from bot.core.redaction import Redaction
from storage._codec import decode, encode
from storage._tables import EPOCH, MICROSECOND, facts, incidents

START: Final = ""
"""The chain before the first fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """What shall stand in a fact's place: the fact without its words, and its actor without a name."""

    fact: Fact
    actor: str


class Redactions:
    """The redacted facts within one transaction."""

    __slots__ = ("_connection", "_named")

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._named: dict[tuple[str, int], list[tuple[str, str]]] | None = None

    def prepare(self, subject: str, wanted: Mapping[int, Redacted]) -> tuple[Redaction, ...]:
        """What the customer's next fact must name so that these facts, by `seq`, may lose their words."""
        before, prepared = START, []
        for row in self._connection.execute(_ROWS, {"of": subject}):
            new = wanted.get(row.seq)
            if new is not None:
                body = encode(new.fact)[1]
                if (body, new.actor) != (row.body, row.actor):
                    proof = _proof(before, row, body, new.actor)
                    prepared.append(Redaction(subject=subject, seq=row.seq, actor=new.actor, body=body, proof=proof))
            before = row.chain
        return tuple(prepared)

    def redact(self, redactions: Iterable[Redaction]) -> None:
        """Puts them in place: right after the fact that names them was appended, else the triggers refuse."""
        rows = [{"of": r.subject, "place": r.seq, "body": r.body, "actor": r.actor} for r in redactions]
        if rows:
            self._connection.execute(_REDACT, rows)
            self._named = None

    def explain(self, row: "sa.Row[Any]", before: str) -> bool:
        """Whether a fact that is not as it was written is exactly what its customer's journal says it became."""
        if self._named is None:
            self._named = self._read()
        found = self._named.get((row.subject, row.seq), [])
        proof = _proof(before, row, row.body, row.actor)
        return any(proof == named and self._owns(eraser, row.subject) for eraser, named in found)

    def _read(self) -> dict[tuple[str, int], list[tuple[str, str]]]:
        """All that were named, by facts that are themselves as they were written."""
        named: dict[tuple[str, int], list[tuple[str, str]]] = {}
        for row in self._connection.execute(_ERASURES):
            chain = link(row.before or START, row.subject, row.seq, row.kind, row.at, row.actor, row.body_sha256)
            fact = decode(row.kind, row.body)
            if (row.body_sha256, row.chain) == (sha256(row.body), chain) and isinstance(fact, PersonalDataErased):
                for one in fact.redactions:
                    named.setdefault((one.subject, one.seq), []).append((row.subject, one.proof))
        return named

    def _owns(self, customer: str, subject: str) -> bool:
        if customer == subject:
            return True
        owner = sa.select(incidents.c.customer_id).where(incidents.c.id == sa.bindparam("of"))
        number = subject.removeprefix("INC-")
        return number.isdigit() and f"C-{self._connection.execute(owner, {'of': int(number)}).scalar()}" == customer


def link(before: str, subject: str, seq: int, kind: str, at: datetime, actor: str, body_sha256: str) -> str:
    """Proves the row and all before it; through the body's hash, so that a body can be erased."""
    moment = (at - EPOCH) // MICROSECOND
    return sha256("\0".join((before, subject, str(seq), kind, str(moment), actor, body_sha256)))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _proof(before: str, row: "sa.Row[Any]", body: str, actor: str) -> str:
    """Binds what stands there now to what stood there, and to all before it: the actor is part of the chain."""
    now = link(before, row.subject, row.seq, row.kind, row.at, actor, row.body_sha256)
    return sha256("\0".join((now, body, row.chain)))


_ROWS: Final = sa.select(facts).where(facts.c.subject == sa.bindparam("of")).order_by(facts.c.seq)
_REDACT: Final = (
    sa.update(facts)
    .where(facts.c.subject == sa.bindparam("of"), facts.c.seq == sa.bindparam("place"))
    .values(body=sa.bindparam("body"), actor=sa.bindparam("actor"))
)
_EARLIER: Final = facts.alias()
_ERASURES: Final = (
    sa.select(facts, _EARLIER.c.chain.label("before"))
    .outerjoin_from(
        facts, _EARLIER, sa.and_(_EARLIER.c.subject == facts.c.subject, _EARLIER.c.seq == facts.c.seq - 1)
    )
    .where(facts.c.kind == sa.literal_column("'PersonalDataErased'"))
)
