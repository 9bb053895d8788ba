"""In which order things leave: what is fresh and what matters are not held up by a backlog."""

import asyncio
from datetime import timedelta
from functools import partial

from bot.channels.mail.send import Accepted, Relay, build
from bot.loops import Loop
from storage import Job, NewJob, Store, Transaction
from tests.builders import MONDAY
from tests.channels.mail.test_compose import LETTER
from tests.relay import a_relay

MINUTE = timedelta(minutes=1)
WIDTH = 16
BACKLOG = 3_000


def mail(name: str, after: timedelta = timedelta()) -> NewJob:
    return NewJob(kind="mail", payload=name.encode(), due_at=MONDAY + after)


async def test_backlog_for_a_server_that_is_away_does_not_hold_up_a_fresh_mail(store: Store) -> None:
    """Tried before and due again, thousands of them hang; the fresh one leaves with the first claim."""
    fresh = asyncio.Event()
    running: list[int] = []

    async def work(job: Job) -> None:
        if job.payload == b"fresh":
            fresh.set()
            return
        running.append(job.id)
        await asyncio.Event().wait()

    def backlog(tx: Transaction) -> None:
        for number in range(2_000):
            tx.outbox.put(mail(str(number)), MONDAY)
        for job in tx.outbox.claim(MONDAY, 2_000, MINUTE):
            tx.outbox.retry(job, MONDAY, "451 not now")
        tx.outbox.put(mail("fresh", MINUTE), MONDAY)

    await store.run(backlog)
    loop = Loop(store=store, queue="outbox", work=work, clock=lambda: MONDAY + MINUTE, width=WIDTH)
    running_loop = asyncio.create_task(loop.run())
    await asyncio.wait_for(fresh.wait(), 60)
    await loop.stop(grace=0)
    await running_loop

    assert len(running) <= WIDTH // 2


async def test_backlog_for_a_server_that_hangs_does_not_hold_up_what_waits_for_its_turn_in_slack(
    store: Store,
) -> None:
    """Both were tried before; the mails fell due first."""
    posted = asyncio.Event()
    hanging: list[int] = []

    async def work(job: Job) -> None:
        if job.kind == "nudge":
            posted.set()
            return
        hanging.append(job.id)
        await asyncio.Event().wait()

    def backlog(tx: Transaction) -> None:
        for number in range(200):
            tx.outbox.put(mail(str(number)), MONDAY)
        tx.outbox.put(NewJob(kind="nudge", payload=b"", due_at=MONDAY), MONDAY)
        for job in tx.outbox.claim(MONDAY, 201, MINUTE):
            tx.outbox.retry(job, MONDAY + MINUTE * (job.kind == "nudge"), "not now")

    await store.run(backlog)
    kinds = ("mail", "nudge")
    loop = Loop(store=store, queue="outbox", work=work, clock=lambda: MONDAY + MINUTE, width=WIDTH, kinds=kinds)
    running_loop = asyncio.create_task(loop.run())
    await asyncio.wait_for(posted.wait(), 60)
    await loop.stop(grace=0)
    await running_loop

    assert len(hanging) < WIDTH // 2


