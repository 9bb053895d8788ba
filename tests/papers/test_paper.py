"""A paper that would be wrong is refused before it is printed."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.core.facts import Language
from bot.core.money import Money, Price
from bot.papers import PaperKind, filename
from tests.papers.samples import a_paper


@pytest.mark.parametrize(
    ("kind", "language", "name"),
    [
        (PaperKind.QUOTE, Language.FR, "Devis-D2026-00017.pdf"),
        (PaperKind.QUOTE, Language.EN, "Quote-D2026-00017.pdf"),
        (PaperKind.INVOICE, Language.FR, "Facture-F2026-00042.pdf"),
        (PaperKind.INVOICE, Language.EN, "Invoice-F2026-00042.pdf"),
        (PaperKind.CREDIT_NOTE, Language.FR, "Avoir-A2026-00003.pdf"),
        (PaperKind.CREDIT_NOTE, Language.EN, "Credit-note-A2026-00003.pdf"),
    ],
)
def test_filename_says_what_it_is(kind: PaperKind, language: Language, name: str) -> None:
    assert filename(a_paper(kind, language)) == name


def test_filename_never_names_a_folder() -> None:
    assert filename(replace(a_paper(), number="F/2026/1")) == "Facture-F-2026-1.pdf"


def test_paper_whose_lines_do_not_add_up_is_refused() -> None:
    paper = a_paper()
    wrong = Price.at(paper.price.net + Money(cents=1), Decimal(20))

    with pytest.raises(ValueError, match="add up"):
        replace(paper, price=wrong)


def test_invoice_without_a_due_date_is_refused() -> None:
    with pytest.raises(ValueError, match="F2026-00042 lacks"):
        replace(a_paper(PaperKind.INVOICE), due_on=None)


def test_quote_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match="D2026-00017 lacks"):
        replace(a_paper(PaperKind.QUOTE), valid_until=None)


def test_credit_note_without_its_invoice_is_refused() -> None:
    with pytest.raises(ValueError, match="A2026-00003 lacks"):
        replace(a_paper(PaperKind.CREDIT_NOTE), about="")
