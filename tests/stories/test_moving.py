"""Two customers of one name: an incident opened for the wrong one goes to the right one, and nothing else does."""

from bot.core import facts as f
from bot.core.terms import Kind
from tests.stories.browser import Entry
from tests.stories.people import BOB, DETAILS
from tests.stories.town import Town

OTHER = "contact@client-sa.example"
SECRET = "Le dossier /www/coffre ne répond plus."
FILLED: dict[str, Entry] = {
    "customer": "C-2",
    "address": OTHER,
    "title": "Boutique en panne",
    "description": "Votre boutique ne répond plus, dites-vous au téléphone.",
    "reason": "Ils ont le même nom ; c’est l’autre qui a appelé.",
}


async def opened_for_the_wrong_one(here: Town) -> None:
    await here.register(BOB, Kind.BUSINESS)
    await here.register(OTHER, Kind.BUSINESS)
    await here.mail(BOB, "Coffre en panne", SECRET)


async def move(here: Town, **wrong: Entry) -> None:
    await here.staff.click("move")
    await here.staff.fill(**FILLED | wrong)


async def test_it_goes_on_for_the_right_customer_and_is_closed_for_the_other(here: Town) -> None:
    await opened_for_the_wrong_one(here)
    links = here.newest(BOB).links

    await move(here)

    assert (await here.stage(1), await here.stage(2)) == ("cancelled", "announced")
    assert [(await here.incident(number)).customer for number in (1, 2)] == [1, 2]
    assert await here.facts(1) == [f.IncidentOpened, f.CustomerWrote, f.PriceAnnounced, f.IncidentMoved]
    assert await here.told(BOB) == ["incident_opened", "incident_moved"]
    assert await here.told(OTHER) == ["incident_opened"]
    assert {(await here.open(link)).status for link in links} == {404}
    assert any("Moved to another customer: it goes on in INC-2" in said for said in here.staff.thread(1))


async def test_neither_learns_anything_of_the_other(here: Town) -> None:
    await opened_for_the_wrong_one(here)
    await move(here)

    announced = here.newest(OTHER)
    pages = [await here.open(link) for link in announced.links]
    theirs = announced.text + announced.html + "".join(page.text for page in pages)
    assert "Votre boutique ne répond plus" in theirs
    for word in (BOB, "coffre", "Coffre", "INC-1", "même nom"):
        assert word not in theirs
    told = here.newest(BOB)
    for word in (OTHER, "outique", "INC-2", "même nom"):
        assert word not in told.text + told.html
    assert not any("/a/" in link for link in told.links)


async def test_answers_go_to_whom_they_are_from(here: Town) -> None:
    """What the right customer writes into the old conversation is in their own; what the former writes is new."""
    await opened_for_the_wrong_one(here)
    first = here.newest(BOB)
    await move(here)

    await here.mail(OTHER, "Re: Coffre", "Oui, c’est la nôtre.", answering=first)
    await here.mail(BOB, "Re: Coffre", "Et chez nous, c’est en panne aussi.", answering=first)

    assert f.CustomerWrote in (await here.facts(2))[3:]
    assert (await here.incident(3)).customer == 1
    assert f.OtherWrote not in await here.facts(1)
    assert f.ContactProposed not in await here.facts(1)


async def test_reference_and_address_must_be_the_same_customers(here: Town) -> None:
    await opened_for_the_wrong_one(here)

    wrongs: tuple[dict[str, Entry], ...] = (
        {"address": BOB},
        {"customer": "C-1", "address": BOB},
        {"customer": "C-9"},
        {"customer": "2"},
    )
    for wrong in wrongs:
        await move(here, **wrong)
        assert "No other customer has both" in here.staff.errors

    assert await here.facts(1) == [f.IncidentOpened, f.CustomerWrote, f.PriceAnnounced]
    assert not await here.exists(2)
    assert await here.told(OTHER) == []


async def test_after_an_order_it_stays_and_staff_are_told_so(here: Town) -> None:
    await opened_for_the_wrong_one(here)
    await here.staff.click("move")
    await here.press(await here.open(here.newest(BOB).link), "order", **DETAILS[BOB])

    await here.staff.fill(**FILLED)

    assert "has changed" in here.staff.errors
    assert "move" not in here.staff.offers()
    assert await here.stage(1) == "ordered"
    assert not await here.exists(2)
