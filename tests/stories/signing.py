"""Mails as a customer's own server signs and sends them."""

from email.message import EmailMessage

import dkim  # type: ignore[import-untyped]  # ships no types

from tests.channels.mail.keys import STRONG, Key
from tests.stories.letters import Letter, write
from tests.stories.people import BOB
from tests.stories.town import SUPPORT, Town

SIGNED = (b"from", b"to", b"subject", b"date", b"message-id")


def reply(text: str, answering: Letter | None = None, sender: str = BOB, number: int = 70) -> EmailMessage:
    """A mail as Bob's program writes it."""
    message = write(sender, SUPPORT, "Panne", text, number=number, answering=answering)
    message["Date"] = "Mon, 14 Jun 2010 09:30:00 +0200"
    return message


def signed(message: EmailMessage, domain: str = "clientsa.fr", key: Key = STRONG) -> bytes:
    """The mail as its domain's server sends it."""
    raw = bytes(message)
    header = dkim.sign(raw, b"s1", domain.encode(), key.private, include_headers=list(SIGNED))
    return bytes(header) + raw


async def bring(here: Town, message: EmailMessage, raw: bytes, sender: str = BOB) -> None:
    """Hands it in, and waits for all that follows."""
    await here.hand_in(sender, str(message["To"]), raw)
    await here.settled()
