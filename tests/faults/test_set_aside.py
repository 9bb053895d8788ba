"""Mails whose author nobody can make out and that nobody can read: staff have them as they came."""

import pytest

from tests.faults.test_hostile_mails import BOMBS, a_mail, nested
from tests.stories.people import BOB
from tests.stories.town import SUPPORT, Town

UNREADABLE = {
    "comments in From": a_mail(
        'Content-Type: multipart/mixed; boundary="0"', sender="(" * 4000 + BOB, body=nested(400)
    ),
    "two From": BOMBS["semicolons"].replace(b"Subject", b"From: mallory@pirate.net\r\nSubject", 1),
}


@pytest.mark.parametrize("name", UNREADABLE)
async def test_mail_without_author_that_cannot_be_read_is_with_staff_as_it_came(here: Town, name: str) -> None:
    raw = UNREADABLE[name]

    await here.hand_in(BOB, SUPPORT, raw)
    await here.settled()

    (root,) = here.slack.workspace.roots(here.staff.channel)
    (file,) = here.slack.workspace.files.values()
    assert "belongs to no incident" in root.text
    assert file.name == "mail.eml"
    assert (file.content or b"").endswith(raw)
    assert here.relay.mails == []
