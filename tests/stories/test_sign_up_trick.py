"""Somebody signs up elsewhere with an address of ours: what comes back is for nobody outside."""

import pytest

from bot.core import facts as f
from tests.stories.letters import Letter
from tests.stories.people import DOWN_FR, MALLORY
from tests.stories.town import SUPPORT, Town

CODES = {
    "no-reply@slack.com": "Slack confirmation code: AB1-2CD",
    "appleid@id.apple.com": "Verify your Apple ID email address",
    "noreply@github.com": "Please verify your device",
}


def code(sender: str, to: str) -> bytes:
    head = f"From: {sender}\r\nTo: {to}\r\nSubject: {CODES[sender]}\r\nMessage-ID: <code@{sender}>\r\n"
    return f"{head}\r\nYour code is 482 911.\r\n".encode()


def reply_address(letter: Letter) -> str:
    return str(letter.message["Reply-To"])


@pytest.mark.parametrize("sender", CODES)
async def test_code_for_a_strangers_conversation_is_kept_and_shown_to_nobody_outside(here: Town, sender: str) -> None:
    """Not even where the stranger opened an incident in the service's name, or has the key of one."""
    await here.mail(MALLORY, "Panne", DOWN_FR)
    await here.mail(sender, "Panne", "Bonjour.", answering=here.newest(MALLORY))
    mallorys = here.newest(MALLORY)

    await here.hand_in("bounces@service.example", reply_address(mallorys), code(sender, reply_address(mallorys)))
    await here.hand_in("bounces@service.example", SUPPORT, code(sender, SUPPORT).replace(b"<code@", b"<code2@"))
    await here.settled()

    page = await here.open(mallorys.links[-1])
    assert "482 911" not in page.text
    assert not any("482 911" in f"{one.text}{one.html}" for one in here.inbox(MALLORY))
    assert here.inbox(sender) == []
    assert not await here.exists(2)
    assert (await here.facts()).count(f.CustomerWrote) == 1
