"""Bars as a picture: what stands on the staff's home, for eyes that compare lengths."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import typst

from bot.papers import glyphs
from bot.papers.paper import TEMPLATES
from bot.papers.pdf import fonts

FULL = 1000  # a bar's length in the template's unit
LEAST = 8  # of what is not nothing
DOTS_AN_INCH = 144.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One line of a chart: its name, how long it is, and what that stands for."""

    name: str
    size: int
    told: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A title and its bars, which compare with one another."""

    title: str
    bars: tuple[Bar, ...]


def render_charts(charts: Sequence[Chart]) -> bytes:
    """The PNG, as wide as a column of Slack's. Equal charts give equal bytes. Blocks some 40 ms."""
    return typst.compile(
        str(TEMPLATES / "charts.typ"),
        root=str(TEMPLATES),
        font_paths=fonts(),
        ignore_system_fonts=True,
        sys_inputs={"charts": json.dumps([[chart.title, _rows(chart)] for chart in charts])},
        format="png",
        ppi=DOTS_AN_INCH,
    )


def _rows(chart: Chart) -> list[list[str | int]]:
    longest = max((bar.size for bar in chart.bars), default=0)
    return [[glyphs.one_line(bar.name), _length(bar.size, longest), glyphs.one_line(bar.told)] for bar in chart.bars]


def _length(size: int, longest: int) -> int:
    return max(size * FULL // longest, LEAST) if size > 0 else 0