async def test_acceptance_leaves_past_a_backlog_that_several_workers_try_in_vain(
    store: Store, database_url: str
) -> None:
    """Half of the backlog is put off at once and due again at once, half hangs; each worker has its own relay."""
    raw = build(LETTER)
    left = asyncio.Event()
    workers = 3 if database_url.startswith("postgresql") else 1  # SQLite is worked by one process
    stores = [await Store.open(database_url) for _ in range(workers)]

    async with a_relay() as sink:
        sink.at_recipient |= {"bob@dead.example": "451 4.4.1 Host is away", "bob@mute.example": "hang"}
        relays = [Relay(sink.url) for _ in range(workers)]

        async def work(own: Store, relay: Relay, job: Job) -> None:
            if isinstance(await relay.send("bounce+k1@host.fr", job.payload.decode(), raw), Accepted):
                await own.run(lambda tx: tx.outbox.done(job, MONDAY))
                left.set()
            else:
                await own.run(lambda tx: tx.outbox.retry(job, MONDAY + MINUTE, "later"))

        def backlog(tx: Transaction) -> None:
            for number in range(BACKLOG):
                tx.outbox.put(mail(f"bob@{'dead' if number % 2 else 'mute'}.example"), MONDAY)
            for job in tx.outbox.claim(MONDAY, BACKLOG, MINUTE):
                tx.outbox.retry(job, MONDAY, "451 not now")

        await store.run(backlog)
        loops = [
            Loop(
                store=own, queue="outbox", work=partial(work, own, relay), clock=lambda: MONDAY + MINUTE, width=WIDTH
            )
            for own, relay in zip(stores, relays, strict=True)
        ]
        running = [asyncio.create_task(loop.run()) for loop in loops]
        await asyncio.sleep(1)
        acceptance = mail("jane@customer.co.uk", timedelta(hours=-1))
        await store.run(lambda tx: tx.outbox.put(acceptance, MONDAY + MINUTE))

        await asyncio.wait_for(left.wait(), 60)

        await asyncio.gather(*(loop.stop(grace=0) for loop in loops))
        await asyncio.gather(*running, *(relay.close() for relay in relays))
    await asyncio.gather(*(own.close() for own in stores))
    assert [taken.recipients for taken in sink.mails] == [("jane@customer.co.uk",)]


async def test_reminders_to_a_server_that_hangs_do_not_hold_up_a_receipt(store: Store) -> None:
    """None was tried before; the receipt ranks ahead, and waits until those without a connection yield."""
    raw = build(LETTER)
    left = asyncio.Event()

    async with a_relay() as sink:
        sink.at_recipient["bob@dead.example"] = "hang"
        relay = Relay(sink.url)

        async def work(job: Job) -> None:
            if isinstance(await relay.send("bounce+k1@host.fr", job.payload.decode(), raw), Accepted):
                left.set()
                await store.run(lambda tx: tx.outbox.done(job, MONDAY))
            else:
                await store.run(lambda tx: tx.outbox.retry(job, MONDAY + MINUTE, "later"))

        def reminders(tx: Transaction) -> None:
            for _ in range(2_000):
                tx.outbox.put(mail("bob@dead.example"), MONDAY)

        await store.run(reminders)
        loop = Loop(store=store, queue="outbox", work=work, clock=lambda: MONDAY, width=WIDTH)
        running_loop = asyncio.create_task(loop.run())
        await asyncio.sleep(0.5)
        receipt = mail("jane@customer.co.uk", timedelta(hours=-1))
        await store.run(lambda tx: tx.outbox.put(receipt, MONDAY))

        await asyncio.wait_for(left.wait(), 60)

        await loop.stop(grace=0)
        await running_loop
        await relay.close()
    assert [taken.recipients for taken in sink.mails] == [("jane@customer.co.uk",)]


async def test_work_narrows_while_the_door_has_its_hands_full_and_goes_on(store: Store) -> None:
    at_once: list[int] = []
    running, busy = 0, True
    done = asyncio.Event()

    async def work(job: Job) -> None:
        nonlocal running, busy
        running += 1
        at_once.append(running)
        await store.run(lambda tx: tx.inbox.done(job, MONDAY))
        running -= 1
        busy = len(at_once) < WIDTH
        if len(at_once) == 4 * WIDTH:
            done.set()

    await store.run(lambda tx: [tx.inbox.put(mail(str(number)), MONDAY) for number in range(4 * WIDTH)])
    loop = Loop(store=store, queue="inbox", work=work, clock=lambda: MONDAY + MINUTE, width=WIDTH, busy=lambda: busy)
    running_loop = asyncio.create_task(loop.run())
    await asyncio.wait_for(done.wait(), 60)
    await loop.stop(grace=1)
    await running_loop

    assert max(at_once[:WIDTH]) <= 2
    assert max(at_once) > 2
