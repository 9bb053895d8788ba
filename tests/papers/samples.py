"""Papers to print in tests, and what a reader finds on them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pypdfium2  # type: ignore[import-untyped]  # it ships no types

from bot.core.facts import Language
from bot.core.money import Line, Money, total
from bot.core.terms import Kind
from bot.papers import Paper, PaperKind, Party

SELLER = Party(
    name="Hébergeur",
    legal_name="Hébergeur SAS",
    address="2 rue de l’Exemple\n59100 Roubaix",
    email="support@host.example",
    siren="123456782",
    vat_number="FR11123456782",
    iban="FR7630006000011234567890189",
    bic="AGRIFRPP",
)
BUSINESS = Party(
    name="Boulangerie Œuvrard",
    address="14 rue des Lilas\n75011 Paris",
    siren="987654324",
    email="compta@oeuvrard.example",
)
CONSUMER = Party(name="Camille Durand", address="3 place du Marché\n35000 Rennes", email="camille@durand.example")
LINES = (
    Line(label="Diagnostic INC-42", quantity=Decimal(1), unit=Money(cents=2000)),
    Line(label="Réparation MySQL", quantity=Decimal("1.5"), unit=Money(cents=80000)),
)
NUMBERS = {PaperKind.QUOTE: "D2026-00017", PaperKind.INVOICE: "F2026-00042", PaperKind.CREDIT_NOTE: "A2026-00003"}


def a_paper(
    kind: PaperKind = PaperKind.INVOICE, language: Language = Language.FR, customer: Kind = Kind.BUSINESS
) -> Paper:
    """A complete paper: 1 220,00 HT, 1 464,00 TTC."""
    paper = Paper(
        kind=kind,
        number=NUMBERS[kind],
        language=language,
        customer_kind=customer,
        seller=SELLER,
        buyer=CONSUMER if customer is Kind.CONSUMER else BUSINESS,
        reference="INC-42",
        title="Erreur 500",
        issued_on=date(2026, 7, 1),
        due_on=date(2026, 7, 31),
        valid_until=date(2026, 7, 16),
        about="F2026-00042",
        about_issued_on=date(2026, 6, 30),
        lines=LINES,
        price=total(LINES),
        report="La table « sessions » est corrompue.\n\nLe disque était plein.",
        mediator="CM2C, Paris",
    )
    return paper if kind is PaperKind.CREDIT_NOTE else replace(paper, about="")


def priced(paper: Paper, *lines: Line, rate: Decimal = Decimal(20)) -> Paper:
    """The same paper about these lines, at this rate."""
    at_rate = tuple(replace(line, vat_rate=rate) for line in lines)
    return replace(paper, lines=at_rate, price=total(at_rate))


def pages(pdf: bytes) -> list[str]:
    """The text of each page, its runs of blanks and line ends as one space."""
    document = pypdfium2.PdfDocument(pdf)
    return [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]


def text(pdf: bytes) -> str:
    return " ".join(pages(pdf))
