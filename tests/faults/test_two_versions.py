"""A new version comes while the old one runs and mails come in: never do both write."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosmtplib
import pytest
import sqlalchemy as sa

from storage import NewJob, Outdated, Store
from storage._engine import open_engine
from storage._failures import IN_USE, SUPERSEDED
from tests.builders import MONDAY
from tests.faults.program import GRACE_SECONDS, Program, a_program, comptoir, ended
from tests.faults.versions import NEXT, put_by, version_to_come
from tests.postgres import Postgres
from tests.relay import Sink, a_relay
from tests.stories.town import SUPPORT

DONE = (0, "", "")
REFUSED = (1, "", f"{IN_USE}\n")
LAST_WORDS = f"comptoir: {SUPERSEDED}\n"
SECRET = "what every link is derived from, here"
LOOK_SECONDS = 0.05
NOTHING_TO_DO = (("storage", "upgrade"), ("storage", "check"), ("bot", "customers", "add", "bob@clientsa.fr"))


@pytest.fixture
def later(tmp_path: Path) -> str:
    """Where the version to come lies."""
    return version_to_come(tmp_path / "later")


@pytest.fixture
async def relay() -> AsyncIterator[Sink]:
    async with a_relay() as sink:
        yield sink


async def upgrade(folder: Path, url: str, version: str, *options: str) -> tuple[int | None, str, str]:
    """Exit code, output and complaints of that version's upgrade."""
    process = await comptoir(folder, "storage", "upgrade", *options, DATABASE_URL=url, PYTHONPATH=version)
    return await ended(process)


async def goes(desk: Program) -> tuple[int | None, str]:
    """The exit code of a desk that ends by itself, and the last it said."""
    async with asyncio.timeout(GRACE_SECONDS):
        await desk.process.wait()
    await desk.end()
    return desk.process.returncode, desk.lines[-1]


class Customer:
    """Writes mail after mail, each until it is acknowledged, to whoever listens at the port by then."""

    def __init__(self) -> None:
        self.port = 0
        self.acknowledged = 0
        self.goes_on = True

    async def write(self) -> None:
        while self.goes_on:
            self.acknowledged += await self._hand_in(f"client{self.acknowledged}@clientsa.fr")
            await asyncio.sleep(LOOK_SECONDS)

    async def _hand_in(self, sender: str) -> bool:
        raw = f"From: {sender}\r\nSubject: Panne\r\nMessage-ID: <1.{sender}>\r\n\r\nRien ne marche.\r\n".encode()
        try:
            async with aiosmtplib.SMTP(hostname="127.0.0.1", port=self.port, start_tls=False, timeout=5) as client:
                await client.sendmail(sender, [SUPPORT], raw)
        except (aiosmtplib.SMTPException, OSError):
            return False
        return True

    async def acknowledges(self, count: int) -> None:
        """Returns once so many mails more were taken."""
        until = self.acknowledged + count
        async with asyncio.timeout(GRACE_SECONDS):
            while self.acknowledged < until:  # noqa: ASYNC110
                await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def writing(desk: Program) -> AsyncIterator[Customer]:
    customer = Customer()
    customer.port = desk.mail_port
    task = asyncio.create_task(customer.write())
    try:
        yield customer
    finally:
        customer.goes_on = False  # a cancellation could be lost in the goodbye to a server that is gone
        await task


async def test_old_processes_end_in_good_order_before_a_table_is_changed(
    tmp_path: Path, postgres_url: str, relay: Sink, later: str
) -> None:
    old = {"COMPTOIR_SECRET": SECRET}
    async with (
        a_program(tmp_path, postgres_url, relay, "mail", **old) as mail,
        a_program(tmp_path, postgres_url, relay, "worker", **old) as worker,
        writing(mail) as customer,
    ):
        await customer.acknowledges(5)

        assert await upgrade(tmp_path, postgres_url, later) == DONE

        assert [await goes(mail), await goes(worker)] == [(1, LAST_WORDS)] * 2
        in_time = await put_by(postgres_url)
        async with a_program(tmp_path, postgres_url, relay, "mail", PYTHONPATH=later, **old) as new:
            customer.port = new.mail_port
            await customer.acknowledges(5)
            assert await new.stop() == 0
    again = await ended(await comptoir(tmp_path, "bot", "mail", DATABASE_URL=postgres_url, **old))
    assert (again[0], again[2].count("\n"), NEXT in again[2]) == (1, 1, True)
    put = await put_by(postgres_url)
    assert put == ["old, in time"] * len(in_time) + ["new"] * (len(put) - len(in_time))
    assert len(put) >= customer.acknowledged
    assert "Traceback" not in "".join(mail.lines + worker.lines + new.lines)


