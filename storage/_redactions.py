"""Facts whose words are gone: what was put in their place, and why their chain still proves them.

A row keeps its `body_sha256` and its `chain`. The newest fact of its own customer names what stands there now,
word for word; the triggers let exactly that in, and `verify` accepts nothing else. That fact also names, by their
hashes, the bytes that went, so that what a fact names is there or is known to be gone.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol, cast

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


class Kept(Protocol):
    """A row of the journal as it is kept."""

    @property
    def subject(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def moment(self) -> datetime: ...
    @property
    def actor(self) -> str: ...
    @property
    def body_sha256(self) -> str: ...
    @property
    def chain(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Erasures:
    """What one customer's journal says was erased: proofs of what is left, by place, and hashes of what is gone."""

    proofs: set[tuple[str, int, str]] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)


class Redactions:
    """The redacted facts within one transaction."""

    __slots__ = ("_connection", "_erasures")

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._erasures: dict[str, Erasures] = {}

    def prepare(self, subject: str, wanted: Mapping[int, Redacted]) -> tuple[Redaction, ...]:
        """What the customer's next fact must name so that these facts, by `seq`, may lose their words."""
        before, prepared = START, []
        for row in self._connection.execute(_ROWS, {"of": subject}):
            new = wanted.get(row.seq)
            if new is not None:
                body = encode(new.fact)[1]
                if (body, new.actor) != (row.body, row.actor):
                    proof = _proof(before, cast("Kept", row), body, new.actor)
                    prepared.append(Redaction(subject=subject, seq=row.seq, actor=new.actor, body=body, proof=proof))
            before = row.chain
        return tuple(prepared)

    def redact(self, redactions: Iterable[Redaction]) -> None:
        """Puts them in place: right after the fact that names them was appended, else the triggers refuse."""
        rows = [{"of": r.subject, "place": r.seq, "body": r.body, "actor": r.actor} for r in redactions]
        if rows:
            self._connection.execute(_REDACT, rows)
            self._erasures.clear()

    def explain(self, row: Kept, before: str) -> bool:
        """Whether a fact that is not as it was written is exactly what its customer's journal says it became."""
        return (row.subject, row.seq, _proof(before, row, row.body, row.actor)) in self._of_owner(row.subject).proofs

    def erased(self, subject: str, sha256: str) -> bool:
        """Whether the journal of this subject's customer says that the bytes with this hash were erased."""
        return sha256 in self._of_owner(subject).gone

    def _of_owner(self, subject: str) -> Erasures:
        owner = self._owner(subject)
        if owner not in self._erasures:
            self._erasures[owner] = self._read(owner)
        return self._erasures[owner]

    def _read(self, owner: str) -> Erasures:
        """All that was named, by facts that are themselves as they were written."""
        found = Erasures()
        for row in self._connection.execute(_ERASURES, {"of": owner}):
            chain = link(row.before or START, row.subject, row.seq, row.kind, row.at, row.actor, row.body_sha256)
            if (row.body_sha256, row.chain) == (sha256(row.body), chain):
                fact = cast("PersonalDataErased", decode(row.kind, row.body))
                found.proofs.update((one.subject, one.seq, one.proof) for one in fact.redactions)
                found.gone.update(fact.gone)
        return found

    def _owner(self, subject: str) -> str:
        number = subject.removeprefix("INC-")
        if number == subject or not number.isdigit():
            return subject
        return f"C-{self._connection.execute(_OWNER, {'of': int(number)}).scalar()}"


def link(before: str, subject: str, seq: int, kind: str, at: datetime, actor: str, body_sha256: str) -> str:
    """Proves the row and all before it; through the body's hash, so that a body can be erased."""
    moment = (at - EPOCH) // MICROSECOND
    return sha256("\0".join((before, subject, str(seq), kind, str(moment), actor, body_sha256)))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _proof(before: str, row: Kept, body: str, actor: str) -> str:
    """Binds what stands there now to what stood there, and to all before it: the actor is part of the chain."""
    now = link(before, row.subject, row.seq, row.kind, row.moment, actor, row.body_sha256)
    return sha256("\0".join((now, body, row.chain)))


_ROWS: Final = (
    sa.select(facts, facts.c.at.label("moment")).where(facts.c.subject == sa.bindparam("of")).order_by(facts.c.seq)
)
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
    .where(facts.c.kind == sa.literal_column("'PersonalDataErased'"), facts.c.subject == sa.bindparam("of"))
)
_OWNER: Final = sa.select(incidents.c.customer_id).where(incidents.c.id == sa.bindparam("of"))
