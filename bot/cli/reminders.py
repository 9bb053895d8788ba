"""What goes out if nobody pays: `python -m bot reminders`."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import click

from bot.app import preview
from bot.cli.desk import at_desk
from bot.settings import Settings
from bot.wiring import Wired
from bot.words import Worded


@click.command()
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
