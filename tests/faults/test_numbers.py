"""Two hundred invoices by four processes: rolled back, killed, with clocks that jump; every number once, no hole."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from itertools import pairwise
from pathlib import Path

from bot.core import facts as f
from bot.wiring import wire
from storage import Transaction
from tests.faults.issuing import begin, settings
from tests.faults.program import REPOSITORY

INVOICES = 200
BEFORE_THE_KILL = 5
SECONDS = 120


async def start(url: str, folder: Path, seed: int) -> Process:
    own = folder / str(seed)
    own.mkdir()
    module = "tests.faults.issuing"
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, url, str(own), str(seed), cwd=REPOSITORY, stdin=PIPE, stdout=PIPE
    )


async def begin_together(running: list[Process]) -> None:
    for process in running:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write(b"go\n")


async def killed(process: Process) -> list[str]:
    """What it had said when it was killed, in the midst of its work."""
    assert process.stdout is not None
    said = [await process.stdout.readline() for _ in range(BEFORE_THE_KILL)]
    process.kill()
    said += (await process.stdout.read()).splitlines(keepends=True)
    await process.wait()
    return [line.decode().strip() for line in said if line.endswith(b"\n")]


def issued(tx: Transaction) -> list[f.InvoiceIssued]:
    """All invoices that any incident has, by number."""
    told = [entry.fact for number in range(1, INVOICES + 1) for entry in tx.journal.facts(f"INC-{number}")]
    return sorted((fact for fact in told if isinstance(fact, f.InvoiceIssued)), key=lambda fact: fact.number)


async def test_every_number_is_drawn_once_and_no_date_goes_back(postgres_url: str, tmp_path: Path) -> None:
    """On PostgreSQL, where processes write at once; SQLite has one writer at a time."""
    async with wire(settings(postgres_url, tmp_path)) as wired:
        store = wired.desk.store
        for _ in range(INVOICES // 20):
            await store.run(lambda tx: [begin(tx, wired.desk) for _ in range(20)])

        async with asyncio.timeout(SECONDS):
            running = [await start(postgres_url, tmp_path, seed) for seed in range(4)]
            await begin_together(running)
            victim = asyncio.create_task(killed(running[0]))
            outputs = await asyncio.gather(*(process.communicate() for process in running[1:]))
            said = [*await victim, *(line for output, _ in outputs for line in output.decode().split())]

        numbers = [f"F2010-{number:05d}" for number in range(1, INVOICES + 1)]
        invoices = await store.read(issued)
        assert [process.returncode for process in running] == [-9, 0, 0, 0]
        assert [invoice.number for invoice in invoices] == numbers
        assert len(said) == len(set(said))
        assert set(said) <= set(numbers)
        assert all(before.issued_on <= after.issued_on for before, after in pairwise(invoices))
        rows = await store.read(lambda tx: tx.money.listing(limit=1000))
        assert sorted(row.number for row in rows) == numbers
        assert (await store.run(lambda tx: tx.next_numbered("F2010", invoices[0].issued_on)))[0] == INVOICES + 1
