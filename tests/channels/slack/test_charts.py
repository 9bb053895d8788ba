"""The figures on the staff's home: drawn in characters, of the moment."""

from datetime import date

import pytest

from bot.channels.slack.charts import AGES, OUTCOMES, charts, drawn
from bot.core import commands as c
from bot.core import facts as f
from bot.core.facts import Outcome
from bot.papers.charts import Bar, Chart, render_charts
from bot.papers.month import Age
from storage import Store
from tests.app.accounting.quarter import BOB, SETTINGS, a_quarter, at
from tests.builders import an_order


def test_bars_are_as_long_as_what_they_stand_for() -> None:
    bars = [
        Bar(name="Not due", size=2400, told="€24.00 (1)"),
        Bar(name="1–30 days", size=1200, told="€12.00 (1)"),
        Bar(name="Over 90", size=1, told="€0.01 (1)"),
        Bar(name="61–90", size=0, told="€0.00 (0)"),
    ]

    assert drawn(bars).splitlines() == [
        "Not due   ████████████ €24.00 (1)",
        "1–30 days ██████       €12.00 (1)",
        "Over 90   ▏             €0.01 (1)",
        "61–90                   €0.00 (0)",
    ]


def test_everything_has_its_name() -> None:
    assert (set(AGES), set(OUTCOMES)) == (set(Age), set(Outcome))


@pytest.mark.parametrize("empty", [True, False])
async def test_charts_say_what_the_ledger_says(store: Store, empty: bool) -> None:
    now = at(5, 10)
    if not empty:
        counter = await a_quarter(store)  # one of its invoices is due on the first of May
        await counter.solved(BOB, at(5, 2))
        ours = await counter.diagnosing(BOB, at(5, 2))
        await counter.does(ours, at(5, 3), an_order(c.ConcludeDiagnosis, outcome=f.Outcome.OUR_FAULT))

    made = await store.read(lambda tx: charts(tx, SETTINGS.terms, now))

    titles = [block["elements"][0]["elements"][0]["text"] for block in made]
    told = ["".join(span["text"] for span in block["elements"][1]["elements"]) for block in made]
    assert titles.pop(0) == "Open incidents by age"
    assert told.pop(0).splitlines()[0].split()[0] in {"—", "Today"}
    assert titles == ["Open invoices by age", "Money due", "Diagnoses by outcome, last 30 days"]
    if empty:
        assert told == ["—", "—", "—"]
        return
    assert [line.split()[-2:] for line in told[0].splitlines()] == [
        ["€24.00", "(1)"],
        ["€24.00", "(1)"],
        ["€0.00", "(0)"],
        ["€0.00", "(0)"],
        ["€0.00", "(0)"],
    ]
    assert [line.split()[-2:] for line in told[1].splitlines()][::4] == [["€24.00", "(1)"], ["€0.00", "(0)"]]
    assert [(line.split()[0], line.split()[-1]) for line in told[2].splitlines()] == [("Our", "1"), ("Solved", "1")]


async def test_owed_is_what_each_day_brings(store: Store) -> None:
    counter = await a_quarter(store)
    part = await counter.solved(BOB, at(3, 31, 23))
    await counter.paid(part, 400, date(2025, 4, 2), at(4, 2))

    owed = await store.read(lambda tx: tx.money.owed())

    assert [(one.due_on, one.money.cents, one.invoices) for one in owed] == [(date(2025, 5, 1), 4400, 2)]


def test_picture_is_a_png_and_the_same_for_the_same_figures() -> None:
    bars = (Bar(name="Not due", size=2400, told="€24.00 (1)"), Bar(name="Over 90", size=1, told="€0.01 (1)"))
    charts = (Chart("Open invoices by age", bars), Chart("Money due", ()))

    picture = render_charts(charts)

    assert picture.startswith(b"\x89PNG")
    assert render_charts(charts) == picture
