"""What was found out about who wrote a message: judged once, kept with it, shown and acted upon as it is."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import TypeAdapter


class Level(StrEnum):
    """How much is proven. Only `strong` may have effects; `later` means: judge again when DNS answers."""

    STRONG = "strong"
    WEAK = "weak"
    NONE = "none"
    FAIL = "fail"
    MALFORMED = "malformed"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature looked at. `result` is pass, fail, ignored or unknown; `reason` says why it is not a pass.

    `key` is the record its domain published: it is kept because domains change their keys, and without the old one
    nobody could verify the mail again.
    """

    domain: str
    selector: str
    result: str
    reason: str = ""
    key: str = ""
    key_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The level and why, for the one `address` that was judged; empty where no author could be made out.

    `name` is how the author calls themselves, `signatures` what the level rests on. `pretends` is the address that
    the name shows instead of the real one, `resembles` a customer's domain that the author's only looks like.
    `unsure`: why the author is proven and the words are not: under the same signature they could be other ones.
    `reuses`: it came under the Message-ID of another mail.
    """

    level: Level = Level.NONE
    reason: str = ""
    address: str = ""
    name: str = ""
    signatures: tuple[Signature, ...] = ()
    pretends: str = ""
    resembles: str = ""
    reuses: bool = False
    unsure: str = ""

    @property
    def strong(self) -> bool:
        return self.level is Level.STRONG


def encode(proof: Proof) -> str:
    """The proof as it is kept."""
    return _PROOF.dump_json(proof, exclude_defaults=True).decode()


def decode(kept: str) -> Proof | None:
    """The proof again; None where none was kept."""
    return _PROOF.validate_json(kept) if kept else None


_PROOF = TypeAdapter(Proof)