async def test_on_one_file_the_new_version_waits_for_the_old_one_to_be_stopped(
    tmp_path: Path, sqlite_url: str, relay: Sink, later: str
) -> None:
    async with a_program(tmp_path, sqlite_url, relay) as old, writing(old) as customer:
        await customer.acknowledges(2)

        assert await upgrade(tmp_path, sqlite_url, later, "--wait", "1") == REFUSED
        new = await ended(await comptoir(tmp_path, "bot", "all", DATABASE_URL=sqlite_url, PYTHONPATH=later))
        await customer.acknowledges(2)

        upgrading = asyncio.create_task(upgrade(tmp_path, sqlite_url, later))
        assert await old.stop() == 0
        assert await upgrading == DONE
        assert set(await put_by(sqlite_url)) == {"old, in time"}
    assert (new[0], new[2].count("\n"), "python -m storage upgrade" in new[2]) == (1, 1, True)
    again = await ended(await comptoir(tmp_path, "bot", "all", DATABASE_URL=sqlite_url))
    assert (again[0], again[2].count("\n"), NEXT in again[2]) == (1, 1, True)


async def test_who_does_not_end_is_waited_for_no_longer_than_said(
    tmp_path: Path, database_url: str, store: Store, later: str
) -> None:
    """A command that runs for long, as this store is one: nothing is changed under its hands."""
    assert await upgrade(tmp_path, database_url, later, "--wait", "1") == REFUSED
    assert await upgrade(tmp_path, database_url, later, "--wait", "0") == REFUSED

    assert await store.run(lambda tx: tx.next_number("a")) == 1
    await store.close()
    assert await upgrade(tmp_path, database_url, later, "--wait", "0") == DONE
    with pytest.raises(Outdated, match=NEXT):
        await Store.open(database_url)


async def test_where_there_is_nothing_to_do_nobody_is_waited_for_nor_told_to_end(
    tmp_path: Path, database_url: str, relay: Sink
) -> None:
    async with a_program(tmp_path, database_url, relay) as desk:
        for command in NOTHING_TO_DO:
            code, _, err = await ended(await comptoir(tmp_path, *command, DATABASE_URL=database_url))
            assert (code, err) == (0, "")
        assert await desk.stop() == 0


async def test_a_killed_process_holds_nothing_up(tmp_path: Path, database_url: str, relay: Sink, later: str) -> None:
    async with a_program(tmp_path, database_url, relay) as desk:
        await desk.end()

    assert await upgrade(tmp_path, database_url, later) == DONE


async def test_two_upgrades_at_once_take_turns(tmp_path: Path, database_url: str, later: str) -> None:
    done = await asyncio.gather(*(upgrade(tmp_path, database_url, later) for _ in range(2)))

    assert done == [DONE, DONE]


async def test_an_older_version_refuses_to_change_what_a_later_one_made(
    tmp_path: Path, database_url: str, later: str
) -> None:
    await upgrade(tmp_path, database_url, later)

    code, out, err = await upgrade(tmp_path, database_url, str(Path(__file__).parents[2]))

    assert (code, out, err.count("\n"), NEXT in err) == (1, "", 1, True)


async def test_a_process_that_lost_its_connections_writes_nothing_under_another_version(
    tmp_path: Path, postgres: Postgres, postgres_url: str, relay: Sink, later: str
) -> None:
    """Its locks were lost with them, and it did not hear a word: it was standing still."""
    database = sa.make_url(postgres_url).database
    async with a_program(tmp_path, postgres_url, relay, "worker") as desk:
        desk.process.send_signal(signal.SIGSTOP)
        store = await Store.open(postgres_url)
        await store.run(lambda tx: tx.inbox.put(NewJob(kind="mail", payload=b"{}", due_at=MONDAY), MONDAY))
        await store.close()
        of_all = f"FROM pg_stat_activity WHERE datname = '{database}' AND pid <> pg_backend_pid()"
        await asyncio.to_thread(postgres.execute, f"SELECT pg_terminate_backend(pid, 5000) {of_all}")
        assert await upgrade(tmp_path, postgres_url, later, "--wait", "0") == DONE
        before = await rows(postgres_url)
        desk.process.send_signal(signal.SIGCONT)

        code, said = await goes(desk)

    assert (code, NEXT in said) == (1, True)
    assert "Traceback" not in "".join(desk.lines)
    assert await rows(postgres_url) == before


async def rows(url: str) -> list[str]:
    """Everything in the tables that a worker writes to."""
    engine = open_engine(url)
    try:
        return await engine.read(
            lambda connection: [
                str(row)
                for table in ("inbox", "outbox", "facts")
                for row in connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1")
            ]
        )
    finally:
        await engine.close()
