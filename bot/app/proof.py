"""What was found out about who wrote a message: judged once, kept with it, shown and acted upon as it is."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much is proven. Only `strong` may have effects; `later` means: judge again when DNS answers."""

    STRONG = "strong"
    WEAK = "weak"
    NONE = "none"
    FAIL = "fail"
    MALFORMED = "malformed"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The level and why, for the one `address` that was judged; empty where no author could be made out.

    `signers` are the signatures it rests on, each as `domain/selector/key sha256/result`; `warnings` is what staff
    should see beside the address: a display name that holds another one, a domain that looks like a customer's.
    """

    level: Level = Level.NONE
    reason: str = ""
    address: str = ""
    name: str = ""
    signers: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def strong(self) -> bool:
        return self.level is Level.STRONG
