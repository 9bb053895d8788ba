"""What is left where a fact lost its words, and why it lost them."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """What stands in a fact's place since its words are gone. `proof` binds it to its place in the chain."""

    subject: str
    seq: int
    actor: str
    body: str
    proof: str


class Cause(StrEnum):
    """Why words were erased: somebody asked, or their time was over."""

    REQUEST = "request"
    RETENTION = "retention"
