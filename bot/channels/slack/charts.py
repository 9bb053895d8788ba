"""The figures on the staff’s home: what they are, and how they look in characters, of the moment, without a file."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from bot.app.accounting.month import age, outcome_of
from bot.channels.slack import blocks
from bot.channels.slack.wire import Payload
from bot.core.facts import Language, Outcome
from bot.core.letter import OPEN
from bot.core.lives import Stage
from bot.core.money import Money
from bot.core.terms import Terms
from bot.figures import money
from bot.papers.charts import Bar, Chart
from bot.papers.month import Age
from storage import Owed, Transaction

WIDTH: Final = 12  # characters of the longest bar; with its name and its figures a line fits a phone
EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
RECENT: Final = timedelta(days=30)
AGES: Final = {
    Age.NOT_DUE: "Not due",
    Age.TO_30: "1–30 days",
    Age.TO_60: "31–60",
    Age.TO_90: "61–90",
    Age.OLDER: "Over 90",
}
OUTCOMES: Final = {
    Outcome.OUR_FAULT: "Our fault",
    Outcome.SOLVED: "Solved",
    Outcome.QUOTE: "Quote",
    Outcome.NO_QUOTE: "No quote",
    Outcome.NO_COMPETENCE: "Not ours",
    Outcome.INCONCLUSIVE: "No result",
}
COMING: Final = ((-1, "Overdue"), (7, "In 7 days"), (14, "8–14"), (30, "15–30"))
LATER: Final = "Later"
OPENED: Final = ((0, "Today"), (3, "1–3 days"), (7, "4–7 days"), (14, "8–14 days"), (100_000, "Older"))
AT_WORK: Final = tuple(sorted(OPEN - {Stage.INVOICED}))
COUNTED: Final = 10_000


def figures_of(tx: Transaction, terms: Terms, now: datetime) -> tuple[Chart, ...]:
    """What is open and how old it is, when money falls due, how the last thirty days' diagnoses ended."""
    today = terms.day_of(now)
    owed = [one for one in tx.money.owed() if one.money.currency == terms.diagnosis_price.currency]
    concluded = Counter(outcome_of(recorded.fact) for recorded in tx.journal.concluded(now - RECENT))
    outcomes = [Bar(name=name, size=concluded[one], told=str(concluded[one])) for one, name in OUTCOMES.items()]
    by_age = _amounts([(AGES[age(one.due_on, today)], one) for one in owed], AGES.values())
    coming = _amounts([(_when(one.due_on, today), one) for one in owed], [n for _, n in COMING] + [LATER])
    return (
        Chart("Open incidents by age", _open(tx, now)),
        Chart("Open invoices by age", tuple(by_age)),
        Chart("Money due", tuple(coming)),
        Chart("Diagnoses by outcome, last 30 days", tuple(bar for bar in outcomes if bar.size)),
    )


def charts(tx: Transaction, terms: Terms, now: datetime) -> list[Payload]:
    """The same as blocks."""
    return in_characters(figures_of(tx, terms, now))


def in_characters(figures: Sequence[Chart]) -> list[Payload]:
    """Each under its title; a dash where there is nothing."""
    return [block for chart in figures for block in _chart(chart.title, chart.bars)]


def _open(tx: Transaction, now: datetime) -> tuple[Bar, ...]:
    """Work that is open, by the days since it was opened."""
    rows = tx.incidents.listing(stages=AT_WORK, limit=COUNTED)
    counts = Counter(next(name for most, name in OPENED if (now - row.opened_at).days <= most) for row in rows)
    return tuple(Bar(name=name, size=counts[name], told=str(counts[name])) for _, name in OPENED) if rows else ()


def drawn(bars: Sequence[Bar]) -> str:
    """The bars under one another, names and figures in columns; the longest is `WIDTH` long."""
    longest = max((bar.size for bar in bars), default=0)
    names = max((len(bar.name) for bar in bars), default=0)
    told = max((len(bar.told) for bar in bars), default=0)
    return "\n".join(f"{bar.name:<{names}} {_blocks(bar.size, longest):<{WIDTH}} {bar.told:>{told}}" for bar in bars)


def _blocks(size: int, longest: int) -> str:
    """As long as it weighs, to an eighth of a character; what is not nothing is seen."""
    eighths = max(size * WIDTH * 8 // longest, 1) if size > 0 else 0
    return EIGHTHS[8] * (eighths // 8) + (EIGHTHS[eighths % 8] if eighths % 8 else "")


def _when(due_on: date | None, today: date) -> str:
    days = (due_on - today).days if due_on else 0
    return next((name for most, name in COMING if days <= most), LATER)


def _amounts(owed: Sequence[tuple[str, Owed]], names: Iterable[str]) -> list[Bar]:
    """A bar for each name, in this order; none where nothing is open."""
    return list(_bars(owed, names)) if owed else []


def _bars(owed: Sequence[tuple[str, Owed]], names: Iterable[str]) -> Iterator[Bar]:
    for name in names:
        own = [one for at, one in owed if at == name]
        cents, invoices = sum(one.money.cents for one in own), sum(one.invoices for one in own)
        amount = Money(cents=cents, currency=owed[0][1].money.currency)
        yield Bar(name=name, size=cents, told=f"{money(amount, Language.EN)} ({invoices})")


def _chart(title: str, bars: Sequence[Bar]) -> list[Payload]:
    heading = blocks.line(blocks.span(title, strong=True))
    return [blocks.rich(heading, blocks.preformatted(drawn(bars)) if bars else blocks.line(blocks.span("—")))]
