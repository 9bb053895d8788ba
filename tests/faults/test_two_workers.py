"""Two desks on one database: each job is done once while nothing breaks."""

import asyncio

from bot.processes import run_parts
from bot.wiring import wire
from tests.stories.people import BOB
from tests.stories.town import SUPPORT, town

MAILS = 60


async def test_two_workers_send_each_mail_once(postgres_url: str) -> None:
    async with town(postgres_url, chat=False) as here:
        settings = here.running.wired.settings
        async with wire(settings, here.clock) as wired, run_parts(wired, frozenset({"worker", "clock"})):
            await asyncio.gather(*(here.hand_in(_sender(number), SUPPORT, _mail(number)) for number in range(MAILS)))
            await here.settled()
            await here.wait(days=4)

        assert [await here.told(_sender(number)) for number in range(MAILS)] == [
            ["incident_opened", "order_nudged"]
        ] * MAILS


def _sender(number: int) -> str:
    return BOB.replace("bob", f"bob{number}")


def _mail(number: int) -> bytes:
    sender = _sender(number)
    return f"From: {sender}\r\nSubject: Panne\r\nMessage-ID: <1.{sender}>\r\n\r\nRien ne marche.\r\n".encode()
