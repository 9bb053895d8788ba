"""Three files for each document between businesses in France, its statuses, and a table of all others."""

from datetime import date
from pathlib import Path

import pytest

from bot.app.accounting.einvoices import hand_over, note_status, standings
from bot.app.customers import Registration, register
from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Details
from bot.papers import attached
from storage import Document, Store, Transaction, TransmissionStatus, Transmitted
from tests.app.accounting.quarter import BOB, Counter, a_counter, a_quarter, at, columns
from tests.builders import an_order
from tests.faults.program import comptoir, ended

NOW = at(4, 10)
FOR_THE_PLATFORM = ("F2024-00001", "F2025-00001", "F2025-00003", "A2025-00001", "F2025-00005")


@pytest.fixture
async def counter(store: Store) -> Counter:
    """A quarter whose papers are printed."""
    made = await a_quarter(store)
    await made.printed(NOW)
    return made


async def told(counter: Counter) -> dict[str, list[tuple[int, date]]]:
    found = await counter.desk.store.read(lambda tx: standings(tx, counter.desk))
    return {one.number: [(int(status.status), status.on) for status in one.statuses] for one in found}


async def test_hand_over_writes_three_files_for_each_document_once(counter: Counter, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"

    said = await hand_over(counter.desk, first, NOW)

    assert said == f"5 e-invoices (15 files) and 2 documents to report in {first}"
    names = {f"{number}{end}" for number in FOR_THE_PLATFORM for end in (".pdf", "_cii.xml", "_ubl.xml")}
    reported = "ereporting_F2025-00002_F2025-00004.csv"
    assert {file.name for file in first.iterdir()} == names | {reported}
    assert (first / "F2025-00001_cii.xml").read_bytes() == attached((first / "F2025-00001.pdf").read_bytes())
    assert b"<cbc:ID>A2025-00001</cbc:ID>" in (first / "A2025-00001_ubl.xml").read_bytes()
    table = (first / reported).read_text(encoding="utf-8")
    assert columns(table, "number", "operation", "country", "vat_category", "vat_rate", "net", "vat") == [
        ("F2025-00002", "B2C", "FR", "S", "20", "200.02", "40.00"),
        ("F2025-00002", "B2C", "FR", "S", "5.5", "29.97", "1.65"),
        ("F2025-00004", "B2B abroad", "DE", "AE", "0", "20.00", "0.00"),
    ]
    assert "Camille" not in table

    assert (await hand_over(counter.desk, second, NOW)).startswith("0 e-invoices (0 files) and 0 documents")
    assert not second.exists()
    assert (await hand_over(counter.desk, second, NOW, everything=True)).startswith("5 e-invoices (15 files) and 2")
    assert {file.name: file.read_bytes() for file in first.iterdir()} == {
        file.name: file.read_bytes() for file in second.iterdir()
    }


async def test_a_run_that_was_cut_is_repeated_and_another_file_is_not_written_over(
    counter: Counter, tmp_path: Path
) -> None:
    await hand_over(counter.desk, tmp_path / "out", NOW)
    await hand_over(counter.desk, tmp_path / "out", NOW, everything=True)
    (tmp_path / "out" / "F2025-00003_ubl.xml").write_bytes(b"theirs")

    with pytest.raises(ValueError, match="is there already"):
        await hand_over(counter.desk, tmp_path / "out", NOW, everything=True)

    assert (tmp_path / "out" / "F2025-00003_ubl.xml").read_bytes() == b"theirs"


async def test_what_is_not_printed_yet_waits(counter: Counter, tmp_path: Path) -> None:
    await counter.solved(BOB, at(4, 9))

    said = await hand_over(counter.desk, tmp_path / "out", NOW)

    assert said.endswith("1 not printed yet")
    await counter.printed(NOW)
    assert (await hand_over(counter.desk, tmp_path / "later", NOW)).startswith("1 e-invoices (3 files)")


async def test_what_was_printed_before_has_its_data_filed_when_it_is_handed_over(
    counter: Counter, tmp_path: Path
) -> None:
    def forget(tx: Transaction) -> Document | None:
        filed = tx.blobs.document("F2025-00001", "ubl")
        tx.blobs._connection.exec_driver_sql("DELETE FROM documents WHERE number = 'F2025-00001' AND kind = 'ubl'")
        return filed

    before = await counter.desk.store.run(forget)
    await hand_over(counter.desk, tmp_path / "out", NOW)

    after = await counter.desk.store.read(lambda tx: tx.blobs.document("F2025-00001", "ubl"))
    assert before is not None
    assert after is not None
    assert after.sha256 == before.sha256


async def test_statuses_are_noted_once_and_follow_from_payment_and_contest(counter: Counter) -> None:
    desk = counter.desk
    deposited = Transmitted(number="F2025-00001", status=TransmissionStatus.DEPOSITED, on=date(2025, 1, 6))

    assert await desk.store.run(lambda tx: note_status(tx, desk, deposited, NOW)) is True
    assert await desk.store.run(lambda tx: note_status(tx, desk, deposited, NOW)) is False

    assert await told(counter) == {
        "F2024-00001": [(212, date(2025, 1, 9))],
        "F2025-00001": [(200, date(2025, 1, 6)), (212, date(2025, 1, 31))],
        "F2025-00003": [(207, date(2025, 2, 14))],
        "A2025-00001": [],
        "F2025-00005": [],
    }
    await counter.does(6, NOW, an_order(c.SayContest), an_order(c.WithdrawContest))
    await counter.paid(6, 2400, date(2025, 4, 10), NOW)
    assert (await told(counter))["F2025-00005"] == [(207, date(2025, 4, 10)), (212, date(2025, 4, 10))]


@pytest.mark.parametrize(
    ("number", "on", "why"),
    [
        ("F2025-00099", date(2025, 4, 1), "neither an invoice nor a credit note"),
        ("F2025-00002", date(2025, 4, 1), "no e-invoice"),
        ("F2025-00004", date(2025, 4, 1), "no e-invoice"),
        ("F2025-00001", date(2025, 1, 4), "cannot have a status from 2025-01-04 on"),
        ("F2025-00001", date(2025, 4, 11), "cannot have a status from 2025-04-11 on"),
    ],
)
async def test_a_status_that_cannot_be_is_refused(counter: Counter, number: str, on: date, why: str) -> None:
    noted = Transmitted(number=number, status=TransmissionStatus.REFUSED, on=on)

    with pytest.raises(ValueError, match=why):
        await counter.desk.store.run(lambda tx: note_status(tx, counter.desk, noted, NOW))


async def test_who_has_no_siren_is_named(store: Store, tmp_path: Path) -> None:
    made = a_counter(store)
    details = Details(name="Neuve SARL", postal_address="1 rue de la Paix\n75002 Paris")
    new = Registration(address="new@clientsa.fr", details=details)
    await store.run(lambda tx: register(tx, made.desk, [new], at(1, 4)))
    await made.solved("new@clientsa.fr", at(1, 5))
    await made.printed(NOW)

    assert (await hand_over(made.desk, tmp_path / "out", NOW)).endswith("without a SIREN: F2025-00001")


async def test_einvoices_from_the_command_line(database_url: str, counter: Counter, tmp_path: Path) -> None:
    async def run(*arguments: str) -> tuple[int | None, str, str]:
        asked = ("bot", "accounting", "einvoices", *arguments)
        return await ended(await comptoir(tmp_path, *asked, DATABASE_URL=database_url))

    assert await run("-o", "out") == (0, "5 e-invoices (15 files) and 2 documents to report in out\n", "")
    assert await run("status", "F2025-00003", "213", "--on", "2025-04-02") == (
        0,
        "F2025-00003  213  2025-04-02\n",
        "",
    )
    code, out, _ = await run("list")
    assert code == 0
    assert "F2025-00003  handed over  207 2025-02-14  213 2025-04-02\n" in out
    assert (await run())[0] == 2
    assert (await run("status", "F2025-00003", "214"))[0] == 2


async def test_statuses_follow_from_the_facts_of_their_own_invoice(store: Store) -> None:
    """Contested and paid, corrected, and what is owed instead is paid as well."""
    counter = a_counter(store)
    await counter.on_file()
    incident = await counter.worked(BOB, at(1, 5))
    await counter.does(incident, at(1, 6), an_order(c.SayContest), an_order(c.WithdrawContest))
    await counter.paid(incident, 27164, date(2025, 1, 7), at(1, 7))
    corrected = an_order(c.CorrectOutcome, number="", outcome=f.Outcome.SOLVED)
    await counter.does(incident, at(1, 8), corrected)
    await counter.paid(incident, 2400, date(2025, 1, 9), at(1, 9))

    found = await told(counter)

    assert found["F2025-00001"] == [(207, date(2025, 1, 6))]
    assert found["F2025-00002"] == [(212, date(2025, 1, 9))]


async def test_invoice_that_a_credit_note_leaves_paid_is_cashed_with_its_last_payment(store: Store) -> None:
    counter = a_counter(store)
    await counter.on_file()
    incident = await counter.worked(BOB, at(1, 5))
    await counter.paid(incident, 20000, date(2025, 1, 6), at(1, 6))
    await counter.paid(incident, 4002, date(2025, 1, 7), at(1, 7))
    await counter.does(incident, at(1, 8), an_order(c.SayContest, lines=(3,)), an_order(c.Concede))

    assert (await told(counter))["F2025-00001"] == [(212, date(2025, 1, 7)), (207, date(2025, 1, 8))]
