"""Mailboxes: conversations by what mails name, answers that quote, nothing kept twice; a clock that only gains."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from bot.sandbox.calendar import Calendar
from bot.sandbox.correspondence import Draft, Upload, conversations, files, written
from bot.sandbox.mailbox import Mailbox
from storage import Store
from tests.sandbox.conftest import HandClock

DESK = "support@host.example"
CAMILLE = "camille@atelier-roux.example"


@pytest.fixture
async def own_store(sqlite_url: str) -> AsyncIterator[Store]:
    store = await Store.open(sqlite_url)
    yield store
    await store.close()


def a_mail(name: str, *answers: str, text: str = "Bonjour") -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = DESK, CAMILLE, f"About {name}", f"<{name}@here>"
    if answers:
        mail["References"] = " ".join(f"<{one}@here>" for one in answers)
    mail.set_content(text)
    return mail.as_bytes()


async def test_mails_that_name_each_other_are_one_conversation(own_store: Store, clock: HandClock) -> None:
    mailbox = Mailbox(own_store, clock, lambda: None)
    for name, *answers in (("one",), ("other",), ("two", "one"), ("four", "missing"), ("three", "two", "missing")):
        await mailbox.put(CAMILLE, a_mail(name, *answers), sent=False)

    threads = [[str(letter.mail["Subject"]) for letter in thread] for thread in mailbox.conversations(CAMILLE)]

    assert threads == [["About one", "About two", "About four", "About three"], ["About other"]]


async def test_mail_is_kept_once_and_found_again(own_store: Store, clock: HandClock) -> None:
    told: list[None] = []
    mailbox = Mailbox(own_store, clock, lambda: told.append(None))
    await mailbox.put(CAMILLE, a_mail("one"), sent=False)
    await mailbox.put(CAMILLE.upper(), a_mail("one"), sent=False)
    later = Mailbox(own_store, clock, lambda: None)
    await later.remember()

    assert len(told) == 1
    assert conversations(later, CAMILLE) == conversations(mailbox, CAMILLE)
    assert later.owners() == (CAMILLE,)


async def test_answer_quotes_and_names_what_it_answers(own_store: Store, clock: HandClock) -> None:
    mailbox = Mailbox(own_store, clock, lambda: None)
    letter = await mailbox.put(CAMILLE, a_mail("two", "one", text="Le diagnostic coûte 20 €."), sent=False)
    draft = Draft(
        sender=CAMILLE, text="D'accord", answers=letter.kept.id, files=(Upload(name="a.eml", content="eA=="),)
    )

    mail = written(draft, mailbox, DESK, clock())

    body = mail.get_body(preferencelist=("plain",))
    assert body is not None
    assert body.get_content().startswith(
        "D'accord\n\nLe 14/11/2023 à 22:13, support@host.example a écrit :\n> Le diag"
    )
    assert mail["In-Reply-To"] == "<two@here>"
    assert mail["References"] == "<one@here> <two@here>"
    assert mail["Subject"] == "Re: About two"
    assert [part.get_content_type() for part in mail.iter_attachments()] == ["application/octet-stream"]


async def test_answer_to_nothing_is_refused(own_store: Store, clock: HandClock) -> None:
    mailbox = Mailbox(own_store, clock, lambda: None)

    with pytest.raises(LookupError, match="the mail to answer is gone"):
        written(Draft(sender=CAMILLE, text="?", answers=7), mailbox, DESK, clock())


async def test_mail_without_text_or_files_is_shown_as_empty(own_store: Store, clock: HandClock) -> None:
    mailbox = Mailbox(own_store, clock, lambda: None)

    letter = await mailbox.put(CAMILLE, b"Subject: =?utf-8?q?=C3=A9?=\r\n\r\n", sent=True)

    (conversation,) = conversations(mailbox, CAMILLE)
    assert conversation["subject"] == "é"
    assert files(letter) == []


async def test_calendar_only_goes_forward_and_is_kept(own_store: Store) -> None:
    system = HandClock(datetime(2026, 6, 1, tzinfo=UTC))
    calendar = Calendar(system)
    await calendar.move(own_store, system() + timedelta(days=3))
    await calendar.move(own_store, system() - timedelta(days=9))
    later = Calendar(system)
    await later.remember(own_store)

    assert (calendar(), later()) == (datetime(2026, 6, 4, tzinfo=UTC), datetime(2026, 6, 4, tzinfo=UTC))
    assert later.ahead == timedelta(days=3)
