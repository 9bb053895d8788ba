"""A form counts only when it comes from the page that was shown, whoever knows the link."""

from datetime import timedelta

import pytest

from bot.core import facts as f
from bot.core.notices import Purpose
from tests.channels.web.front import Front

OURS = "http://127.0.0.1:8080"


async def _a_quote(front: Front) -> str:
    await front.open()
    await front.diagnose()
    await front.quote()
    return await front.mailed(Purpose.QUOTE)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"},
        {"Origin": "null", "Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": OURS, "Sec_Fetch_Site": "cross-site"},
        {"Origin": "http://127.0.0.1:8080.evil.example"},
    ],
)
async def test_form_from_another_site_changes_nothing(one_front: Front, headers: dict[str, str]) -> None:
    path = await _a_quote(one_front)
    page = await one_front.look(path)

    answer = await one_front.post(path, page.hidden | {"choice": "accept"}, **headers)

    assert answer.status == 403
    assert answer.plain.startswith("Cette demande ne vient pas de notre page")
    assert await one_front.count(f.QuoteAccepted) == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": OURS, "Sec_Fetch_Site": "same-origin"},
        {"Origin": "null", "Sec_Fetch_Site": "same-origin"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "none"},
    ],
)
async def test_form_from_our_own_page_counts(one_front: Front, headers: dict[str, str]) -> None:
    path = await _a_quote(one_front)
    page = await one_front.look(path)

    answer = await one_front.post(path, page.hidden | {"choice": "accept"}, **headers)

    assert answer.status == 200
    assert await one_front.count(f.QuoteAccepted) == 1


@pytest.mark.parametrize("missing", ["nonce", "shown"])
async def test_form_without_its_nonce_changes_nothing(one_front: Front, missing: str) -> None:
    path = await _a_quote(one_front)
    fields = (await one_front.look(path)).hidden
    del fields[missing]

    answer = await one_front.post(path, fields | {"choice": "accept"})

    assert answer.status == 403
    assert await one_front.count(f.QuoteAccepted) == 0


async def test_form_that_claims_to_have_shown_something_else_changes_nothing(one_front: Front) -> None:
    path = await _a_quote(one_front)
    fields = (await one_front.look(path)).hidden

    answer = await one_front.post(path, fields | {"choice": "accept", "shown": fields["shown"] + "0"})

    assert answer.status == 403
    assert await one_front.count(f.QuoteAccepted) == 0


async def test_page_left_open_for_more_than_a_day_is_shown_again(one_front: Front) -> None:
    path = await _a_quote(one_front)
    page = await one_front.look(path)
    one_front.clock.turn(timedelta(hours=24, seconds=1))

    stale = await one_front.click(path, "accept", page)

    assert stale.status == 409
    assert await one_front.count(f.QuoteAccepted) == 0
    assert (await one_front.click(path, "accept", stale)).status == 200
    assert await one_front.count(f.QuoteAccepted) == 1


async def test_field_nobody_sees_holds_the_decision_of_whoever_fills_it(one_front: Front) -> None:
    path = await _a_quote(one_front)

    held = await one_front.click(path, "accept", website="https://robot.example")

    assert held.status == 422
    assert held.plain.startswith("Nous n’avons pas pu nous assurer qu’une personne avait cliqué.")
    assert await one_front.count(f.QuoteAccepted) == 0
    assert (await one_front.click(path, "accept", held)).status == 200
