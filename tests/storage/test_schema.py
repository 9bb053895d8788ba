"""The migrations make exactly the tables the code works with; an unknown version is refused."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from storage import Outdated, Store, Transaction, upgrade
from storage._tables import metadata
from tests.postgres import Postgres


async def test_migrations_make_the_tables_the_code_knows(store: Store) -> None:
    def differences(tx: Transaction) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(tx._connection), metadata))

    assert await store.read(differences) == []


async def test_constraints_are_those_the_code_knows(store: Store) -> None:
    def checks(tx: Transaction) -> dict[str, set[str | None]]:
        inspector = sa.inspect(tx._connection)
        names = (name for name in metadata.tables if inspector.get_check_constraints(name))
        return {name: {one["name"] for one in inspector.get_check_constraints(name)} for name in names}

    def known(table: sa.Table) -> set[str | None]:
        return {str(one.name) for one in table.constraints if isinstance(one, sa.CheckConstraint)}

    expected = {name: known(table) for name, table in metadata.tables.items() if known(table)}
    assert await store.read(checks) == expected


async def test_upgrade_twice_at_once_makes_one_schema(tmp_path: Path, postgres: Postgres) -> None:
    for url in (f"sqlite:///{tmp_path}/new.db", postgres.url(postgres.fresh())):
        await asyncio.gather(*(upgrade(url) for _ in range(3)))

        store = await Store.open(url)
        assert await store.run(lambda tx: tx.next_number("a")) == 1
        await store.close()


async def test_open_without_tables_says_what_to_run(tmp_path: Path, postgres: Postgres) -> None:
    for url in (f"sqlite:///{tmp_path}/new.db", postgres.url(postgres.fresh())):
        with pytest.raises(Outdated, match="python -m storage upgrade"):
            await Store.open(url)


async def test_open_another_version_is_refused(database_url: str, store: Store) -> None:
    newer = sa.text("UPDATE alembic_version SET version_num = '9999'")
    await store.run(lambda tx: tx._connection.execute(newer) and None)

    with pytest.raises(Outdated, match="9999"):
        await Store.open(database_url)


async def test_claim_uses_the_index_of_what_waits(sqlite_url: str) -> None:
    store = await Store.open(sqlite_url)
    statements: list[str] = []

    def plan(tx: Transaction) -> str:
        from tests.storage.times import MINUTE, NOW

        sa.event.listen(tx._connection, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
        tx.outbox.claim(NOW, 10, MINUTE)
        parameters = tuple(0 for _ in range(statements[-1].count("?")))
        rows = tx._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statements[-1]}", parameters)
        return "\n".join(row.detail for row in rows)

    found = await store.run(plan)

    assert "USING COVERING INDEX outbox_waiting (due_at<?)" in found or "outbox_waiting (due_at<?)" in found
    assert "outbox_in_order (key=? AND id<?)" in found
    await store.close()


@pytest.mark.parametrize("queue", ["inbox", "outbox", "deadlines"])
async def test_claim_of_what_was_tried_passes_over_no_fresh_backlog(sqlite_url: str, queue: str) -> None:
    store = await Store.open(sqlite_url)
    statements: list[str] = []

    def plan(tx: Transaction) -> str:
        from tests.storage.times import MINUTE, NOW

        sa.event.listen(tx._connection, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
        {"inbox": tx.inbox, "outbox": tx.outbox, "deadlines": tx.deadlines}[queue].claim(
            NOW, 1, MINUTE, untried=False
        )
        parameters = tuple(0 for _ in range(statements[-1].count("?")))
        rows = tx._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statements[-1]}", parameters)
        return "\n".join(row.detail for row in rows)

    assert f"INDEX {queue}_tried (due_at<?)" in await store.run(plan)
    await store.close()


async def test_file_that_another_is_about_to_make_is_waited_for(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    with closing(sqlite3.connect(tmp_path / "new.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("CREATE TABLE theirs (id INTEGER)")
        upgrading = asyncio.create_task(upgrade(url))
        await asyncio.sleep(0.3)
        other.execute("COMMIT")

    await upgrading

    store = await Store.open(url)
    await store.close()
