"""Who is on file, and what is kept of them: `python -m bot customers …` and `python -m bot retention`."""

import csv
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click

from bot.app.contacts import put_on_file, take_off_file
from bot.app.customers import COLUMNS, Registration, known_as, read_row, register
from bot.app.erase import Erased, erase_customer, said
from bot.app.export import Exported, export
from bot.app.retention import foreseen, sweep
from bot.cli.channels import channels
from bot.cli.desk import at_desk
from bot.core.customer import Customer
from bot.core.facts import BOT, Authority
from bot.settings import Settings
from bot.wiring import Wired
from storage import Store, Transaction

T = TypeVar("T")


@click.group()
def customers() -> None:
    """Who is on file: list, add, import, and their contacts and channels."""


customers.add_command(channels)


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
        return await wired.desk.store.run(lambda tx: work(tx, known_as(tx, of), wired.clock()))

    return at_desk(settings, done)


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


@click.command("retention")
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
