"""What the bank's statements say, and what each entry is taken for: read from people's words, matched by a table."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bot.core.money import Money

BLIND_AFTER = timedelta(days=3)


class Side(StrEnum):
    """Which way the money went."""

    CREDIT = "credit"
    DEBIT = "debit"


class Fate(StrEnum):
    """What became of an entry."""

    BOOKED = "booked"
    OVERPAID = "overpaid"  # booked, and a rest is kept
    KNOWN = "known"  # staff had recorded this payment before the statement came
    SUGGESTED = "suggested"  # one click books it
    UNALLOCATED = "unallocated"
    RETURNED = "returned"  # came in, and was taken back since
    RETURN = "return"  # the entry that takes an earlier one back
    REFUNDED = "refunded"  # sent back to whoever paid it, say staff; or the entry by which that was done
    DISMISSED = "dismissed"  # no business of the desk's, say staff; or undone before anything came of it
    REFUSED = "refused"  # its amount says nothing


QUEUED = frozenset({Fate.SUGGESTED, Fate.UNALLOCATED, Fate.OVERPAID})
"""What a person still has to look at."""


class Why(StrEnum):
    """Why an entry was not simply booked; each is worded where staff read it."""

    NONE = ""
    NO_REFERENCE = "no_reference"
    BAD_REFERENCE = "bad_reference"  # its check digits are wrong
    UNKNOWN_REFERENCE = "unknown_reference"
    OTHER_CURRENCY = "other_currency"
    NOT_OPEN = "not_open"
    SEVERAL = "several"  # it names several, and is not their sum
    OVERPAID = "overpaid"
    KNOWN_ACCOUNT = "known_account"
    UNDIVIDED = "undivided"  # several payments in one entry whose amounts do not add up to it
    OWN_PAYMENT_BACK = "own_payment_back"
    RETURN_UNKNOWN = "return_unknown"
    RETURN_SETTLED = "return_settled"  # its invoice was credited or written off meanwhile
    NOT_THIS_ONE = "not_this_one"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankEntry:
    """One payment of a statement. `identity` is the same in every statement that lists it.

    `iban` is the other side's. `texts` are what people and banks wrote, `structured` the references in their field;
    `end_to_end` the payer's own name for it. `reason` is why it came back (ISO 20022).
    `wrong` says what its amount is where that is none; `whole` is False where an entry could not be divided;
    `ordered` that the account's owner ordered it.
    """

    identity: str
    statement: str
    side: Side
    amount: Money
    booked_on: date
    value_on: date | None = None
    name: str = ""
    iban: str = ""
    structured: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    end_to_end: str = ""
    reversal: bool = False
    reason: str = ""
    wrong: str = ""
    whole: bool = True
    ordered: bool = False

    @property
    def takes_back(self) -> bool:
        """Whether the bank says itself that this undoes an earlier payment to us."""
        return self.side is Side.DEBIT and (self.reversal or bool(self.reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What the bank says about one account up to a day; `pending` counts the entries that are not final yet."""

    name: str
    account: str
    day: date
    entries: tuple[BankEntry, ...]
    pending: int = 0


@dataclass(frozen=True, slots=True)
class Named:
    """The invoices that an entry's words name; `spoilt` says that a reference in them fails its own check."""

    numbers: tuple[str, ...]
    spoilt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An invoice as the matching sees it. `by_hand` are payments staff recorded that no statement has shown yet."""

    number: str
    open: Money
    by_hand: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an entry is taken for: what is booked on which invoice, the rest that is kept, and why."""

    fate: Fate
    booked: tuple[tuple[str, Money], ...] = ()
    kept: Money
    why: Why = Why.NONE
    suggested: str = ""


# --- what people type ---

_YEAR, _ZEROS = r"2\s*[0O]\s*[0-9O]\s*[0-9O]", r"[0-9O](?:\s?[0-9O]){4}"


def _numbers(letter: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Z0-9]){letter}\s*({_YEAR})[\s._/–—-]*({_ZEROS}|[0-9]{{6,9}})(?![0-9])")


_NUMBER, _CREDIT_NOTE = _numbers("F"), _numbers("A")
_REFERENCE = re.compile(
    rf"(?<![A-Z0-9])R\s*F\s*([0-9O])\s*([0-9O])[\s._-]*F\s*({_YEAR})\s*({_ZEROS}|[0-9]{{6,9}})(?![0-9])"
)
_LONGEST = 2_000  # characters that are looked at; a bank's field has 140


def named(structured: Iterable[str], texts: Iterable[str]) -> Named:
    """The invoices named, in the order of their first mention: `RF93F202600042`, `f2026 00042`, `F2O26-OOO42`.

    The letter O is read as zero where only a digit can stand. A reference whose check digits (ISO 11649) are wrong
    names nothing, not even the number it seems to hold: one wrong digit may be another customer's invoice.
    """
    spoilt, numbers = False, dict[str, None]()
    for text in (*structured, " ".join(texts)):
        words = text[:_LONGEST].upper()
        for found in _REFERENCE.finditer(words):
            check, year, rest = _digits(found[1] + found[2]), _digits(found[3]), _digits(found[4])
            if _checks(f"F{year}{rest}RF{check}"):
                numbers[f"F{year}-{rest}"] = None
            else:
                spoilt = True
        for found in _NUMBER.finditer(_REFERENCE.sub(" ", words)):
            numbers[f"F{_digits(found[1])}-{_digits(found[2])}"] = None
    return Named(tuple(numbers), spoilt)


