"""Machines, loops, what comes back, and a "stop" that nobody has proven: as staff and customers live through them."""

import pytest
import sqlalchemy as sa

from bot.app.jobs import MailArrived, decode
from bot.app.pace import USUAL
from bot.core import facts as f
from bot.core.lives import ConsentState
from storage import Transaction
from storage._tables import inbox
from tests.stories.people import BOB, DOWN_FR, JANE
from tests.stories.steps import ask, diagnose, invoice, order, quote
from tests.stories.town import SUPPORT, Town


def report(to: str, *, about: str = BOB, status: str = "5.1.1", action: str = "failed", returned: str = "") -> bytes:
    """A mail server's report on a mail that it could not, or not yet, deliver."""
    back = f"--x\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{returned}>\r\n\r\n.\r\n" if returned else ""
    return (
        f"From: mailer-daemon@clientsa.fr\r\nTo: {to}\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        f"Message-ID: <{status}.{action}.{len(to)}@clientsa.fr>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\r\n\r\n'
        "--x\r\nContent-Type: text/plain\r\n\r\nNo such user here.\r\n"
        "--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.clientsa.fr\r\n\r\n"
        f"Final-Recipient: rfc822; {about}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n{back}--x--\r\n"
    ).encode()


async def come_back(here: Town, to: str, raw: bytes) -> None:
    await here.hand_in("", to, raw)
    await here.settled()


async def bounced_at(here: Town, address: str) -> object:
    customer = await here.customer(address)
    contacts = await here.store.read(lambda tx: tx.customers.contacts_of(customer.id))
    return contacts[0].bounced_at


def answer_by_itself(here: Town, *headers: str, subject: str = "Absence", text: str = "Je suis absent.") -> bytes:
    """What a program answers to the newest mail to Bob."""
    newest = here.newest(BOB)
    lines = (
        f"From: {BOB}",
        f"To: {newest.message['Reply-To']}",
        f"Subject: {subject}",
        f"Message-ID: <away-{len(here.relay.mails)}@clientsa.fr>",
        f"In-Reply-To: <{newest.message_id}>",
        "Content-Type: text/plain; charset=utf-8",
        *headers,
    )
    return ("\r\n".join(lines) + f"\r\n\r\n{text}\r\n").encode()


async def test_report_and_plain_text_from_nobody_are_kept_and_never_answered(here: Town) -> None:
    await come_back(here, SUPPORT, report(SUPPORT))
    await come_back(here, SUPPORT, f"From: {BOB}\r\nSubject: Panne\r\nMessage-ID: <n@x>\r\n\r\nBonjour\r\n".encode())

    assert here.relay.mails == []
    assert not await here.exists(1)
    assert await here.store.read(_senders) == [("mail", ""), ("mail", "")]


def _senders(tx: Transaction) -> list[tuple[str, str]]:
    """Of each mail that came in, the kind of its row and the envelope's sender as it is kept."""
    rows = tx.inbox._connection.execute(sa.select(inbox.c.kind, inbox.c.payload).order_by(inbox.c.id)).all()
    return [(kind, decode(MailArrived, payload).mail_from) for kind, payload in rows]


async def test_verification_mail_from_a_robot_is_nobodys_incident(here: Town) -> None:
    raw = (
        b"From: Slack <no-reply@slack.com>\r\nTo: support@host.example\r\nSubject: Your code is 123-456\r\n"
        b"Message-ID: <v@slack.com>\r\n\r\nYour confirmation code is 123-456.\r\n"
    )

    await here.hand_in("bounces@slack.com", SUPPORT, raw)
    await here.settled()

    assert here.relay.mails == []
    assert not await here.exists(1)


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        ("Auto-Submitted: auto-replied", "Re: Panne"),
        ("Precedence: bulk", "Re: Panne"),
        ("X-Auto-Response-Suppress: All", "Re: Panne"),
        ("X-Priority: 3", "=?utf-8?q?R=C3=A9ponse_automatique_:_Panne?="),
        ("X-Priority: 3", "Abwesenheitsnotiz: Panne"),
    ],
)
async def test_absence_is_kept_and_answers_nothing(here: Town, header: str, subject: str) -> None:
    """Not the quote, not a reminder, not an incident that is over."""
    await quote(here)
    before = await here.told(BOB)

    await here.hand_in(BOB, SUPPORT, answer_by_itself(here, header, subject=subject, text="Oui"))
    await here.settled()
    assert (await here.told(BOB), await here.stage()) == (before, "quoted")
    await here.wait(days=16)
    assert (await here.told(BOB))[-2:] == ["quote_lapsed", "invoice_issued"]

    await here.hand_in(BOB, SUPPORT, answer_by_itself(here, header, subject=subject))
    await here.settled()
    await here.wait(days=26)
    assert (await here.told(BOB))[-1] == "reminder_before_due"
    assert not await here.exists(2)


