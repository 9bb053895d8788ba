"""Who may act for a customer: somebody new is shown for what they are, and the owner says who that is."""

from email.message import EmailMessage

import pytest

from bot.core import facts as f
from bot.core.lives import ConsentState
from bot.core.terms import Kind
from tests.channels.mail.keys import OTHER
from tests.stories.letters import Letter
from tests.stories.people import ALICE, BOB, DOWN_FR, MALLORY
from tests.stories.signing import bring, reply, signed
from tests.stories.steps import ask, quote
from tests.stories.town import SUPPORT, Town

ACCEPTS = "J'accepte le devis D2010-00001"
ALLOWS = "J'autorise l'intervention INC-1/1"


async def alice_writes(here: Town, words: str, number: int, answering: Letter | None = None) -> EmailMessage:
    """Alice answers, from her company's own server."""
    mail = reply(words, answering or here.newest(BOB), sender=ALICE, number=number)
    await bring(here, mail, signed(mail), sender=ALICE)
    return mail


async def mallory_writes(here: Town, words: str, number: int, sender: str = MALLORY) -> None:
    """Mallory answers the first mail to Bob, from a server of his own."""
    mail = reply(words, here.inbox(BOB)[0], sender=sender, number=number)
    await bring(here, mail, signed(mail, domain="pirate.net", key=OTHER), sender=sender)


async def authority(here: Town, address: str = ALICE) -> f.Authority | None:
    bob = await here.customer(BOB)
    return await here.store.read(lambda tx: tx.customers.authority(bob.id, address))


async def add(here: Town, authority: f.Authority, address: str = ALICE) -> None:
    """An operator puts a colleague of Bob's on file."""
    bob = await here.customer(BOB)
    await here.store.run(lambda tx: tx.customers.add_contact(bob.id, address, authority))


async def test_proven_colleague_is_shown_as_one_and_the_owner_is_asked_once(here: Town) -> None:
    await quote(here)
    asked = here.newest(BOB)

    await alice_writes(here, ACCEPTS, 1, asked)
    await alice_writes(here, "Alors ?", 2, asked)

    assert await here.stage() == "quoted"
    others = [entry.fact for entry in await here.history() if isinstance(entry.fact, f.OtherWrote)]
    assert [other.colleague for other in others] == [True, True]
    assert (await here.told(BOB))[-2:] == ["quote_offered", "contact_proposed"]
    assert here.inbox(ALICE) == []
    thread = here.staff.thread()
    assert any(f"{ALICE} (proven), of the same organisation, but not a contact" in line for line in thread)
    assert ALICE in here.newest(BOB).text
    assert "Alors" not in here.newest(BOB).text