def credit_notes(texts: Iterable[str]) -> tuple[str, ...]:
    """The credit notes named: `a2026 00003`."""
    words = " ".join(texts)[:_LONGEST].upper()
    found = (f"A{_digits(one[1])}-{_digits(one[2])}" for one in _CREDIT_NOTE.finditer(words))
    return tuple(dict.fromkeys(found))


def _digits(text: str) -> str:
    return re.sub(r"\s", "", text).replace("O", "0")


def _checks(text: str) -> bool:
    """ISO 7064, mod 97-10: letters count from ten."""
    return int("".join(str(int(sign, 36)) for sign in text)) % 97 == 1


# --- what an entry is taken for ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A credit with the invoices it names and those, of the same amount, of whoever paid from this account before."""

    amount: Money
    named: tuple[Claim, ...] = ()
    guessed: tuple[Claim, ...] = ()
    unknown: bool = False
    spoilt: bool = False
    whole: bool = True
    reversal: bool = False

    @property
    def open(self) -> tuple[Claim, ...]:
        return tuple(claim for claim in self.named if claim.open)

    @property
    def asked(self) -> Money:
        """What the open ones come to."""
        return sum((claim.open for claim in self.open), start=self.nothing)

    @property
    def nothing(self) -> Money:
        return Money(cents=0, currency=self.amount.currency)


def _one(case: Situation) -> bool:
    return len(case.named) == len(case.open) == 1


def _by_hand(case: Situation) -> tuple[Money, ...]:
    """What staff recorded of this transfer, for each invoice it names; nothing where that is not all of it."""
    if not all(claim.by_hand for claim in case.named):
        return ()
    if len(case.named) == 1:
        return (case.amount,) if case.amount in case.named[0].by_hand else ()
    latest = tuple(claim.by_hand[-1] for claim in case.named)
    return latest if sum(latest, start=case.nothing) == case.amount else ()


def _is_foreign(case: Situation) -> bool:
    return any(claim.open.currency != case.amount.currency for claim in case.named)


def _all_named_are_open(case: Situation) -> bool:
    return bool(case.named) and len(case.open) == len(case.named) and not case.unknown and not case.spoilt


def _leave(fate: Fate, why: Why) -> Callable[[Situation], Verdict]:
    return lambda case: Verdict(fate=fate, kept=case.amount, why=why)


def _pay_all(case: Situation) -> Verdict:
    rest = case.amount - case.asked
    booked = tuple((claim.number, claim.open) for claim in case.open)
    if rest:
        return Verdict(fate=Fate.OVERPAID, booked=booked, kept=rest, why=Why.OVERPAID)
    return Verdict(fate=Fate.BOOKED, booked=booked, kept=case.nothing)


def _pay_part(case: Situation) -> Verdict:
    return Verdict(fate=Fate.BOOKED, booked=((case.open[0].number, case.amount),), kept=case.nothing)


def _recognise(case: Situation) -> Verdict:
    recorded = zip((claim.number for claim in case.named), _by_hand(case), strict=True)
    return Verdict(fate=Fate.KNOWN, booked=tuple(recorded), kept=case.nothing)


def _suggest(case: Situation) -> Verdict:
    return Verdict(fate=Fate.SUGGESTED, kept=case.amount, why=Why.KNOWN_ACCOUNT, suggested=case.guessed[0].number)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table: when it applies, and what the entry is then taken for."""

    when: Callable[[Situation], bool]
    then: Callable[[Situation], Verdict]


RULES: tuple[Rule, ...] = (
    Rule(lambda s: s.reversal, _leave(Fate.UNALLOCATED, Why.OWN_PAYMENT_BACK)),
    Rule(lambda s: not s.whole, _leave(Fate.UNALLOCATED, Why.UNDIVIDED)),
    Rule(_is_foreign, _leave(Fate.UNALLOCATED, Why.OTHER_CURRENCY)),
    Rule(lambda s: not s.unknown and bool(_by_hand(s)), _recognise),
    Rule(lambda s: bool(s.open) and not s.unknown and s.amount == s.asked, _pay_all),
    Rule(lambda s: _all_named_are_open(s) and s.amount > s.asked, _pay_all),
    Rule(lambda s: _all_named_are_open(s) and _one(s), _pay_part),
    Rule(lambda s: bool(s.open) and not s.spoilt, _leave(Fate.UNALLOCATED, Why.SEVERAL)),
    Rule(lambda s: bool(s.named) and not s.open, _leave(Fate.UNALLOCATED, Why.NOT_OPEN)),
    Rule(lambda s: bool(s.guessed), _suggest),
    Rule(lambda s: s.spoilt, _leave(Fate.UNALLOCATED, Why.BAD_REFERENCE)),
    Rule(lambda s: s.unknown, _leave(Fate.UNALLOCATED, Why.UNKNOWN_REFERENCE)),
    Rule(lambda _: True, _leave(Fate.UNALLOCATED, Why.NO_REFERENCE)),
)
"""The first that applies decides. Nothing is booked on a guess: without a sound reference a person clicks."""


def match(case: Situation) -> Verdict:
    """What this credit is taken for."""
    return next(rule.then(case) for rule in RULES if rule.when(case))


def is_blind(newest: date | None, today: date) -> bool:
    """Whether the newest statement is too old to say who has not paid; never where no statement is ever read."""
    return newest is not None and today - newest > BLIND_AFTER
