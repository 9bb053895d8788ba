"""The commands of proof: `python -m bot evidence` and `python -m bot verify`."""

import sys
from pathlib import Path

import click

from bot.app.accounting.export import write_new
from bot.app.bundle import pack
from bot.app.chapters import told
from bot.app.check import Looked, look_over
from bot.app.evidence import Gathered, gather
from bot.cli.desk import at_desk
from bot.core.facts import Language
from bot.papers import dossier
from bot.settings import Settings
from bot.wiring import Wired

FOLDER = click.Path(file_okay=False, path_type=Path)
OWNER_ONLY = 0o600


@click.command()
@click.argument("incident")
@click.option("-o", "folder", type=FOLDER, default=Path(), help="Where the files go; none is written over.")
@click.option(
    "--language", type=click.Choice([one.value for one in Language]), help="The PDF's; else the customer's."
)
@click.pass_obj
def evidence(settings: Settings, incident: str, folder: Path, language: str | None) -> None:
    """Writes all that is kept of INCIDENT (INC-42): a PDF for people, and a bundle that verifies by itself."""
    gathered = _gathered(settings, incident)
    chosen = Language(language) if language else gathered.row.language
    pdf = dossier.render(told(gathered, settings.provider.name, chosen))
    files = {f"{gathered.reference}.pdf": pdf, f"{gathered.reference}.zip": pack(gathered, pdf)}
    write_new(folder, files, mode=OWNER_ONLY)
    for name in files:
        click.echo(folder / name)
    if gathered.wrong:
        raise ValueError(f"written, and it shows that not all is as it was: {gathered.wrong}")


def _gathered(settings: Settings, incident: str) -> Gathered:
    found = at_desk(settings, lambda wired: wired.desk.store.read(lambda tx: gather(tx, incident)))
    if found is None:
        raise ValueError(f"no incident is known as {incident}")
    return found


@click.command()
@click.option("--anchor", default="", help="A hash from the mailbox that anchors are sent to.")
@click.pass_obj
def verify(settings: Settings, anchor: str) -> None:
    """Checks all that is kept: chains, documents, pages, mails, ledger, numbers; names the first bad thing."""
    looked = at_desk(settings, lambda wired: _looked(wired, anchor.strip()))
    if looked.wrong:
        raise ValueError(looked.wrong)
    click.echo(
        f"everything is as it was written: {looked.facts} facts in {looked.chains} chains under {looked.anchors} "
        f"anchors, {looked.named} documents, pages and messages that they name, {looked.invoices} in the ledger"
    )


async def _looked(wired: Wired, anchor: str) -> Looked:
    count = await wired.desk.store.read(lambda tx: tx.journal.count())
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=count, label="facts", file=sys.stderr, show_pos=True, hidden=hidden) as bar:
        return await look_over(wired.desk.store, bar.update, anchor)
