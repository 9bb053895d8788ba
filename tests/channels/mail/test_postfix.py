"""Debian's Postfix as the peer, on both sides: in front of the desk, and as its relay."""

import asyncio
from typing import Literal

import aiosmtplib
import pytest

from bot.channels.mail.addresses import desk_address
from bot.channels.mail.receive import serve
from bot.channels.mail.reception import Arrival, Reception
from bot.channels.mail.send import Accepted, Relay
from tests.postfix import Postfix, a_postfix
from tests.relay import a_relay

SUPPORT = "support@host.fr"
MAIL = (
    b"From: Bob <bob@clientsa.fr>\r\nTo: support@host.fr\r\nSubject: Panne\r\nMessage-ID: <m1@clientsa.fr>\r\n"
    b"Date: Mon, 14 Jun 2010 09:30:00 +0200\r\n\r\nRien ne marche.\r\n.\r\n..\r\n"
)


class Box:
    """Keeps mails once it has failed so many times."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.kept: list[Arrival] = []

    async def __call__(self, arrival: Arrival) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the database is away")
        self.kept.append(arrival)


async def hand_in(postfix: Postfix, *recipients: str) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=postfix.port, start_tls=False) as client:
        await client.sendmail("bob@clientsa.fr", list(recipients), MAIL)


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
@pytest.mark.parametrize("failures", [0, 2])
async def test_border_server_brings_each_mail_once_whatever_fails(
    protocol: Literal["smtp", "lmtp"], failures: int
) -> None:
    """Two recipients: one mail with both over SMTP, and over LMTP an answer for each."""
    box = Box(failures)
    reception = Reception(domain="host.fr", accepts=desk_address(SUPPORT).accepts, keep=box)
    listener = await serve("127.0.0.1", 0, reception, protocol)
    try:
        async with a_postfix(listener.port, protocol) as postfix:
            await hand_in(postfix, SUPPORT, "support+key@host.fr")
            async with asyncio.timeout(240):
                while not box.kept:
                    await asyncio.sleep(1)
                    await postfix.flush()  # its own calendar may take minutes
            await postfix.wait_for_log("status=sent", times=2)

            assert await postfix.waiting() == 0
            assert postfix.log.count("451 4.3.0") >= min(failures, 1)
    finally:
        listener.close()
        await listener.wait_closed()
    assert [arrival.mail_from for arrival in box.kept] == ["bob@clientsa.fr"]
    assert sorted(box.kept[0].rcpt_to) == ["support+key@host.fr", SUPPORT]
    assert box.kept[0].raw.endswith(MAIL)


async def test_mailbox_that_is_not_ours_goes_back_to_its_sender() -> None:
    box = Box()
    reception = Reception(domain="host.fr", accepts=desk_address(SUPPORT).accepts, keep=box)
    listener = await serve("127.0.0.1", 0, reception)
    try:
        async with a_postfix(listener.port) as postfix:
            await hand_in(postfix, "sales@host.fr")
            await postfix.wait_for_log("550 5.1.1 There is no such mailbox here")
    finally:
        listener.close()
        await listener.wait_closed()
    assert box.kept == []


async def test_relay_takes_what_leaves_and_passes_it_on_as_it_was() -> None:
    async with a_relay() as world, a_postfix(world.port) as postfix:
        relay = Relay(f"smtp://127.0.0.1:{postfix.port}?starttls=never")

        outcomes = [await relay.send("bounce+k@host.fr", "bob@clientsa.fr", MAIL) for _ in range(3)]

        await relay.close()
        taken = await world.wait_for(3, seconds=60)
    assert {type(outcome) for outcome in outcomes} == {Accepted}
    assert {one.sender for one in taken} == {"bounce+k@host.fr"}
    assert all(one.raw.endswith(MAIL) for one in taken)
