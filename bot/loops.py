"""Working a queue: claim with a lease, work side by side, give back what is not finished at the end."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import structlog

from bot.app.deliver import wait_before
from bot.app.jobs import TellByMail
from storage import Conflict, Job, Queue, Store, Transaction, Unavailable

QueueName = Literal["inbox", "outbox", "deadlines"]
Work = Callable[[Job], Awaitable[object]]

POLL_SECONDS = 1.0
AWAY_SECONDS = 1.0
MOST_TRIES = 6
TRUSTED_TRIES = 2
"""After so many, what was in hand when its process died waits for the end of its lease: a process that something else
kills again and again does not use up the tries of what it never had the time to work."""
NARROW = 2
log = structlog.get_logger("loops")


async def keep_doing(
    task: str, work: Callable[[], Awaitable[float]], rest: Callable[[float], Awaitable[None]], away: float
) -> None:
    """Works and rests until cancelled: as many seconds as the work says, `away` after trouble, which ends nothing."""
    while True:
        try:
            seconds = await work()
        except (Unavailable, Conflict) as passing:
            log.warning("task_cut_short", task=task, error=str(passing))
            seconds = away
        except Exception:
            log.exception("task_failed", task=task)
            seconds = away
        await rest(seconds)


@dataclass(kw_only=True)
class Loop:
    """One queue worked by one process. `width` jobs at once; a job is tried `MOST_TRIES` times, then parked.

    Nothing is claimed before what `after` names has ended: who dies meanwhile takes no job's try with it.

    Failures to deliver are noted by `work` itself: the outbox has its own rule for giving up. What was never tried
    comes first. What was tried before takes half of the outbox's width at most: a backlog for a server that is away
    does not hold up a fresh mail; nor what waits for its turn in Slack, as three quarters of those are mails at most.
    Elsewhere it is tried one by one: what kills the process takes with it, each time, only what is fresh, and is
    alone in being given up.
    """

    store: Store
    queue: QueueName
    work: Work
    clock: Callable[[], datetime]
    width: int = 16
    lease: timedelta = timedelta(minutes=2)
    kinds: Collection[str] | None = None
    busy: Callable[[], bool] = lambda: False
    after: "asyncio.Task[None] | None" = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _running: dict[asyncio.Task[None], Job] = field(default_factory=dict)

    async def run(self) -> None:
        """Until `stop`: claims when half empty, sleeps when there is nothing."""
        await self._begun()
        while not self._stopping.is_set():
            try:
                claimed = await self._refill()
            except Unavailable as away:
                log.warning("database_away", queue=self.queue, error=str(away))
                await self._pause(AWAY_SECONDS)
                continue
            except Exception:
                log.exception("claim_failed", queue=self.queue)
                await self._pause(AWAY_SECONDS)
                continue
            if not claimed and not self._running:
                await self._idle()
            elif self._running:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED, timeout=POLL_SECONDS)

    async def _begun(self) -> None:
        if self.after is not None:
            stop = asyncio.create_task(self._stopping.wait())
            await asyncio.wait({self.after, stop}, return_when=asyncio.FIRST_COMPLETED)
            stop.cancel()

    def take_no_more(self) -> None:
        """Claims nothing from now on; what runs goes on."""
        self._stopping.set()

    async def stop(self, grace: float) -> None:
        """Takes nothing more, lets what runs end for `grace` seconds, and gives the rest back."""
        self.take_no_more()
        if self._running:
            await asyncio.wait(self._running, timeout=grace)
        left = list(self._running.items())
        for task, _ in left:
            task.cancel()
        if left:
            await asyncio.wait({task for task, _ in left})
        await self._give_back([job for _, job in left])

    async def _give_back(self, jobs: Sequence[Job]) -> None:
        """Untried, and due at once: for whoever starts next."""
        now = self.clock()

        def release(tx: Transaction) -> None:
            for job in jobs:
                self._queue(tx).release(job, now)

        if jobs:
            await self._try_to(release)

    async def _refill(self) -> int:
        width = NARROW if self.busy() else self.width
        if len(self._running) > width // 2:
            return 0
        room = width - len(self._running)
        now = self.clock()
        jobs = await self.store.run(lambda tx: self._claim(tx, room, now))
        if self._stopping.is_set():  # while it was claiming: nobody would wait for these any more
            await self._give_back(jobs)
            return 0
        for job in jobs:
            task = asyncio.create_task(self._one(job))
            self._running[task] = job
            task.add_done_callback(lambda done: self._running.pop(done, None))
        return len(jobs)

    def _claim(self, tx: Transaction, room: int, now: datetime) -> Sequence[Job]:
        queue = self._queue(tx)
        again, kinds = self._again_at_most()
        fresh = queue.claim(now, max(1, room - 1), self.lease, self.kinds, untried=True)
        left = min(again, room - len(fresh))
        return fresh if left <= 0 else [*fresh, *queue.claim(now, left, self.lease, kinds, untried=False)]

    def _again_at_most(self) -> tuple[int, Collection[str] | None]:
        """How many of those tried before may be taken now, and of which kinds."""
        most = self.width // 2 if self.queue == "outbox" else 1
        tried = [job.kind for job in self._running.values() if job.tries > 1]
        others = [kind for kind in self.kinds or () if kind != TellByMail.KIND]
        mails = most - most // 4 - tried.count(TellByMail.KIND)
        if not others or self.queue != "outbox":
            return most - len(tried), self.kinds
        return (min(most - len(tried), mails), self.kinds) if mails > 0 else (most - len(tried), others)

    async def _one(self, job: Job) -> None:
        """The loop's edge: whatever a job raises is logged once, and the row is kept."""
        try:
            if job.tries > MOST_TRIES and self.queue != "outbox":
                await self._park(job, f"given up after {job.tries - 1} tries")
                return
            await self.work(job)
        except (Unavailable, Conflict) as passing:
            if isinstance(passing, Conflict) or not self._stopping.is_set():
                await self._again(job, str(passing))
        except Exception as error:
            log.exception("job_failed", queue=self.queue, kind=job.kind, id=job.id, tries=job.tries)
            await self._again(job, f"{type(error).__name__}: {error}")

    async def _again(self, job: Job, reason: str) -> None:
        at = self.clock() + wait_before(job.tries)
        await self._try_to(lambda tx: self._queue(tx).retry(job, at, reason))

    async def _try_to(self, change: Callable[[Transaction], object]) -> None:
        """Where the database is away, the lease runs out by itself and the job is claimed again."""
        try:
            await self.store.run(change)
        except Unavailable as away:
            log.warning("database_away", queue=self.queue, error=str(away))

    async def _park(self, job: Job, reason: str) -> None:
        log.error("job_parked", queue=self.queue, kind=job.kind, id=job.id, reason=reason)
        await self.store.run(lambda tx: self._queue(tx).park(job, reason, self.clock()))

    def _queue(self, tx: Transaction) -> Queue:
        return {"inbox": tx.inbox, "outbox": tx.outbox, "deadlines": tx.deadlines}[self.queue]

    async def _idle(self) -> None:
        wake = asyncio.create_task(self.store.wait(self.queue, POLL_SECONDS))
        stop = asyncio.create_task(self._stopping.wait())
        done, pending = await asyncio.wait({wake, stop}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        for task in done:
            task.result()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
