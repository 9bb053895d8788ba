"""The figures of a month, from the made-up quarter."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.app.accounting.month import age, figures_of
from bot.core import commands as c
from bot.core import facts as f
from bot.core.lives import Stage
from bot.core.money import Money
from bot.papers.month import Age, Contests, Month, Sums, Tally
from storage import Store
from tests.app.accounting.quarter import BOB, Counter, a_counter, a_quarter, at
from tests.builders import an_order
from tests.faults.program import comptoir, ended

NOW = at(4, 10)


async def the_month(counter: Counter, month: int) -> Month:
    return await counter.desk.store.read(lambda tx: figures_of(tx, counter.desk, date(2025, month, 1), NOW))


def cents(net: int) -> Money:
    return Money(cents=net)


async def test_month_says_what_the_books_say(store: Store) -> None:
    counter = await a_quarter(store)

    found = await the_month(counter, 2)

    assert found.invoiced == Sums(
        documents=2,
        net=cents(24999),
        vat=((Decimal(20), cents(4400)), (Decimal("5.5"), cents(165))),
        gross=cents(29564),
    )
    assert (found.diagnoses, found.work) == (cents(4000), cents(20999))
    assert found.outcomes == (
        (f.Outcome.SOLVED, Tally(count=1, money=cents(2000))),
        (f.Outcome.QUOTE, Tally(count=1, money=cents(22999))),
    )
    assert (found.credited.gross, found.received.gross) == (cents(2400), cents(1400 + 10001))
    assert found.contests == Contests(said=1, withdrawn=0, conceded=1, confirmed=0)
    assert (found.paid, found.days_to_pay) == (1, Decimal(26))
    assert (found.opened, found.stages) == (2, ((Stage.INVOICED, 1), (Stage.CLOSED, 1)))
    assert found.due == cents(27164 - 10001)
    assert found.late == cents(0)
    assert found.history[-3:] == (
        (date(2024, 12, 1), cents(2000)),
        (date(2025, 1, 1), cents(2000)),
        (date(2025, 2, 1), cents(22999)),
    )


async def test_what_is_open_is_what_was_open_then(store: Store) -> None:
    """One of the quarter is due on 4 March: half paid in February, written off in March."""
    counter = a_counter(store)
    await counter.on_file()
    unpaid = await counter.solved(BOB, at(1, 6))
    await a_quarter(store)

    january, march = await the_month(counter, 1), await the_month(counter, 3)

    assert dict(january.open)[Age.NOT_DUE] == Tally(count=2, money=cents(1400 + 2400))
    assert dict(march.open)[Age.TO_60] == Tally(count=1, money=cents(2400))
    assert dict(march.open)[Age.NOT_DUE] == Tally(count=1, money=cents(2000))
    assert march.late == cents(2400)
    assert march.written_off.gross == cents(17163)
    assert (await counter.does(unpaid, NOW, an_order(c.SayContest))).contested


async def test_free_diagnoses_and_answers_are_counted(store: Store) -> None:
    counter = await a_quarter(store)
    waived = await counter.diagnosing(BOB, at(4, 1))
    await counter.does(waived, at(4, 1, 12), an_order(c.WaiveDiagnosis))
    await counter.does(waived, at(4, 1, 13), an_order(c.ConcludeDiagnosis, outcome=f.Outcome.SOLVED))
    ours = await counter.diagnosing(BOB, at(4, 2))
    await counter.does(ours, at(4, 2, 11), an_order(c.ConcludeDiagnosis, outcome=f.Outcome.OUR_FAULT))
    await counter.opened(BOB, at(4, 3))

    found = await the_month(counter, 4)

    assert (found.free, found.over) == (2, False)
    assert (found.opened, found.unanswered) == (4, 1)
    assert (found.announced, found.answered) == (timedelta(0), timedelta(hours=2))


async def test_report_from_the_command_line_is_written_once(database_url: str, store: Store, tmp_path: Path) -> None:
    await a_quarter(store)
    wanted = ("bot", "report", "--month", "2025-02", "--language", "en")

    done = await ended(await comptoir(tmp_path, *wanted, DATABASE_URL=database_url))
    again = await ended(await comptoir(tmp_path, *wanted, DATABASE_URL=database_url))
    later = await ended(await comptoir(tmp_path, "bot", "report", "--month", "2999-01", DATABASE_URL=database_url))

    assert done == (0, "2025-02: 2 invoices, 249.99 net: report-2025-02.pdf\n", "")
    assert (tmp_path / "report-2025-02.pdf").read_bytes().startswith(b"%PDF")
    assert (again[0], "is there already" in again[2]) == (1, True)
    assert (later[0], "yet to begin" in later[2]) == (1, True)


@pytest.mark.parametrize(
    ("due_on", "expected"),
    [
        (None, Age.NOT_DUE),
        (date(2025, 3, 31), Age.NOT_DUE),
        (date(2025, 3, 30), Age.TO_30),
        (date(2025, 3, 1), Age.TO_30),
        (date(2025, 2, 28), Age.TO_60),
        (date(2025, 1, 30), Age.TO_60),
        (date(2025, 1, 29), Age.TO_90),
        (date(2024, 12, 31), Age.TO_90),
        (date(2024, 12, 30), Age.OLDER),
    ],
)
def test_age_counts_days_since_the_due_date(due_on: date | None, expected: Age) -> None:
    assert age(due_on, date(2025, 3, 31)) is expected


async def test_refund_of_a_credited_invoice_is_no_invoice_paid_anew(store: Store) -> None:
    """Paid in January, found to be our fault in March, paid back in April."""
    counter = a_counter(store)
    await counter.on_file()
    incident = await counter.solved(BOB, at(1, 5))
    await counter.paid(incident, 2400, date(2025, 1, 20), at(1, 20))
    await counter.does(incident, at(3, 3), an_order(c.CorrectOutcome, number=""))
    await counter.does(incident, at(4, 3), an_order(c.RecordRefund, refunded_on=date(2025, 4, 3)))

    january, april = await the_month(counter, 1), await the_month(counter, 4)

    assert (january.paid, january.days_to_pay) == (1, Decimal(15))
    assert (april.paid, april.days_to_pay) == (0, None)