async def test_two_robots_talk_three_times_and_staff_are_told(here: Town) -> None:
    """The other one bears no sign of being one."""
    await here.mail(BOB, "Panne", DOWN_FR)

    for _ in range(12):
        await here.mail(BOB, "", "OK", answering=here.newest(BOB))

    assert await here.told(BOB) == ["incident_opened", "decide_by_link", "decide_by_link"]
    assert len([line for line in here.staff.thread() if "Held back" in line]) == 1
    here.clock.forward(hours=2)
    await here.mail(BOB, "", "OK", answering=here.newest(BOB))
    assert len(here.inbox(BOB)) == 4


async def test_receipts_leave_though_answers_are_held_back(here: Town) -> None:
    await quote(here)
    for _ in range(8):
        await here.mail(BOB, "", "OK", answering=here.inbox(BOB)[0])
    page = await here.open(next(letter.link for letter in here.inbox(BOB) if "D2010-00001" in letter.subject))

    await here.press(page, "accept")

    assert (await here.told(BOB))[-1] == "quote_accepted"


@pytest.mark.parametrize("local", ["support", "support+abcdefghijklmnopqrstuvwxyz", "bounce+x"])
async def test_our_own_address_never_opens_nor_answers(here: Town, local: str) -> None:
    raw = f"From: {local}@host.example\r\nSubject: Panne\r\nMessage-ID: <own@x>\r\n\r\nBonjour, oui.\r\n".encode()

    await here.hand_in("someone@clientsa.fr", SUPPORT, raw)
    await here.settled()

    assert here.relay.mails == []
    assert not await here.exists(1)


async def test_forged_strangers_are_told_the_price_in_our_words_alone(here: Town) -> None:
    """An advertisement as a subject must not reach the victims through us."""
    for number in range(6):
        await here.mail(f"victim{number}@victims.example", "Buy cheap pills at pills.example", "Buy cheap pills.")

    assert all("pills" not in f"{letter.subject} {letter.text}" for letter in here.inbox("victim0@victims.example"))
    for _ in range(12):
        await here.mail("victim0@victims.example", "Buy cheap pills", "Buy cheap pills.")
    assert len(here.inbox("victim0@victims.example")) == USUAL.stranger
    assert any("Held back" in line for line in here.staff.thread(17))


async def test_announcement_that_came_back_was_not_made_and_is_made_again(here: Town) -> None:
    """§2.4: staff learn of it with what to do, nobody can start, and it does not stay open for ever."""
    await here.mail(BOB, "Panne", DOWN_FR)
    assert await here.stage() == "announced"

    to = here.newest(BOB).taken.sender
    await come_back(here, to, report(to))

    assert await here.stage() == "opened"
    assert await bounced_at(here, BOB) is not None
    thread = " ".join(here.staff.thread())
    assert "5.1.1 No such user here." in thread
    assert "by phone or by post" in thread
    assert "start_diagnosis" not in here.staff.offers()
    await here.staff.click("restore_address")
    assert await here.stage() == "announced"
    assert await here.told(BOB) == ["incident_opened", "incident_opened"]


