"""The accountant's commands: `python -m bot accounting …`."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click
import uvloop

from bot.app.accounting.export import Form, Period, export
from bot.processes import Wired, wire
from bot.settings import Settings

T = TypeVar("T")
DAY = click.DateTime(["%Y-%m-%d"])
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def accounting() -> None:
    """What accountants take out: see docs/operations.md."""


@accounting.command("export")
@click.option("--from", "first", required=True, type=DAY, help="The first day.")
@click.option("--to", "last", required=True, type=DAY, help="The last day.")
@click.option("-o", "folder", required=True, type=FOLDER, help="Where the files go; none is written over.")
@click.option("--format", "form", type=click.Choice([form.value for form in Form]), default="all", show_default=True)
@click.option("--bom", is_flag=True, help="Begins the tables with the mark by which spreadsheets know UTF-8.")
@click.pass_obj
def export_period(settings: Settings, first: datetime, last: datetime, folder: Path, form: str, bom: bool) -> None:
    """Writes what was booked in a period: tables as CSV, and the journal as article A47 A-1 LPF wants it."""
    period = Period(first=first.date(), last=last.date())
    wanted = Form(form)
    click.echo(_run(settings, lambda w: export(w.desk, settings.chart, period, wanted, folder, mark=bom)))


def _run(settings: Settings, work: Callable[[Wired], Awaitable[T]]) -> T:
    async def wired_up() -> T:
        async with wire(settings) as wired:
            return await work(wired)

    return uvloop.run(wired_up())
