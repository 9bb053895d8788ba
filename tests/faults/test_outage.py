"""Slack lets the desk in no more: staff learn it from the relay's hands, in a mail of the desk's own."""

from tests.stories.people import BOB, DOWN_FR
from tests.stories.town import Town

STAFF = "contact@host.example"


async def test_staff_are_mailed_that_slack_refuses_what_they_are_to_read(here: Town) -> None:
    here.slack.faults.refuse("token_revoked", times=None)

    await here.mail(BOB, "Panne", DOWN_FR)
    await here.settled()

    (mail,) = here.inbox(STAFF)
    assert "Slack refuses" in mail.subject
    assert "the app's token was revoked (token_revoked)" in " ".join(mail.text.split())
    assert await here.told(BOB) == ["incident_opened"]
    here.parked = await here.store.read(lambda tx: len(tx.outbox.parked(99)))
