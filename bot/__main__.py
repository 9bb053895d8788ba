"""The command line: `python -m bot …`. Exit codes: 0 done, 1 refused with one line saying why, 2 usage."""

import csv
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TypeVar

import click
import uvloop

from bot.app import preview
from bot.app.bank import forget_statements
from bot.app.billing import provider_faults
from bot.app.contacts import put_on_file, take_off_file
from bot.app.customers import COLUMNS, Registration, read_row, register
from bot.app.erase import Erased, erase_customer, said
from bot.app.export import Exported, export
from bot.app.retention import foreseen, sweep
from bot.app.statements import OUTCOMES, Tally, import_statements
from bot.channels.bank.files import read_file
from bot.channels.slack.check import Setup, missing
from bot.channels.slack.wire import Api
from bot.cli.accounting import accounting, report
from bot.cli.desk import at_desk
from bot.cli.evidence import evidence, verify
from bot.core.bank import Statement
from bot.core.customer import Customer
from bot.core.facts import BOT, Authority
from bot.core.money import Money
from bot.logs import set_up
from bot.processes import PARTS, serve_until_stopped
from bot.settings import Misconfigured, Settings, read_settings, told
from bot.wiring import Wired, system_clock
from bot.words import Worded
from storage import Outdated, Store, Transaction, Unavailable

T = TypeVar("T")


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


@cli.group(invoke_without_command=True)
@click.pass_context
def slack(context: click.Context) -> None:
    """Slack over Socket Mode, where SLACK_APP_TOKEN is set; otherwise `web` takes Slack's requests."""
    if context.invoked_subcommand is not None:
        return
    settings: Settings = context.obj
    missing = settings.environment.slack_missing or (
        "" if settings.environment.slack_app_token else "SLACK_APP_TOKEN"
    )
    if missing:
        raise Misconfigured(f"{missing}: is not set, and Slack over Socket Mode needs it")
    uvloop.run(serve_until_stopped(settings, frozenset({"slack"})))


@slack.command("check")
@click.pass_obj
def check_slack(settings: Settings) -> None:
    """Asks Slack what is missing: tokens, scopes, the channel, the people. One line each; changes nothing."""
    lines = uvloop.run(_missing_in_slack(settings))
    for line in lines:
        click.echo(line)
    if lines:
        raise ValueError(f"the desk cannot work in Slack yet: {len(lines)} missing")
    click.echo("the desk can work in Slack")


async def _missing_in_slack(settings: Settings) -> list[str]:
    """What the desk lacks to work in Slack, one line each."""
    environment, file = settings.environment, settings.file
    setup = Setup(
        bot_token=told(environment.slack_bot_token),
        signing_secret=told(environment.slack_signing_secret),
        app_token=told(environment.slack_app_token),
        channel=environment.slack_staff_channel,
        team=file.slack.team,
        staff=file.slack.staff,
        managers=file.slack.managers,
    )
    api = Api(token=setup.bot_token, url=environment.slack_api_url, clock=system_clock)
    try:
        return await missing(api, setup)
    finally:
        await api.close()


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
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The last day to look at.")
@click.option("--mails", type=click.Path(file_okay=False, path_type=Path), help="Write each mail into this folder.")
@click.pass_obj
def reminders(settings: Settings, until: datetime, mails: Path | None) -> None:
    """Lists the reminders that would go out until a day, if nobody pays or contests first."""
    for at, line, mail in at_desk(settings, lambda wired: _upcoming(wired, until.date())):
        click.echo(line)
        if mails is not None:
            mails.mkdir(parents=True, exist_ok=True)
            (mails / f"{at}.txt").write_text(f"{mail.subject}\n\n{mail.text}", encoding="utf-8")
            (mails / f"{at}.html").write_text(mail.html, encoding="utf-8")


async def _upcoming(wired: Wired, until: date) -> list[tuple[str, str, Worded]]:
    """Each mail: a name for its file, what it is about in one line, and its words."""
    end = datetime.combine(until, time.max, UTC)
    foreseen = await preview.reminders(wired.desk.store, end, wired.clock())
    return [
        (f"{mail.at:%Y-%m-%d}-{mail.customer.reference}", _foreseen(mail), preview.worded(wired.desk, mail))
        for mail in foreseen
    ]


