"""Transactions: together on disk, apart in failure; a database in trouble says so in time."""

import asyncio
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import NewJob, Store, Transaction, Unavailable
from tests.postgres import Postgres
from tests.storage.times import NOW

JOB = NewJob(kind="mail", payload=b"", due_at=NOW)
PAGE = 4096


class OopsError(Exception):
    """What a function of a test raises."""


def put_and_fail(tx: Transaction) -> None:
    tx.outbox.put(JOB, NOW)
    raise OopsError


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Somebody else writes to this SQLite database meanwhile."""
    with closing(sqlite3.connect(sa.make_url(url).database or "", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def wal_size(url: str) -> int:
    return Path(f"{sa.make_url(url).database}-wal").stat().st_size


async def test_settings_are_listed_by_how_they_begin(store: Store) -> None:
    def keep(tx: Transaction) -> None:
        for name in ("a_b:1", "a_b:2", "axb:3", "A_b:4"):
            tx.keep_setting(name, "")

    await store.run(keep)

    assert set(await store.read(lambda tx: tx.settings_named("a_b:"))) >= {"a_b:1", "a_b:2"}
    assert "axb:3" not in await store.read(lambda tx: tx.settings_named("a_b:"))


async def test_exception_undoes_only_its_own_function(store: Store) -> None:
    asked = [store.run(put_and_fail if turn % 3 else lambda tx: tx.outbox.put(JOB, NOW)) for turn in range(30)]

    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert [type(answer) for answer in answers] == [OopsError if turn % 3 else int for turn in range(30)]
    assert await store.read(lambda tx: tx.outbox.waiting()) == 10


async def test_waiting_functions_share_one_commit_on_sqlite(sqlite_url: str) -> None:
    store = await Store.open(sqlite_url)

    blocked = asyncio.create_task(store.run(lambda _tx: time.sleep(0.1)))
    await asyncio.sleep(0.02)
    before = wal_size(sqlite_url)
    await asyncio.gather(blocked, *(store.run(lambda tx: tx.outbox.put(JOB, NOW)) for _ in range(50)))

    assert (wal_size(sqlite_url) - before) / 50 < PAGE, "each alone would have written its pages"
    await store.close()


async def test_every_sqlite_connection_is_durable(sqlite_url: str) -> None:
    store = await Store.open(sqlite_url)

    def pragmas(tx: Transaction) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [tx._connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]

    answers = [await store.run(pragmas), *await asyncio.gather(*(store.read(pragmas) for _ in range(8)))]

    assert answers == [["wal", 2, 1]] * 9
    await store.close()


async def test_read_cannot_write(store: Store) -> None:
    with pytest.raises(Unavailable, match=r"(?i)read-?only"):
        await store.read(lambda tx: tx.outbox.put(JOB, NOW))


async def test_locked_database_is_unavailable_in_time_while_the_loop_runs(sqlite_url: str) -> None:
    store = await Store.open(f"{sqlite_url}?timeout=3")
    with locked(sqlite_url):
        started = time.monotonic()
        asked = asyncio.create_task(store.run(lambda tx: tx.outbox.put(JOB, NOW)))
        longest = 0.0
        while not asked.done():
            before = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - before)

        with pytest.raises(Unavailable, match="database is locked"):
            await asked
        assert time.monotonic() - started < 20
        assert longest < 2
        assert await store.read(lambda tx: tx.outbox.waiting()) == 0

    assert await store.run(lambda tx: tx.outbox.put(JOB, NOW)) == 1
    await store.close()


async def test_full_disk_is_unavailable_until_there_is_space(sqlite_url: str) -> None:
    store = await Store.open(sqlite_url)
    big = NewJob(kind="mail", payload=b"x" * 200_000, due_at=NOW)

    def limit(tx: Transaction, pages: int) -> None:
        tx._connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    await store.run(lambda tx: limit(tx, 1))  # never below what is used
    asked = [store.run(lambda tx: tx.inbox.put(big, NOW)) for _ in range(3)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable] * 3

    await store.run(lambda tx: limit(tx, 1_000_000))
    assert await store.run(lambda tx: tx.inbox.put(big, NOW)) == 1
    await store.close()


async def test_store_closes_after_what_was_asked(database_url: str) -> None:
    store = await Store.open(database_url)
    asked = [asyncio.create_task(store.run(lambda tx: tx.outbox.put(JOB, NOW))) for _ in range(20)]
    await asyncio.gather(*asked)

    await store.close()

    for ask in (store.run, store.read):
        with pytest.raises(Unavailable, match="closed"):
            await ask(lambda tx: tx.outbox.waiting())
    again = await Store.open(database_url)
    assert await again.read(lambda tx: tx.outbox.waiting()) == 20
    await again.close()


async def test_cancelled_asker_leaves_the_store_working(store: Store) -> None:
    asked = asyncio.create_task(store.run(lambda tx: tx.next_number("a")))
    await asyncio.sleep(0)
    asked.cancel()

    assert await store.run(lambda tx: tx.next_number("b")) == 1


async def test_wait_returns_when_something_is_put(store: Store) -> None:
    waiting = asyncio.create_task(store.wait("outbox", 30))
    await asyncio.sleep(0)

    await store.run(lambda tx: tx.outbox.put(JOB, NOW))

    async with asyncio.timeout(20):
        await waiting


async def test_wait_remembers_what_was_put_before(store: Store) -> None:
    await store.run(lambda tx: tx.outbox.put(JOB, NOW))

    async with asyncio.timeout(20):
        await store.wait("outbox", 30)


async def test_wait_without_news_returns_after_its_time(store: Store) -> None:
    await store.run(lambda tx: tx.outbox.put(JOB, NOW))

    started = time.monotonic()
    await store.wait("inbox", 0.05)

    assert 0.04 < time.monotonic() - started < 30


async def test_wait_hears_from_another_process_on_postgres(postgres_url: str) -> None:
    one, other = await Store.open(postgres_url), await Store.open(postgres_url)
    waiting = asyncio.create_task(one.wait("outbox", 30))
    async with asyncio.timeout(20):
        while not waiting.done():  # it may not listen yet
            await other.run(lambda tx: tx.outbox.put(JOB, NOW))
            await asyncio.sleep(0.01)
    await one.close()
    await other.close()


async def test_nul_and_surrogates_are_stored_as_what_is_left(store: Store) -> None:
    await store.run(lambda tx: tx.keep_setting("odd", "a\0b\udc80c"))

    assert await store.read(lambda tx: tx.setting("odd")) == "ab?c"


@pytest.mark.parametrize("url", ["mysql://localhost/x", "sqlite://", "sqlite:///:memory:", "nonsense"])
async def test_open_what_is_no_database_of_ours_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL"):
        await Store.open(url)


async def test_open_without_server_is_unavailable(tmp_path: Path) -> None:
    for url in (f"postgresql://x@/x?host={tmp_path}", "sqlite:////nowhere/at/all.db"):
        with pytest.raises(Unavailable):
            await Store.open(url)


async def test_server_that_lets_in_and_says_nothing_is_unavailable() -> None:
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]

        with pytest.raises(Unavailable, match="does not answer: TimeoutError"):
            await Store.open(f"postgresql://x@127.0.0.1:{port}/x")


async def test_restarted_server_is_found_again(postgres: Postgres, postgres_url: str) -> None:
    store = await Store.open(postgres_url)
    acknowledged: list[int | None] = []
    refused: list[Unavailable] = []
    recovered = sys.maxsize
    again, stop = asyncio.Event(), asyncio.Event()

    async def put_on() -> None:
        while not stop.is_set():
            if len(acknowledged) > recovered:
                again.set()
            try:
                acknowledged.append(await store.run(lambda tx: tx.outbox.put(JOB, NOW)))
            except Unavailable as error:
                refused.append(error)
                await asyncio.sleep(0.02)

    working = [asyncio.create_task(put_on()) for _ in range(20)]
    await asyncio.sleep(0.3)
    await asyncio.to_thread(postgres.stop_at_once)
    await asyncio.to_thread(postgres.start)
    recovered = len(acknowledged) + 100
    async with asyncio.timeout(60):
        await again.wait()
    stop.set()
    await asyncio.gather(*working)

    kept = await store.read(lambda tx: {job.id for job in tx.outbox.upcoming(NOW, 1_000_000)})
    assert set(acknowledged) <= kept
    assert refused
    await store.close()


async def test_idle_store_survives_a_restart_without_an_error(postgres: Postgres, postgres_url: str) -> None:
    store = await Store.open(postgres_url)
    await asyncio.gather(*(store.run(lambda tx: tx.outbox.put(JOB, NOW)) for _ in range(20)))
    await asyncio.to_thread(postgres.stop_at_once)
    await asyncio.to_thread(postgres.start)

    await asyncio.gather(*(store.run(lambda tx: tx.outbox.put(JOB, NOW)) for _ in range(20)))

    assert await store.read(lambda tx: tx.outbox.waiting()) == 40
    await store.close()


async def test_lost_race_is_run_again_on_postgres(postgres_url: str) -> None:
    store = await Store.open(postgres_url)

    def add_one(tx: Transaction) -> None:
        tx._connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        tx.keep_setting("count", str(int(tx.setting("count") or 0) + 1))

    await asyncio.gather(*(store.run(add_one) for _ in range(3)))

    assert await store.read(lambda tx: tx.setting("count")) == "3"
    await store.close()


async def test_urgent_functions_go_ahead_of_all_but_one_on_sqlite(sqlite_url: str) -> None:
    store = await Store.open(sqlite_url)
    order: list[str] = []
    blocked = asyncio.create_task(store.run(lambda _tx: time.sleep(0.1), urgent=True))
    await asyncio.sleep(0.02)

    def slowly(_tx: Transaction) -> None:
        time.sleep(0.1)
        order.append("usual")

    usual = [asyncio.create_task(store.run(slowly)) for _ in range(3)]
    urgent = [asyncio.create_task(store.run(lambda _tx: order.append("urgent"), urgent=True)) for _ in range(3)]
    await asyncio.gather(blocked, *urgent)
    by_then = order.copy()
    await asyncio.gather(*usual)

    assert by_then.count("usual") < 3, "one in their own commit, perhaps one more since"
    assert order == ["urgent"] * 3 + ["usual"] * 3
    await store.close()


async def test_log_goes_back_into_the_file_while_the_store_is_open(sqlite_url: str) -> None:
    store = await Store.open(sqlite_url)
    file = Path(sa.make_url(sqlite_url).database or "")
    before = file.stat().st_size  # noqa: ASYNC240
    big = NewJob(kind="mail", payload=b"x" * 1_000_000, due_at=NOW)

    await store.run(lambda tx: tx.inbox.put(big, NOW))

    async with asyncio.timeout(60):
        while file.stat().st_size < before + 900_000:  # noqa: ASYNC110, ASYNC240 - a thread writes it
            await asyncio.sleep(0.02)
    for _ in range(20):
        await store.run(lambda tx: tx.inbox.put(big, NOW))
        await asyncio.sleep(0.1)
    assert wal_size(sqlite_url) < 20_000_000, "it begins anew, and does not grow"
    await store.close()
