"""The command line: `python -m bot …`. Exit codes: 0 done, 1 refused with one line saying why, 2 usage."""

import sys
from pathlib import Path

import click
import uvloop

from bot.app.billing import provider_faults
from bot.cli.accounting import accounting, report
from bot.cli.bank import bank
from bot.cli.customers import customers, retain
from bot.cli.evidence import evidence, verify
from bot.cli.reminders import reminders
from bot.cli.slack import slack
from bot.logs import set_up
from bot.processes import PARTS, serve_until_stopped
from bot.settings import Misconfigured, Settings, read_settings
from storage import Outdated, Unavailable


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def cli(context: click.Context) -> None:
    """Comptoir: the front door of a hosting provider's incident support."""
    settings = read_settings()
    set_up(settings.environment.log_format)
    context.obj = settings


def _process(name: str, parts: frozenset[str], text: str) -> None:
    @cli.command(name, help=text)
    @click.pass_obj
    def process(settings: Settings) -> None:
        uvloop.run(serve_until_stopped(settings, parts))


_process("all", frozenset(PARTS), "Everything in one process.")
_process("web", frozenset({"web"}), "Pages, API and Slack's requests.")
_process("worker", frozenset({"worker"}), "Understands what came in, sends what must leave.")
_process("clock", frozenset({"clock"}), "Asks what falls due: nudges, lapses, reminders.")


@cli.command()
@click.option("--imap", metavar="URL", help="Fetch this mailbox instead: imaps://user:password@host/INBOX.")
@click.pass_obj
def mail(settings: Settings, imap: str | None) -> None:
    """Takes mail in (SMTP or LMTP), and fetches the mailbox of MAIL_IMAP_URL where that is set."""
    if imap is None:
        uvloop.run(serve_until_stopped(settings, frozenset({"mail"})))
    else:
        uvloop.run(serve_until_stopped(settings.fetching(imap), frozenset({"mailbox"})))


@cli.command()
@click.pass_obj
def sandbox(settings: Settings) -> None:
    """Everything on this machine without accounts, with both sides on one page."""
    from bot.sandbox.run import run_until_stopped  # no other process pays for loading the sandbox

    uvloop.run(run_until_stopped(settings))


@cli.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def gallery(folder: Path) -> None:
    """Writes every notice and every page into FOLDER, to be looked at."""
    from bot.sandbox.gallery import notices, pages

    notices(folder / "notices")
    pages(folder / "pages")
    click.echo(f"open {folder / 'notices' / 'index.html'}, then {folder / 'pages'}")


@cli.command()
@click.pass_obj
def check(settings: Settings) -> None:
    """Looks the settings over for what would keep every invoice back; says each, or that there is nothing."""
    wrong = provider_faults(settings.provider, settings.terms)
    if wrong:
        raise ValueError(" ".join(wrong))
    click.echo("invoices can be issued with these settings")


for command in (accounting, bank, customers, evidence, reminders, report, retain, slack, verify):
    cli.add_command(command)


def main() -> None:
    """Runs the command line; what is refused is one line on standard error and exit code 1."""
    try:
        cli(standalone_mode=True)
    except (Misconfigured, Outdated, Unavailable, ValueError, OSError) as refused:
        sys.exit(f"comptoir: {' '.join(str(refused).split())}")


if __name__ == "__main__":
    main()
