"""A process that something else kills again and again: what was acknowledged is worked in the end, not given up."""

import asyncio
from datetime import timedelta

from bot.loops import MOST_TRIES, TRUSTED_TRIES, Loop
from storage import Job, NewJob, Store
from tests.builders import MONDAY

LIVES = 3 * MOST_TRIES
APART = timedelta(seconds=2)
LEASE = timedelta(minutes=2)
MAIL = NewJob(kind="mail", payload=b"mail", due_at=MONDAY)


async def test_nothing_is_claimed_before_the_process_is_ready_to_work_it(store: Store) -> None:
    ready = asyncio.Event()
    worked = asyncio.Event()

    async def work(job: Job) -> None:
        await store.run(lambda tx: tx.inbox.done(job, MONDAY))
        worked.set()

    async def warm_up() -> None:
        await ready.wait()

    await store.run(lambda tx: tx.inbox.put(MAIL, MONDAY))
    loop = Loop(
        store=store, queue="inbox", work=work, clock=lambda: MONDAY, after=asyncio.create_task(warm_up()), lease=LEASE
    )
    running = asyncio.create_task(loop.run())
    store.wake("inbox")
    for _ in range(10):  # a claim would be a transaction of its own, in the order of these
        await store.run(lambda tx: tx.inbox.waiting())
    before = await store.read(lambda tx: tx.inbox.in_hand())
    ready.set()
    await asyncio.wait_for(worked.wait(), 60)
    await loop.stop(grace=10)
    await running

    assert before == 0


async def test_a_stop_does_not_wait_for_what_nothing_is_claimed_before(store: Store) -> None:
    async def warm_up() -> None:
        await asyncio.Event().wait()

    async def work(_job: Job) -> None:
        raise AssertionError("nothing was to be worked")

    never = asyncio.create_task(warm_up())
    loop = Loop(store=store, queue="inbox", work=work, clock=lambda: MONDAY, after=never)
    running = asyncio.create_task(loop.run())
    await loop.stop(grace=0)

    await asyncio.wait_for(running, 60)
    never.cancel()


async def test_a_process_that_is_killed_again_and_again_gives_up_nothing_it_had_in_hand(store: Store) -> None:
    """Each life ends with whatever it took in hand, two seconds after the last; then the process may live."""
    await store.run(lambda tx: [tx.inbox.put(MAIL, MONDAY) for _ in range(3)])

    for life in range(LIVES):
        await _die_with_what_is_in_hand(store, life)

    worked = asyncio.Event()
    now = MONDAY + LIVES * APART + LEASE

    async def work(job: Job) -> None:
        await store.run(lambda tx: tx.inbox.done(job, now))
        if await store.read(lambda tx: tx.inbox.waiting()) == 0:
            worked.set()

    loop = Loop(store=store, queue="inbox", work=work, clock=lambda: now)
    running = asyncio.create_task(loop.run())
    await asyncio.wait_for(worked.wait(), 60)
    await loop.stop(grace=10)
    await running
    assert await store.read(lambda tx: tx.inbox.parked(9)) == []


async def _die_with_what_is_in_hand(store: Store, life: int) -> None:
    now = MONDAY + life * APART

    async def work(_job: Job) -> None:
        await asyncio.Event().wait()

    await store.run(lambda tx: tx.inbox.recall(now, most_tries=TRUSTED_TRIES))
    loop = Loop(store=store, queue="inbox", work=work, clock=lambda: now, lease=LEASE)
    running = asyncio.create_task(loop.run())
    async with asyncio.timeout(60):
        while not loop._running and await store.read(lambda tx: (tx.inbox.next_due() or now) <= now):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    tasks = [running, *loop._running]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
