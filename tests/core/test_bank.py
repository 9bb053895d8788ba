"""What people type into a transfer, and what each entry is taken for."""

from datetime import date

import pytest

from bot.core.bank import Claim, Fate, Named, Situation, Verdict, Why, is_blind, match, named
from bot.core.money import Money
from bot.figures import creditor_reference
from tests.builders import euros
from tests.timing import taking_less_than

NUMBER, OTHER = "F2026-00042", "F2026-00043"
NOTHING = euros("0.00")
DOLLARS = Money(cents=2400, currency="USD")

WRITTEN = (
    "F2026-00042",
    "f2026-00042",
    "F202600042",
    "F 2026 00042",
    "F2026 - 00042",
    "F2026/00042",
    "F2026_00042",
    "F2O26-OOO42",
    "f2o26-ooo42",
    "Facture N° F2026-00042 du 24/11/2026",
    "REF:F2026-00042.",
    "F2026-00042 2400 EUR",
    "F2026-00042, 24.00",
    "paiement F20\n26-000 42",
    "RF93F202600042",
    "rf93 f202 6000 42",
    "RF93 F2026 00042",
    "RF93-F2026-00042",
    "/RFB/RF93F202600042",
)
NOT_WRITTEN = (
    "",
    "2026-00042",
    "D2026-00042",
    "AF2026-00042",
    "F2026-0042",
    "F2026-000421234567890",
    "F1926-00042",
    "FR7630006000011234567890189",
    "CHIEF 2026 00042",
    "F2026-00O4X",
)


@pytest.mark.parametrize("text", WRITTEN)
def test_reference_is_read_as_people_type_it(text: str) -> None:
    assert creditor_reference(NUMBER) == "RF93F202600042"
    assert named((), (text,)) == Named((NUMBER,))


@pytest.mark.parametrize("text", NOT_WRITTEN)
def test_what_is_no_reference_names_nothing(text: str) -> None:
    assert named((), (text,)) == Named(())


@pytest.mark.parametrize("text", ["RF19F202600042", "RF18F202600042", "RF 39 F2026 00042"])
def test_reference_with_wrong_check_digits_names_nothing(text: str) -> None:
    assert named((text,), ()) == named((), (text,)) == Named((), spoilt=True)


def test_references_are_read_from_every_field_once_and_in_order() -> None:
    texts = (f"{OTHER} et {NUMBER}", "F2026-00", "044")

    assert named((creditor_reference(NUMBER),), texts) == Named((NUMBER, OTHER, "F2026-00044"))


def test_numbers_beyond_five_digits_are_read_whole() -> None:
    assert named((), ("F2026-123456",)) == Named(("F2026-123456",))


@pytest.mark.parametrize(
    "text", ["F" * 50_000, "F 2" * 20_000, "RF" * 20_000, "F2026" + " " * 50_000, "F2026-" * 9_000]
)
def test_hostile_words_take_no_time(text: str) -> None:
    with taking_less_than(1):
        named((text,), (text,))


def claim(number: str = NUMBER, of: str = "24.00", *by_hand: str) -> Claim:
    return Claim(number=number, open=euros(of), by_hand=tuple(map(euros, by_hand)))


def left(kept: str, why: Why) -> Verdict:
    return Verdict(fate=Fate.UNALLOCATED, kept=euros(kept), why=why)


