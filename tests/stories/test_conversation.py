"""Words that come back: from the customer, from strangers, from machines; and to an incident that is over."""

import re
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from bot.core import facts as f
from tests.stories.people import BOB, DOWN_EN, DOWN_FR, JANE
from tests.stories.steps import conclude, diagnose, invoice, quote
from tests.stories.town import SUPPORT, Town


async def test_staff_and_customer_write_to_each_other(here: Town) -> None:
    await diagnose(here)

    await here.staff.submit("reply", text="Nous regardons.")
    letter = here.newest(BOB)
    assert "Nous regardons." in letter.text
    assert letter.message["Auto-Submitted"] is None
    await here.mail(BOB, "", "Merci beaucoup.", answering=letter)

    assert any("Merci beaucoup." in line for line in here.staff.thread())
    assert not await here.exists(2)


async def test_staff_have_the_whole_of_a_mail_by_one_click_and_no_link_that_decides(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    link = here.newest(BOB).link
    await here.mail(BOB, "", f"Toujours rien.\n\n> Ouvrez {link}", answering=here.newest(BOB))
    place, workspace = here.staff.channel, here.slack.workspace
    reply = next(m for m in workspace.replies(place, here.staff.card().ts) if "Toujours rien" in str(m.blocks))

    await here.people.click(here.staff.user, place, reply.ts, "original")
    await here.people.click(here.staff.user, place, reply.ts, "original")
    await here.settled()

    wholes = [file for file in workspace.files.values() if file.name.endswith(".txt")]
    assert len(wholes) == 1
    whole = (wholes[0].content or b"").decode()
    assert whole.startswith(f"From: {BOB} (not proven)\nSubject: Re: [INC-1] ")
    assert "Toujours rien." in whole
    assert "Ouvrez http://desk.host.example/a/…" in whole
    assert "already" in workspace.shown_to(here.staff.user)[-1].text


async def test_customer_sees_what_they_wrote_with_what_they_quoted(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    link = here.newest(BOB).link
    await here.mail(BOB, "", f"Toujours rien.\n\n> Ouvrez {link}", answering=here.newest(BOB))

    page = await here.open(here.newest(BOB).links[-1])

    assert "Toujours rien." in page.text
    assert "Ouvrez http://desk.host.example/a/…" in page.text


async def test_words_among_staff_reach_no_customer(here: Town) -> None:
    await diagnose(here)
    before = len(here.relay.mails)

    card = here.staff.card()
    await here.people.say(here.staff.user, here.staff.channel, "Ce client est pénible.", card.ts)
    await here.settled()

    assert len(here.relay.mails) == before


async def test_one_word_chooses_the_way_in(here: Town) -> None:
    """§2.2"""
    await here.mail(JANE, "Down", DOWN_EN)

    await here.mail(JANE, "", "Warranty", answering=here.newest(JANE))

    assert (await here.incident()).way_in == "warranty"


@pytest.mark.parametrize("words", ["Oui, allez-y", "J'accepte le devis D2010-00001"])
async def test_no_unproven_mail_accepts_a_quote(here: Town, words: str) -> None:
    """§2.5: it is answered with the page on which to decide"""
    await quote(here)

    await here.mail(BOB, "", words, answering=here.newest(BOB))

    assert await here.stage() == "quoted"
    assert (await here.told(BOB))[-1] == "decide_by_link"
    page = await here.open(here.newest(BOB).link)
    assert "accept" in page.choices


async def test_a_quoted_yes_is_nobodys_yes(here: Town) -> None:
    await quote(here)

    await here.mail(
        BOB, "", "Bonjour,\nj'ai une question.\n\n> J'accepte le devis D2010-00001", answering=here.newest(BOB)
    )

    assert await here.stage() == "quoted"
    assert (await here.told(BOB))[-1] == "quote_offered"


async def test_a_stranger_in_the_conversation_has_no_rights(here: Town) -> None:
    await quote(here)

    await here.mail("mallory@pirate.net", "", "J'accepte le devis D2010-00001", answering=here.newest(BOB))

    assert await here.stage() == "quoted"
    assert f.OtherWrote in await here.facts()
    assert here.inbox("mallory@pirate.net") == []


async def test_a_number_alone_opens_an_incident_of_its_own(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)

    await here.mail(JANE, "[INC-1] Panne", DOWN_EN)

    assert await here.told(JANE) == ["incident_opened"]
    assert await here.stage(2) == "announced"


async def test_a_number_joins_its_incident_for_its_own_customer(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)

    await here.mail(BOB, "Re: [INC-1] Panne", "Encore moi.")

    assert not await here.exists(2)
    assert any("Encore moi." in line for line in here.staff.thread())


async def test_a_page_of_ours_in_the_quotation_joins_its_incident(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    link = here.newest(BOB).link

    await here.mail(BOB, "Autre sujet", f"Encore moi.\n\n> Ouvrez {link}\n")
    await here.mail("mallory@pirate.net", "Autre sujet", f"Et moi.\n\n> Ouvrez {link}\n")

    assert not await here.exists(2)
    assert any("Encore moi." in line for line in here.staff.thread())
    assert (await here.facts())[-1] is f.OtherWrote
    assert here.inbox("mallory@pirate.net") == []


async def test_a_mail_without_one_author_is_shown_to_staff_and_never_answered(here: Town) -> None:
    raw = f"From: {BOB}, mallory@pirate.net\r\nSubject: Panne\r\nMessage-ID: <a@pirate.net>\r\n\r\nAu secours.\r\n"

    await here.hand_in("mallory@pirate.net", SUPPORT, raw.encode())
    await here.settled()

    assert not await here.exists(1)
    assert here.relay.mails == []
    shown = here.slack.workspace.roots(here.staff.channel)
    assert any("several addresses in From" in str(message) for message in shown)


@pytest.mark.parametrize("header", ["Auto-Submitted: auto-replied", "Precedence: bulk", "X-Autoreply: yes"])
async def test_a_machines_answer_is_kept_and_never_answered(here: Town, header: str) -> None:
    await diagnose(here)
    await here.staff.submit("ask_customer", text="Depuis quand ?")
    to = str(here.newest(BOB).message["Reply-To"])
    before = await here.told(BOB)

    raw = f"From: {BOB}\r\nTo: {to}\r\nSubject: Absence\r\nMessage-ID: <a@clientsa.fr>\r\n{header}\r\n\r\nOui.\r\n"
    await here.hand_in(BOB, to, raw.encode())
    await here.settled()

    assert await here.told(BOB) == before
    assert (await here.incident()).waiting is not None


@pytest.mark.parametrize("ended", ["closed", "cancelled"])
async def test_an_answer_to_an_incident_that_is_over_opens_another(here: Town, ended: str) -> None:
    """With its price announced before anything else; staff may say that it is the same problem, which is free."""
    await conclude(here, "no_competence") if ended == "closed" else await here.mail(BOB, "Panne", DOWN_FR)
    await here.wait(days=8 if ended == "cancelled" else 1)
    assert await here.stage() == ended

    await here.mail(BOB, "", "Cela recommence.", answering=here.inbox(BOB)[0])

    assert (await here.incident(2)).previous == 1
    assert await here.stage(2) == "announced"
    assert "20,00 € HT — 24,00 € TTC" in here.newest(BOB).text
    assert "INC-1" in here.newest(BOB).text
    await here.staff.submit("same_problem", incident=2, reason="Même panne.")
    assert (await here.told(BOB))[-1] == "diagnosis_waived"


async def test_the_same_mail_twice_is_one_mail(here: Town) -> None:
    raw = f"From: {BOB}\r\nSubject: Panne\r\nMessage-ID: <1@clientsa.fr>\r\n\r\nRien ne marche.\r\n".encode()

    for _ in range(2):
        assert (await here.hand_in(BOB, SUPPORT, raw)).startswith("2.0.0")
    await here.settled()
    here.clock.forward(days=2)
    await here.hand_in(BOB, SUPPORT, raw)
    await here.settled()

    assert await here.told(BOB) == ["incident_opened"]
    assert not await here.exists(2)


async def test_a_forged_opening_costs_nobody_anything(here: Town) -> None:
    """Whoever wrote it, the page goes to the address on file."""
    raw = f"From: {BOB}\r\nReply-To: m@pirate.net\r\nSubject: Panne\r\nMessage-ID: <f@x>\r\n\r\nDiagnostiquez.\r\n"

    await here.hand_in("m@pirate.net", SUPPORT, raw.encode())
    await here.settled()
    await here.wait(days=8)

    assert await here.stage() == "cancelled"
    assert here.inbox("m@pirate.net") == []
    assert await here.ledger() == []


async def test_a_mail_after_the_invoice_goes_into_its_incident(here: Town) -> None:
    await invoice(here)

    await here.mail(BOB, "", "J'ai payé hier.", answering=here.newest(BOB))

    assert not await here.exists(2)
    assert any("J'ai payé hier." in line for line in here.staff.thread())


async def test_customer_sees_a_mail_as_it_was_sent_and_has_its_files_back(here: Town) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = BOB, SUPPORT, "Panne"
    message.set_content(DOWN_FR)
    message.add_alternative("<p onclick='x()'>Voir <img src='cid:1@x'></p><script>x()</script>", subtype="html")
    for part in message.iter_parts():
        if part.get_content_type() == "text/html" and isinstance(part, EmailMessage):
            part.add_related(b"\x89PNG\r\n\x1a\n", "image", "png", cid="<1@x>")
            break
    message.add_attachment(b"x", "application", "html", filename="../\u202eécran" + "a" * 300 + ".html")
    await here.hand_in(BOB, SUPPORT, message.as_bytes(policy=SMTP))
    await here.settled()
    incident = here.newest(BOB).links[-1]

    story = await here.open(incident)
    leads = re.search(r"/mail/\d+", story.body.decode())
    assert leads
    mail = await here.open(incident + leads[0])

    assert re.search(r'<p>Voir <img src="\.\./file/\d+"></p>', mail.body.decode())
    assert "x()" not in mail.body.decode()
    assert re.search(r"<bdi>écrana{50,}\.html</bdi>", story.body.decode())
