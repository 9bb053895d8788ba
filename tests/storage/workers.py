"""Processes that the storage tests start beside each other, and kill: `python -m tests.storage.workers …`."""

import asyncio
import itertools
import sys
from functools import partial

from storage import Job, NewJob, Store, Transaction
from tests.storage.times import MINUTE, NOW


class GaveUpError(Exception):
    """Undoes a transaction."""


async def drain(store: Store) -> None:
    """Prints the id of each job it claims and finishes, until none waits."""
    while await store.read(lambda tx: tx.outbox.waiting()):
        for job in await store.run(lambda tx: tx.outbox.claim(NOW, 10, MINUTE)):
            say(job.id)
            await store.run(partial(finish, job))


def finish(job: Job, tx: Transaction) -> bool:
    return tx.outbox.done(job, NOW)


async def number(store: Store) -> None:
    """Prints each number it draws; draws others in transactions that are undone."""

    for turn in range(50):
        try:
            say(await store.run(partial(draw, give_up=turn % 3 == 0)))
        except GaveUpError:
            continue


def draw(tx: Transaction, *, give_up: bool) -> int:
    drawn = tx.next_number("F2026")
    if give_up:
        raise GaveUpError
    return drawn


async def put(store: Store) -> None:
    """Puts jobs, twenty at a time, and prints each one's name once it is acknowledged; never ends."""

    async def one(name: int) -> None:
        job = NewJob(kind="mail", payload=b"x" * 500, due_at=NOW, dedup=str(name))
        await store.run(lambda tx: tx.inbox.put(job, NOW))
        say(name)

    for first in itertools.count(step=20):
        await asyncio.gather(*(one(name) for name in range(first, first + 20)))


async def read_then_write(store: Store) -> None:
    """Adds one to a setting, a hundred times, reading it first in the same transaction."""

    def add_one(tx: Transaction) -> None:
        tx.keep_setting("count", str(int(tx.setting("count") or 0) + 1))

    for _ in range(100):
        await store.run(add_one)


def say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


async def main(work: str, url: str) -> None:
    store = await Store.open(url)
    await {"drain": drain, "number": number, "put": put, "read_then_write": read_then_write}[work](store)
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