TABLE: dict[str, tuple[Situation, Verdict]] = {
    "reference and the exact amount": (
        Situation(amount=euros("24.00"), named=(claim(),)),
        Verdict(fate=Fate.BOOKED, booked=((NUMBER, euros("24.00")),), kept=NOTHING),
    ),
    "reference and less": (
        Situation(amount=euros("10.00"), named=(claim(),)),
        Verdict(fate=Fate.BOOKED, booked=((NUMBER, euros("10.00")),), kept=NOTHING),
    ),
    "reference and more": (
        Situation(amount=euros("30.00"), named=(claim(),)),
        Verdict(fate=Fate.OVERPAID, booked=((NUMBER, euros("24.00")),), kept=euros("6.00"), why=Why.OVERPAID),
    ),
    "several and their exact sum": (
        Situation(amount=euros("44.00"), named=(claim(), claim(OTHER, "20.00"))),
        Verdict(fate=Fate.BOOKED, booked=((NUMBER, euros("24.00")), (OTHER, euros("20.00"))), kept=NOTHING),
    ),
    "several and less": (
        Situation(amount=euros("40.00"), named=(claim(), claim(OTHER, "20.00"))),
        left("40.00", Why.SEVERAL),
    ),
    "several, one of them paid, and the exact rest": (
        Situation(amount=euros("20.00"), named=(claim(of="0.00"), claim(OTHER, "20.00"))),
        Verdict(fate=Fate.BOOKED, booked=((OTHER, euros("20.00")),), kept=NOTHING),
    ),
    "several, one of them paid, and more": (
        Situation(amount=euros("44.00"), named=(claim(of="0.00"), claim(OTHER, "20.00"))),
        left("44.00", Why.SEVERAL),
    ),
    "an invoice that is paid, credited or written off": (
        Situation(amount=euros("24.00"), named=(claim(of="0.00"),)),
        left("24.00", Why.NOT_OPEN),
    ),
    "what staff recorded already": (
        Situation(amount=euros("24.00"), named=(claim(NUMBER, "0.00", "24.00"),)),
        Verdict(fate=Fate.KNOWN, booked=((NUMBER, euros("24.00")),), kept=NOTHING),
    ),
    "a part that staff recorded already": (
        Situation(amount=euros("10.00"), named=(claim(NUMBER, "14.00", "10.00"),)),
        Verdict(fate=Fate.KNOWN, booked=((NUMBER, euros("10.00")),), kept=NOTHING),
    ),
    "several that staff recorded already": (
        Situation(
            amount=euros("44.00"), named=(claim(NUMBER, "0.00", "24.00"), claim(OTHER, "0.00", "5.00", "20.00"))
        ),
        Verdict(fate=Fate.KNOWN, booked=((NUMBER, euros("24.00")), (OTHER, euros("20.00"))), kept=NOTHING),
    ),
    "no reference, a known account, the exact amount": (
        Situation(amount=euros("24.00"), guessed=(claim(), claim(OTHER))),
        Verdict(fate=Fate.SUGGESTED, kept=euros("24.00"), why=Why.KNOWN_ACCOUNT, suggested=NUMBER),
    ),
    "a spoilt reference, a known account": (
        Situation(amount=euros("24.00"), guessed=(claim(),), spoilt=True),
        Verdict(fate=Fate.SUGGESTED, kept=euros("24.00"), why=Why.KNOWN_ACCOUNT, suggested=NUMBER),
    ),
    "a spoilt reference": (Situation(amount=euros("24.00"), spoilt=True), left("24.00", Why.BAD_REFERENCE)),
    "an invoice beside a spoilt reference, and less": (
        Situation(amount=euros("10.00"), named=(claim(),), spoilt=True),
        left("10.00", Why.BAD_REFERENCE),
    ),
    "a number that was never drawn": (
        Situation(amount=euros("24.00"), unknown=True),
        left("24.00", Why.UNKNOWN_REFERENCE),
    ),
    "an invoice beside a number that was never drawn": (
        Situation(amount=euros("24.00"), named=(claim(),), unknown=True),
        left("24.00", Why.SEVERAL),
    ),
    "another currency": (
        Situation(amount=DOLLARS, named=(claim(),)),
        Verdict(fate=Fate.UNALLOCATED, kept=DOLLARS, why=Why.OTHER_CURRENCY),
    ),
    "our own payment that came back": (
        Situation(amount=euros("24.00"), named=(claim(),), reversal=True),
        left("24.00", Why.OWN_PAYMENT_BACK),
    ),
    "an entry that cannot be divided": (
        Situation(amount=euros("24.00"), named=(claim(),), whole=False),
        left("24.00", Why.UNDIVIDED),
    ),
    "nothing at all": (Situation(amount=euros("24.00")), left("24.00", Why.NO_REFERENCE)),
}


@pytest.mark.parametrize("case", TABLE)
def test_entry_is_taken_for(case: str) -> None:
    situation, verdict = TABLE[case]

    assert match(situation) == verdict


@pytest.mark.parametrize("case", TABLE)
def test_no_cent_is_lost_or_made(case: str) -> None:
    situation, _ = TABLE[case]

    verdict = match(situation)

    assert sum((amount.cents for _, amount in verdict.booked), start=verdict.kept.cents) == situation.amount.cents


def test_bank_is_not_heard_after_three_days() -> None:
    monday = date(2010, 6, 14)

    assert not is_blind(None, monday)
    assert not is_blind(date(2010, 6, 11), monday)
    assert is_blind(date(2010, 6, 10), monday)
