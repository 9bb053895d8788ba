"""Several processes on one database: nothing twice, no gap, nothing lost to kill -9."""

import asyncio
import sys
from pathlib import Path

from storage import NewJob, Store
from tests.storage.times import NOW

ROOT = Path(__file__).parents[2]
SECONDS = 60


async def start(work: str, url: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.storage.workers", work, url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )


async def printed(work: str, url: str, processes: int) -> list[int]:
    """What so many of them print together; each ends well."""
    async with asyncio.timeout(SECONDS):
        running = [await start(work, url) for _ in range(processes)]
        outputs = [(await process.communicate())[0] for process in running]
    assert [process.returncode for process in running] == [0] * processes
    return [int(line) for output in outputs for line in output.split()]


async def test_two_processes_do_each_job_once(store: Store, database_url: str) -> None:
    job = NewJob(kind="mail", payload=b"", due_at=NOW)
    put = await store.run(lambda tx: [tx.outbox.put(job, NOW) for _ in range(1000)])

    done = await printed("drain", database_url, processes=2)

    assert sorted(done) == put


async def test_numbers_have_no_gap_whoever_gives_up(store: Store, database_url: str) -> None:
    drawn = await printed("number", database_url, processes=3)

    assert sorted(drawn) == list(range(1, 3 * 33 + 1))
    assert await store.run(lambda tx: tx.next_number("F2026")) == 3 * 33 + 1


async def test_reading_before_writing_loses_no_update_on_sqlite(sqlite_url: str) -> None:
    await printed("read_then_write", sqlite_url, processes=2)

    store = await Store.open(sqlite_url)
    assert await store.read(lambda tx: tx.setting("count")) == "200"
    await store.close()


async def test_kill_9_loses_nothing_acknowledged(store: Store, database_url: str) -> None:
    async with asyncio.timeout(SECONDS):
        process = await start("put", database_url)
        assert process.stdout is not None
        acknowledged = [int(await process.stdout.readline()) for _ in range(200)]
        process.kill()
        acknowledged += [int(line) for line in (await process.stdout.read()).splitlines(True) if b"\n" in line]

    kept = await store.read(lambda tx: tx.inbox.upcoming(NOW, 1_000_000))

    assert {str(name) for name in acknowledged} <= {job.dedup for job in kept}
