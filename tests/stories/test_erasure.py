"""Words and names go for good where the law lets them, and every proof still verifies."""

import json
from email import message_from_bytes
from html import unescape
from pathlib import Path
from zipfile import ZipFile

import pytest
import sqlalchemy as sa

from bot.app.check import look_over
from bot.app.erase import erase_customer
from bot.app.export import export
from bot.app.retention import foreseen, sweep
from bot.core import facts as f
from bot.core.erasure import USUAL
from storage import Transaction
from tests.stories.people import BOB, DOWN_FR
from tests.stories.steps import conclude, invoice, order
from tests.stories.town import Town

SECRET = "La base s'appelle boutique-de-bob."
TABLES = (
    "facts",
    "customers",
    "contacts",
    "incidents",
    "messages",
    "attachments",
    "links",
    "outbox",
    "inbox",
    "blobs",
    "invoices",
)


async def everything(here: Town) -> str:
    """All the database holds, as text; of mails and pages, what they say."""

    def dump(tx: Transaction) -> str:
        rows = (row for table in TABLES for row in tx._connection.execute(sa.text(f"SELECT * FROM {table}")))
        return "\n".join(plain(value) if isinstance(value, bytes) else str(value) for row in rows for value in row)

    return await here.store.read(dump)


def plain(content: bytes) -> str:
    """What these bytes say, in whatever way they are written."""
    coded = (part for part in message_from_bytes(content).walk() if part["Content-Transfer-Encoding"])
    decoded = [part.get_payload(decode=True) for part in coded]
    said = [content, *(part for part in decoded if isinstance(part, bytes))]
    return "\n".join(unescape(one.decode(errors="replace")) for one in said)


async def erase(here: Town, address: str = BOB) -> tuple[object, int]:
    customer = await here.customer(address)
    return await erase_customer(here.store, customer, USUAL, "asked by letter on 3 May", here.clock)


async def pay(here: Town) -> None:
    """Staff record the payment, which closes the incident."""
    await here.staff.submit("record_payment", amount="24,00", received_on="2010-06-14")


async def chain(here: Town) -> list[f.PersonalDataErased]:
    """What the customer's own journal says was erased."""
    facts = await here.store.read(lambda tx: tx.journal.facts("C-1"))
    return [entry.fact for entry in facts if isinstance(entry.fact, f.PersonalDataErased)]


async def test_of_a_cancelled_incident_nothing_personal_is_left(here: Town) -> None:
    await here.mail(BOB, "Panne", f"{DOWN_FR}\n{SECRET}")
    await here.press(await here.open(here.newest(BOB).link), "withdraw")
    assert SECRET in await everything(here)

    _, under_way = await erase(here)

    left = await everything(here)
    assert under_way == 0
    assert [word for word in (SECRET, BOB, "clientsa", "127.0.0.1", "Mon site") if word in left] == []
    assert (await look_over(here.store)).wrong == ""
    assert (await here.incident()).stage == "cancelled"


async def test_proofs_of_what_was_billed_outlast_the_words(here: Town) -> None:
    await invoice(here)
    await pay(here)
    before = await here.incident()
    (ordered,) = [entry for entry in await here.history() if isinstance(entry.fact, f.DiagnosisOrdered)]

    await erase(here)

    after, left = await here.incident(), await everything(here)
    assert after.invoice == before.invoice
    assert (after.stage, after.price) == (before.stage, before.price)
    assert (after.report, after.title) == ("", "")
    assert ordered in await here.history()
    assert await here.store.read(lambda tx: len(tx.blobs.documents_of(1))) >= 1
    assert [word for word in (DOWN_FR.splitlines()[2], "L'index est cassé.") if word in left] == []
    assert left.count("1 rue de la Paix") == 1, "in the invoice's own data, as long as the invoice"
    assert (await look_over(here.store)).wrong == ""
    assert [fact.about for fact in await chain(here)] == ["INC-1", "C-1"]


async def test_ten_years_later_the_proofs_go_too(here: Town) -> None:
    await invoice(here)
    await pay(here)
    here.clock.forward(days=366 * 10)
    await sweep(here.store, USUAL, here.clock)
    assert BOB in await everything(here)

    here.clock.forward(days=366)
    foreseen_lines = await here.store.read(lambda tx: foreseen(tx, USUAL, here.clock()))
    await sweep(here.store, USUAL, here.clock)

    assert any(line.startswith("INC-1: words, files and links") for line in foreseen_lines)
    assert await here.store.read(lambda tx: foreseen(tx, USUAL, here.clock())) == []
    assert "Mon site ne répond plus" not in await everything(here)
    assert await here.store.read(lambda tx: tx.blobs.documents_of(1)) == []
    assert (await look_over(here.store)).wrong == ""
    assert await here.ledger() == ["F2010-00001 24.00 paid"]


