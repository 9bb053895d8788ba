"""What speaks for a robot behind a click: kept in its evidence, and told to staff where two clicks disagree."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.channels.web.seals import Shown
from bot.core.facts import DecisionDoubted, Evidence
from storage import Recorded

QUICK = timedelta(seconds=1)
"""Nobody reads a page in less."""
BOTH_WITHIN = timedelta(seconds=10)
_BROWSER = re.compile(r"^(Mozilla/|Opera/|Lynx/|w3m/|Links |ELinks/)")
_ROBOT = re.compile(
    r"bot\b|crawl|spider|scan|preview|headless|phantom|curl|python|java/|go-http|okhttp", re.IGNORECASE
)


def signals(shown: Shown, now: datetime, agent: str) -> tuple[str, ...]:
    """The names of what is odd about a form sent back now."""
    found = {
        "quick": now - shown.at < QUICK,
        "no_agent": not agent.strip(),
        "odd_agent": bool(agent.strip()) and (not _BROWSER.match(agent) or bool(_ROBOT.search(agent))),
    }
    return tuple(name for name, is_so in found.items() if is_so)


def decided_by(history: Sequence[Recorded], link: str, shown: Shown, now: datetime) -> tuple[Recorded, ...]:
    """What forms of this very page decided within the last seconds: its other choice should not follow."""
    return tuple(
        recorded
        for recorded in history
        if now - recorded.at <= BOTH_WITHIN and _is_from(getattr(recorded.fact, "evidence", None), link, shown)
    )


def is_doubted(decided: Sequence[Recorded]) -> bool:
    """Whether that was noted before."""
    return any(isinstance(recorded.fact, DecisionDoubted) for recorded in decided)


def _is_from(evidence: Evidence | None, link: str, shown: Shown) -> bool:
    return evidence is not None and evidence.link == link and evidence.shown_at == shown.at
