"""The programs' door: who is entitled, and incidents opened on a customer's behalf (letter §6.7)."""

import json

import pytest

from bot.core import facts as f
from bot.core.notices import Purpose
from tests.channels.web.front import ADDRESS, TOKEN, Front

BEARER = {"Authorization": f"Bearer {TOKEN}"}
WISH = {"address": "alice@clientsa.fr", "title": "Panne", "text": "Le site est tombé.", "language": "fr"}


async def _ask(front: Front, who: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, object]]:
    answer = await front.client.get(f"/api/v1/entitlements/{who}", headers=BEARER if headers is None else headers)
    return answer.status, await answer.json()


async def _wish(front: Front, body: object, **headers: str) -> tuple[int, dict[str, object]]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await front.client.post("/api/v1/incidents", json=body, headers=BEARER | named)
    return answer.status, await answer.json()


@pytest.mark.parametrize("who", [ADDRESS, ADDRESS.upper(), "C-1", "c-1"])
async def test_entitled_customer_by_address_or_reference(one_front: Front, who: str) -> None:
    await one_front.open()

    answer = await _ask(one_front, who)

    assert answer == (200, {"customer": "C-1", "support": "full", "entitled": True, "reason": None})


async def test_customer_who_contested_is_not_entitled_since_then(front: Front) -> None:
    await front.open()
    await front.diagnose()
    await front.bill()
    await front.click(await front.mailed(Purpose.INVOICE), "contest")
    await front.click(await front.mailed(Purpose.CONTEST), "confirm", understood="yes")

    answer = await _ask(front, ADDRESS)

    assert answer == (
        200,
        {
            "customer": "C-1",
            "support": "forfeited",
            "entitled": False,
            "reason": "contested",
            "since": front.clock().isoformat(),
        },
    )


async def test_nobody_on_file_is_a_404(one_front: Front) -> None:
    for who in ("nobody@clientsa.fr", "C-99", "C-99999999999999999999999", "x"):
        status, answer = await _ask(one_front, who)
        assert (status, answer["error"]) == (404, "unknown_customer")


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": "Bearer "}],
)
async def test_without_a_known_token_nothing_is_told(one_front: Front, headers: dict[str, str]) -> None:
    await one_front.open()

    status, answer = await _ask(one_front, ADDRESS, headers)

    assert (status, answer["error"]) == (401, "unauthorized")


async def test_incident_is_opened_as_a_mail_would_and_its_price_announced(front: Front) -> None:
    status, answer = await _wish(front, WISH | {"way_in": "warranty"})

    incident = await front.now()
    mail = (await front.mails())[-1]
    assert (status, answer) == (201, {"incident": "INC-1"})
    assert incident.way_in is f.WayIn.WARRANTY
    assert (mail.notice, mail.to) == ("incident_opened", "alice@clientsa.fr")


async def test_same_key_opens_once_and_is_not_good_for_another_wish(front: Front) -> None:
    first = await _wish(front, WISH, Idempotency_Key="42")
    again = await _wish(front, WISH, Idempotency_Key="42")
    other = await _wish(front, WISH | {"text": "Autre chose."}, Idempotency_Key="42")
    without = await _wish(front, WISH)

    assert first == again == (201, {"incident": "INC-1"})
    assert (other[0], other[1]["error"]) == (409, "key_reused")
    assert without == (201, {"incident": "INC-2"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "no address"},
        {"address": "a@b\r\nBcc: x@y"},
        {"text": ""},
        {"way_in": "other"},
        {"language": "de"},
        {"surprise": 1},
    ],
)
async def test_wrong_wish_says_where(one_front: Front, wrong: dict[str, object]) -> None:
    status, answer = await _wish(one_front, WISH | wrong)

    assert (status, answer) == (422, {"error": "invalid", "message": f"Wrong or missing: {next(iter(wrong))}."})


async def test_bodies_that_are_not_json_are_refused(one_front: Front) -> None:
    async def post(data: bytes, kind: str) -> int:
        headers = BEARER | {"Content-Type": kind}
        return (await one_front.client.post("/api/v1/incidents", data=data, headers=headers)).status

    assert await post(b"{", "application/json") == 422
    assert await post(b"\xff", "application/json") == 422
    assert await post(b"a=1", "application/x-www-form-urlencoded") == 415
    assert await post(b" " * 2_000_000, "application/json") == 413


async def test_customer_without_support_opens_nothing(front: Front) -> None:
    await front.open()
    await front.diagnose()
    await front.bill()
    await front.click(await front.mailed(Purpose.INVOICE), "contest")
    await front.click(await front.mailed(Purpose.CONTEST), "confirm", understood="yes")

    status, answer = await _wish(front, WISH | {"address": ADDRESS})

    assert (status, answer["error"]) == (403, "support_forfeited")


async def test_description_names_every_route_and_needs_no_token(one_front: Front) -> None:
    answer = json.loads((await one_front.look("/api/v1/openapi.json")).text)

    served = {
        route.resource.canonical
        for route in one_front.client.app.router.routes()
        if route.resource and route.resource.canonical.startswith("/api/v1/")
    }
    assert answer["openapi"] == "3.1.0"
    assert set(answer["paths"]) == served - {"/api/v1/openapi.json"}
