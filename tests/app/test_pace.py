"""How much leaves by itself: counted with what it counts, held back visibly, and never what has effect in law."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.app.customers import Registration, register
from bot.app.desk import Desk
from bot.app.handle import answer
from bot.app.opening import Opening, Said, open_incident
from bot.app.pace import USUAL, Limits
from bot.app.proof import Level, Proof
from bot.core import facts as f
from bot.core import notices as n
from bot.core.customer import Details
from bot.core.lives import Stage
from bot.core.refusals import Refused
from bot.core.terms import Kind
from bot.settings import Misconfigured, read_settings
from bot.wiring import wire
from storage import Fate, Transaction, Via
from tests.builders import MONDAY

FEW = Limits(answers=3, known=4, stranger=2, stranger_day=3, domain=3, unproven=5, unproven_day=7)


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    environment = {
        "DATABASE_URL": database_url,
        "COMPTOIR_SECRET": "s" * 32,
        "COMPTOIR_CONFIG": str(tmp_path / "comptoir.toml"),
    }
    (tmp_path / "comptoir.toml").write_text("")
    async with wire(read_settings(environment)) as wired:
        yield replace(wired.desk, limits=FEW)


def opened(tx: Transaction, desk: Desk, address: str, level: Level, now: datetime) -> bool:
    """Whether a mail from there is answered with the announcement."""
    said = Said(author=address, text="Panne", via=Via.MAIL, proof=Proof(level=level, address=address))
    done = open_incident(tx, desk, Opening(address=address, said=said), now)
    assert not isinstance(done, Refused)
    return not [fact for fact in done.facts if isinstance(fact, f.NoticeHeld)]


async def write(desk: Desk, address: str, level: Level = Level.NONE, *, hours: float = 0) -> bool:
    """The same, in a transaction of its own."""
    now = MONDAY + timedelta(hours=hours)
    return await desk.store.run(lambda tx: opened(tx, desk, address, level, now))


async def test_one_address_is_announced_to_so_often_an_hour_and_a_day(desk: Desk) -> None:
    assert [await write(desk, "bob@clientsa.fr", Level.STRONG) for _ in range(3)] == [True, True, False]
    assert [await write(desk, "bob@clientsa.fr", Level.STRONG, hours=hours) for hours in (1, 2, 24)] == [
        False,  # the third that counts that day is the one that was held back
        False,
        True,
    ]


async def test_forged_strangers_of_one_domain_and_of_all_have_limits(desk: Desk) -> None:
    assert [await write(desk, f"victim{number}@one.example") for number in range(5)] == [True] * 3 + [False] * 2
    assert not await write(desk, "victim@two.example")
    assert await write(desk, "victim@two.example", hours=1)
    assert not await write(desk, "victim@three.example", hours=2)


@pytest.mark.parametrize("level", [Level.STRONG, Level.WEAK])
async def test_stranger_whose_domain_vouches_is_answered_in_the_middle_of_a_flood(desk: Desk, level: Level) -> None:
    for number in range(8):
        await write(desk, f"victim{number}@one.example")

    assert await write(desk, "jane@customer.co.uk", level)


async def test_server_that_fits_is_shared_by_so_many_of_a_domain(desk: Desk) -> None:
    assert [await write(desk, f"one{number}@shared.example", Level.WEAK) for number in range(5)] == [
        *([True] * 3),
        *([False] * 2),
    ]


async def test_few_of_two_hundred_victims_hear_from_us_and_every_customer_does(desk: Desk) -> None:
    """With a small provider's numbers: the flood costs strangers who prove nothing their answer, nobody else."""
    usual = replace(desk, limits=replace(USUAL, domain=60, unproven=60, unproven_day=300))
    details = Details(name="Client SA", postal_address="1 rue de la Paix\n75002 Paris")
    known = [Registration(address=f"c{n}@client{n % 7}.fr", kind=Kind.BUSINESS, details=details) for n in range(30)]
    await usual.store.run(lambda tx: register(tx, usual, known, MONDAY))

    def flood(tx: Transaction) -> list[bool]:
        return [opened(tx, usual, f"victim{n}@v{n % 50}.example", Level.FAIL, MONDAY) for n in range(200)]

    def busy_day(tx: Transaction) -> list[bool]:
        return [opened(tx, usual, one.address, Level.NONE, MONDAY) for one in known]

    victims = await usual.store.run(flood)
    customers = await usual.store.run(busy_day)

    assert victims.count(True) == 60
    assert all(customers)


