"""A mailed link is in the mail, and nowhere else: neither kept, nor logged, nor said in Slack, nor counted."""

import re

import pytest

from storage import Transaction
from storage._tables import metadata
from tests.stories.people import BOB
from tests.stories.steps import quote
from tests.stories.town import Town

TOKEN = re.compile(r"/a/([A-Za-z0-9_-]{43})")


async def test_tokens_are_in_the_mails_and_nowhere_else(here: Town, capfd: pytest.CaptureFixture[str]) -> None:
    """But for what a customer quotes of ours: their mails are kept as they came, and masked where shown."""
    page = await quote(here)
    tokens = {found for mail in here.inbox(BOB) for link in mail.links for found in TOKEN.findall(link)}
    await here.staff.submit("ask_consent", acts=("modify_database",), places="shop_db", until="2010-07-01", why="w")
    await here.mail(BOB, "Re: devis", f"C'est bien cette page ? {page.url}", answering=here.newest(BOB))
    await here.press(await here.open(page.url), "accept")
    await here.staff.submit("finish_work", report="Fait.")
    await here.press(await here.open(here.newest(BOB).link), "contest", reason="non")
    await here.open("http://desk.host.example/a/" + "x" * 43)
    tokens |= {found for mail in here.inbox(BOB) for link in mail.links for found in TOKEN.findall(link)}
    metrics = await here.open("http://desk.host.example/metrics")

    kept = await here.store.read(_everything)
    slack = here.slack.workspace
    said = repr((slack.messages, slack.ephemerals, slack.views, slack.files, slack.homes))
    logged = capfd.readouterr()
    places = {"database": kept, "Slack": said, "metrics": metrics.body.decode(), "logs": logged.out + logged.err}
    found = {(place, token) for place, text in places.items() for token in tokens if token in text}
    assert len(tokens) > 5
    assert found == {("database", page.url.rpartition("/")[2])}, "a mail that came is kept as it was sent"


def _everything(tx: Transaction) -> str:
    """All rows of all tables, as text; bytes as what they say."""
    rows = (row for table in metadata.sorted_tables for row in tx.inbox._connection.execute(table.select()))
    values = (value for row in rows for value in row)
    return "\n".join(value.decode(errors="replace") if isinstance(value, bytes) else str(value) for value in values)
