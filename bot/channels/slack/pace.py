"""Slack's pace: about one message a second in a channel, a few at once after a rest. Who comes later waits its turn.

The turns are kept in the database: all workers together keep one pace, and none of them asks in vain.
"""

import json
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from storage import Transaction

USUAL: Final = timedelta(seconds=1)  # docs.slack.dev/apis/web-api/rate-limits: "one message per second per channel"
BURST: Final = 5
PUT_BACK: Final = timedelta(minutes=1)
"""Machines' clocks are less far apart: what was kept so much later than now was kept before one was put back."""
NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pace:
    """What one channel may get: from `free_at` on, for whoever has no turn yet; nothing before `held_until`.

    `at` is when that was kept.
    """

    free_at: datetime = NEVER
    held_until: datetime = NEVER
    at: datetime = NEVER


def turn(tx: Transaction, channel: str, every: timedelta, now: datetime, *, waited: bool) -> timedelta:
    """How long this message must wait, and that is its turn then; zero when it may be posted now.

    `waited`: it had its turn, and this is it. A channel that Slack holds gives it another.
    """
    pace = _read(tx.setting(_name(channel)), now)
    if waited and now >= pace.held_until:
        return timedelta()
    earliest = max(pace.free_at, pace.held_until, now - every * (BURST - 1))
    _keep(tx, channel, Pace(earliest + every, pace.held_until, now))
    return max(earliest - now, timedelta())


def hold(tx: Transaction, channel: str, every: timedelta, until: datetime, now: datetime) -> timedelta:
    """Slack refused this message and asked to wait: nothing is posted in this channel before that.

    How long the message waits. It has not had its turn: it has another, that nobody else has.
    """
    pace = _read(tx.setting(_name(channel)), now)
    held = max(pace.held_until, until)
    again = max(pace.free_at, held)
    _keep(tx, channel, Pace(again + every, held, now))
    return again - now


def _name(channel: str) -> str:
    return f"slack_pace:{channel}"


def _read(kept: str | None, now: datetime) -> Pace:
    pace = Pace(*map(datetime.fromisoformat, json.loads(kept))) if kept else Pace()
    return pace if pace.at - now < PUT_BACK else Pace()


def _keep(tx: Transaction, channel: str, pace: Pace) -> None:
    tx.keep_setting(_name(channel), json.dumps([moment.isoformat() for moment in astuple(pace)]))