async def test_incident_whose_announcement_came_back_lapses_in_silence(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    to = here.newest(BOB).taken.sender
    await come_back(here, to, report(to))

    await here.wait(days=8)

    assert await here.stage() == "cancelled"
    assert len(here.inbox(BOB)) == 1


async def test_quote_that_came_back_waits_until_it_can_be_read(here: Town) -> None:
    await quote(here)
    message = here.newest(BOB)

    await come_back(here, message.taken.sender, report(message.taken.sender))

    assert await here.stage() == "quoted"
    assert "Mail to the customer comes back" in here.staff.card_text()
    found = await here.store.read(lambda tx: tx.messages.by_rfc_ids([message.message_id]))
    assert [one.delivery for one in found] == ["bounced"]
    await here.wait(days=30)
    assert await here.stage() == "quoted"
    await here.mail(BOB, "Ma nouvelle boîte", "Bonjour, je vous lis de nouveau.")
    assert await bounced_at(here, BOB) is None
    assert "quote_offered" in (await here.told(BOB))[-2:]
    assert f.QuoteProlonged in await here.facts()


async def test_report_that_sends_our_mail_back_is_known_by_it(here: Town) -> None:
    """Some servers answer the address on the letter instead of the envelope's."""
    await here.mail(BOB, "Panne", DOWN_FR)

    await come_back(here, SUPPORT, report(SUPPORT, returned=here.newest(BOB).message_id))

    assert await here.stage() == "opened"


async def test_forged_reports_change_nothing(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    key = "a" * 26
    for number in range(50):
        to = SUPPORT if number % 2 else f"bounce+{key}@host.example"
        await here.hand_in("", to, report(to, status=f"5.1.{number}", returned=f"{key}@host.example"))
    await here.settled()

    assert await here.stage() == "announced"
    assert await bounced_at(here, BOB) is None
    assert not any("not delivered" in line.lower() for line in here.staff.thread())


@pytest.mark.parametrize(("action", "status"), [("delayed", "4.4.1"), ("failed", "5.7.1"), ("failed", "5.2.2")])
async def test_what_is_not_the_addresss_fault_leaves_the_address_alone(here: Town, action: str, status: str) -> None:
    await invoice(here)
    to = here.newest(BOB).taken.sender

    await come_back(here, to, report(to, action=action, status=status))

    assert await bounced_at(here, BOB) is None
    assert (f.NoticeFailed in await here.facts()) == (action == "failed")


async def test_reminders_stop_where_mail_comes_back_and_staff_have_the_task(here: Town) -> None:
    """§5.2"""
    await invoice(here)
    to = here.newest(BOB).taken.sender
    await come_back(here, to, report(to))

    await here.wait(days=90)

    assert not any(name.startswith(("reminder", "formal")) for name in await here.told(BOB))
    assert "restore_address" in here.staff.offers()
    await here.staff.click("restore_address")
    await here.wait(days=2)
    assert (await here.told(BOB))[-1].startswith(("reminder", "formal"))


async def test_one_bounce_holds_for_all_incidents_of_the_customer(here: Town) -> None:
    await invoice(here)
    await here.mail(BOB, "Autre panne", DOWN_FR)
    to = here.newest(BOB).taken.sender

    await come_back(here, to, report(to))

    assert [(await here.incident(number)).lost is not None for number in (1, 2)] == [True, True]


@pytest.mark.parametrize("words", ["Je conteste, je ne paierai pas.", "I contest, I will not pay."])
async def test_words_that_contest_pause_reminders_and_take_no_support(here: Town, words: str) -> None:
    """§6.4: whoever wrote them; the page is sent to the address on file."""
    await invoice(here)
    await here.wait(days=20)

    await here.mail(BOB, "", words, answering=here.newest(BOB))

    assert (await here.told(BOB))[-1] == "incident_paused"
    assert (await here.customer(BOB)).support == "full"
    await here.wait(days=6)
    assert "reminder_before_due" not in await here.told(BOB)
    paused = next(letter for letter in here.inbox(BOB) if "en un clic" in letter.subject)
    page = await here.open(paused.link)
    assert {"contest", "go_on"} <= set(page.choices)
    await here.press(page, "contest")
    assert (await here.incident()).contested
    assert not (await here.incident()).paused


async def test_claims_paused_by_nobody_go_on_after_a_week(here: Town) -> None:
    await invoice(here)
    await here.wait(days=20)
    await here.mail(BOB, "", "Je conteste.", answering=here.newest(BOB))

    await here.wait(days=9)
    assert (await here.told(BOB))[-1] == "reminder_before_due"
    await here.mail(BOB, "", "Je conteste.", answering=here.newest(BOB))

    assert (await here.told(BOB))[-1] == "decide_by_link"
    assert not (await here.incident()).paused


async def test_stop_in_the_middle_pauses_the_work_and_asks(here: Town) -> None:
    """Stopping needs less proof than starting."""
    await here.press(await ask(here, JANE), "give", acts=("read_files",))

    await here.mail(JANE, "", "Stop, I withdraw my permission.", answering=here.newest(JANE))

    assert any("stop all work on hosted data now" in line for line in here.staff.thread())
    await here.staff.submit("record_act", act="read_files", place="/www/shop")
    assert "asks to stop" in here.staff.errors
    assert (await here.incident()).acts == ()
    page = await here.open(here.newest(JANE).link)
    await here.press(page, "revoke")
    assert (await here.incident()).consents[0].state is ConsentState.REVOKED
    assert not (await here.incident()).paused


async def test_customer_who_never_said_stop_lets_work_go_on(here: Town) -> None:
    await here.press(await ask(here), "give", acts=("read_files",))
    await here.mail(BOB, "", "Stop", answering=here.newest(BOB))

    await here.press(await here.open(here.newest(BOB).link), "go_on")

    await here.staff.submit("record_act", act="read_files", place="/www/shop")
    assert [act.act.id for act in (await here.incident()).acts] == ["read_files"]


async def test_staff_who_made_sure_lift_the_pause(here: Town) -> None:
    await here.press(await ask(here), "give", acts=("read_files",))
    await here.mail(BOB, "", "Stop", answering=here.newest(BOB))

    await here.staff.submit("go_on", reason="Bob nous a dit au téléphone de continuer.")

    assert not (await here.incident()).paused
    assert "go_on" not in here.staff.offers()


async def test_stranger_who_says_stop_stops_nothing(here: Town) -> None:
    await diagnose(here)

    await here.mail("mallory@pirate.net", "", "Stop", answering=here.newest(BOB))

    assert not (await here.incident()).paused


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        ("X-Note: none", "Undeliverable: mails to Gmail since Monday"),
        ("X-Note: none", "Réponse automatique : comment l'activer ?"),
        ("X-Auto-Response-Suppress: All", "Panne"),
        ("List-Unsubscribe: <mailto:stop@clientsa.fr>", "Panne"),
    ],
)
async def test_customers_mail_that_looks_like_a_robots_is_shown_to_staff_and_not_answered(
    here: Town, header: str, subject: str
) -> None:
    await order(here)
    before = await here.told(BOB)
    lines = (f"From: {BOB}", f"Subject: {subject}", "Message-ID: <new@clientsa.fr>", header)

    await here.hand_in(BOB, SUPPORT, ("\r\n".join(lines) + "\r\n\r\nRien ne part plus.\r\n").encode())
    await here.settled()

    shown = [message.text for message in here.slack.workspace.roots(here.staff.channel)]
    assert any(f"it came in the name of {BOB} and looks as if a program wrote it" in text for text in shown)
    assert await here.told(BOB) == before