def _foreseen(mail: preview.Upcoming) -> str:
    """`2010-07-07 09:00 C-7: INC-42 F2010-00001 level 1: 24.00 EUR`, one such part for each invoice."""
    parts = (
        f"{incident.reference} {fact.number} level {fact.level}: {fact.open.amount} {fact.open.currency}"
        for incident, fact in zip(mail.incidents, mail.reminders, strict=True)
    )
    return f"{mail.at:%Y-%m-%d %H:%M} {mail.customer.reference}: {', '.join(parts)}"


@cli.group()
def customers() -> None:
    """Who is on file: list, add, import, and their contacts."""


@customers.command("list")
@click.pass_obj
def list_customers(settings: Settings) -> None:
    """Lists the customers on file."""
    listed = at_desk(settings, lambda wired: wired.desk.store.read(lambda tx: tx.customers.listing(limit=100_000)))
    for customer in listed:
        click.echo(_in_one_line(customer))


@customers.command("add")
@click.argument("address")
@click.option("--name", default="", help="Name or company.")
@click.option("--postal-address", default="", help="As it stands on an invoice.")
@click.option("--country", default="FR", show_default=True, help="ISO 3166 code.")
@click.option("--kind", type=click.Choice(["business", "consumer"]), default="business", show_default=True)
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
@click.option("--vat-number", default="")
@click.option("--siren", default="")
@click.pass_obj
def add_customer(settings: Settings, /, **given: str) -> None:
    """Puts a customer on file, or brings them up to date."""
    for customer in _register(settings, [read_row(given)]):
        click.echo(_in_one_line(customer))


