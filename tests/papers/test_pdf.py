"""What is printed, read back from the bytes that are sent."""

import itertools
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pikepdf
import pypdfium2  # type: ignore[import-untyped]  # it ships no types
import pytest

from bot.core.facts import Language
from bot.core.money import Line, Money, Vat
from bot.core.terms import Kind
from bot.papers import PaperKind, Party, render
from bot.papers.transfer import code
from tests.papers.samples import LINES, SELLER, a_paper, pages, priced, text

FR, EN = Language.FR, Language.EN
QUOTE, INVOICE, CREDIT_NOTE = PaperKind.QUOTE, PaperKind.INVOICE, PaperKind.CREDIT_NOTE
TEXT, PATH = pypdfium2.raw.FPDF_PAGEOBJ_TEXT, pypdfium2.raw.FPDF_PAGEOBJ_PATH
EVERY = list(itertools.product(PaperKind, Language, Kind))

SAID = {
    (QUOTE, FR): (
        "Devis D2026-00017",
        "1er juillet 2026",
        "Valable jusqu’au 16 juillet 2026",
        "Total TTC 1 464,00 €",
    ),
    (QUOTE, EN): ("Quote D2026-00017", "1 July 2026", "Valid until 16 July 2026", "Total incl. VAT €1,464.00"),
    (INVOICE, FR): ("Facture F2026-00042", "1er juillet 2026", "au plus tard le 31 juillet 2026", "TTC 1 464,00 €"),
    (INVOICE, EN): (
        "Invoice F2026-00042",
        "1 July 2026",
        "Payment due by 31 July 2026",
        "To pay, incl. VAT €1,464.00",
    ),
    (CREDIT_NOTE, FR): ("Avoir A2026-00003", "Facture concernée F2026-00042", "Total de l’avoir TTC 1 464,00 €"),
    (CREDIT_NOTE, EN): (
        "Credit note A2026-00003",
        "Invoice credited F2026-00042",
        "Total credited incl. VAT €1,464.00",
    ),
}
SUMS = {
    FR: (
        "Diagnostic INC-42 1 20,00 € 20,00 €",
        "1,5 800,00 € 1 200,00 €",
        "Total HT 1 220,00 €",
        "TVA 20 % 244,00 €",
    ),
    EN: ("Diagnostic INC-42 1 €20.00 €20.00", "1.5 €800.00 €1,200.00", "excl. VAT €1,220.00", "VAT 20% €244.00"),
}
BUSINESS_TERMS = {
    FR: ("majoré de dix points", "indemnité forfaitaire de 40 €", "Pas d’escompte"),
    EN: ("plus ten percentage points", "fixed sum of €40", "No discount for early payment"),
}
CONTEST = {
    FR: ("Vous ne payez alors rien", "aucun support", "(SLA)", "vous les utilisez et les renouvelez comme avant"),
    EN: ("You then pay nothing", "no longer give you any support", "(SLA)", "you use and renew them as before"),
}
WITHDRAWAL = {FR: "Vous disposez de 14 jours", EN: "You have 14 days"}
FORTY = re.compile(r"40\s*€|€\s*40")


@pytest.mark.parametrize(("kind", "language", "customer"), EVERY)
def test_render_each_paper_says_what_it_is_about(kind: PaperKind, language: Language, customer: Kind) -> None:
    paper = a_paper(kind, language, customer)

    said = text(render(paper))

    wanted = (*SAID[kind, language], *SUMS[language], paper.seller.name, paper.buyer.name, "INC-42", "123 456 782")
    assert [sentence for sentence in wanted if sentence not in said] == []


@pytest.mark.parametrize(("kind", "language", "customer"), EVERY)
def test_render_each_customer_is_told_the_terms_that_hold_for_them(
    kind: PaperKind, language: Language, customer: Kind
) -> None:
    said = text(render(a_paper(kind, language, customer)))

    business_invoice = kind is INVOICE and customer is Kind.BUSINESS
    assert [term in said for term in BUSINESS_TERMS[language]] == [business_invoice] * 3
    assert bool(FORTY.search(said)) == business_invoice
    assert ("CM2C" in said) == (customer is Kind.CONSUMER)
    assert (WITHDRAWAL[language] in said) == (kind is QUOTE and customer is Kind.CONSUMER)
    assert [sentence in said for sentence in CONTEST[language]] == [kind is INVOICE] * 4


