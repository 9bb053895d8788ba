"""Jobs are put once, claimed once, kept in order, and fall due again when their holder dies."""

import pytest

from storage import Job, Listed, NewJob, Store, Transaction
from tests.storage.times import MINUTE, NOW, SECOND


def a_job(
    kind: str = "mail", payload: bytes = b"", after: float = 0, key: str = "", dedup: str | None = None
) -> NewJob:
    return NewJob(kind=kind, payload=payload, due_at=NOW + after * SECOND, key=key, dedup=dedup)


async def put(store: Store, *jobs: NewJob) -> list[int | None]:
    return await store.run(lambda tx: [tx.outbox.put(job, NOW) for job in jobs])


async def claim(store: Store, after: float = 0, limit: int = 10, kinds: list[str] | None = None) -> list[Job]:
    return await store.run(lambda tx: tx.outbox.claim(NOW + after * SECOND, limit, MINUTE, kinds))


def ids(jobs: list[Job]) -> list[int]:
    return [job.id for job in jobs]


async def test_claim_due_job_leases_it(store: Store) -> None:
    (put_id,) = await put(store, a_job(payload=b"\x00\xff", key="INC-1", dedup="once"))

    (job,) = await claim(store, after=5)

    assert job == Job(
        id=put_id or 0,
        kind="mail",
        payload=b"\x00\xff",
        key="INC-1",
        dedup="once",
        tries=1,
        doubts=1,
        lease=job.lease,
        due_at=NOW + 5 * SECOND + MINUTE,
        created_at=NOW,
    )


async def test_claim_job_not_due_leaves_it(store: Store) -> None:
    await put(store, a_job(after=1))

    assert await claim(store) == []


async def test_claim_more_than_the_limit_takes_what_was_due_first(store: Store) -> None:
    late, early, urgent = await put(store, a_job(), a_job(after=-1), a_job(after=-3600))

    assert ids(await claim(store, limit=2)) == [early, urgent]
    assert ids(await claim(store, limit=2)) == [late]


async def test_claim_kinds_leaves_others(store: Store) -> None:
    _mail, slack = await put(store, a_job("mail"), a_job("slack"))

    assert ids(await claim(store, kinds=["slack", "paper"])) == [slack]


async def test_claim_leased_job_waits_for_the_end_of_the_lease(store: Store) -> None:
    await put(store, a_job())
    (first,) = await claim(store)

    assert await claim(store, after=59) == []
    (second,) = await claim(store, after=60)
    assert (second.tries, second.lease != first.lease) == (2, True)


async def test_expired_lease_fences_its_holder(store: Store) -> None:
    await put(store, a_job())
    (dead,) = await claim(store)
    (alive,) = await claim(store, after=60)

    def late(tx: Transaction) -> list[bool]:
        queue = tx.outbox
        answers = [queue.holds(dead), queue.done(dead, NOW), queue.retry(dead, NOW, "late")]
        return [*answers, queue.park(dead, "late", NOW), queue.release(dead, NOW), queue.holds(alive)]

    assert await store.run(late) == [False, False, False, False, False, True]


async def test_done_is_never_claimed_again(store: Store) -> None:
    await put(store, a_job())
    (job,) = await claim(store)

    assert await store.run(lambda tx: (tx.outbox.done(job, NOW), tx.outbox.done(job, NOW))) == (True, False)
    assert await claim(store, after=3600) == []
    assert await store.read(lambda tx: tx.outbox.waiting()) == 0


async def test_tries_that_may_have_had_their_effect_are_counted(store: Store) -> None:
    """All but those that surely had none: who is killed, or gives back what was begun, leaves it in doubt."""
    await put(store, a_job())

    async def try_again(*, untaken: bool) -> int:
        (job,) = await claim(store)
        await store.run(lambda tx: tx.outbox.retry(job, NOW, "later", untaken=untaken))
        return job.doubts

    doubts = [await try_again(untaken=untaken) for untaken in (True, True, False)]
    (begun,) = await claim(store)
    await store.run(lambda tx: tx.outbox.release(begun, NOW))
    (killed,) = await claim(store)
    await store.run(lambda tx: tx.outbox.recall(NOW))
    (last,) = await claim(store)

    assert [*doubts, begun.doubts, killed.doubts, last.doubts] == [1, 1, 1, 2, 3, 4]


