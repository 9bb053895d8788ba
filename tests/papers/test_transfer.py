"""References and payloads of transfers."""

import pytest
from stdnum import iso11649

from bot.core.money import Money
from bot.figures import creditor_reference
from bot.papers.transfer import code, payload, picture


@pytest.mark.parametrize("number", ["F2026-00042", "F2026-00001", "A/2026_00003", "f9", "F" * 21])
def test_reference_is_a_valid_creditor_reference(number: str) -> None:
    assert iso11649.is_valid(creditor_reference(number))


@pytest.mark.parametrize("number", ["F" * 22, "---"])
def test_reference_of_a_number_that_does_not_fit_is_the_number(number: str) -> None:
    assert creditor_reference(number) == number


def _payload(
    name: str = "Hébergeur SAS",
    amount: Money | None = None,
    number: str = "F2026-00042",
    iban: str = "FR76 3000 6000 0112 3456 7890 189",
) -> str | None:
    return payload(name=name, iban=iban, bic="AGRIFRPP", amount=amount or Money(cents=2400), number=number)


def test_payload_lists_the_transfer_line_by_line() -> None:
    assert _payload() == (
        "BCD\n002\n1\nSCT\nAGRIFRPP\nHebergeur SAS\nFR7630006000011234567890189\nEUR24.00\n\nRF93F202600042"
    )


def test_payload_of_a_long_number_carries_it_as_free_text() -> None:
    assert (_payload(number="FACTURE-2026-0000000000042") or "").split("\n")[8:] == [
        "",
        "",
        "FACTURE-2026-0000000000042",
    ]


def test_payload_name_is_ascii_and_at_most_seventy_characters() -> None:
    name = (_payload(name="Cœur d’Été " * 10) or "").split("\n")[5]

    assert name == ("Coeur dEte " * 10)[:70].strip()


@pytest.mark.parametrize(
    "amount", [Money(cents=0), Money(cents=-2400), Money(cents=2400, currency="CHF"), Money(cents=10**11)]
)
def test_payload_of_what_a_sepa_transfer_cannot_pay_is_none(amount: Money) -> None:
    assert (
        payload(name="Hébergeur", iban="FR7630006000011234567890189", bic="", amount=amount, number="F2026-00042")
        is None
    )


def test_payload_without_an_account_is_none() -> None:
    assert _payload(iban="") is None


def test_code_of_the_longest_payload_stays_within_version_13() -> None:
    text = _payload(name="x" * 70, number="-" * 140, amount=Money(cents=99_999_999_999)) or ""

    assert (int(code(text).version), code(text).error) == (13, "M") or int(code(text).version) < 13


def test_picture_has_its_quiet_zone_on_white() -> None:
    svg = picture(_payload() or "")

    assert svg.startswith("<svg")
    assert "#fff" in svg
