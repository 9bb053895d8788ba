"""Which files a job has announced to Slack: kept as long as the job may be tried again, and no longer."""

import json
from datetime import datetime
from typing import Final

from bot.app.deliver import GIVEN_UP
from storage import Job, Transaction

_MARK: Final = "upload:"


def announced(tx: Transaction, job: Job) -> dict[str, str]:
    """Slack's ids of this job's files, by part."""
    ids: dict[str, str] = json.loads(tx.setting(_name(job)) or "{}")
    return ids


def note(tx: Transaction, job: Job, part: int, file_id: str) -> None:
    """Before it is shown: a later try then asks Slack what became of it."""
    tx.keep_setting(_name(job), json.dumps(announced(tx, job) | {str(part): file_id}))


def sweep(tx: Transaction, now: datetime) -> int:
    """Forgets those of jobs that are over: done, dropped, or set aside for so long that nothing revives them."""
    noted = {int(name.removeprefix(_MARK)): name for name in tx.settings_named(_MARK)}
    over = noted.keys() - tx.outbox.may_come_again(noted.keys(), now - GIVEN_UP)
    for job_id in over:
        tx.drop_setting(noted[job_id])
    return len(over)


def _name(job: Job) -> str:
    return f"{_MARK}{job.id}"