async def test_retry_with_another_payload_is_claimed_with_it(store: Store) -> None:
    await put(store, a_job(payload=b"early"))
    (job,) = await claim(store)

    await store.run(lambda tx: tx.outbox.retry(job, NOW, "later", payload=b"late"))

    assert [job.payload for job in await claim(store)] == [b"late"]


async def test_job_knows_whether_the_very_same_waits_behind_it(store: Store) -> None:
    card, line = a_job("card", b"1", key="slack:1"), a_job("thread", b"1", key="slack:1")
    await put(store, card, line, card, a_job("card", b"2", key="slack:2"), a_job("card", b"1", key="slack:3"))

    first, *others = await claim(store)

    known = await store.read(lambda tx: [tx.outbox.comes_again(job) for job in (first, *others)])

    assert known == [True, False, False]


async def test_retry_falls_due_when_told(store: Store) -> None:
    await put(store, a_job())
    (job,) = await claim(store)

    assert await store.run(lambda tx: tx.outbox.retry(job, NOW + 2 * MINUTE, "451 later"))
    assert await claim(store, after=119) == []
    (again,) = await claim(store, after=120)
    assert again.tries == 2


async def test_release_gives_back_without_counting_a_try(store: Store) -> None:
    await put(store, a_job())
    (job,) = await claim(store)

    assert await store.run(lambda tx: tx.outbox.release(job, NOW))
    (again,) = await claim(store)
    assert again.tries == 1


async def test_park_shows_the_job_until_revived(store: Store) -> None:
    await put(store, a_job())
    (job,) = await claim(store)

    assert await store.run(lambda tx: tx.outbox.park(job, "550 no", NOW + MINUTE))

    assert await claim(store, after=3600) == []
    assert await store.read(lambda tx: tx.outbox.parked(10)) == [
        Listed(
            id=job.id,
            kind="mail",
            payload=b"",
            key="",
            dedup=None,
            tries=1,
            due_at=NOW + MINUTE,
            error="550 no",
            created_at=NOW,
            finished_at=NOW + MINUTE,
        )
    ]
    assert await store.run(lambda tx: tx.outbox.revive(job.id, NOW))
    assert [again.tries for again in await claim(store)] == [1]


async def test_same_key_leaves_in_order(store: Store) -> None:
    first, second, other = await put(store, a_job(key="a", after=-1), a_job(key="a", after=-2), a_job(key="b"))

    head = await claim(store)
    assert ids(head) == [first, other]
    assert await claim(store) == []
    await store.run(lambda tx: tx.outbox.retry(head[0], NOW + 30 * SECOND, "later"))
    assert await claim(store, after=29) == []
    (again,) = await claim(store, after=30)
    await store.run(lambda tx: tx.outbox.done(again, NOW))
    assert ids(await claim(store, after=30)) == [second]


async def test_what_may_come_again_waits_or_was_set_aside_not_long_ago(store: Store) -> None:
    put_ids = [one for one in await put(store, a_job("done"), a_job("parked"), a_job(after=9)) if one]
    done, parked = await claim(store)

    def end(tx: Transaction) -> None:
        tx.outbox.done(done, NOW)
        tx.outbox.park(parked, "refused", NOW)

    await store.run(end)

    assert await store.read(lambda tx: tx.outbox.may_come_again(put_ids, NOW - SECOND)) == set(put_ids[1:])
    assert await store.read(lambda tx: tx.outbox.may_come_again(put_ids, NOW)) == {put_ids[2]}


