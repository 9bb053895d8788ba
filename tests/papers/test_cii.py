"""Invoices and credit notes as data: EN 16931, Factur-X and the French rules accept them."""

import itertools
import json
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from bot.core.facts import Language
from bot.core.incident import Invoice
from bot.core.money import Line, Money, Vat, total
from bot.core.part import take
from bot.core.terms import Kind
from bot.papers import Paper, PaperKind, render
from bot.papers.cii import cii, ubl
from tests.papers.samples import SELLER, a_paper, priced

SYNTAXES = {"cii": cii, "ubl": ubl}
PLANTED = {
    "cii": (b"GrandTotalAmount>1464.00<", b"GrandTotalAmount>1464.01<"),
    "ubl": (b'TaxInclusiveAmount currencyID="EUR">1464.00<', b'TaxInclusiveAmount currencyID="EUR">1464.01<'),
}
BILLS = (PaperKind.INVOICE, PaperKind.CREDIT_NOTE)
WORK = Line(label="Travaux <b>& co</b>", quantity=Decimal("1.5"), unit=Money(cents=80001))
BOOK = Line(label="Manuel", quantity=Decimal(3), unit=Money(cents=999), vat_rate=Decimal("5.5"))


def abroad(paper: Paper, vat: Vat, country: str, number: str) -> Paper:
    buyer = replace(paper.buyer, name="Kunde GmbH", country=country, vat_number=number, siren="")
    return replace(priced(paper, WORK, rate=Decimal(0)), buyer=buyer, vat=vat)


def of_part(paper: Paper, *of: int, net: Money | None = None) -> Paper:
    """The credit note for a part of the invoice with this paper's lines."""
    assert paper.due_on is not None
    billed = Invoice(
        number=paper.about,
        lines=paper.lines,
        price=paper.price,
        issued_on=paper.issued_on,
        due_on=paper.due_on,
        paid=Money(cents=0),
    )
    part = take(billed, of, net)
    assert part is not None
    return replace(paper, lines=part.lines, price=part.price)


def samples() -> dict[str, Paper]:
    usual = {
        f"{kind}-{language}-{customer}": a_paper(kind, language, customer)
        for kind, language, customer in itertools.product(BILLS, Language, Kind)
    }
    paper = a_paper()
    two_rates = (replace(WORK, vat_rate=Decimal(20)), BOOK)
    credited = replace(a_paper(PaperKind.CREDIT_NOTE), lines=two_rates, price=total(two_rates))
    unregistered = priced(replace(paper, seller=replace(SELLER, vat_number="")), WORK, rate=Decimal(0))
    return usual | {
        "two-rates": replace(paper, lines=two_rates, price=total(two_rates)),
        "reverse-charge": abroad(paper, Vat.REVERSE_CHARGE, "DE", "DE136695976"),
        "outside": abroad(paper, Vat.OUTSIDE, "CH", ""),
        "long-address": replace(
            paper, buyer=replace(paper.buyer, address="Bâtiment C\nÉtage 2\n12 rue X\nZI\nBP 4\n75011 Paris\nFrance")
        ),
        "odd-address": replace(paper, buyer=replace(paper.buyer, address="somewhere without a code")),
        "franchise": unregistered,
        "part-of-lines": of_part(credited, 2),
        "part-by-sum": of_part(credited, net=Money(cents=33333)),
    }


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The rules each sample breaks, worked out in one process."""
    folder = tmp_path_factory.mktemp("cii")
    files = []
    for (name, paper), (syntax, write) in itertools.product(samples().items(), SYNTAXES.items()):
        files.append(folder / f"{name}.{syntax}.xml")
        files[-1].write_bytes(write(paper))
    for syntax, (wrote, wrong) in PLANTED.items():
        files.append(folder / f"planted.{syntax}.xml")
        files[-1].write_bytes(SYNTAXES[syntax](a_paper()).replace(wrote, wrong))
    command = [sys.executable, "-m", "tests.papers.schematron", *map(str, files)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    return {Path(file).stem: json.loads(line) for file, line in zip(files, told.splitlines(), strict=True)}


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("name", samples())
def test_every_rule_is_kept(broken: dict[str, list[str]], name: str, syntax: str) -> None:
    """XSD, EN 16931 in this syntax, and the French rules (XP Z12-012)."""
    assert broken[f"{name}.{syntax}"] == []


@pytest.mark.parametrize("syntax", PLANTED)
def test_a_planted_fault_is_found(broken: dict[str, list[str]], syntax: str) -> None:
    """A sum one cent too high: no schema sees it, the rules do."""
    assert "BR-CO-15" in broken[f"planted.{syntax}"]
    assert not any(rule.startswith("xsd") for rule in broken[f"planted.{syntax}"])


@pytest.mark.parametrize("kind", BILLS)
def test_pdf_carries_its_xml_and_says_so(kind: PaperKind) -> None:
    paper = a_paper(kind)

    with pikepdf.open(BytesIO(render(paper))) as pdf, pdf.open_metadata() as metadata:
        attached = pdf.attachments["factur-x.xml"].get_file()
        assert attached.read_bytes() == cii(paper)
        assert attached.mime_type == "text/xml"
        assert str(pdf.Root.AF[0].AFRelationship) == "/Alternative"
        fx = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
        said = {name: metadata[fx + name] for name in ("DocumentType", "DocumentFileName", "ConformanceLevel")}
        assert said == {
            "DocumentType": "INVOICE",
            "DocumentFileName": "factur-x.xml",
            "ConformanceLevel": "EN 16931",
        }
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")


def test_quote_is_no_factur_x() -> None:
    with pikepdf.open(BytesIO(render(a_paper(PaperKind.QUOTE)))) as pdf:
        assert not pdf.attachments


def test_factur_x_is_the_same_each_time() -> None:
    assert render(a_paper()) == render(a_paper())
