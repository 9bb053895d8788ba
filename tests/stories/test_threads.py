"""Which conversation a mail belongs to: one that overtakes its question, one about two incidents, one too late."""

import re
from email.message import EmailMessage

import pytest

from bot.core import facts as f
from bot.core.terms import Kind
from tests.stories.letters import write
from tests.stories.people import BOB, DOWN_FR, MALLORY
from tests.stories.signing import bring
from tests.stories.steps import conclude
from tests.stories.town import SUPPORT, Town

FIRST, SECOND = "first@clientsa.fr", "second@clientsa.fr"


def mail(message_id: str, text: str, minute: int, sender: str = BOB, **headers: str) -> EmailMessage:
    """A mail of Bob's, written at so many minutes past nine."""
    message = write(sender, SUPPORT, "Panne", text, number=1)
    message.replace_header("Message-ID", f"<{message_id}>")
    message["Date"] = f"Mon, 14 Jun 2010 09:{minute:02}:00 +0200"
    for name, value in headers.items():
        message[name.replace("_", "-")] = f"<{value}>"
    return message


async def deliver(here: Town, message: EmailMessage, sender: str = BOB) -> None:
    await bring(here, message, bytes(message), sender)


@pytest.mark.parametrize("headers", [{"In_Reply_To": FIRST}, {"References": FIRST}])
async def test_reply_that_overtakes_its_question_is_joined_by_it(here: Town, headers: dict[str, str]) -> None:
    await deliver(here, mail(SECOND, "J'oubliais : depuis huit heures.", 20, **headers))
    here.clock.forward(minutes=30)
    await deliver(here, mail(FIRST, DOWN_FR, 10))

    page = await here.open(here.newest(BOB).links[-1])

    assert not await here.exists(2)
    assert await here.told(BOB) == ["incident_opened"]
    assert page.text.index("Mon site ne répond plus") < page.text.index("J'oubliais")
    kept = await here.store.read(lambda tx: tx.messages.of_incident(1))
    both = [(m.at.minute, m.written_at.minute) for m in kept if m.written_at]
    assert both == [(0, 20), (30, 10)]
    assert any("written 14 Jun 09:10" in line for line in here.staff.thread())


async def test_second_mail_that_answers_only_the_first_joins_it(here: Town) -> None:
    await deliver(here, mail(FIRST, DOWN_FR, 10))
    await deliver(here, mail(SECOND, "Depuis huit heures.", 20, In_Reply_To=FIRST))

    assert not await here.exists(2)
    assert (await here.facts()).count(f.CustomerWrote) == 2


async def test_somebody_else_who_answers_a_customers_mail_opens_their_own(here: Town) -> None:
    """A Message-ID of the customer's own is no secret of ours."""
    await deliver(here, mail(FIRST, DOWN_FR, 10))
    await deliver(here, mail("m@pirate.net", "Moi aussi.", 20, MALLORY, In_Reply_To=FIRST), MALLORY)

    assert f.OtherWrote not in await here.facts()
    assert (await here.incident(2)).previous is None


@pytest.mark.parametrize(("days", "promised"), [(3, True), (60, False)])
async def test_reply_to_a_closed_incident_opens_one_that_names_it(here: Town, days: int, promised: bool) -> None:
    """States: closed -> opened. Always with its price announced again; free only for the same problem, soon after."""
    await conclude(here, "no_competence")
    letter = here.newest(BOB)
    await here.wait(days=days)

    await here.mail(BOB, "", "Cela recommence.", answering=letter)

    again = await here.incident(2)
    assert (again.previous, again.recent, again.stage) == (1, promised, "announced")
    words = here.newest(BOB).text
    assert "INC-1" in words
    assert "20,00 € HT" in words
    assert ("si c’est le même problème" in words) is promised
    page = await here.open(here.newest(BOB).links[-1])
    assert "Suite de l’incident INC-1" in page.text
    assert "INC-1" in str(here.staff.card(2).blocks)


async def test_one_mail_that_names_two_incidents_is_kept_where_its_key_leads(here: Town) -> None:
    await here.register(BOB, Kind.BUSINESS)
    await here.mail(BOB, "Panne", DOWN_FR)
    first = here.newest(BOB)
    await here.mail(BOB, "Autre panne", DOWN_FR)
    second = here.newest(BOB)
    both = mail(FIRST, "Les deux sont-elles liées ?", 20, References=first.message_id)
    both.replace_header("To", str(second.message["Reply-To"]))

    await deliver(here, both)

    assert not await here.exists(3)
    assert (await here.facts(1))[-1] is f.OtherIncidentNamed
    assert (await here.facts(2))[-2:] == [f.CustomerWrote, f.OtherIncidentNamed]
    assert any("is kept in INC-2" in line for line in here.staff.thread(1))
    assert any("also names INC-1" in line for line in here.staff.thread(2))


async def test_a_stranger_is_answered_as_a_customer_is(here: Town) -> None:
    """Nobody finds out by writing who is on file: only whose address it is reads their own name and title."""
    await here.register(BOB, Kind.BUSINESS)
    eve = "eve@clientsb.fr"
    replies = [await here.mail(who, "Panne", DOWN_FR) for who in (BOB, eve)]

    known, unknown = here.newest(BOB), here.newest(eve)
    personal = (("Client SA", ""), ("Votre incident", "Panne"), ("INC-2", "INC-1"), ("Bonjour ,", "Bonjour,"))

    def neutral(words: str) -> str:
        for mine, anybodys in personal:
            words = words.replace(mine, anybodys)
        return re.sub(r"https?://\S+", "…", words)

    assert [reply.split()[0] for reply in replies] == ["2.0.0"] * 2
    assert known.message.keys() == unknown.message.keys()
    assert neutral(known.subject) == neutral(unknown.subject)
    assert neutral(known.text) == neutral(unknown.text)


async def test_other_words_under_a_message_id_that_was_used_are_kept_and_pointed_out(here: Town) -> None:
    """Whoever knows the id of a mail cannot take its place, nor keep it from coming in."""
    await deliver(here, mail(FIRST, "Moi d'abord.", 5, MALLORY), MALLORY)

    await deliver(here, mail(FIRST, DOWN_FR, 10))

    assert await here.told(BOB) == ["incident_opened"]
    assert "BEWARE, another mail came under its Message-ID" in here.staff.thread(2)[0]
    assert "BEWARE" not in here.staff.thread(1)[0]