async def test_colleague_who_names_only_the_number_joins_where_proven(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    mail = reply("Toujours en panne.", sender=ALICE)
    mail.replace_header("Subject", "[INC-1] Panne")

    await bring(here, mail, signed(mail), sender=ALICE)

    assert not await here.exists(2)
    assert (await here.told(BOB))[-1] == "contact_proposed"
    assert here.inbox(ALICE) == []


async def test_owner_adds_a_colleague_who_may_write(here: Town) -> None:
    await quote(here)
    await alice_writes(here, ACCEPTS, 1)
    for _ in range(2):
        page = await here.open(here.newest(BOB).link)
    assert await authority(here) is None

    page = await here.press(page, "writes")
    await alice_writes(here, "Voici les traces.", 2, here.inbox(BOB)[-3])

    assert "writes" not in page.choices
    assert await authority(here) is f.Authority.WRITE
    assert (await here.told(BOB))[-1] == "contact_settled"
    assert [kind for kind in await here.facts() if kind in {f.OtherWrote, f.CustomerWrote}] == [
        f.CustomerWrote,
        f.OtherWrote,
        f.CustomerWrote,
    ]
    settled = next(entry.fact for entry in await here.history() if isinstance(entry.fact, f.ContactSettled))
    assert (settled.evidence.method, settled.evidence.who) == ("link", BOB)
    assert settled.evidence.wording_sha256


@pytest.mark.parametrize(("answer", "given"), [("decides", f.Authority.ADMIN), ("mine", f.Authority.OWNER)])
async def test_owner_adds_somebody_who_may_decide(here: Town, answer: str, given: f.Authority) -> None:
    await quote(here)
    await alice_writes(here, "Bonjour.", 1)

    await here.press(await here.open(here.newest(BOB).link), answer)
    await alice_writes(here, ACCEPTS, 2, here.inbox(BOB)[-3])

    assert await authority(here) is given
    assert await here.stage() == "working"


async def test_owner_takes_it_back_where_it_was_not_them(here: Town) -> None:
    await quote(here)
    await alice_writes(here, "Bonjour.", 1)
    await here.press(await here.open(here.newest(BOB).link), "decides")
    receipt = here.newest(BOB)
    assert "Ce n’était pas vous" in receipt.text

    await here.press(await here.open(receipt.link), "nobody")
    await alice_writes(here, ACCEPTS, 2, here.inbox(BOB)[-4])

    assert await authority(here) is None
    assert await here.stage() == "quoted"
    assert (await here.told(BOB)).count("contact_proposed") == 1


async def test_stranger_with_the_key_is_asked_about_and_nobody_is_added(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)

    await mallory_writes(here, "Je commande le diagnostic INC-1", 1)
    page = await here.press(await here.open(here.newest(BOB).link), "nobody")
    await mallory_writes(here, "Encore moi.", 2)

    assert "nobody" not in page.choices
    assert await here.stage() == "announced"
    assert here.inbox(MALLORY) == []
    assert await here.told(BOB) == ["incident_opened", "contact_proposed", "contact_settled"]


async def test_owner_is_asked_about_so_many_a_day(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)

    for number in range(7):
        await mallory_writes(here, "Bonjour.", number, sender=f"m{number}@pirate.net")

    assert (await here.told(BOB)).count("contact_proposed") == 5
    assert (await here.facts()).count(f.OtherWrote) == 7


async def test_owner_is_not_asked_about_an_address_that_nobody_vouches_for(here: Town) -> None:
    """Else who owns an incident forges a mail of somebody's, adds them, and reads all that they ever write to us."""
    await here.mail(MALLORY, "Panne", DOWN_FR)
    await here.mail(BOB, "", "Bonjour.", answering=here.newest(MALLORY))

    await here.mail(BOB, "Panne", "Voici mon mot de passe.")

    assert await here.told(MALLORY) == ["incident_opened"]
    assert f.OtherWrote in await here.facts(1)
    assert await here.told(BOB) == ["incident_opened"]
    assert (await here.incident(2)).customer == (await here.customer(BOB)).id


async def test_what_a_technical_contact_may_not_decide_goes_to_the_owner_and_staff_see_why(here: Town) -> None:
    await quote(here)
    await add(here, f.Authority.TECHNICAL)

    await alice_writes(here, ACCEPTS, 1)

    assert await here.stage() == "quoted"
    assert (await here.told(BOB))[-1] == "decide_by_link"
    assert here.inbox(ALICE) == []
    why = f"{ALICE} is proven, but as a technical contact may not accept quote"
    assert any(why in line for line in here.staff.thread())


@pytest.mark.parametrize(("given", "state"), [("technical", "granted"), ("billing", "requested")])
async def test_hosted_data_is_for_who_keeps_the_machines(here: Town, given: str, state: str) -> None:
    await ask(here)
    await add(here, f.Authority(given))

    await alice_writes(here, ALLOWS, 1)

    assert (await here.incident()).consents[0].state is ConsentState(state)


async def test_billing_contact_accepts_a_quote(here: Town) -> None:
    await quote(here)
    await add(here, f.Authority.BILLING)

    await alice_writes(here, ACCEPTS, 1)

    assert await here.stage() == "working"


async def test_contact_who_opens_an_incident_is_answered_and_pages_beyond_them_go_to_the_owner(here: Town) -> None:
    await here.register(BOB, Kind.BUSINESS)
    await add(here, f.Authority.TECHNICAL)

    await here.mail(ALICE, "Panne", DOWN_FR)
    page = await here.open(here.newest(ALICE).link)
    await here.press(page, "order", kind="business", name="Pirate", postal_address="Ailleurs")
    await here.staff.click("start_diagnosis")
    await here.staff.submit("conclude", outcome="quote", report="L'index est cassé.")
    await here.staff.submit("send_quote", lines="Travail | 1 | 60,00", validity_days="15")

    assert await here.told(ALICE) == ["incident_opened", "diagnosis_ordered", "diagnosis_started"]
    assert await here.told(BOB) == ["quote_offered"]
    assert (await here.customer(BOB)).details.name == "Client SA"


async def test_page_of_a_contact_who_was_taken_off_decides_nothing(here: Town) -> None:
    await here.register(BOB, Kind.BUSINESS)
    await add(here, f.Authority.ADMIN)
    await here.mail(ALICE, "Panne", DOWN_FR)
    page = await here.open(here.newest(ALICE).link)
    bob = await here.customer(BOB)
    await here.store.run(lambda tx: tx.customers.remove_contact(bob.id, ALICE))

    refused = await here.press(page, "order", kind="business", name="Client SA", postal_address="Paris")

    assert refused.status == 409
    assert await here.stage() == "announced"


async def test_cc_adds_nobody(here: Town) -> None:
    """Somebody forges the customer, puts themselves in copy, then answers as themselves."""
    await here.mail(BOB, "Panne", DOWN_FR)
    forged = reply("Je vous mets Mallory en copie.", here.newest(BOB))
    forged["Cc"] = MALLORY
    await here.hand_in(MALLORY, str(forged["To"]), bytes(forged))
    await here.settled()

    answer = reply("Merci de tout m'envoyer.", sender=MALLORY, number=71)
    answer["In-Reply-To"] = str(forged["Message-ID"])
    answer["References"] = str(forged["Message-ID"])
    await bring(here, answer, signed(answer, domain="pirate.net", key=OTHER), sender=MALLORY)

    assert await authority(here, MALLORY) is None
    assert await here.told(MALLORY) == ["incident_opened"]
    assert (await here.incident(2)).previous is None
    assert f.OtherWrote not in await here.facts()
    assert BOB not in here.newest(MALLORY).text


@pytest.mark.parametrize("to", [SUPPORT, "support+1@host.example", "support+inc-1@host.example"])
async def test_a_guessed_number_leads_nowhere(here: Town, to: str) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    before = await here.facts()
    guess = reply("Où en est-on ?", sender=MALLORY)
    guess.replace_header("Subject", "Re: [INC-1] Panne")

    await here.hand_in(MALLORY, to, bytes(guess))
    await here.settled()

    assert await here.facts() == before
    assert "contact_proposed" not in await here.told(BOB)


async def test_our_message_id_alone_makes_a_note_and_nothing_else(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    stolen = here.newest(BOB)
    mail = reply("Je commande le diagnostic INC-1", sender=MALLORY)
    mail["In-Reply-To"] = f"<{stolen.message_id}>"

    await here.hand_in(MALLORY, SUPPORT, bytes(mail))
    await here.settled()

    assert (await here.facts())[-1] is f.OtherWrote
    assert await here.told(BOB) == ["incident_opened"]
    assert here.inbox(MALLORY) == []
    assert await here.stage() == "announced"


async def test_address_of_another_customer_is_not_asked_about(here: Town) -> None:
    await here.register(ALICE, Kind.BUSINESS)
    await quote(here)

    await alice_writes(here, ACCEPTS, 1)

    assert await here.stage() == "quoted"
    assert "contact_proposed" not in await here.told(BOB)
    assert (await here.facts())[-1] is f.OtherWrote
