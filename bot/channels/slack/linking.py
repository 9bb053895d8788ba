"""Who a Slack user is to us: proven once, by a code mailed to the address on file; never by their profile."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.app import tell
from bot.app.desk import Desk
from bot.app.handle import note_on_customer
from bot.app.keys import random_key, token_sha256
from bot.channels.slack.room import Person
from bot.core import facts as f
from bot.core.customer import Customer
from bot.core.notices import ChatCodeSent
from storage import Link, Transaction

PURPOSE = "chat"
VALID_FOR = timedelta(minutes=15)
COUNTED_FOR = timedelta(hours=1)
CODES, GUESSES, CODES_TO_ONE = 5, 10, 5
DIGITS = 8


class Proof(StrEnum):
    """What came of a code."""

    LINKED = "linked"
    WRONG = "wrong"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class _Count:
    since: datetime
    times: int


def send_code(tx: Transaction, desk: Desk, person: Person, address: str, now: datetime) -> bool:
    """Mails a code if the address is on file; False when too many were asked for. Tells no more than that."""
    if not _counted(tx, f"chat_codes:{person.team}:{person.user}", CODES, now):
        return False
    customer = tx.customers.by_address(address.strip())
    if customer is None or not _counted(tx, f"chat_codes_to:{customer.id}", CODES_TO_ONE, now):
        return True
    code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    link = Link(
        id=random_key(),
        token_sha256=_hash(desk, person, code),
        purpose=PURPOSE,
        customer_id=customer.id,
        object=f"{person.team}:{person.user}",
        address=customer.address,
        created_at=now,
        expires_at=now + VALID_FOR,
    )
    if tx.links.by_token_sha256(link.token_sha256) is None:
        tx.links.add(link)
        tell.tell(tx, desk, customer, ChatCodeSent(code=code), now)
    return True


def prove(tx: Transaction, desk: Desk, person: Person, code: str, now: datetime) -> Proof:
    """Links this Slack user to the customer whose code this is. Guesses are few."""
    if not _counted(tx, f"chat_guesses:{person.team}:{person.user}", GUESSES, now):
        return Proof.TOO_MANY
    digits = "".join(character for character in code if character.isdigit())
    link = tx.links.by_token_sha256(_hash(desk, person, digits))
    if link is None or link.purpose != PURPOSE or now >= link.expires_at or not tx.links.use(link.id, now):
        return Proof.WRONG
    customer = tx.customers.load(link.customer_id)
    if customer is None:
        return Proof.WRONG
    _link(tx, customer, person, now)
    return Proof.LINKED


def _link(tx: Transaction, customer: Customer, person: Person, now: datetime) -> None:
    tx.customers.set_slack(customer.id, person.team, person.user)
    actor = f.Actor(role=f.Role.CUSTOMER, name=customer.address)
    note_on_customer(tx, customer, (f.ChatLinked(team=person.team, user=person.user),), actor, now)


def _hash(desk: Desk, person: Person, code: str) -> str:
    """Keyed, so that eight digits cannot be tried out on a stolen database."""
    return token_sha256(desk.keys.token(f"{PURPOSE}:{person.team}:{person.user}:{code}"))


def _counted(tx: Transaction, name: str, most: int, now: datetime) -> bool:
    """Counts once more within the hour; False beyond `most`."""
    count = _read(tx.setting(name), now)
    if count.times >= most:
        return False
    tx.keep_setting(name, json.dumps({"since": count.since.isoformat(), "times": count.times + 1}))
    return True


def _read(kept: str | None, now: datetime) -> _Count:
    if kept is None:
        return _Count(now, 0)
    read = json.loads(kept)
    since = datetime.fromisoformat(read["since"])
    return _Count(since, int(read["times"])) if now - since < COUNTED_FOR else _Count(now, 0)
