"""Once a day the journal is anchored, and the anchor told where whoever could rewrite the journal cannot."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta

import structlog

from bot.app.desk import Desk
from bot.app.jobs import MailAnchor, PostAnchor
from storage import Anchor, Conflict, NewJob, Transaction, Unavailable

EVERY = timedelta(days=1)
LOOK_SECONDS = 600.0
SOON_SECONDS = 60.0  # after a start, which has other things to do
log = structlog.get_logger("app.anchoring")


async def anchor_daily(desk: Desk, mailbox: str, clock: Callable[[], datetime]) -> None:
    """Looks now and then whether the last anchor is a day old; after an outage the next look finds it so."""
    await asyncio.sleep(SOON_SECONDS)
    while True:
        try:
            await drop_anchor(desk, mailbox, clock())
        except (Unavailable, Conflict) as passing:
            log.warning("anchor_cut_short", error=str(passing))
        except Exception:
            log.exception("anchor_failed")
        await asyncio.sleep(LOOK_SECONDS)


async def drop_anchor(desk: Desk, mailbox: str, now: datetime) -> Anchor | None:
    """A new anchor, on its way to `mailbox` (empty: nowhere) and to staff; None where the last is not a day old."""
    return await desk.store.run(lambda tx: _drop(tx, desk, mailbox, now))


def _drop(tx: Transaction, desk: Desk, mailbox: str, now: datetime) -> Anchor | None:
    newest = anchor = tx.anchors.drop(now, every=EVERY)
    while anchor is not None:
        newest, anchor = anchor, tx.anchors.drop(now)
    if newest is None:
        return None
    post = PostAnchor(number=newest.id, hash=newest.hash, facts=newest.facts, at=newest.at)
    if mailbox:
        mail = MailAnchor(**asdict(post), to=mailbox, message_id=desk.message_id())
        tx.outbox.put(NewJob(kind=mail.KIND, payload=mail.encode(), due_at=now, dedup=f"anchor:{newest.id}"), now)
    if desk.chat:
        tx.outbox.put(NewJob(kind=post.KIND, payload=post.encode(), due_at=now, dedup=f"anchored:{newest.id}"), now)
    return newest
