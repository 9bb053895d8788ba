"""What the desk itself knows of a decision, added to its evidence in the transaction that takes it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.core import commands as c
from bot.core import facts as f
from bot.core.incident import Incident
from storage import Transaction


def witnessed(tx: Transaction, incident: Incident | None, command: c.Command, now: datetime) -> c.Command:
    """The command with when it came, what who decides may do, and what became of the message it answers."""
    evidence = getattr(command, "evidence", None)
    if incident is None or not isinstance(evidence, f.Evidence):
        return command
    authority = tx.customers.authority(incident.customer, command.actor.name)
    known = replace(evidence, posted_at=now, authority=authority or "")
    changed: Any = command
    witness: c.Command = replace(changed, evidence=_answering(tx, incident, known))
    return witness


def _answering(tx: Transaction, incident: Incident, evidence: f.Evidence) -> f.Evidence:
    """Names the message of ours that carried the link or the button, or that this mail answers."""
    wanted = evidence.answers or evidence.message
    for recorded in reversed(tx.journal.facts(incident.reference)):
        fact = recorded.fact
        if not isinstance(fact, f.PriceAnnounced | f.NoticeDelivered) or fact.sent is None:
            continue
        sent = fact.sent
        if evidence.link in sent.links or (wanted and wanted == sent.message):
            # Who decides by mail was shown no page: our mail is what they had before them.
            shown = evidence.wording_sha256 or (sent.copy_sha256 if evidence.mail_sha256 else "")
            return replace(evidence, answers=sent.message, reply=fact.reply, wording_sha256=shown)
    return evidence