@customers.command("import", help=f"Imports a CSV file with the columns {', '.join(COLUMNS)}; all of it or nothing.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_customers(settings: Settings, file: Path) -> None:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = [read_row(row) for row in csv.DictReader(opened)]
    click.echo(f"{len(_register(settings, rows))} customers on file")


@customers.group("contacts")
def contacts() -> None:
    """Who may act for a customer: list, add, remove. OF is a reference (C-7) or any of their addresses."""


@contacts.command("list")
@click.argument("of")
@click.pass_obj
def list_contacts(settings: Settings, of: str) -> None:
    """Lists the customer's contacts with what each may do."""
    for contact in _with(settings, of, lambda tx, customer, _: tx.customers.contacts_of(customer.id)):
        click.echo(f"{contact.authority}  {contact.address}{'  mail comes back' if contact.bounced_at else ''}")


@contacts.command("add")
@click.argument("of")
@click.argument("address")
@click.option(
    "--authority", type=click.Choice([one.value for one in Authority]), required=True, help="See docs/letter.md."
)
@click.pass_obj
def add_contact(settings: Settings, of: str, address: str, authority: str) -> None:
    """Puts an address on the customer's file, or changes what it may do."""
    if "@" not in address:
        raise ValueError(f"not a mail address: {address!r}")
    given = Authority(authority)
    _with(settings, of, lambda tx, to, now: put_on_file(tx, to, address, given, BOT, now))
    click.echo(f"{given}  {address.lower()}")


@contacts.command("remove")
@click.argument("of")
@click.argument("address")
@click.pass_obj
def remove_contact(settings: Settings, of: str, address: str) -> None:
    """Takes away all that an address may do."""
    if not _with(settings, of, lambda tx, to, now: take_off_file(tx, to, address, BOT, now)):
        raise ValueError(f"{address} is no contact of {of}")
    click.echo(f"{address.lower()} is no contact of {of} any more")


def _with(settings: Settings, of: str, work: Callable[[Transaction, Customer, datetime], T]) -> T:
    """What this does with the customer meant, in one transaction. ValueError where there is none."""

    async def done(wired: Wired) -> T:
        return await wired.desk.store.run(lambda tx: work(tx, _meant(tx, of), wired.clock()))

    return at_desk(settings, done)


def _meant(tx: Transaction, of: str) -> Customer:
    number = of.upper().removeprefix("C-")
    customer = tx.customers.load(int(number)) if number.isdecimal() else tx.customers.by_address(of)
    if customer is None:
        raise ValueError(f"no customer is known as {of}")
    return customer


@customers.command("export")
@click.argument("address")
@click.option("-o", "--output", "file", required=True, type=click.Path(dir_okay=False, path_type=Path), help="A ZIP.")
@click.pass_obj
def export_customer(settings: Settings, address: str, file: Path) -> None:
    """Writes all that is held on the customer of ADDRESS into a new ZIP, in their language."""
    if file.exists():
        raise FileExistsError(f"{file} exists already")
    done = at_desk(settings, lambda wired: _export(wired, address, file))
    click.echo(
        f"{file}: {done.incidents} incidents, {done.messages} messages ({done.by_others} by others: look before you "
        f"hand them on), {done.files} files, {done.facts} facts"
    )


@customers.command("erase")
@click.argument("address")
@click.option("--reason", required=True, help="Who asked, and when; it stays in the journal: no name, no address.")
@click.option("--yes", is_flag=True, help="Do not ask for the address again.")
@click.pass_obj
def erase_one(settings: Settings, address: str, reason: str, *, yes: bool) -> None:
    """Erases for good what the law lets erase of the customer of ADDRESS, and says what is kept, why, until when."""
    if not yes and click.prompt("This cannot be undone. The address again") != address:
        raise ValueError("not the same address: nothing was erased")
    done, under_way = at_desk(settings, lambda wired: _erase(wired, address, reason))
    for line in said(done, under_way):
        click.echo(line)


@cli.command("retention")
@click.option("--dry-run", is_flag=True, help="Only list what would go.")
@click.pass_obj
def retain(settings: Settings, *, dry_run: bool) -> None:
    """Erases what [retention] no longer lets keep, as the clock does once a day."""
    for line in at_desk(settings, lambda wired: _retain(wired, dry_run=dry_run)):
        click.echo(line)


async def _export(wired: Wired, address: str, file: Path) -> Exported:
    customer = await _on_file(wired.desk.store, address)
    return await export(wired.desk, customer, file, wired.clock())


async def _erase(wired: Wired, address: str, reason: str) -> tuple[Erased, int]:
    customer = await _on_file(wired.desk.store, address)
    return await erase_customer(wired.desk.store, customer, wired.settings.retention, reason, wired.clock)


async def _retain(wired: Wired, *, dry_run: bool) -> list[str]:
    store, rules, now = wired.desk.store, wired.settings.retention, wired.clock()
    if dry_run:
        return await store.read(lambda tx: foreseen(tx, rules, now)) or ["nothing would go"]
    swept = await sweep(store, rules, wired.clock)
    return [
        f"erased: {swept.incidents} incidents, {swept.records} records of strangers, "
        f"{swept.mails} mails of no incident, {swept.jobs} finished jobs, "
        f"{swept.payments} payers in statements"
    ]


async def _on_file(store: Store, address: str) -> Customer:
    customer = await store.read(lambda tx: tx.customers.by_address(address.strip()))
    if customer is None:
        raise ValueError(f"nobody on file has the address {address}")
    return customer


def _register(settings: Settings, rows: Iterable[Registration]) -> list[Customer]:
    async def registered(wired: Wired) -> list[Customer]:
        now = wired.clock()
        return await wired.desk.store.run(lambda tx: register(tx, wired.desk, rows, now))

    return at_desk(settings, registered)


def _in_one_line(customer: Customer) -> str:
    parts = (
        customer.reference,
        customer.kind,
        customer.language,
        customer.support,
        customer.address,
        customer.details.name,
    )
    return "  ".join(part for part in parts if part)


@cli.group()
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


@cli.command()
@click.pass_obj
def check(settings: Settings) -> None:
    """Looks the settings over for what would keep every invoice back; says each, or that there is nothing."""
    wrong = provider_faults(settings.provider, settings.terms)
    if wrong:
        raise ValueError(" ".join(wrong))
    click.echo("invoices can be issued with these settings")


cli.add_command(accounting)
cli.add_command(report)
cli.add_command(evidence)
cli.add_command(verify)


def main() -> None:
    """Runs the command line; what is refused is one line on standard error and exit code 1."""
    try:
        cli(standalone_mode=True)
    except (Misconfigured, Outdated, Unavailable, ValueError, OSError) as refused:
        sys.exit(f"comptoir: {' '.join(str(refused).split())}")


if __name__ == "__main__":
    main()
