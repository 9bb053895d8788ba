"""An invoice or a credit note as data: EN 16931 in its two syntaxes, CII, as Factur-X carries it, and UBL."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from bot.core.facts import Language
from bot.core.money import Vat
from bot.core.terms import Kind
from bot.figures import creditor_reference
from bot.papers.paper import TEMPLATES, Paper, PaperKind

TYPE_CODES: Final = {PaperKind.INVOICE: "380", PaperKind.CREDIT_NOTE: "381"}  # UNTDID 1001


@dataclass(frozen=True, slots=True)
class Exempt:
    """Why no VAT is due: the code (VATEX) and its words (BT-121, BT-120)."""

    category: str
    code: str
    words: str


FRANCHISE: Final = Exempt("E", "VATEX-FR-FRANCHISE", "TVA non applicable, article 293 B du CGI")
ZERO: Final = Exempt("Z", "", "")
EXEMPT: Final = {
    Vat.REVERSE_CHARGE: Exempt(
        "AE", "VATEX-EU-AE", "Autoliquidation, articles 44 et 196 de la directive 2006/112/CE"
    ),
    Vat.OUTSIDE: Exempt("G", "VATEX-EU-G", "Preneur établi hors de l’Union européenne, article 259-1° du CGI"),
}

# The three notes (codes of UNTDID 4451) that French invoices carry: between businesses what the law asks for (L441-9,
# L441-10, D441-5), to a consumer that none of it holds for them.
NOTES: Final = {
    (Language.FR, Kind.BUSINESS): (
        ("PMT", "Indemnité forfaitaire pour frais de recouvrement en cas de retard de paiement : 40 €"),
        (
            "PMD",
            "Pénalités de retard exigibles dès le lendemain de l’échéance, sans rappel, au taux de refinancement de"
            " la Banque centrale européenne majoré de dix points",
        ),
        ("AAB", "Pas d’escompte pour paiement anticipé"),
    ),
    (Language.EN, Kind.BUSINESS): (
        ("PMT", "Fixed sum for recovery costs in case of late payment: €40"),
        (
            "PMD",
            "Late payment penalties due from the day after the due date, without reminder, at the refinancing rate of"
            " the European Central Bank plus ten percentage points",
        ),
        ("AAB", "No discount for early payment"),
    ),
    (Language.FR, Kind.CONSUMER): (
        ("PMT", "Aucune indemnité pour frais de recouvrement n’est demandée à un consommateur"),
        ("PMD", "Aucune pénalité de retard n’est demandée à un consommateur"),
        ("AAB", "Pas d’escompte pour paiement anticipé"),
    ),
    (Language.EN, Kind.CONSUMER): (
        ("PMT", "No sum for recovery costs is asked of a consumer"),
        ("PMD", "No late payment penalties are asked of a consumer"),
        ("AAB", "No discount for early payment"),
    ),
}
NOTHING_ASKED: Final = {Language.FR: "Avoir : rien à payer", Language.EN: "Credit note: nothing to pay"}


def cii(paper: Paper) -> bytes:
    """The document's XML. The paper must have passed the gate; a quote has none (KeyError)."""
    return _written(paper, "cii.xml.j2")


def ubl(paper: Paper) -> bytes:
    """The same document in the UBL syntax, which platforms take as well (an Invoice, or a CreditNote)."""
    return _written(paper, "ubl.xml.j2")


def _written(paper: Paper, template: str) -> bytes:
    return (
        _template(template)
        .render(
            paper=paper,
            type_code=TYPE_CODES[paper.kind],
            notes=NOTES[paper.language, paper.customer_kind],
            payment_reference=creditor_reference(paper.number),
            nothing_asked=NOTHING_ASKED[paper.language],
            category=lambda rate: _category(paper, rate),
            exempt=lambda rate: _exempt(paper, rate),
        )
        .encode()
    )


def _category(paper: Paper, rate: Decimal) -> str:
    reason = _untaxed(paper, rate)
    return reason.category if reason else Vat.STANDARD.value


def _exempt(paper: Paper, rate: Decimal) -> Exempt | None:
    reason = _untaxed(paper, rate)
    return reason if reason and reason.code else None


def _untaxed(paper: Paper, rate: Decimal) -> Exempt | None:
    if rate:
        return None
    return EXEMPT.get(paper.vat) or (ZERO if paper.seller.vat_number else FRANCHISE)


@cache
def _template(name: str) -> Template:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    return environment.get_template(name)
