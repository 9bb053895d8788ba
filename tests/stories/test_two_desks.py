"""Two desks of this kind that have each other as customers: what one writes by itself the other never answers."""

from tests.stories.people import BOB, DOWN_FR
from tests.stories.steps import diagnose
from tests.stories.town import SUPPORT, Town

OTHER_DESK = "support@desk.example.org"


def as_the_other_desk_writes(raw: bytes, to: str) -> bytes:
    """What this desk sent to Bob, as the other desk would have sent it here."""
    theirs = raw.replace(SUPPORT.encode(), OTHER_DESK.encode()).replace(b"host.example", b"desk.example.org")
    return theirs.replace(f"To: {BOB}".encode(), f"To: {to}".encode(), 1)


async def test_what_another_desk_writes_by_itself_is_kept_and_never_answered(here: Town) -> None:
    await diagnose(here)
    sent = [taken.raw for taken in here.relay.mails]
    to = str(here.newest(BOB).message["Reply-To"])
    before = await here.facts()

    for raw in sent:
        for address in (SUPPORT, to):
            await here.hand_in("bounce+k1@desk.example.org", address, as_the_other_desk_writes(raw, address))
    await here.settled()

    assert len(here.relay.mails) == len(sent)
    assert not await here.exists(2)
    assert await here.facts() == before


async def test_another_desk_that_opens_an_incident_hears_the_price_once(here: Town) -> None:
    """A person there wrote from its address; what comes back from their desk by itself ends the talk."""
    await here.mail(OTHER_DESK, "Panne", DOWN_FR)
    announced = here.newest(OTHER_DESK)
    to = str(announced.message["Reply-To"])

    for _ in range(3):
        newest = here.inbox(OTHER_DESK)[-1].taken.raw
        back = newest.replace(b"From:", b"X-From:").replace(b"Message-ID: <", b"Message-ID: <r")
        await here.hand_in("", to, f"From: {OTHER_DESK}\r\n".encode() + back)
        await here.settled()

    assert await here.told(OTHER_DESK) == ["incident_opened"]
