"""How an invoice is paid: a code that a banking app scans."""

import unicodedata
from io import BytesIO

import segno

from bot.core.money import Money
from bot.figures import creditor_reference

_MOST = Money(cents=99_999_999_999)
_NAME_LENGTH = 70
_UNSTRUCTURED_LENGTH = 140


def payload(*, name: str, iban: str, bic: str, amount: Money, number: str) -> str | None:
    """The text of a transfer's code (EPC069-12, version 2, UTF-8); None where a SEPA transfer cannot say it."""
    if amount.currency != "EUR" or not Money(cents=0) < amount <= _MOST or not iban:
        return None
    structured = creditor_reference(number)
    is_structured = structured != number
    fields = (
        "BCD",
        "002",
        "1",
        "SCT",
        bic,
        _ascii(name)[:_NAME_LENGTH].strip(),
        iban.replace(" ", ""),
        f"EUR{amount.amount}",
        "",
        structured if is_structured else "",
        "" if is_structured else number[:_UNSTRUCTURED_LENGTH],
    )
    return "\n".join(fields).rstrip("\n")


def code(text: str) -> segno.QRCode:
    """The code of a payload: bytes mode, error correction M, at most version 13, as EPC069-12 asks."""
    return segno.make_qr(text, error="m", mode="byte", encoding="utf-8", boost_error=False)


def picture(text: str) -> str:
    """The code of a payload as SVG, its quiet zone included."""
    svg = BytesIO()
    code(text).save(svg, kind="svg", border=4, light="#fff", xmldecl=False, nl=False)
    return svg.getvalue().decode()


def _ascii(name: str) -> str:
    """Banks' own alphabet: accents fall, what has no base letter too."""
    return (
        unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("Œ", "OE")).encode("ascii", "ignore").decode()
    )
