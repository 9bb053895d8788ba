"""Draws the diagrams and tables of docs/letter.md from the letter's tables: `python -m docs.diagrams`."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.core import letter
from bot.core.commands import Command
from bot.core.facts import Authority, Fact, OutcomeCorrected, Role
from bot.core.lives import ConsentState, ContestState, InvoiceState, QuoteState, Stage, Support

PAGE = Path(__file__).with_name("letter.md")
SECTION = re.compile(r"(<!-- drawn: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

Table = Mapping[Any, Mapping[type[Fact], Any]]  # six tables, six enums


def main() -> None:
    """Brings the page up to what the tables say."""
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def drawn(page: str) -> str:
    """The page with each of its marked sections drawn anew."""
    return SECTION.sub(lambda section: section[1] + DRAWINGS[section[2]]() + section[3], page)


def diagram(table: Table, first: StrEnum) -> str:
    """A Mermaid state diagram: where a life begins, which fact leads where, where it ends."""
    lines = ["stateDiagram-v2", f"    [*] --> {first}"]
    for state, row in table.items():
        lines += [f"    {state} --> {after} : {', '.join(facts)}" for after, facts in _arrows(row).items()]
        lines += [f"    {state} --> [*]"] if row.keys() <= {OutcomeCorrected} else []
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def owed() -> str:
    """What each ending leaves owed."""
    rows = (
        (_words(stage), _words(outcome), ", ".join(sorted(map(_words, dues))) or "nothing")
        for (stage, outcome), dues in letter.OWED.items()
    )
    return _table(("the incident is", "the diagnosis found", "owed"), rows)


def allowed() -> str:
    """Who may order what, and when."""
    rows = (
        (_spaced(order), ", ".join(role for role in Role if role in roles), _stages(stages))
        for order, (roles, stages) in letter.ALLOWED.items()
    )
    return _table(("order", "by", "while the incident is"), rows)


def may() -> str:
    """Which orders of a customer's each of their contacts may give."""
    orders = sorted({order for orders in letter.MAY.values() for order in orders}, key=_spaced)
    rows = (
        (_spaced(order), *("yes" if order in letter.MAY[authority] else "" for authority in Authority))
        for order in orders
    )
    return _table(("order", *Authority), rows)


def _arrows(row: Mapping[type[Fact], Any]) -> dict[str, list[str]]:
    arrows: dict[str, list[str]] = defaultdict(list)
    for fact, after in row.items():
        for state in sorted(after) if isinstance(after, frozenset) else [after]:
            arrows[state].append(_spaced(fact))
    return arrows


def _stages(stages: frozenset[Stage]) -> str:
    named = {
        frozenset(Stage): "at any stage",
        letter.OPEN: "not over",
        letter.SUPPORTED: "not over, nor ended",
        letter.AT_WORK: "at work",
        letter.ENDINGS: "ended",
        letter.BEFORE_DIAGNOSIS: "before the diagnosis",
    }
    return named.get(stages) or ", ".join(_words(stage) for stage in Stage if stage in stages)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in _under(head, rows))


def _under(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    yield head
    yield tuple("---" for _ in head)
    yield from rows


def _spaced(kind: type[Fact] | type[Command]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", " ", kind.__name__).lower()


def _words(state: StrEnum) -> str:
    return state.value.replace("_", " ")


DRAWINGS: Mapping[str, Callable[[], str]] = {
    "incident": lambda: diagram(letter.FOLLOWS, Stage.OPENED),
    "quote": lambda: diagram(letter.QUOTE_FOLLOWS, QuoteState.DRAFT),
    "consent": lambda: diagram(letter.CONSENT_FOLLOWS, ConsentState.REQUESTED),
    "invoice": lambda: diagram(letter.INVOICE_FOLLOWS, InvoiceState.ISSUED),
    "contest": lambda: diagram(letter.CONTEST_FOLLOWS, ContestState.SAID),
    "support": lambda: diagram(letter.SUPPORT_FOLLOWS, Support.FULL),
    "owed": owed,
    "allowed": allowed,
    "may": may,
}

if __name__ == "__main__":
    main()
