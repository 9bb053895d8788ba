"""`python -m storage`: done is 0, refused is 1 with one line, misuse is 2; a backup opens clean."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.core.facts import IncidentTaken
from storage import Entry, NewJob, Store, Transaction
from tests.postgres import Postgres
from tests.storage.test_processes import ROOT, start
from tests.storage.times import MINUTE, NOW

JOB = NewJob(kind="mail", payload=b"", due_at=NOW)
TAKEN = Entry(fact=IncidentTaken(by="Max"), at=NOW, actor="staff")


async def run(url: str, *arguments: str, path: str = "") -> tuple[int | None, str, str]:
    """The exit code, what was printed, what was complained about."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "storage", *arguments),
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "PATH": path or os.defpath},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


async def test_upgrade_makes_a_database_that_checks(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"

    assert await run(url, "upgrade") == (0, "", "")
    assert await run(url, "upgrade") == (0, "", "")
    assert await run(url, "check") == (0, "sound: 0 chains of facts verified\n", "")


async def test_check_without_tables_refuses_in_one_line(tmp_path: Path) -> None:
    refused = (1, "", "the database has no tables yet: run `python -m storage upgrade`\n")

    assert await run(f"sqlite:///{tmp_path}/new.db", "check") == refused


async def test_check_names_what_was_tampered_with_and_the_jobs_in_hand(store: Store, database_url: str) -> None:
    def claim(tx: Transaction) -> None:
        tx.outbox.put(JOB, NOW)
        tx.outbox.claim(NOW, 1, MINUTE)
        tx.journal.append("INC-1", 0, [TAKEN])

    def tamper(tx: Transaction) -> None:
        sqlite = tx._connection.dialect.name == "sqlite"
        off = "DROP TRIGGER facts_unchanged" if sqlite else "ALTER TABLE facts DISABLE TRIGGER ALL"
        for statement in (off, "UPDATE facts SET actor = 'nobody'"):
            tx._connection.execute(sa.text(statement))

    await store.run(claim)
    in_hand = "warning: 1 jobs of the outbox were in hand; each may have been done already"
    assert await run(database_url, "check") == (0, f"sound: 1 chains of facts verified\n{in_hand}\n", "")

    await store.run(tamper)
    assert await run(database_url, "check") == (1, "", "the journal of INC-1 is wrong from fact 1 on\n")


@pytest.mark.parametrize("arguments", [["mend"], ["backup"], ["check", "--fast"]])
async def test_misuse_exits_2(sqlite_url: str, arguments: list[str]) -> None:
    code, output, errors = await run(sqlite_url, *arguments)

    assert (code, output, "Usage:" in errors) == (2, "", True)


async def test_backup_under_load_opens_clean(sqlite_url: str, tmp_path: Path) -> None:
    writer = await start("put", sqlite_url)
    assert writer.stdout is not None
    acknowledged = [int(await writer.stdout.readline()) for _ in range(100)]
    copy = tmp_path / "copy.db"

    assert await run(sqlite_url, "backup", str(copy)) == (0, "", "")

    writer.kill()
    await writer.communicate()
    assert await run(f"sqlite:///{copy}", "check") == (0, "sound: 0 chains of facts verified\n", "")
    store = await Store.open(f"sqlite:///{copy}")
    kept = {job.dedup for job in await store.read(lambda tx: tx.inbox.upcoming(NOW, 1_000_000))}
    await store.close()
    assert {str(name) for name in acknowledged} <= kept


async def test_backup_of_postgres_restores_to_what_it_was(
    postgres: Postgres, postgres_url: str, tmp_path: Path
) -> None:
    store = await Store.open(postgres_url)
    await store.run(lambda tx: tx.journal.append("INC-1", 0, [TAKEN]))
    await store.close()
    file, database = tmp_path / "copy.dump", postgres.fresh()

    assert await run(postgres_url, "backup", str(file), path=str(postgres.bin)) == (0, "", "")

    await asyncio.to_thread(postgres.restore, file, database)
    restored = postgres.url(database)
    assert await run(restored, "check") == (0, "sound: 1 chains of facts verified\n", "")


async def test_backup_of_postgres_without_its_tools_says_so(postgres_url: str, tmp_path: Path) -> None:
    refused = (1, "", "pg_dump is not installed here\n")

    assert await run(postgres_url, "backup", f"{tmp_path}/copy.dump", path=str(tmp_path)) == refused


async def test_backup_onto_a_file_that_exists_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.touch()

    assert await run(sqlite_url, "backup", str(taken)) == (1, "", f"{taken} exists already\n")


async def test_backup_of_nothing_leaves_nothing(tmp_path: Path) -> None:
    code, output, errors = await run(f"sqlite:///{tmp_path}/none.db", "backup", f"{tmp_path}/copy.db")

    assert (code, output, errors) == (1, "", "unable to open database file\n")
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - the other way is blocking, to the linter