async def test_parked_job_lets_its_followers_pass(store: Store) -> None:
    first, second = await put(store, a_job(key="a"), a_job(key="a"))
    (head,) = await claim(store)

    await store.run(lambda tx: tx.outbox.park(head, "poison", NOW))

    assert (head.id, ids(await claim(store))) == (first, [second])


async def test_dedup_name_is_given_once_per_bucket(store: Store) -> None:
    name = a_job(dedup="remind:F2026-00001:1")
    elsewhere = NewJob(kind="mail", payload=b"", due_at=NOW, dedup="remind:F2026-00001:1", bucket=7)
    first, again, other, unnamed, unnamed_too = await put(store, name, name, elsewhere, a_job(), a_job())

    assert again is None
    assert len({first, other, unnamed, unnamed_too} - {None}) == 4


async def test_dedup_name_outlives_the_job(store: Store) -> None:
    await put(store, a_job(dedup="once"))
    (job,) = await claim(store)
    await store.run(lambda tx: tx.outbox.done(job, NOW))

    assert await put(store, a_job(dedup="once")) == [None]


@pytest.mark.parametrize("claimed", [False, True])
async def test_cancel_ends_the_job_and_frees_its_name(store: Store, claimed: bool) -> None:
    await put(store, a_job(dedup="lapse:D2026-00001"))
    held = await claim(store) if claimed else []

    assert await store.run(lambda tx: tx.outbox.cancel("lapse:D2026-00001", NOW))

    assert await store.run(lambda tx: [tx.outbox.holds(job) for job in held]) == [False] * claimed
    assert await claim(store, after=3600) == []
    assert await store.run(lambda tx: tx.outbox.cancel("lapse:D2026-00001", NOW)) is False
    assert await put(store, a_job(dedup="lapse:D2026-00001")) != [None]


async def test_upcoming_lists_what_falls_due_first(store: Store) -> None:
    later, soon, _beyond = await put(store, a_job(after=20), a_job(after=10), a_job(after=61))

    listed = await store.read(lambda tx: tx.outbox.upcoming(NOW + MINUTE, 10))

    assert [job.id for job in listed] == [soon, later]
    assert await store.read(lambda tx: tx.outbox.next_due()) == NOW + 10 * SECOND


async def test_next_due_of_an_empty_queue_is_none(store: Store) -> None:
    assert await store.read(lambda tx: tx.deadlines.next_due()) is None


async def test_job_ranked_ahead_is_not_late_for_that(store: Store) -> None:
    await put(store, a_job(after=-3600))

    assert await store.read(lambda tx: tx.outbox.next_due()) == NOW


async def test_queues_do_not_see_each_other(store: Store) -> None:
    await put(store, a_job())

    assert await store.run(lambda tx: tx.inbox.claim(NOW, 10, MINUTE) + tx.deadlines.claim(NOW, 10, MINUTE)) == []


async def test_what_a_dead_process_had_claimed_is_taken_back_at_once(store: Store) -> None:
    def claimed_then_recalled(tx: Transaction) -> tuple[int, list[int]]:
        tx.inbox.put(NewJob(kind="mail", payload=b"", due_at=NOW), NOW)
        tx.inbox.claim(NOW, 10, MINUTE)
        return tx.inbox.recall(NOW), [job.tries for job in tx.inbox.claim(NOW, 10, MINUTE)]

    assert await store.run(claimed_then_recalled) == (1, [2])


async def test_claim_untried_leaves_what_was_tried_to_those_who_ask_for_it(store: Store) -> None:
    tried, fresh = await put(store, a_job(), a_job(after=1))
    (job,) = await claim(store, limit=1)
    await store.run(lambda tx: tx.outbox.retry(job, NOW, "not now"))

    def claims(tx: Transaction) -> tuple[list[Job], list[Job]]:
        now = NOW + SECOND
        return tx.outbox.claim(now, 9, MINUTE, untried=True), tx.outbox.claim(now, 9, MINUTE, untried=False)

    untried, again = await store.run(claims)

    assert (ids(untried), ids(again)) == ([fresh], [tried])
