"""The database from the command line: bring it up to date, look it over, copy it."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from storage._check import Damaged, check
from storage._failures import Outdated, Unavailable
from storage._schema import PATIENCE, backup, upgrade

T = TypeVar("T")
DATABASE = click.option(
    "--database",
    "url",
    envvar="DATABASE_URL",
    default="sqlite:///comptoir.db",
    show_default=True,
    metavar="URL",
)


@click.group()
def main() -> None:
    """The database of Comptoir. It is named by DATABASE_URL."""


@main.command("upgrade")
@DATABASE
@click.option(
    "--wait",
    "patience",
    type=click.FloatRange(min=0),
    default=PATIENCE,
    show_default=True,
    metavar="SECONDS",
    help="For running processes to end in; 0: do not ask them to.",
)
def upgrade_command(url: str, patience: float) -> None:
    """Make the tables, or bring them up to date. Where there is something to do, running processes end first."""
    _or_refuse(upgrade(url, patience))


@main.command("check")
@DATABASE
def check_command(url: str) -> None:
    """Look the database over: its version, its file, the journal's chains, jobs in doubt."""
    for line in _or_refuse(check(url)):
        click.echo(line)


@main.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@DATABASE
def backup_command(url: str, file: Path) -> None:
    """Copy the database to FILE while it is in use."""
    _or_refuse(backup(url, file))


def _or_refuse(work: Coroutine[Any, Any, T]) -> T:
    """What the work returns; its refusal is one line and exit code 1."""
    try:
        return asyncio.run(work)
    except (Damaged, Outdated, Unavailable, ValueError, FileExistsError) as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main(prog_name="python -m storage")
