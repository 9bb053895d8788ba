"""A month on one sheet: turnover, payments, what is open, contests, incidents. Charts are drawn from the figures."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

import typst
from babel.dates import format_date

from bot.core.facts import Language, Outcome
from bot.core.lives import Stage
from bot.core.money import Money
from bot.papers import figures, glyphs
from bot.papers.paper import TEMPLATES
from bot.papers.pdf import Json, fonts

_LOCALES = {Language.FR: "fr", Language.EN: "en_GB"}
_FULL = 1000  # a bar's length in the template's unit


class Age(StrEnum):
    """How long an open invoice has been due."""

    NOT_DUE = "not_due"
    TO_30 = "to_30"
    TO_60 = "to_60"
    TO_90 = "to_90"
    OLDER = "older"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """So many documents, and what they come to: without VAT, VAT at each rate in percent, with VAT."""

    documents: int
    net: Money
    vat: tuple[tuple[Decimal, Money], ...]
    gross: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many, and what they come to."""

    count: int
    money: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Contests:
    """How many contests were said in the month, and how many ended in it, by how."""

    said: int
    withdrawn: int
    conceded: int
    confirmed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """All the sheet says. Amounts have one currency; what is open is what was open at the end of the last day.

    `diagnoses` and `work` share out the turnover without VAT; `history` is that of this month and those before it.
    `announced` and `answered` are medians: until the price was announced, until a person's first words.
    """

    first: date
    last: date
    over: bool
    provider: str
    invoiced: Sums
    diagnoses: Money
    work: Money
    outcomes: tuple[tuple[Outcome, Tally], ...]
    free: int
    credited: Sums
    received: Sums
    written_off: Sums
    open: tuple[tuple[Age, Tally], ...]
    contests: Contests
    paid: int
    days_to_pay: Decimal | None
    opened: int
    stages: tuple[tuple[Stage, int], ...]
    announced: timedelta | None
    answered: timedelta | None
    unanswered: int
    history: tuple[tuple[date, Money], ...]

    @property
    def due(self) -> Money:
        """All that is open."""
        return sum((tally.money for _, tally in self.open), start=self._nothing)

    @property
    def late(self) -> Money:
        """What is open past its day."""
        return sum((tally.money for age, tally in self.open if age is not Age.NOT_DUE), start=self._nothing)

    @property
    def _nothing(self) -> Money:
        return Money(cents=0, currency=self.invoiced.net.currency)


def render_month(month: Month, language: Language) -> bytes:
    """The PDF (A4, tagged). Equal months give equal bytes. Blocks some 60 ms."""
    return typst.compile(
        str(TEMPLATES / "month.typ"),
        root=str(TEMPLATES),
        font_paths=fonts(),
        ignore_system_fonts=True,
        sys_inputs={"month": json.dumps(said(month, language))},
        pdf_standards=["a-3a", "ua-1"],
        timestamp=datetime.combine(month.last, time(), UTC),
    )


def said(month: Month, language: Language) -> dict[str, Json]:
    """What the template is told: written out in the reader's language, and bars as thousandths of the longest."""
    return {
        "language": str(language),
        "provider": glyphs.one_line(month.provider),
        "month": format_date(month.first, "LLLL y", locale=_LOCALES[language]),
        "last": [month.last.year, month.last.month, month.last.day],
        "until": figures.day(month.last, language),
        "over": month.over,
        "invoiced": _sums(month.invoiced, language),
        "diagnoses": figures.money(month.diagnoses, language),
        "work": figures.money(month.work, language),
        "outcomes": _bars(
            [(str(name), tally.count, figures.money(tally.money, language)) for name, tally in month.outcomes],
            [tally.count for _, tally in month.outcomes],
        ),
        "free": month.free,
        "credited": _sums(month.credited, language),
        "received": _sums(month.received, language),
        "written_off": _sums(month.written_off, language),
        "open": _bars(
            [(str(age), tally.count, figures.money(tally.money, language)) for age, tally in month.open],
            [tally.money.cents for _, tally in month.open],
        ),
        "due": figures.money(month.due, language),
        "late": figures.money(month.late, language),
        "contests": {
            "said": month.contests.said,
            "withdrawn": month.contests.withdrawn,
            "conceded": month.contests.conceded,
            "confirmed": month.contests.confirmed,
        },
        "paid": month.paid,
        "days_to_pay": "" if month.days_to_pay is None else figures.quantity(month.days_to_pay, language),
        "opened": month.opened,
        "stages": _bars([(str(stage), count, "") for stage, count in month.stages], [n for _, n in month.stages]),
        "announced": _length(month.announced, language),
        "answered": _length(month.answered, language),
        "unanswered": month.unanswered,
        "history": _bars(
            [
                (format_date(first, "LLL", locale=_LOCALES[language]), first.year, figures.whole(net, language))
                for first, net in month.history
            ],
            [max(net.cents, 0) for _, net in month.history],
        ),
    }


def _sums(sums: Sums, language: Language) -> dict[str, Json]:
    return {
        "documents": sums.documents,
        "net": figures.money(sums.net, language),
        "vat": [[figures.rate(rate, language), figures.money(vat, language)] for rate, vat in sums.vat],
        "vat-total": figures.money(sums.gross - sums.net, language),
        "gross": figures.money(sums.gross, language),
    }


def _bars(rows: Sequence[tuple[str, int, str]], sizes: Sequence[int]) -> list[Json]:
    """Each row with its bar's length; what is not nothing is seen."""
    longest = max(sizes, default=0)
    lengths = (max(size * _FULL // longest, 6) if size else 0 for size in sizes)
    return [[*row, length] for row, length in zip(rows, lengths, strict=True)]


def _length(time_taken: timedelta | None, language: Language) -> str:
    """`40 s`, `12 min`, `3 h 5 min`, `2 j 4 h`: two units at most."""
    if time_taken is None:
        return ""
    seconds = int(time_taken.total_seconds())
    if seconds < 60:
        return f"{seconds}\u00a0s"
    day = "j" if language is Language.FR else "d"
    units = ((86400, day), (3600, "h"), (60, "min"))
    at = next(index for index, (size, _) in enumerate(units) if seconds >= size)
    pieces = [(seconds // units[at][0], units[at][1])]
    if at + 1 < len(units):
        pieces.append((seconds % units[at][0] // units[at + 1][0], units[at + 1][1]))
    return "\u00a0".join(f"{count}\u00a0{unit}" for count, unit in pieces if count)
