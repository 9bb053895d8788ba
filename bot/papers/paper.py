"""What a paper says, before it is laid out: frozen values that the caller takes from the incident."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

from bot.core.facts import Language
from bot.core.money import Line, Price, Vat, total
from bot.core.terms import Kind

TEMPLATES: Final = Path(__file__).parents[2] / "templates" / "papers"


class PaperKind(StrEnum):
    """The documents a customer receives."""

    QUOTE = "quote"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One side of a paper. A seller fills everything; a buyer what is known of them. `address` has several lines."""

    name: str
    address: str = ""
    email: str = ""
    legal_name: str = ""
    siren: str = ""
    vat_number: str = ""
    iban: str = ""
    bic: str = ""
    country: str = "FR"

    @property
    def in_law(self) -> str:
        """The name that signs and is paid."""
        return self.legal_name or self.name

    @property
    def endpoint(self) -> tuple[str, str]:
        """The electronic address (BT-34, BT-49) with its scheme: a French company's SIREN, else the mail address."""
        return ("0225", self.siren) if self.siren and self.country == "FR" else ("EM", self.email)

    @property
    def place(self) -> "Place":
        """The postal address taken apart; one that stands in a single line, at its commas."""
        lines = [line.strip() for line in self.address.splitlines() if line.strip()]
        lines = [part.strip() for part in lines[0].split(",")] if len(lines) == 1 else lines
        for at in (len(lines) - 1, len(lines) - 2):  # the country's name may stand below
            found = _CITY.fullmatch(lines[at]) if at >= 0 else None
            if found is not None:
                return Place(lines=tuple(lines[:at]), postcode=found[1], city=found[2])
        return Place(lines=tuple(lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A postal address as structured documents want it; what could not be told apart stays in `lines`."""

    lines: tuple[str, ...]
    postcode: str = ""
    city: str = ""

    @property
    def named_lines(self) -> tuple[tuple[str, str], ...]:
        """At most three lines, each with its element's name (BT-35, BT-36, BT-162); a fourth joins the third."""
        first, second, *others = (*self.lines, "", "")
        three = (first, second, ", ".join(other for other in others if other))
        return tuple((name, line) for name, line in zip(_LINES, three, strict=True) if line)


_LINES = ("LineOne", "LineTwo", "LineThree")
_CITY = re.compile(r"(?:[A-Z]{1,2}-)?(\d[\dA-Z -]{2,8}\d|\d{3,10}) +(\D.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A quote, an invoice or a credit note, with all that it shows.

    `reference` names the incident (`INC-42`), `about` the invoice that a credit note takes back; `report` and `note`
    are plain text of any length. None is a link: who has the paper only may read it. Refuses what would be wrong on
    paper (ValueError): lines that do not add up to the price, an invoice without a due date, a quote without an end,
    a credit note without its invoice.
    """

    kind: PaperKind
    number: str
    language: Language
    customer_kind: Kind
    seller: Party
    buyer: Party
    reference: str
    title: str
    issued_on: date
    lines: tuple[Line, ...]
    price: Price
    vat: Vat = Vat.STANDARD
    due_on: date | None = None
    valid_until: date | None = None
    served_from: date | None = None
    served_until: date | None = None
    report: str = ""
    note: str = ""
    about: str = ""
    about_issued_on: date | None = None
    mediator: str = ""
    withdrawal_days: int = 14

    def __post_init__(self) -> None:
        if total(self.lines) != self.price:
            raise ValueError(f"the lines of {self.number} do not add up to its price")
        needed = {
            PaperKind.QUOTE: self.valid_until,
            PaperKind.INVOICE: self.due_on,
            PaperKind.CREDIT_NOTE: self.about and self.about_issued_on,
        }
        if not needed[self.kind]:
            raise ValueError(f"{self.number} lacks what a {self.kind} must say")

    @property
    def consumer(self) -> bool:
        return self.customer_kind is Kind.CONSUMER


_FILE_NAMES = {
    (PaperKind.QUOTE, Language.FR): "Devis",
    (PaperKind.QUOTE, Language.EN): "Quote",
    (PaperKind.INVOICE, Language.FR): "Facture",
    (PaperKind.INVOICE, Language.EN): "Invoice",
    (PaperKind.CREDIT_NOTE, Language.FR): "Avoir",
    (PaperKind.CREDIT_NOTE, Language.EN): "Credit-note",
}


def filename(paper: Paper) -> str:
    """The name its file is sent under: `Facture-F2026-00042.pdf`."""
    return f"{_FILE_NAMES[paper.kind, paper.language]}-{paper.number.replace('/', '-')}.pdf"