@pytest.mark.parametrize("lines", range(1, 9))
def test_line_above_the_small_print_stays_with_it(lines: int) -> None:
    """Wherever the page ends: what stands last on a page, above its footer, is words."""
    long = priced(a_paper(INVOICE, FR, Kind.BUSINESS), *LINES[:1] * lines)

    for page in pypdfium2.PdfDocument(render(long)):
        drawn = sorted((one.get_bounds()[1], one.type) for one in page.get_objects() if one.type in {TEXT, PATH})
        footer = next(n for n, (_, kind) in enumerate(drawn) if kind == PATH)
        assert drawn[footer + 1][1] == TEXT


def test_render_twice_gives_the_same_bytes() -> None:
    assert render(a_paper()) == render(a_paper())


def test_render_another_day_gives_other_bytes() -> None:
    assert render(a_paper()) != render(replace(a_paper(), issued_on=date(2026, 7, 2)))


def test_render_declares_its_standard_its_day_and_its_language() -> None:
    with pikepdf.open(BytesIO(render(a_paper()))) as pdf, pdf.open_metadata() as metadata:
        declared = (metadata["pdfaid:part"], metadata["pdfaid:conformance"], metadata["pdfuaid:part"])
        assert declared == ("3", "A", "1")
        assert metadata["dc:title"] == "Facture F2026-00042"
        assert metadata["xmp:CreateDate"].startswith("2026-07-01")
        assert str(pdf.Root.Lang) == "fr"


HOSTILE = '#panic("x") *b* _i_ $x^2$ `r` #{1+1} <a> @b \\ // [ "q" = #import "fr.typ" \\u{41}'


def test_render_markup_in_texts_is_shown_as_it_was_typed() -> None:
    party = Party(name=HOSTILE, address=HOSTILE, email=HOSTILE)
    line = Line(label=HOSTILE, quantity=Decimal(1), unit=Money(cents=100))
    paper = replace(
        priced(a_paper(QUOTE), line), title=HOSTILE, buyer=party, note=HOSTILE, report=HOSTILE, reference=HOSTILE
    )

    said = text(render(paper))

    assert said.count("#{1+1} <a> @b \\ //") == 8


def test_render_characters_without_a_glyph_do_not_stop_the_paper() -> None:
    paper = replace(a_paper(), title="Site 🔥 \ud83d lent\x00\u202e", buyer=Party(name="張偉 שלום"))

    said = text(render(paper))

    assert "Site \ufffd \ufffd lent" in said
    assert "\ufffd\ufffd" in said


def test_render_a_long_report_flows_over_numbered_pages() -> None:
    report = "\n\n".join(f"Constat {n} : {'le disque est plein. ' * 20}" for n in range(60))

    printed = pages(render(replace(a_paper(QUOTE), report=report)))

    assert len(printed) > 4
    assert [page.split(" · ")[-1] for page in printed] == [
        f"page {n} sur {len(printed)}" for n in range(1, len(printed) + 1)
    ]
    assert all("D2026-00017" in page for page in printed)
    assert all(f"Constat {n} :" in " ".join(printed) for n in range(60))


def test_render_many_lines_repeat_the_head_of_the_table() -> None:
    lines = (Line(label=f"Poste {n}", quantity=Decimal(1), unit=Money(cents=100)) for n in range(80))

    printed = pages(render(priced(a_paper(), *lines)))

    assert ["Désignation Quantité Prix unitaire HT" in page for page in printed[:3]] == [True] * 3


def test_render_a_word_longer_than_the_page_stays_on_it() -> None:
    line = Line(label="x" * 300, quantity=Decimal(1), unit=Money(cents=100))

    pdf = pypdfium2.PdfDocument(render(replace(priced(a_paper(QUOTE), line), report="y" * 400)))

    rights = [thing.get_bounds()[2] for page in pdf for thing in page.get_objects()]
    assert max(rights) < pdf[0].get_width() - 40