async def test_a_stranger_who_never_ordered_is_forgotten(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    await here.wait(days=10)
    assert await here.stage() == "cancelled"

    here.clock.forward(days=60)
    assert (await sweep(here.store, USUAL, here.clock)).incidents == 0
    here.clock.forward(days=60)
    swept = await sweep(here.store, USUAL, here.clock)

    assert (swept.incidents, swept.records) == (1, 1)
    left = await everything(here)
    assert [word for word in (BOB, "clientsa", "127.0.0.1", "Mon site") if word in left] == []
    assert await sweep(here.store, USUAL, here.clock) == type(swept)()


async def test_words_of_a_customer_who_paid_nothing_last_a_year(here: Town) -> None:
    await conclude(here, "no_quote")
    here.clock.forward(days=364)
    await sweep(here.store, USUAL, here.clock)
    assert "Mon site" in await everything(here)

    here.clock.forward(days=3)
    await sweep(here.store, USUAL, here.clock)

    assert "Mon site" not in await everything(here)
    assert (await here.customer(BOB)).details.name == "Client SA"
    assert f.DiagnosisOrdered in await here.facts()


async def test_a_link_that_was_mailed_leads_nowhere_afterwards(here: Town) -> None:
    page = await invoice(here)
    await pay(here)

    await erase(here)

    assert (await here.open(page.url)).status == 404


async def test_incident_under_way_is_kept_whole(here: Town) -> None:
    await order(here)

    _, under_way = await erase(here)

    assert under_way == 1
    assert (await here.customer(BOB)).details.name == "Client SA"
    assert "Mon site" in await everything(here)


async def test_who_writes_again_is_somebody_new(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    first = here.newest(BOB)
    await here.press(await here.open(first.link), "withdraw")
    await erase(here)

    await here.mail(BOB, "Re: Panne", DOWN_FR, answering=first)

    assert (await here.customer(BOB)).id == 2
    assert (await here.incident(2)).customer == 2


@pytest.mark.parametrize(
    "silence",
    [
        "UPDATE facts SET body = '{}' WHERE subject = 'INC-1' AND seq = 1",
        "UPDATE facts SET actor = 'customer:' WHERE subject = 'INC-1' AND seq = 1",
        "UPDATE facts SET body = replace(body, 'Votre', 'Notre') WHERE subject = 'INC-1' AND seq = 1",
        "UPDATE facts SET chain = 'x' WHERE subject = 'INC-1' AND seq = 1",
        "UPDATE facts SET body_sha256 = 'x' WHERE subject = 'INC-1' AND seq = 1",
        "DELETE FROM facts WHERE subject = 'INC-1' AND seq = 1",
    ],
)
@pytest.mark.parametrize("erased", [True, False])
async def test_nobody_erases_in_silence(here: Town, silence: str, erased: bool) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    await here.press(await here.open(here.newest(BOB).link), "withdraw")
    if erased:
        await erase(here)
        silence = silence.replace("'customer:'", "'customer:x'")
    else:
        silence = silence.replace("'{}'", '\'{"title":""}\'')

    with pytest.raises(sa.exc.IntegrityError, match="append-only"):
        await here.store.run(lambda tx: tx._connection.execute(sa.text(silence)) and None)


async def test_export_has_all_of_it_in_words(here: Town, tmp_path: Path) -> None:
    await invoice(here)
    customer = await here.customer(BOB)
    file = tmp_path / "bob.zip"

    done = await export(here.running.wired.desk, customer, file, here.clock())

    with ZipFile(file) as folder:
        data = json.loads(folder.read("data.json"))
        page = folder.read("index.html").decode()
        names = folder.namelist()
        said = {line["mail"]: folder.read(line["mail"]) for line in data["incidents"][0]["messages"] if line["mail"]}
    assert (done.incidents, done.by_others) == (1, 0)
    assert data["customer"]["address"] == BOB
    assert any(b"Mon site" in raw for raw in said.values())
    assert [name for name in names if name.startswith("documents/")] == [
        "documents/F2010-00001.pdf",
        "documents/F2010-00001.xml",
    ]
    ordered = next(fact for fact in data["incidents"][0]["facts"] if fact["kind"] == "DiagnosisOrdered")
    assert ordered["says"]["evidence"]["ip"] == "127.0.0.1"
    assert "Ce que nous avons sur vous" in page
    assert "Mon site ne répond plus" in page
    assert file.stat().st_mode & 0o077 == 0


async def test_export_writes_over_nothing(here: Town, tmp_path: Path) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    file = tmp_path / "bob.zip"
    file.write_text("mine")

    with pytest.raises(FileExistsError):
        await export(here.running.wired.desk, await here.customer(BOB), file, here.clock())

    assert file.read_text() == "mine"
