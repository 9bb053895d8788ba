"""The states that the letter's lives go through; `letter.py` says which follows which."""

from enum import StrEnum


class Stage(StrEnum):
    """Where an incident stands."""

    OPENED = "opened"
    ANNOUNCED = "announced"
    ORDERED = "ordered"
    DIAGNOSING = "diagnosing"
    REPAIRING = "repairing"
    QUOTED = "quoted"
    WORKING = "working"
    WITHDRAWN = "withdrawn"
    SOLVED = "solved"
    QUOTE_REFUSED = "quote_refused"
    DONE = "done"
    STOPPED = "stopped"
    UNBILLED = "unbilled"
    CORRECTED = "corrected"
    INVOICED = "invoiced"
    CANCELLED = "cancelled"
    CLOSED = "closed"


class QuoteState(StrEnum):
    """The life of one quote (letter §4.3)."""

    DRAFT = "draft"
    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    REVOKED = "revoked"


class ConsentState(StrEnum):
    """The life of one request for leave (letter §1.3)."""

    REQUESTED = "requested"
    GRANTED = "granted"
    REFUSED = "refused"
    LAPSED = "lapsed"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    EXPIRED = "expired"
    CLOSED = "closed"


class InvoiceState(StrEnum):
    """The life of an invoice once its number is drawn (letter §5)."""

    ISSUED = "issued"
    PART_PAID = "part_paid"
    PAID = "paid"
    CREDITED = "credited"
    WRITTEN_OFF = "written_off"


class ContestState(StrEnum):
    """The two steps of a contest and its other endings (letter §6.4)."""

    SAID = "said"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    CONCEDED = "conceded"
    EFFECTIVE = "effective"
    REVERSED = "reversed"


class Support(StrEnum):
    """A customer's entitlement (letter §6.2, §6.6)."""

    FULL = "full"
    LIMITED = "limited"
    FORFEITED = "forfeited"


class Due(StrEnum):
    """What an ending can leave owed (letter §3)."""

    DIAGNOSIS = "diagnosis"
    WORK = "work"
    PART_OF_WORK = "part_of_work"
