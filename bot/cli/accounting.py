"""The accountant's commands: `python -m bot accounting …` and `python -m bot report`."""

from datetime import datetime
from pathlib import Path

import click

from bot.app.accounting.einvoices import hand_over, note_status, standings
from bot.app.accounting.export import Form, Period, export, write_new
from bot.app.accounting.month import figures_of
from bot.cli.desk import at_desk
from bot.core.facts import Language
from bot.papers.month import Month, render_month
from bot.settings import Settings
from bot.wiring import Wired
from storage import TransmissionStatus, Transmitted

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
    click.echo(at_desk(settings, lambda w: export(w.desk, settings.chart, period, wanted, folder, mark=bom)))


@accounting.group("einvoices", invoke_without_command=True)
@click.option("-o", "folder", type=FOLDER, help="Where the files go.")
@click.option("--all", "everything", is_flag=True, help="Also what was handed over before.")
@click.pass_context
def einvoices(context: click.Context, folder: Path | None, everything: bool) -> None:
    """Writes what was not handed over yet: PDF, CII and UBL of each e-invoice, and a table of what is reported."""
    if context.invoked_subcommand is not None:
        return
    if folder is None:
        raise click.UsageError("give a folder (-o), or one of the commands below", context)
    to: Path = folder
    click.echo(at_desk(context.obj, lambda w: hand_over(w.desk, to, w.clock(), everything=everything)))


@einvoices.command("status")
@click.argument("number")
@click.argument("status", metavar="CODE", type=click.Choice([str(int(one)) for one in TransmissionStatus]))
@click.option("--on", type=DAY, help="From when; today, where it is not given.")
@click.pass_obj
def note(settings: Settings, number: str, status: str, on: datetime | None) -> None:
    """Notes what the platform says: 200 deposited, 207 disputed, 210 refused, 212 cashed, 213 rejected."""

    async def work(wired: Wired) -> str:
        now = wired.clock()
        day = on.date() if on else wired.desk.terms.day_of(now)
        noted = Transmitted(number=number, status=TransmissionStatus(int(status)), on=day)
        new = await wired.desk.store.run(lambda tx: note_status(tx, wired.desk, noted, now))
        return f"{number}  {status}  {day}{'' if new else '  noted already'}"

    click.echo(at_desk(settings, work))


@einvoices.command("list")
@click.pass_obj
def list_einvoices(settings: Settings) -> None:
    """Lists every e-invoice with its statuses; 212 follows by itself when it is paid, 207 when it is contested."""
    for one in at_desk(settings, lambda w: w.desk.store.read(lambda tx: standings(tx, w.desk))):
        statuses = "  ".join(f"{int(noted.status)} {noted.on}" for noted in one.statuses)
        click.echo(f"{one.number}  {'handed over' if one.exported else 'not handed over'}  {statuses}".rstrip())


@click.command()
@click.option("--month", required=True, type=click.DateTime(["%Y-%m"]), help="As 2026-06.")
@click.option("-o", "file", type=click.Path(dir_okay=False, path_type=Path), help="report-2026-06.pdf unless given.")
@click.option("--language", type=click.Choice([one.value for one in Language]), default="fr", show_default=True)
@click.pass_obj
def report(settings: Settings, month: datetime, file: Path | None, language: str) -> None:
    """Writes a month on one sheet: turnover, payments, what is open by age, contests, incidents, with charts."""

    async def work(wired: Wired) -> Month:
        return await wired.desk.store.read(lambda tx: figures_of(tx, wired.desk, month.date(), wired.clock()))

    found = at_desk(settings, work)
    target = file or Path(f"report-{month:%Y-%m}.pdf")
    write_new(target.parent, {target.name: render_month(found, Language(language))})
    so_far = "" if found.over else ", so far"
    click.echo(
        f"{month:%Y-%m}{so_far}: {found.invoiced.documents} invoices, {found.invoiced.net.amount} net: {target}"
    )
