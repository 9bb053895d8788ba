"""Who may act for a customer: put on file by operators, or by the owner when somebody new writes."""

import re
from collections.abc import Mapping
from datetime import datetime

from bot.app import pace
from bot.app.desk import Desk
from bot.app.handle import Done, carry_out, note_on_customer
from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Customer
from bot.core.lives import Support
from bot.core.organisation import is_colleague
from bot.core.refusals import Reason, Refused
from storage import IncidentRow, Transaction

# What we ask the owner about is an address and cannot be anything else: it is the one thing a stranger chooses in it.
_PLAIN = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,100}")
_GIVES: Mapping[f.Answer, f.Authority] = {
    f.Answer.MINE: f.Authority.OWNER,
    f.Answer.DECIDES: f.Authority.ADMIN,
    f.Answer.WRITES: f.Authority.WRITE,
}


def is_of_organisation(tx: Transaction, customer: int, address: str) -> bool:
    """Whether a proven author is of the same organisation as the customer's contacts."""
    return is_colleague(address, (contact.address for contact in tx.customers.contacts_of(customer)))


def propose(tx: Transaction, desk: Desk, row: IncidentRow, address: str, message: str, now: datetime) -> None:
    """Asks the owner who this is: once for each incident, so many a day, and not about another customer."""
    incident = tx.incidents.load(row.id)
    asked = incident is None or incident.newcomer(address.lower()) is not None
    if asked or not _PLAIN.fullmatch(address) or _is_taken(tx, row.customer_id, address):
        return
    if pace.may_ask_about_newcomer(tx, desk.limits, row.customer_id, now):
        carry_out(tx, desk, row.id, c.ProposeContact(actor=f.BOT, address=address.lower(), message=message), now)


def settle(tx: Transaction, desk: Desk, incident: int, command: c.SettleContact, now: datetime) -> Done | Refused:
    """The owner's answer, and what the address may do from here on."""
    row = tx.incidents.row(incident)
    if row is None:
        return Refused(Reason.NOT_NOW)
    if command.answer in _GIVES and _is_taken(tx, row.customer_id, command.address):
        return Refused(Reason.ADDRESS_TAKEN)
    done = carry_out(tx, desk, incident, command, now)
    customer = tx.customers.load(row.customer_id)
    if isinstance(done, Refused) or customer is None:
        return done
    if command.answer in _GIVES:
        put_on_file(tx, customer, command.address, _GIVES[command.answer], command.actor, now)
    else:
        take_off_file(tx, customer, command.address, command.actor, now)
    return done


def put_on_file(
    tx: Transaction, customer: Customer, address: str, authority: f.Authority, actor: f.Actor, now: datetime
) -> bool:
    """Makes it a contact with this authority; False where it is so already.

    A customer who only ever wrote from it, and has nothing going on, gives way. ValueError where that is not so.
    """
    address = address.lower()
    if _is_taken(tx, customer.id, address):
        raise ValueError(f"{address} is a contact of another customer")
    if address == customer.address and authority is not f.Authority.OWNER:
        raise ValueError(f"{address} is where {customer.reference} is written to, hence their owner's")
    before = tx.customers.authority(customer.id, address)
    if before is authority:
        return False
    other = tx.customers.by_address(address)
    if other is not None and other.id != customer.id:
        _remove(tx, other, address, actor, now)
    if before is None:
        tx.customers.add_contact(customer.id, address, authority)
    else:
        tx.customers.set_authority(address, authority)
    note_on_customer(tx, customer, (f.ContactAdded(address=address, authority=authority),), actor, now)
    return True


def take_off_file(tx: Transaction, customer: Customer, address: str, actor: f.Actor, now: datetime) -> bool:
    """Takes away all that the address may do; False where it is none of the customer's contacts.

    ValueError for the address they are written to.
    """
    if address.lower() == customer.address:
        raise ValueError(f"{address} is where {customer.reference} is written to")
    return _remove(tx, customer, address, actor, now)


def _remove(tx: Transaction, customer: Customer, address: str, actor: f.Actor, now: datetime) -> bool:
    if not tx.customers.remove_contact(customer.id, address):
        return False
    note_on_customer(tx, customer, (f.ContactRemoved(address=address.lower()),), actor, now)
    return True


def _is_taken(tx: Transaction, customer: int, address: str) -> bool:
    """Whether it is the address of another customer, about whom there is something to keep apart."""
    other = tx.customers.by_address(address)
    if other is None or other.id == customer:
        return False
    known = other.details.complete or other.support is not Support.FULL
    return known or len(tx.customers.contacts_of(other.id)) > 1 or bool(tx.incidents.open_of(other.id))
