"""A mail that says stop: what works against the customer pauses at once, whoever wrote it, and they are asked."""

from datetime import datetime

from bot.app.desk import Desk
from bot.app.handle import Done, carry_out
from bot.app.wording import Decision, DecisionKind
from bot.core import commands as c
from bot.core import facts as f
from storage import Transaction

SAYS_STOP = frozenset({DecisionKind.DECLINES, DecisionKind.STOPS, DecisionKind.CONTESTS})


def heard(
    tx: Transaction, desk: Desk, incident: int, decision: Decision | None, message: str | None, now: datetime
) -> bool:
    """Whether these words have just paused the incident; then its notice asks the address on file for one click."""
    if decision is None or decision.kind not in SAYS_STOP:
        return False
    pause = c.PauseIncident(actor=f.BOT, message=message or "")
    return isinstance(carry_out(tx, desk, incident, pause, now), Done)
