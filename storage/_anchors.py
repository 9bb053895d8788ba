"""Anchors: one hash a day over all that was journalled, to be kept elsewhere, so that a journal written anew shows.

Each stands over the facts since the one before it (a Merkle tree of their chain values, RFC 6962 §2.1) and over that
one, so the newest stands over everything; and that a fact is under an anchor can be shown without the other facts.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from storage._engine import standing_still
from storage._tables import EPOCH, MICROSECOND, anchors, facts

MOST: Final = 1 << 16
"""At most so many facts under one anchor: its tree is made in memory, while nobody writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The hash over the facts up to the id `upto`: `facts` of them in all, those since `before` under `root`."""

    id: int
    at: datetime
    upto: int
    facts: int
    root: str
    before: str
    hash: str

    @property
    def moment(self) -> int:
        """`at` as it is hashed: in microseconds since 1970."""
        return (self.at - EPOCH) // MICROSECOND

    @property
    def is_sound(self) -> bool:
        """Whether its hash is over what it says."""
        return self.hash == _hash(before=self.before, root=self.root, upto=self.upto, facts=self.facts, at=self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """That a fact's chain value is under an anchor: `path` leads from it to the root."""

    chain: str
    index: int
    size: int
    path: tuple[str, ...]
    anchor: Anchor

    @property
    def is_sound(self) -> bool:
        """Whether it leads to the anchor's root."""
        node, index = _leaf(self.chain), self.index
        for beside in map(bytes.fromhex, self.path):
            node = _sha256(b"\1" + (beside + node if index % 2 else node + beside)) if beside else node
            index //= 2
        return self.anchor.is_sound and node.hex() == self.anchor.root


class Anchors:
    """The anchors within one transaction."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def drop(self, now: datetime, every: timedelta = timedelta(0)) -> Anchor | None:
        """A new anchor over the facts since the last one: all of them once there are none, and it returns None.

        Neither is there one where the last is younger than `every`.
        """
        standing_still(self._connection, facts)
        last = self.newest()
        if last is not None and now - last.at < every:
            return None
        leaves = self._leaves(last.upto if last else 0, limit=MOST)
        if not leaves:
            return None
        values: dict[str, Any] = {
            "at": now,
            "upto": leaves[-1][0],
            "facts": (last.facts if last else 0) + len(leaves),
            "root": root(chain for _, chain in leaves),
            "before": last.hash if last else "",
        }
        values["hash"] = _hash(**values)
        made: int = self._connection.execute(sa.insert(anchors).returning(anchors.c.id), values).scalar_one()
        return Anchor(id=made, **values)

    def newest(self) -> Anchor | None:
        return next(iter(self._some(anchors.c.id.desc(), 1)), None)

    def after(self, anchor_id: int, limit: int) -> list[Anchor]:
        """The next ones, the first first."""
        return self._some(anchors.c.id, limit, anchors.c.id > anchor_id)

    def holds(self, anchor: Anchor, before: Anchor | None) -> bool:
        """Whether it stands over the one before it and over the facts since, as they are now."""
        leaves = self._leaves(before.upto if before else 0, upto=anchor.upto)
        expected = (
            before.hash if before else "",
            root(chain for _, chain in leaves),
            (before.facts if before else 0) + len(leaves),
        )
        return anchor.is_sound and (anchor.before, anchor.root, anchor.facts) == expected

    def place_of(self, fact_id: int) -> Place | None:
        """Where this fact stands under its anchor; None while it stands under none."""
        over = next(iter(self._some(anchors.c.id, 1, anchors.c.upto >= fact_id)), None)
        if over is None:
            return None
        before = next(iter(self._some(anchors.c.id.desc(), 1, anchors.c.id < over.id)), None)
        leaves = self._leaves(before.upto if before else 0, upto=over.upto)
        index = next((place for place, (one, _) in enumerate(leaves) if one == fact_id), None)
        if index is None:
            return None
        chains = [chain for _, chain in leaves]
        return Place(chain=chains[index], index=index, size=len(chains), path=path(chains, index), anchor=over)

    def _leaves(self, after: int, upto: int | None = None, limit: int | None = None) -> list[tuple[int, str]]:
        query = sa.select(facts.c.id, facts.c.chain).where(facts.c.id > after).order_by(facts.c.id).limit(limit)
        if upto is not None:
            query = query.where(facts.c.id <= upto)
        return [(row.id, row.chain) for row in self._connection.execute(query)]

    def _some(self, order: "sa.ColumnElement[Any]", limit: int, *wanted: "sa.ColumnElement[bool]") -> list[Anchor]:
        query = sa.select(anchors).where(*wanted).order_by(order).limit(limit)
        return [Anchor(**row._asdict()) for row in self._connection.execute(query)]


def root(chains: Iterable[str]) -> str:
    """The root over these chain values, in hexadecimal."""
    level = [_leaf(chain) for chain in chains]
    while len(level) > 1:
        level = _above(level)
    return level[0].hex() if level else ""


def path(chains: Sequence[str], index: int) -> tuple[str, ...]:
    """What is hashed together with the leaf at `index`, from below to the root; empty where it stands alone."""
    level, found = [_leaf(chain) for chain in chains], []
    while len(level) > 1:
        beside = index ^ 1
        found.append(level[beside].hex() if beside < len(level) else "")
        level, index = _above(level), index // 2
    return tuple(found)


def _above(level: Sequence[bytes]) -> list[bytes]:
    """The level above; who has nobody beside them rises as they are, which is the tree of RFC 6962."""
    pairs = [_sha256(b"\1" + one + other) for one, other in zip(level[::2], level[1::2], strict=False)]
    return [*pairs, level[-1]] if len(level) % 2 else pairs


def _leaf(chain: str) -> bytes:
    return _sha256(b"\0" + chain.encode())


def _hash(*, before: str, root: str, upto: int, facts: int, at: datetime) -> str:
    moment = (at - EPOCH) // MICROSECOND
    return _sha256("\0".join((before, root, str(upto), str(facts), str(moment))).encode()).hex()


def _sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
