"""Why a command is refused: a value shown to the person who asked, in their language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.core.commands import Command
from bot.core.facts import Fact


class Reason(StrEnum):
    """Every reason a command can be refused for; `templates/refusals.*` words each of them."""

    NOT_ALLOWED = "not_allowed"  # this role may not order it
    BEYOND_AUTHORITY = "beyond_authority"  # not for this contact to decide
    NOT_NOW = "not_now"  # not at this stage
    STALE = "stale"  # they looked at an older version
    SUPPORT_FORFEITED = "support_forfeited"  # letter §6.2
    SUPPORT_LIMITED = "support_limited"  # letter §6.6
    PRICE_CHANGED = "price_changed"
    EXPRESS_REQUEST_MISSING = "express_request_missing"  # L221-25
    DECIDED_HERE = "decided_here"  # the customer has decided in this incident: it stays theirs
    CUSTOMER_UNKNOWN = "customer_unknown"  # no customer has this reference and this address
    NOT_ORDERED = "not_ordered"  # the diagnosis waits for the customer's order (letter §2.5)
    REPORT_MISSING = "report_missing"
    REPORT_FIRST = "report_first"  # a quote comes with a diagnosis report (letter §3.3)
    QUOTE_EMPTY = "quote_empty"
    QUOTE_REPLACED = "quote_replaced"
    QUOTE_UNKNOWN = "quote_unknown"
    QUOTE_EXPIRED = "quote_expired"
    QUOTE_DECIDED = "quote_decided"
    CONSUMER_ONLY = "consumer_only"
    WITHDRAWAL_ENDED = "withdrawal_ended"  # fourteen days after the acceptance (L221-18)
    SCOPE_EMPTY = "scope_empty"
    SCOPE_WIDER = "scope_wider"  # more than was asked for
    END_PASSED = "end_passed"
    ADDRESS_TAKEN = "address_taken"  # it is another customer's
    END_TOO_FAR = "end_too_far"
    TOO_FAR = "too_far"  # a promise or a hold that ends too late
    CONSENT_UNKNOWN = "consent_unknown"
    CONSENT_DECIDED = "consent_decided"
    NO_CONSENT = "no_consent"  # letter §1.1
    ACT_FORBIDDEN = "act_forbidden"
    ACT_UNASKED = "act_unasked"  # it needs no leave
    PAUSED = "paused"  # somebody said stop: sure first that it was not the customer
    DISOWNED = "disowned"  # the customer says that the decision was not theirs
    NOT_DISOWNED = "not_disowned"
    DISOWN_ENDED = "disown_ended"  # its days are over
    ADDRESS_LOST = "address_lost"  # mail to it comes back
    NOTHING_OPEN = "nothing_open"
    NOTHING_OWED_BACK = "nothing_owed_back"
    INVOICE_FAULTY = "invoice_faulty"  # what keeps the invoice back is still so
    OUTCOME_IMPOSSIBLE = "outcome_impossible"  # there was no such quote, or its work was never finished
    AMOUNT_WRONG = "amount_wrong"
    NOT_CONTESTED = "not_contested"
    PART_UNKNOWN = "part_unknown"  # a line that the invoice has not, or that was taken back already
    REASON_MISSING = "reason_missing"
    ALREADY = "already"  # it is so already
    MOOT = "moot"  # the calendar asked, and it no longer matters


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing changed, and why."""

    reason: Reason


Decided = tuple[Fact, ...] | Refused

# Each concept's page answers for its own commands; a function takes (incident, its command, now).
Deciders = Mapping[type[Command], Callable[..., Decided]]
