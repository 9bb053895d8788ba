"""In which order things leave: what is fresh and what matters are not held up by a backlog."""

import asyncio
from datetime import timedelta

from bot.channels.mail.send import Accepted, Relay, build
from bot.loops import Loop
from storage import Job, NewJob, Store, Transaction
from tests.builders import MONDAY
from tests.channels.mail.test_compose import LETTER
from tests.relay import a_relay

MINUTE = timedelta(minutes=1)
WIDTH = 16


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
    await asyncio.wait_for(fresh.wait(), 10)
    await loop.stop(grace=0)
    await running_loop

    assert len(running) <= WIDTH // 2


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

        await asyncio.wait_for(left.wait(), 10)

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
    await asyncio.wait_for(done.wait(), 10)
    await loop.stop(grace=1)
    await running_loop

    assert max(at_once[:WIDTH]) <= 2
    assert max(at_once) > 2
