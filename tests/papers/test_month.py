"""A month on one sheet, in both languages, however large its figures are."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pypdfium2  # type: ignore[import-untyped]  # it ships no types
import pytest

from bot.core.facts import Language, Outcome
from bot.core.lives import Stage
from bot.core.money import Money
from bot.papers.month import Age, Contests, Month, Sums, Tally, render_month, said
from bot.papers.paper import TEMPLATES
from tests.papers.samples import pages, text

FIRST = date(2026, 6, 1)


def euros(whole: int) -> Money:
    return Money(cents=whole * 100)


def sums(documents: int, net: int) -> Sums:
    vat = ((Decimal(20), euros(net // 5)), (Decimal("5.5"), euros(11)))
    return Sums(documents=documents, net=euros(net), vat=vat, gross=euros(net + net // 5 + 11))


BUSY = Month(
    first=FIRST,
    last=date(2026, 6, 30),
    over=True,
    provider="Hébergeur Exemple",
    invoiced=sums(1234, 123456),
    diagnoses=euros(20000),
    work=euros(103456),
    outcomes=tuple((outcome, Tally(count=300 - 40 * n, money=euros(9000 - n))) for n, outcome in enumerate(Outcome)),
    free=412,
    credited=sums(17, 2300),
    received=sums(1100, 119000),
    written_off=sums(3, 360),
    open=tuple((age, Tally(count=90 - 15 * n, money=euros(60000 // (n + 1)))) for n, age in enumerate(Age)),
    contests=Contests(said=21, withdrawn=9, conceded=5, confirmed=4),
    paid=1042,
    days_to_pay=Decimal("27.4"),
    opened=1500,
    stages=tuple((stage, 10 * n) for n, stage in enumerate(Stage, start=1)),
    announced=timedelta(seconds=42),
    answered=timedelta(hours=3, minutes=5),
    unanswered=61,
    history=tuple((date(2025 + (m > 12), (m - 1) % 12 + 1, 1), euros(80000 + 4000 * m)) for m in range(7, 19)),
)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            Language.FR,
            ("Rapport mensuel", "juin 2026", "123 456,00 €", "1 042 factures soldées", "3 h 5 min", "90 jours"),
        ),
        (
            Language.EN,
            ("Monthly report", "June 2026", "€123,456.00", "1042 invoices paid off", "3 h 5 min", "90 days"),
        ),
    ],
)
def test_busy_month_is_one_page(language: Language, words: tuple[str, ...]) -> None:
    (page,) = pages(render_month(BUSY, language))

    found = page.replace("\u00a0", " ").replace("\u202f", " ")
    assert [word for word in words if word.replace("1 042", "1042") not in found] == []


def test_month_that_is_not_over_says_so() -> None:
    assert "Mois en cours" not in text(render_month(BUSY, Language.FR))
    assert "Mois en cours" in text(render_month(replace(BUSY, over=False), Language.FR))


def test_empty_month_has_a_sheet() -> None:
    nothing = Sums(documents=0, net=euros(0), vat=(), gross=euros(0))
    empty = replace(
        BUSY,
        invoiced=nothing,
        credited=nothing,
        received=nothing,
        written_off=nothing,
        outcomes=(),
        stages=(),
        open=tuple((age, Tally(count=0, money=euros(0))) for age in Age),
        history=((FIRST, euros(-20)),),
        days_to_pay=None,
        announced=None,
        answered=None,
    )

    assert "Rien ce mois-ci." in text(render_month(empty, Language.FR))


@pytest.mark.parametrize("language", Language)
def test_every_stage_outcome_and_age_has_its_word(language: Language) -> None:
    words = (TEMPLATES / f"month-{language}.typ").read_text(encoding="utf-8")

    assert [name for name in (*Stage, *Outcome, *Age) if f"  {name}: [" not in words] == []


def test_bars_are_as_long_as_what_they_stand_for() -> None:
    lengths = [row[-1] for row in said(BUSY, Language.EN)["open"]]  # type: ignore[union-attr, index]  # a table

    assert lengths == [1000, 500, 333, 250, 200]


def test_sheet_is_the_same_each_time_and_carries_its_title() -> None:
    made = render_month(BUSY, Language.EN)

    assert made == render_month(BUSY, Language.EN)
    assert pypdfium2.PdfDocument(made).get_metadata_value("Title") == "Monthly report June 2026"
