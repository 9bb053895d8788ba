"""Questions about an author that nobody answers: some mails wait for them, and hold up no others."""

import asyncio

from bot.app.proof import Level
from bot.channels.mail.identity import Envelope, Identity, Patience, judge
from bot.channels.mail.lookup import Resolver
from bot.channels.mail.read import parse
from tests.channels.mail.keys import STRONG
from tests.channels.mail.names import a_zone
from tests.channels.mail.proofs import MAIL, signed

FOR_EVER = 600  # seconds
FLOOD = 40


async def test_flood_of_mails_whose_domains_keep_silent_is_hurried_through() -> None:
    """Of all of them but a few nobody waits for an answer; a mail among them whose domain answers is still proven."""
    async with a_zone() as zone:
        zone.texts = {"s1._domainkey.clientsa.fr": (STRONG.record,)}
        zone.silent = (".pirate.net",)
        patience = Patience(usual=FOR_EVER, hurried=2, many=4)
        identity = Identity(resolver=Resolver((zone.server,), seconds=FOR_EVER), patience=patience)
        silent = [MAIL.replace(b"clientsa.fr", b"d%d.pirate.net" % number) for number in range(FLOOD)]

        judging = [
            asyncio.create_task(judge(raw, parse(raw), Envelope(peer="198.51.100.1"), identity)) for raw in silent
        ]
        await asyncio.sleep(0)
        genuine = await judge(signed(), parse(signed()), Envelope(peer="198.51.100.1"), identity)
        hurried = [await one for one in judging[4:]]
        waiting = [one for one in judging if not one.done()]
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    assert genuine.level is Level.STRONG
    assert {(proof.level, proof.reason) for proof in hurried} == {(Level.LATER, "DNS took too long")}
    assert len(waiting) == 4
