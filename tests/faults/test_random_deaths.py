"""Killed again and again at no moment in particular, with customers who insist and a relay that loses answers."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import aiosmtplib
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.app.check import look_over
from storage import Store
from tests.builders import MONDAY
from tests.faults.killing import Count, CountingSink, running
from tests.relay import a_relay
from tests.stories.town import SUPPORT
from tests.stories.work import waiting

DEATHS = 40
CLIENTS = 3
STRANGERS = "[limits]\ndomain = 100000\nunproven = 100000\nunproven_day = 100000\n"
LATER = timedelta(minutes=5)
LOOK_SECONDS = 0.02
MOST_LOOKS = 750


@dataclass(slots=True, kw_only=True)
class ForgetfulSink(CountingSink):
    """A relay that takes every mail, and then loses this share of its answers."""

    loses: float = 0.1
    dice: random.Random = field(default_factory=lambda: random.Random(2010))

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await CountingSink.handle_DATA(self, server, session, envelope)
        if self.dice.random() < self.loses and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return answer


class Clients:
    """Customers who send mail after mail, each until it is acknowledged, wherever the desk is now."""

    def __init__(self) -> None:
        self.port = 0
        self.acknowledged: set[str] = set()
        self._enough = asyncio.Event()

    async def write(self, name: str) -> None:
        number = 0
        while not self._enough.is_set():
            number += 1
            await self._insist(f"{name}{number}@clientsa.fr")

    async def _insist(self, sender: str) -> None:
        raw = f"From: {sender}\r\nSubject: Panne\r\nMessage-ID: <1.{sender}>\r\n\r\nRien ne marche.\r\n".encode()
        for _ in range(MOST_LOOKS):
            if await self._hand_in(sender, raw):
                self.acknowledged.add(sender)
                return
            await asyncio.sleep(LOOK_SECONDS)
        raise AssertionError(f"nobody takes the mail of {sender}")

    async def _hand_in(self, sender: str, raw: bytes) -> bool:
        try:
            async with aiosmtplib.SMTP(hostname="127.0.0.1", port=self.port, start_tls=False, timeout=2) as client:
                await client.sendmail(sender, [SUPPORT], raw)
        except (aiosmtplib.SMTPException, OSError):
            return False
        return True

    def enough(self) -> None:
        self._enough.set()


async def test_nothing_acknowledged_is_lost_and_nothing_is_made_up(sqlite_url: str, tmp_path: Path) -> None:
    dice, now, clients, relay = random.Random(1106), MONDAY, Clients(), ForgetfulSink()
    store = await Store.open(sqlite_url)
    async with a_relay(relay):
        environment = _environment(sqlite_url, tmp_path, relay)
        writing = [asyncio.create_task(clients.write(f"client{number}x")) for number in range(CLIENTS)]
        for _ in range(DEATHS):
            async with running(environment, now, Count()) as desk:
                clients.port = desk.mail_port
                await asyncio.sleep(dice.uniform(0.1, 0.6))
                desk.process.kill()
            now += LATER
        clients.enough()
        async with running(environment, now, Count()) as desk:
            clients.port = desk.mail_port
            await asyncio.gather(*writing)
            await _settled(store)
            assert await desk.stop() == 0
        relay.loses = 0  # and what its lost answers had put off is sent again
        async with running(environment, now + LATER, Count()):
            await _settled(store, later=False)
    answered = Counter(taken.recipients[0] for taken in relay.mails)
    forms = {(taken.recipients[0], taken.raw) for taken in relay.mails}
    assert len(clients.acknowledged) > DEATHS
    assert set(answered) == clients.acknowledged
    assert len(forms) == len(answered), "something left in two forms"
    assert (await look_over(store)).wrong == ""
    assert await store.run(lambda tx: tx.next_number("INC")) - 1 == len(clients.acknowledged)
    await store.close()


async def _settled(store: Store, *, later: bool = True) -> None:
    """Until nothing is left but, where that may be, what was put off."""
    for _ in range(MOST_LOOKS):
        jobs = [job for job in await store.read(waiting) if job.queue != "deadlines"]
        if not [job for job in jobs if job.in_hand or job.error is None or not later]:
            return
        await asyncio.sleep(LOOK_SECONDS)
    raise AssertionError(f"still at work: {jobs}")


def _environment(url: str, folder: Path, relay: CountingSink) -> dict[str, str]:
    config = folder / "comptoir.toml"
    config.write_text(STRANGERS, encoding="utf-8")
    return {
        "DATABASE_URL": url,
        "PORT": "0",
        "MAIL_LISTEN": "127.0.0.1:0",
        "RELAY_URL": relay.url,
        "COMPTOIR_CONFIG": str(config),
        "COMPTOIR_SECRET": "what every link is derived from, here",
    }