@pytest.mark.parametrize(
    "header",
    [
        "X-Auto-Response-Suppress: All",
        "List-Unsubscribe: <mailto:stop@clientsa.fr>",
        "Auto-Submitted: auto-replied",
        "Precedence: bulk",
    ],
)
async def test_customers_mail_that_looks_like_a_robots_is_shown_in_its_thread_and_decides_nothing(
    here: Town, header: str
) -> None:
    await here.press(await ask(here), "give", acts=("read_files",))
    before = await here.told(BOB)

    await here.hand_in(BOB, SUPPORT, answer_by_itself(here, header, subject="Re: Panne", text="STOP, plus rien !"))
    await here.settled()

    thread = here.staff.thread()
    assert any("STOP, plus rien !" in line and "looks as if a program wrote it" in line for line in thread)
    assert any("not answered and decides nothing" in line for line in thread)
    assert f.OtherWrote in await here.facts()
    assert not (await here.incident()).paused
    assert await here.told(BOB) == before


async def test_robot_of_nobody_on_file_is_kept_and_not_shown_in_a_thread(here: Town) -> None:
    await order(here)
    raw = answer_by_itself(here, "Auto-Submitted: auto-replied").replace(BOB.encode(), b"mallory@pirate.net")

    await here.hand_in("mallory@pirate.net", SUPPORT, raw)
    await here.settled()

    assert f.OtherWrote not in await here.facts()


async def test_customer_who_writes_about_their_cron_is_shown_to_staff(here: Town) -> None:
    await order(here)
    raw = (
        f"From: Cron Daemon <{BOB}>\r\nSubject: Cron <root@web1> /usr/local/bin/backup.sh\r\n"
        "Message-ID: <cron@clientsa.fr>\r\n\r\nbackup.sh: disk full\r\n"
    )

    await here.hand_in(BOB, SUPPORT, raw.encode())
    await here.settled()

    shown = [message.text for message in here.slack.workspace.roots(here.staff.channel)]
    assert any("looks as if a program wrote it" in text for text in shown)
    assert not await here.exists(2)


async def test_subject_of_a_stranger_is_never_sent_on_however_often_they_write(here: Town) -> None:
    for _ in range(2):
        await here.mail("victim@victim.example", "BUY PILLS http://pills.example", "Buy now.")

    mails = here.inbox("victim@victim.example")
    assert len(mails) == 2
    assert [mail for mail in mails if "PILLS" in str(mail.message["Subject"]) or "pills" in str(mail.message)] == []
