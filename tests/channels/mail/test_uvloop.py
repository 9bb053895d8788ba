"""The same sockets on the faster loop, whose transports are of other classes than asyncio's."""

import asyncio

import uvloop

from bot.channels.mail.addresses import desk_address
from bot.channels.mail.receive import serve
from bot.channels.mail.reception import Arrival, Reception
from bot.channels.mail.send import Accepted, Relay, Unknown


def test_mail_passes_between_relay_and_door_until_it_closes() -> None:
    uvloop.run(_pass_a_mail())


async def _pass_a_mail() -> None:
    kept: list[Arrival] = []

    async def keep(arrival: Arrival) -> None:
        kept.append(arrival)

    accepts = desk_address("support@host.fr").accepts
    listener = await serve("127.0.0.1", 0, Reception(domain="mx.host.fr", accepts=accepts, keep=keep))
    relay = Relay(f"smtp://127.0.0.1:{listener.port}")
    idle, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    greeting = await idle.readline()

    outcome = await relay.send("bounce+k1@host.fr", "support@host.fr", b"Subject: a\r\n\r\n.\r\nb\r\n")
    listener.close()
    async with asyncio.timeout(30):
        goodbye = await idle.readline()
        await listener.wait_closed()
    late = await relay.send("bounce+k1@host.fr", "support@host.fr", b"Subject: a\r\n\r\nb\r\n")

    assert (greeting[:3], goodbye[:3]) == (b"220", b"421")
    assert isinstance(outcome, Accepted)
    assert [arrival.raw for arrival in kept] == [b"Subject: a\r\n\r\n.\r\nb\r\n"]
    assert not isinstance(late, Accepted | Unknown)
    writer.close()
    await relay.close()
