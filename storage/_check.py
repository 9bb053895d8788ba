"""Looking a database over: what an operator wants to know after a restore."""

import sqlalchemy as sa

from storage._engine import open_engine, sound
from storage._schema import check_schema
from storage._store import Transaction


class Damaged(Exception):  # noqa: N818
    """What is stored is not what was written."""


async def check(url: str) -> list[str]:
    """Lines to show about a sound database. Raises Outdated, Damaged, Unavailable, ValueError."""
    engine = open_engine(url)
    try:
        return await engine.read(_look)
    finally:
        await engine.close()


def _look(connection: sa.Connection) -> list[str]:
    check_schema(connection)
    transaction = Transaction(connection, writes=False)
    subjects = transaction.journal.subjects()
    wrong = [*sound(connection), *_broken(transaction, subjects)]
    if wrong:
        raise Damaged("\n".join(wrong))
    return [f"sound: {len(subjects)} chains of facts verified", *_jobs(transaction)]


def _broken(transaction: Transaction, subjects: list[str]) -> list[str]:
    seen = ((subject, transaction.journal.verify(subject)) for subject in subjects)
    return [f"the journal of {subject} is wrong from fact {seq} on" for subject, seq in seen if seq]


def _jobs(transaction: Transaction) -> list[str]:
    queues = {"inbox": transaction.inbox, "outbox": transaction.outbox, "deadlines": transaction.deadlines}
    in_hand = {name: queue.in_hand() for name, queue in queues.items()}
    return [
        f"warning: {count} jobs of the {name} were in hand; each may have been done already"
        for name, count in in_hand.items()
        if count
    ]
