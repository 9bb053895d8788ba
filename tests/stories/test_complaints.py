"""A reader who reports our mail as abuse: staff know, nothing is decided by it, and nobody nudges them any more."""

import pytest

from bot.core import facts as f
from tests.stories.people import BOB, DOWN_FR
from tests.stories.steps import invoice
from tests.stories.test_robots import bounced_at, come_back
from tests.stories.town import SUPPORT, Town

ABUSE = "abuse@host.example"


def complaint(here: Town, *, kind: str = "abuse", envelope: str = "", message_id: str = "") -> bytes:
    """A report in the form of RFC 5965 about the newest mail to Bob, his provider's words for it in front."""
    mail_from = f"Original-Mail-From: <{envelope}>\r\n" if envelope else ""
    original = f"Message-ID: <{message_id}>\r\n" if message_id else ""
    return (
        f"From: <feedback@clientsa.fr>\r\nTo: {ABUSE}\r\nSubject: FW: [INC-1] Panne\r\nMIME-Version: 1.0\r\n"
        f"Message-ID: <{len(here.relay.mails)}.{kind}.{len(message_id)}@clientsa.fr>\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="x"\r\n\r\n'
        "--x\r\nContent-Type: text/plain\r\n\r\nThis is an email abuse report. 550 5.1.1 user unknown.\r\n"
        "--x\r\nContent-Type: message/feedback-report\r\n\r\n"
        f"Feedback-Type: {kind}\r\nUser-Agent: SomeGenerator/1.0\r\nVersion: 1\r\n{mail_from}"
        f"Original-Rcpt-To: <{BOB}>\r\n\r\n"
        "--x\r\nContent-Type: message/rfc822\r\n\r\n"
        f"{original}From: {SUPPORT}\r\nSubject: Panne\r\n\r\n.\r\n--x--\r\n"
    ).encode()


@pytest.mark.parametrize("known_by", ["Message-ID", "envelope"])
async def test_complaint_is_told_to_staff_and_stops_only_nudges(here: Town, known_by: str) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    newest = here.newest(BOB)
    by_id = known_by == "Message-ID"
    about = complaint(
        here, message_id=newest.message_id if by_id else "", envelope="" if by_id else newest.taken.sender
    )

    await come_back(here, ABUSE, about)
    stage = await here.stage()
    await here.wait(days=4)

    assert stage == "announced"
    assert await bounced_at(here, BOB) is None
    assert any(f"{BOB} reported a mail of ours as abuse (incident opened)" in line for line in here.staff.thread())
    assert await here.told(BOB) == ["incident_opened"]
    assert any("Held back, not sent: order nudged" in line for line in here.staff.thread())


async def test_whoever_writes_after_a_complaint_is_nudged_again(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    await come_back(here, ABUSE, complaint(here, message_id=here.newest(BOB).message_id))

    await here.mail(BOB, "Encore", "Bonjour, avez-vous regardé ?", answering=here.newest(BOB))
    await here.wait(days=4)

    assert "order_nudged" in await here.told(BOB)


async def test_claims_go_on_after_a_complaint(here: Town) -> None:
    """A button in a mail program is no contest, and a reminder of what is owed is no courtesy."""
    await invoice(here)
    await come_back(here, ABUSE, complaint(here, message_id=here.newest(BOB).message_id))

    await here.wait(days=40)

    assert f.ContestSaid not in await here.facts()
    assert "reminder_overdue" in await here.told(BOB)


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
async def test_other_feedback_is_no_complaint(here: Town, kind: str) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)

    await come_back(here, ABUSE, complaint(here, kind=kind, message_id=here.newest(BOB).message_id))

    assert f.NoticeComplained not in await here.facts()
    assert await here.stage() == "announced"


async def test_complaint_without_a_key_of_ours_changes_nothing(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    key = "a" * 26

    await come_back(here, ABUSE, complaint(here, message_id=f"{key}@host.example"))
    await come_back(here, ABUSE, complaint(here, envelope=f"bounce+{key}@host.example"))

    assert f.NoticeComplained not in await here.facts()
    assert len(here.inbox(BOB)) == 1
