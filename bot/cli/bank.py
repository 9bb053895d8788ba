"""What the bank says: `python -m bot bank …`."""

import sys
from datetime import date, datetime
from pathlib import Path

import click

from bot.app.bank import forget_statements
from bot.app.statements import OUTCOMES, Tally, import_statements
from bot.channels.bank.files import read_file
from bot.cli.desk import at_desk
from bot.core.bank import Statement
from bot.core.money import Money
from bot.settings import Settings
from bot.wiring import Wired


@click.group()
def bank() -> None:
    """What the bank says: import statements, list what waits for a person, stop waiting for statements."""


@bank.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_bank(settings: Settings, files: tuple[Path, ...]) -> None:
    """Imports statements (CAMT.053 as XML, or zip archives of them). What is known already changes nothing."""
    statements = [one for file in files for one in read_file(file.name, file.read_bytes())]
    tally = at_desk(settings, lambda wired: _import(wired, statements))
    for refused in tally.refused:
        click.echo(f"refused: {refused}")
    for outcome, words in OUTCOMES.items():
        if count := tally.counts[outcome]:
            sums = (
                f"{Money(cents=cents).amount} {of}"
                for (fate, of), cents in sorted(tally.cents.items())
                if fate == outcome
            )
            click.echo("  ".join((f"{count:>7}  {words}", *sums)))


async def _import(wired: Wired, statements: list[Statement]) -> Tally:
    entries = sum(len(statement.entries) for statement in statements)
    quiet = not sys.stderr.isatty()
    with click.progressbar(length=entries, label="Entries", file=sys.stderr, hidden=quiet) as bar:
        return await import_statements(wired.desk, statements, wired.clock, lambda: bar.update(1))


@bank.command("list")
@click.pass_obj
def list_bank(settings: Settings) -> None:
    """Lists the entries that a person must look at."""
    for entry in at_desk(settings, lambda wired: wired.desk.store.read(lambda tx: tx.bank.queue(limit=100_000))):
        shown = (entry.reference, f"{entry.booked_on}", f"{entry.amount.amount} {entry.amount.currency}")
        more = (f"kept {entry.kept.amount}", entry.fate, entry.why, entry.suggested, entry.name, entry.free)
        click.echo("  ".join(" ".join(part.split()) for part in (*shown, *more) if part))


@bank.command("dismiss")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The last day to look at.")
@click.pass_obj
def dismiss_bank(settings: Settings, until: datetime) -> None:
    """Sets aside what came in until a day and names nothing of the desk's."""
    click.echo(f"{at_desk(settings, lambda wired: _dismiss(wired, until.date()))} entries set aside")


async def _dismiss(wired: Wired, until: date) -> int:
    now = wired.clock()
    return await wired.desk.store.run(lambda tx: tx.bank.dismiss(until, now))


@bank.command("stop")
@click.pass_obj
def stop_bank(settings: Settings) -> None:
    """Waits for no statement any more: reminders go out by what staff record, until the next import."""
    at_desk(settings, lambda wired: wired.desk.store.run(forget_statements))
