"""A button in Gmail's list of mails, where the desk wants it: for businesses, beside what states a price alone."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest

from bot.core.terms import Kind
from tests.channels.web.keyring import Keyring, a_keyring
from tests.stories.letters import Letter
from tests.stories.people import BOB, DOWN_EN, DOWN_FR, JANE
from tests.stories.steps import QUOTE_LINES
from tests.stories.town import PUBLIC_URL, Town, town

MARKUP = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


@pytest.fixture
async def ring() -> AsyncIterator[Keyring]:
    async with a_keyring() as ring:
        yield ring


@pytest.fixture
async def here(database_url: str, ring: Keyring) -> AsyncIterator[Town]:
    wanted = f'[gmail]\nconfirm_action = true\nkeys_url = "{ring.url}"'
    async with town(database_url, terms=wanted) as founded:
        yield founded


def markup(letter: Letter) -> Mapping[str, Any] | None:
    """What Gmail reads in a mail; None where it has nothing for it."""
    found = MARKUP.search(letter.html)
    told: Mapping[str, Any] | None = json.loads(found[1]) if found else None
    return told


async def tap(here: Town, ring: Keyring, letter: Letter) -> int:
    """As Gmail does when the button is pressed; the answer's status."""
    told = markup(letter)
    assert told is not None
    url = told["potentialAction"]["handler"]["url"]
    assert url == f"{letter.link}/confirm"
    headers = {"Authorization": f"Bearer {ring.token(here.clock())}"}
    local = url.replace(PUBLIC_URL, f"http://127.0.0.1:{here.running.web_port}")
    async with aiohttp.ClientSession() as session, session.post(local, headers=headers) as answer:
        await here.settled()
        return answer.status


async def test_business_orders_and_accepts_from_its_list_of_mails(here: Town, ring: Keyring) -> None:
    await here.register(BOB, Kind.BUSINESS)
    await here.mail(BOB, "Panne", DOWN_FR)
    announced = here.newest(BOB)
    assert markup(announced) == {
        "@context": "http://schema.org",
        "@type": "EmailMessage",
        "potentialAction": {
            "@type": "ConfirmAction",
            "name": "Commander avec obligation de paiement — 20,00\u00a0€\u00a0HT, 24,00\u00a0€\u00a0TTC",
            "handler": {"@type": "HttpActionHandler", "url": f"{announced.link}/confirm"},
        },
        "description": (
            "Le diagnostic est commandé\u00a0: 20,00\u00a0€\u00a0HT, 24,00\u00a0€\u00a0TTC, dus seulement comme"
            " annoncé dans ce message. Rien n’est payé d’avance."
        ),
    }

    assert await tap(here, ring, announced) == 200
    await here.staff.click("start_diagnosis")
    await here.staff.submit("conclude", outcome="quote", report="L’index est cassé.")
    await here.staff.submit("send_quote", lines=QUOTE_LINES, validity_days="15")
    assert await tap(here, ring, here.newest(BOB)) == 200

    assert await here.stage() == "working"
    assert (await here.told(BOB))[-1] == "quote_accepted"
    assert markup(here.newest(BOB)) is None


async def test_consumers_mails_have_no_such_button(here: Town, ring: Keyring) -> None:
    await here.register(JANE, Kind.CONSUMER)
    await here.mail(JANE, "Down", DOWN_EN)

    assert markup(here.newest(JANE)) is None


async def test_mails_have_none_unless_the_desk_wants_it(database_url: str) -> None:
    async with town(database_url) as usual:
        await usual.register(BOB, Kind.BUSINESS)
        await usual.mail(BOB, "Panne", DOWN_FR)

        assert "<script" not in usual.newest(BOB).html
