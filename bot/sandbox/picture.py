"""The desk as the page draws it: incidents, their stages, what is next, and the journal."""

from datetime import datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from bot import figures
from bot.core.customer import Customer
from bot.core.facts import Language
from bot.core.incident import Incident
from bot.sandbox import tour
from bot.sandbox.jump import Foreseen, foreseen
from bot.sandbox.sentences import deadline_sentence, fact_sentence, stage_words
from storage import Recorded, Store, Transaction

Json: TypeAlias = dict[str, object]
FACTS_SHOWN = 150
INCIDENTS_SHOWN = 30


async def calendar(store: Store, now: datetime, ahead: timedelta, timezone: str) -> Json:
    """The time, how far it was put forward, and what falls due."""
    coming = await foreseen(store, now)
    return {
        "now": now.isoformat(),
        "timezone": timezone,
        "ahead": ahead.total_seconds(),
        "deadlines": [_deadline(one, now, timezone) for one in coming],
    }


def _deadline(one: Foreseen, now: datetime, timezone: str) -> Json:
    local = one.at.astimezone(ZoneInfo(timezone))
    return {
        "at": one.at.isoformat(),
        "when": f"{local:%a %-d %b, %H:%M}",
        "in": distance(one.at - now),
        "reference": one.incident.reference,
        "what": deadline_sentence(one.kind, one.about),
    }


def distance(wait: timedelta) -> str:
    """How long it is until then, in the largest unit that says enough."""
    for unit, size in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if wait >= size:
            count = int(wait / size)
            return f"in {count} {unit}{'s' if count > 1 else ''}"
    return "now"


async def journal(store: Store, timezone: str) -> list[Json]:
    """The latest facts of all subjects, the newest first."""
    latest = await store.read(lambda tx: tx.journal.latest(FACTS_SHOWN))
    return [_recorded(one, timezone) for one in reversed(latest)]


def _recorded(one: Recorded, timezone: str) -> Json:
    role, _, name = one.actor.partition(":")
    return {
        "id": one.id,
        "at": one.at.isoformat(),
        "when": f"{one.at.astimezone(ZoneInfo(timezone)):%-d %b %H:%M}",
        "subject": one.subject,
        "seq": one.seq,
        "kind": one.kind,
        "role": role,
        "actor": name,
        "sentence": fact_sentence(one.fact),
    }


async def story(store: Store) -> Json:
    """Where each incident stands, the latest touched first, with what to try next."""
    incidents = await store.read(_incidents)
    return {
        "steps": tour.STEPS,
        "start": _hint(None, ""),
        "incidents": [_incident(incident, customer) for incident, customer in incidents],
    }


def _incidents(tx: Transaction) -> list[tuple[Incident, Customer]]:
    found = []
    for row in tx.incidents.listing(limit=INCIDENTS_SHOWN):
        incident, customer = tx.incidents.load(row.id), tx.customers.load(row.customer_id)
        if incident is not None and customer is not None:
            found.append((incident, customer))
    return found


def _incident(incident: Incident, customer: Customer) -> Json:
    price = figures.price(incident.price, Language.EN) if incident.price.net and not incident.waived else "free"
    return {
        "reference": incident.reference,
        "title": incident.title,
        "customer": customer.name,
        "address": customer.address,
        "stage": incident.stage,
        "stage_words": stage_words(incident.stage),
        "step": tour.step(incident),
        "price": price,
        "hint": _hint(incident, customer.name),
    }


def _hint(incident: Incident | None, customer: str) -> Json:
    told = tour.hint(incident, customer)
    return {"at": told.at, "say": told.say, "do": told.do}