async def known(desk: Desk, address: str) -> None:
    details = Details(name="Client SA", postal_address="1 rue de la Paix\n75002 Paris")
    wanted = [Registration(address=address, kind=Kind.BUSINESS, details=details)]
    await desk.store.run(lambda tx: register(tx, desk, wanted, MONDAY))


@pytest.mark.parametrize("level", [Level.NONE, Level.FAIL, Level.LATER, Level.WEAK])
async def test_what_is_forged_in_a_customers_name_never_holds_back_what_is_proven_to_be_theirs(
    desk: Desk, level: Level
) -> None:
    await known(desk, "bob@clientsa.fr")

    for _ in range(10):
        await write(desk, "bob@clientsa.fr", level)

    assert [await write(desk, "bob@clientsa.fr", Level.STRONG) for _ in range(5)] == [True] * 4 + [False]


async def test_what_is_forged_leaves_the_limit_alone_of_what_comes_from_the_customers_own_server(desk: Desk) -> None:
    await known(desk, "bob@clientsa.fr")

    for _ in range(10):
        await write(desk, "bob@clientsa.fr", Level.FAIL)

    assert [await write(desk, "bob@clientsa.fr", Level.WEAK) for _ in range(5)] == [True] * 4 + [False]


@pytest.mark.parametrize("level", [Level.NONE, Level.FAIL])
async def test_mails_in_a_known_name_that_prove_nothing_have_a_strangers_limit(desk: Desk, level: Level) -> None:
    await known(desk, "bob@clientsa.fr")

    assert [await write(desk, "bob@clientsa.fr", level) for _ in range(3)] == [True, True, False]
    assert not await write(desk, "bob@clientsa.fr", level, hours=1)


async def test_what_is_forged_in_a_strangers_name_never_holds_back_what_is_proven_to_be_theirs(desk: Desk) -> None:
    for _ in range(10):
        await write(desk, "jane@customer.co.uk", Level.FAIL)

    assert await write(desk, "jane@customer.co.uk", Level.STRONG)


async def test_held_announcement_leaves_the_incident_open_and_says_why(desk: Desk) -> None:
    for _ in range(3):
        await write(desk, "bob@clientsa.fr")

    incident = await desk.store.read(lambda tx: tx.incidents.load(3))
    messages = await desk.store.read(lambda tx: tx.messages.of_incident(3))
    facts = await desk.store.read(lambda tx: tx.journal.facts("INC-3"))

    assert incident is not None
    assert incident.stage is Stage.OPENED
    assert [(m.subject, m.delivery) for m in messages[1:]] == [("incident_opened", "held")]
    assert isinstance(facts[-1].fact, f.NoticeHeld)
    assert "more than 2 incidents were opened for bob@clientsa.fr this hour" in facts[-1].fact.why


async def test_old_counters_are_forgotten(desk: Desk) -> None:
    await write(desk, "victim@one.example")
    await write(desk, "victim@one.example", hours=24 * 9)

    def counters(tx: Transaction) -> int:
        return tx.count(("pace:2010-06-14:unproven",))["pace:2010-06-14:unproven"]

    assert await desk.store.run(counters) == 1


async def test_two_robots_fall_silent_and_staff_are_told_once(desk: Desk) -> None:
    await write(desk, "bob@clientsa.fr")
    told = n.DecideByLink(stage=Stage.ANNOUNCED)

    def reply(tx: Transaction) -> None:
        incident = tx.incidents.load(1)
        customer = tx.customers.by_address("bob@clientsa.fr")
        assert incident is not None
        assert customer is not None
        answer(tx, desk, customer, incident, told, MONDAY)

    for _ in range(20):
        await desk.store.run(reply)

    messages = await desk.store.read(lambda tx: tx.messages.of_incident(1))
    facts = await desk.store.read(lambda tx: tx.journal.facts("INC-1"))
    assert [m.delivery for m in messages].count(Fate.QUEUED) == 3
    assert [type(recorded.fact) for recorded in facts].count(f.NoticeHeld) == 1


def test_what_answers_a_mail_by_itself_is_limited() -> None:
    """And what takes effect in law, or what somebody decided, never is."""
    assert {notice for notice in n.NOTICES.values() if notice.LIMITED} == {
        n.IncidentOpened,
        n.OrderNudged,
        n.AnswerNudged,
        n.QuoteNudged,
        n.ConsentNudged,
        n.SupportUnavailable,
        n.DecideByLink,
        n.MailUnread,
    }


def test_limit_that_makes_no_sense_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "comptoir.toml").write_text("[limits]\nanswers = 0\n")

    with pytest.raises(Misconfigured, match=r"limits\.answers: .*greater than or equal to 1"):
        read_settings({"COMPTOIR_CONFIG": str(tmp_path / "comptoir.toml")})
