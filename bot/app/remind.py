"""A customer's reminders of one day in one mail, whatever number of their invoices it is about (letter §5.2)."""

from collections.abc import Mapping
from datetime import datetime

from bot.app import links, tell
from bot.app.bank import is_statement_missing
from bot.app.desk import Desk
from bot.app.handle import Done, carry_out
from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Customer, may
from bot.core.due import reminder_about
from bot.core.incident import Incident
from bot.core.notices import Purpose, SeveralReminders
from bot.core.refusals import Refused
from bot.core.reminders import Addressee, presses, ripe
from bot.core.told import several_reminders
from storage import Transaction


def owing(tx: Transaction, incident_id: int) -> dict[int, Incident]:
    """One incident and all others of its customer with something open, to be reminded of or not.

    All are locked in the order of their numbers, before any is locked alone: two clocks wait for each other here, and
    the second finds everything said.
    """
    row = tx.incidents.row(incident_id)
    billed = {invoice.incident_id for invoice in tx.money.open_of(row.customer_id)} if row else set()
    loaded = (tx.incidents.load(each) for each in sorted(billed | {incident_id}))
    return {incident.id: incident for incident in loaded if incident is not None}


def remind(
    tx: Transaction, desk: Desk, incident_id: int, incidents: Mapping[int, Incident], about: str, now: datetime
) -> None:
    """Asks one incident for its reminder, and with it all others of those that owe that are as ripe."""
    asked = incidents.get(incident_id)
    if asked is None:
        return
    to = addressee(tx, asked.customer)
    blind = is_statement_missing(tx, desk, now)
    together = tuple(
        one
        for one in ripe(incidents.values(), now, to)
        if _currency(one) == _currency(asked) and not (blind and presses(one, c.DeadlineKind.REMIND, now))
    )
    if len(together) < 2 or asked not in together:
        carry_out(tx, desk, incident_id, _ask(about, to), now)
    else:
        _remind_together(tx, desk, together, to, now)


def addressee(tx: Transaction, customer: int) -> Addressee:
    """What is known of whom a reminder goes to."""
    reminded_at, courtesy = tx.customers.reminded(customer)
    return Addressee(reminded_at=reminded_at, courtesy=courtesy)


def _remind_together(
    tx: Transaction, desk: Desk, incidents: tuple[Incident, ...], to: Addressee, now: datetime
) -> None:
    first = incidents[0]
    told: list[Done] = []
    for incident in incidents:
        done = carry_out(tx, desk, incident.id, _ask(_next_of(incident), to, together=first.reference), now)
        if isinstance(done, Refused):
            raise ValueError(f"{incident.reference} is ripe and refused to be reminded: {done.reason}")
        told.append(done)
    customer = tx.customers.load(first.customer)
    if customer is None:
        raise ValueError(f"{first.reference} has no customer")
    address = _address(tx, customer, incidents)
    notice = several_reminders([done.incident for done in told], now)
    pages = _pages(tx, desk, customer, notice, incidents, address, now)
    seq = told[0].incident.seq
    held = tell.tell(tx, desk, customer, notice, now, incident=first, seq=seq, to=address, links=pages)
    if held is not None:
        carry_out(tx, desk, first.id, c.HoldNotice(actor=f.BOT, notice=held.notice, why=held.why), now)


def _next_of(incident: Incident) -> str:
    return reminder_about(incident.invoice) if incident.invoice else ""


def _address(tx: Transaction, customer: Customer, incidents: tuple[Incident, ...]) -> str:
    """The contact who opened them all, where they may decide about invoices; else the address on file."""
    contacts = {incident.contact for incident in incidents}
    contact = contacts.pop() if len(contacts) == 1 else ""
    return contact if contact and may(tx.customers.authority(customer.id, contact), c.SayContest) else ""


def _pages(
    tx: Transaction,
    desk: Desk,
    customer: Customer,
    notice: SeveralReminders,
    incidents: tuple[Incident, ...],
    address: str,
    now: datetime,
) -> dict[str, str]:
    """A link to the page of each invoice."""
    return {
        f"{Purpose.INVOICE}:{bill.number}": links.mint(
            tx,
            desk,
            Purpose.INVOICE,
            incident=incident.id,
            customer=customer.id,
            about=bill.number,
            to=address or customer.address,
            now=now,
        )
        for bill, incident in zip(notice.bills, incidents, strict=True)
    }


def _ask(about: str, to: Addressee, together: str = "") -> c.FallDue:
    return c.FallDue(
        actor=f.CALENDAR,
        kind=c.DeadlineKind.REMIND,
        about=about,
        reminded_at=to.reminded_at,
        courtesy=to.courtesy,
        together=together,
    )


def _currency(incident: Incident) -> str:
    return incident.invoice.price.net.currency if incident.invoice else ""
