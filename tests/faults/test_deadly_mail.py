"""A mail that kills whoever reads it: given up after a few deaths, and alone in that."""

import asyncio
from datetime import timedelta

from bot.loops import MOST_TRIES, Loop
from storage import Job, NewJob, Store
from tests.builders import MONDAY

MAILS = 40
LIVES = MOST_TRIES + 1
DEADLY = b"deadly"


async def live(store: Store) -> bool:
    """One life of a process that has just started; whether it survived. Who dies gives nothing back."""
    dead = asyncio.Event()

    async def work(job: Job) -> None:
        if job.payload == DEADLY:
            dead.set()
        await asyncio.sleep(0)
        if dead.is_set():
            await asyncio.Event().wait()
        await store.run(lambda tx: tx.inbox.done(job, MONDAY))

    await store.run(lambda tx: tx.inbox.recall(MONDAY))
    loop = Loop(store=store, queue="inbox", work=work, clock=lambda: MONDAY)
    running = asyncio.create_task(loop.run())
    over = asyncio.create_task(dead.wait())
    while not over.done() and await store.read(lambda tx: tx.inbox.waiting() > 0):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    tasks = [running, over, *loop._running]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return not dead.is_set()


async def test_mail_that_kills_the_process_is_given_up_alone(store: Store) -> None:
    def arrive(number: int) -> NewJob:
        payload = DEADLY if number == MAILS // 4 else b"mail"
        return NewJob(kind="mail", payload=payload, due_at=MONDAY - timedelta(seconds=MAILS - number))

    await store.run(lambda tx: [tx.inbox.put(arrive(number), MONDAY) for number in range(MAILS)])

    survived = [await live(store) for _ in range(LIVES)]

    parked = await store.read(lambda tx: tx.inbox.parked(MAILS))
    assert survived == [False] * MOST_TRIES + [True]
    assert [(job.tries, job.error) for job in parked] == [(LIVES, f"given up after {MOST_TRIES} tries")]
    assert await store.read(lambda tx: tx.inbox.waiting()) == 0
