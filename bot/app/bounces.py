"""Mails of ours that came back, or were complained of: only a report with our own key is believed (letter §2.4)."""

import re
from datetime import datetime

from bot.app import fates
from bot.app.desk import Desk
from bot.app.handle import carry_out
from bot.app.opening import Said, keep
from bot.core import commands as c
from bot.core import facts as f
from storage import Direction, Fate, Message, Transaction

QUOTED = 300  # characters of the report that staff read in the thread
# What servers say of an unknown address where they give no code that says so.
_NO_SUCH = re.compile(
    r"\bno such (?:user|mailbox|recipient|address|person)|\b(?:user|mailbox|recipient|address)\s+(?:is\s+)?unknown\b"
    r"|\bunknown (?:user|mailbox|recipient|address|local)|\bdoes(?:n[’']t| not) exist\b|\bunrout(?:e)?able\b",
    re.IGNORECASE,
)
_STATUS = re.compile(r"5\.\d{1,3}\.\d{1,3}(?!\S)")
# Not the address's fault (RFC 3463): passing, full, too big, the network, the protocol, the content, a policy.
_NOT_THE_ADDRESS = re.compile(r"4\..*|5\.(?:1\.[78]|2\.[23]|3\..*|4\.(?!4$).*|[567]\..*)")


def bounced(tx: Transaction, desk: Desk, said: Said, returned_id: str, status: str, now: datetime) -> None:
    """A report on the mail with this Message-ID of ours; `status` says why it failed, empty where it only waits.

    Without a Message-ID of ours, which nobody can guess, it is kept and has no effect.
    """
    returned = _ours(tx, returned_id)
    keep(tx, said, returned.incident_id if returned else None, now)
    if returned is None or not status or returned.delivery is Fate.BOUNCED:
        return
    why = f"{status}\n{' '.join(said.text.split())[:QUOTED]}".strip()
    fates.come_to(tx, desk, returned, Fate.BOUNCED, why, now)
    gone = is_of_address(status)
    if returned.incident_id is None:
        if gone:
            tx.customers.set_bounced(returned.author, now)
        return
    report = c.ReportBounce(
        actor=f.BOT,
        notice=returned.subject,
        address=returned.author if gone else "",
        reply=why,
    )
    carry_out(tx, desk, returned.incident_id, report, now)


def complained(tx: Transaction, desk: Desk, said: Said, returned_id: str, now: datetime) -> None:
    """Somebody reported the mail with this Message-ID of ours as abuse: staff are told, and nudges to them stop.

    As with a report of failure, without an id of ours it is kept and has no effect.
    """
    returned = _ours(tx, returned_id)
    keep(tx, said, returned.incident_id if returned else None, now)
    if returned is None:
        return
    tx.customers.set_complained(returned.author, now)
    if returned.incident_id is not None:
        why = " ".join(said.text.split())[:QUOTED]
        report = c.ReportComplaint(actor=f.BOT, notice=returned.subject, address=returned.author, reply=why)
        carry_out(tx, desk, returned.incident_id, report, now)


def refuses_address(reply: str) -> bool:
    """Whether a server that refuses a recipient for good (5xx, without the code) has the address to blame.

    By the status it begins with (RFC 3463); where that says nothing, by plain words. A bare refusal may be a policy.
    """
    status = _STATUS.match(reply)
    if status is not None and not status[0].startswith("5.0."):
        return is_of_address(status[0])
    return _NO_SUCH.search(reply) is not None


def is_of_address(status: str) -> bool:
    """Whether this failure (RFC 3463) is the address's own: it will be the same tomorrow."""
    return _NOT_THE_ADDRESS.fullmatch(status) is None


def heard_from(tx: Transaction, desk: Desk, address: str, now: datetime) -> None:
    """A person wrote from this address: if it was lost it works again, in all of their incidents.

    Whoever complained of our mail wants it again.
    """
    if not address or not tx.customers.heard_from(address):
        return
    customer = tx.customers.by_address(address)
    restore = c.RestoreAddress(actor=f.Actor(role=f.Role.CUSTOMER, name=address))
    for number in tx.incidents.open_of(customer.id) if customer else ():
        incident = tx.incidents.load(number)
        if incident is not None and incident.lost is not None and incident.lost.address == address.lower():
            carry_out(tx, desk, number, restore, now)


def _ours(tx: Transaction, message_id: str) -> Message | None:
    found = tx.messages.by_rfc_ids([message_id]) if message_id else []
    return next((message for message in found if message.direction is Direction.OUT), None)