def test_render_a_negative_credit_note_keeps_its_sign_in_the_sums_alone() -> None:
    line = Line(label="Diagnostic", quantity=Decimal(1), unit=Money(cents=-2000))

    said = text(render(priced(a_paper(CREDIT_NOTE), line)))

    assert "Total de l’avoir TTC \u221224,00 €" in said
    assert "à hauteur de 24,00 € TTC" in said


def test_render_an_invoice_of_nothing_asks_for_nothing() -> None:
    line = Line(label="Diagnostic offert", quantity=Decimal(1), unit=Money(cents=0))

    said = text(render(priced(a_paper(), line)))

    assert "Vous n’avez rien à payer." in said
    assert "IBAN" not in said
    assert "Vous n’êtes pas d’accord" not in said


def test_render_says_where_to_write_to_contest() -> None:
    said = text(render(a_paper()))

    assert "écrivez à support@host.example en rappelant INC-42" in said


@pytest.mark.parametrize(
    ("seller_vat", "vat", "sentence"),
    [
        ("", Vat.STANDARD, "TVA non applicable, article 293 B"),
        ("FR11123456782", Vat.REVERSE_CHARGE, "Autoliquidation"),
        ("FR11123456782", Vat.OUTSIDE, "établi hors de l’Union européenne"),
    ],
)
def test_render_without_tax_says_why(seller_vat: str, vat: Vat, sentence: str) -> None:
    line = Line(label="Diagnostic", quantity=Decimal(1), unit=Money(cents=2000))
    paper = replace(
        priced(a_paper(), line, rate=Decimal(0)),
        seller=replace(SELLER, vat_number=seller_vat),
        buyer=Party(name="Kunde"),
        vat=vat,
    )

    assert sentence in text(render(paper))


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        (date(2026, 6, 28), date(2026, 6, 30), "Prestation réalisée du 28 juin 2026 au 30 juin 2026"),
        (date(2026, 6, 28), date(2026, 6, 28), "Prestation réalisée le 28 juin 2026"),
        (None, date(2026, 6, 1), "Prestation réalisée le 1er juin 2026"),
    ],
)
def test_render_says_when_the_service_was_given(first: date | None, last: date, sentence: str) -> None:
    assert sentence in text(render(replace(a_paper(), served_from=first, served_until=last)))


def test_render_prints_the_code_of_the_transfer() -> None:
    payload = "BCD\n002\n1\nSCT\nAGRIFRPP\nHebergeur SAS\nFR7630006000011234567890189\nEUR1464.00\n\nRF93F202600042"
    wanted = [[bool(module) for module in row] for row in code(payload).matrix]

    pdf = render(a_paper())

    assert _modules(pdf, side=len(wanted)) == wanted
    assert "RF93F202600042" in text(pdf)


def _modules(pdf: bytes, side: int) -> list[list[bool]]:
    """The dark squares of the first page's code, read from its pixels; four modules of white surround them."""
    page = pypdfium2.PdfDocument(pdf)[0]
    left, _, right, top = next(bounds for bounds in map(_bounds, page.get_objects()) if _is_square(bounds))
    scale, step = 6, (right - left) / (side + 8)
    pixels = page.render(scale=scale, grayscale=True).to_numpy()
    downs = [int((page.get_height() - top + (row + 4.5) * step) * scale) for row in range(side)]
    acrosses = [int((left + (column + 4.5) * step) * scale) for column in range(side)]
    return [[bool(pixels[down, across] < 128) for across in acrosses] for down in downs]


def _bounds(thing: pypdfium2.PdfObject) -> tuple[float, float, float, float]:
    left, bottom, right, top = thing.get_bounds()
    return left, bottom, right, top


def _is_square(bounds: tuple[float, float, float, float]) -> bool:
    left, bottom, right, top = bounds
    return right - left > 60 and abs((right - left) - (top - bottom)) < 0.01
