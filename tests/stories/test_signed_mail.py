"""Decisions by mail: taken where the sender is proven, answered with a page where they are not."""

import hashlib

import dkim  # type: ignore[import-untyped]  # ships no types
import pytest

from bot.app.proof import Level, decode
from bot.core import facts as f
from bot.core.lives import ConsentState
from bot.core.terms import Kind
from tests.channels.mail.keys import OTHER
from tests.channels.mail.names import Zone
from tests.stories.people import ALICE, BOB, DOWN_FR
from tests.stories.signing import bring, reply, signed
from tests.stories.steps import ask, diagnose, order, quote
from tests.stories.town import BORDER, Town, town

ACCEPTS = "J'accepte le devis D2010-00001"
DECLINES = "Je refuse le devis D2010-00001"
ORDERS = "Je commande le diagnostic INC-1"
ALLOWS = "J'autorise l'intervention INC-1/1"


async def test_proven_words_with_the_number_accept_the_quote(here: Town) -> None:
    await quote(here)
    mail = reply(ACCEPTS, here.newest(BOB))

    await bring(here, mail, signed(mail))

    assert await here.stage() == "working"
    accepted = next(entry.fact for entry in await here.history() if isinstance(entry.fact, f.QuoteAccepted))
    assert (accepted.evidence.method, accepted.evidence.who) == ("mail", BOB)
    assert accepted.evidence.message == str(mail["Message-ID"]).strip("<>")


async def test_decision_is_verified_again_when_its_domain_has_long_changed_its_key(here: Town, zone: Zone) -> None:
    """By what is kept with it alone: the bytes, and the key they were signed with."""
    await quote(here)
    mail = reply(ACCEPTS, here.newest(BOB))
    await bring(here, mail, signed(mail))
    zone.texts = {}

    evidence = next(entry.fact for entry in await here.history() if isinstance(entry.fact, f.QuoteAccepted)).evidence
    proof = decode(evidence.proof)
    raw = await here.store.read(lambda tx: tx.blobs.content(evidence.mail_sha256))

    assert proof is not None
    assert raw is not None
    passed = proof.signatures[0]
    assert (proof.level, proof.address) == (Level.STRONG, evidence.who)
    assert (passed.domain, passed.selector, passed.result) == ("clientsa.fr", "s1", "pass")
    assert hashlib.sha256(passed.key.encode()).hexdigest() == passed.key_sha256
    assert dkim.verify(raw, dnsfunc=lambda *_, **__: passed.key.encode())


async def test_proven_words_order_the_diagnosis_of_a_customer_on_file(here: Town) -> None:
    await here.register(BOB, Kind.BUSINESS)
    await here.mail(BOB, "Panne", DOWN_FR)
    mail = reply(ORDERS, here.newest(BOB))

    await bring(here, mail, signed(mail))

    assert await here.stage() == "ordered"


async def test_proven_words_decline_the_quote(here: Town) -> None:
    await quote(here)
    mail = reply(DECLINES, here.newest(BOB))

    await bring(here, mail, signed(mail))

    assert f.QuoteDeclined in await here.facts()
    assert f.QuoteAccepted not in await here.facts()


async def test_proven_words_allow_all_that_was_asked_for(here: Town) -> None:
    await ask(here)
    mail = reply(ALLOWS, here.newest(BOB))

    await bring(here, mail, signed(mail))

    consent = (await here.incident()).consents[0]
    assert (consent.state, consent.granted) == (ConsentState.GRANTED, ("read_files", "modify_database"))
    granted = next(entry.fact for entry in await here.history() if isinstance(entry.fact, f.ConsentGranted))
    assert (granted.evidence.method, granted.evidence.who) == ("mail", BOB)


@pytest.mark.parametrize(
    "words", ["Oui, allez-y", "J'autorise l'intervention", f"{ALLOWS}2", f"{ALLOWS} sauf la base"]
)
async def test_proven_yes_in_other_words_allows_nothing(here: Town, words: str) -> None:
    await ask(here)
    mail = reply(words, here.newest(BOB))

    await bring(here, mail, signed(mail))

    assert (await here.incident()).consents[0].state is ConsentState.REQUESTED
    assert f.CustomerWrote in await here.facts()


@pytest.mark.parametrize("header", ["Auto-Submitted: auto-replied", "Precedence: bulk"])
async def test_proven_robot_allows_nothing_though_it_repeats_the_words(here: Town, header: str) -> None:
    await ask(here)
    mail = reply(ALLOWS, here.newest(BOB))
    name, _, value = header.partition(": ")
    mail[name] = value

    await bring(here, mail, signed(mail))

    assert (await here.incident()).consents[0].state is ConsentState.REQUESTED
    assert (await here.facts()).count(f.CustomerWrote) == 1  # the first mail
    assert any("looks as if a program wrote it" in line for line in here.staff.thread())
    assert any(ALLOWS in line for line in here.staff.thread())


PEOPLES_TOO = ["X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply", "List-Unsubscribe: <mailto:stop@clientsa.fr>"]


@pytest.mark.parametrize("header", PEOPLES_TOO)
@pytest.mark.parametrize("words", [ALLOWS, "Oui"])
async def test_header_that_mails_of_people_bear_too_costs_a_proven_customer_a_click_and_no_word(
    here: Town, header: str, words: str
) -> None:
    await ask(here)
    mail = reply(words, here.newest(BOB))
    name, _, value = header.partition(": ")
    mail[name] = value

    await bring(here, mail, signed(mail))

    assert (await here.incident()).consents[0].state is ConsentState.REQUESTED
    assert (await here.facts()).count(f.CustomerWrote) == 2
    assert (await here.told(BOB))[-1] == "decide_by_link"


@pytest.mark.parametrize("header", PEOPLES_TOO)
async def test_proven_stop_is_heard_whatever_a_server_put_on_it(here: Town, header: str) -> None:
    await here.press(await ask(here), "give", acts=("read_files",))
    mail = reply("STOP, ne touchez plus à rien", here.newest(BOB))
    name, _, value = header.partition(": ")
    mail[name] = value

    await bring(here, mail, signed(mail))

    assert (await here.incident()).paused
    assert any("ne touchez plus à rien" in line for line in here.staff.thread())


@pytest.mark.parametrize("header", PEOPLES_TOO)
async def test_proven_customer_opens_an_incident_whatever_a_server_put_on_it(here: Town, header: str) -> None:
    await order(here)
    name, _, value = header.partition(": ")
    mail = reply("Rien ne part plus.")
    mail[name] = value

    await bring(here, mail, signed(mail))

    assert await here.stage(2) == "announced"


async def test_what_is_over_is_not_opened_anew_by_what_may_be_a_programs(here: Town) -> None:
    await quote(here)
    await here.wait(days=16)
    mail = reply("Je suis absent.", here.newest(BOB))
    mail["X-Auto-Response-Suppress"] = "All"

    await bring(here, mail, signed(mail))

    assert not await here.exists(2)


async def test_contact_who_may_only_write_leaves_the_decision_to_the_address_on_file(here: Town) -> None:
    await quote(here)
    bob = await here.customer(BOB)
    await here.store.run(lambda tx: tx.customers.add_contact(bob.id, ALICE, f.Authority.WRITE))
    mail = reply(ACCEPTS, here.newest(BOB), sender=ALICE)

    await bring(here, mail, signed(mail), sender=ALICE)

    assert await here.stage() == "quoted"
    assert (await here.told(BOB))[-1] == "decide_by_link"
    assert here.inbox(ALICE) == []


async def test_same_bytes_brought_again_decide_once(here: Town) -> None:
    await quote(here)
    mail = reply(ACCEPTS, here.newest(BOB))
    raw = signed(mail)

    await bring(here, mail, raw)
    here.clock.forward(days=1)
    await bring(here, mail, raw, sender="m@pirate.net")

    assert (await here.facts()).count(f.QuoteAccepted) == 1
    assert (await here.facts()).count(f.CustomerWrote) == 2  # the first mail and this one
    kept = await here.store.read(lambda tx: tx.messages.of_incident(1))
    found = next(decode(message.proof) for message in kept if message.text == ACCEPTS)
    assert found is not None
    assert (found.level, found.reuses) == (Level.STRONG, False)


@pytest.mark.parametrize(
    "change",
    [
        (b"clientsa.fr>\r\n", b"clientsa.fr>\r\nX-Footer: none\r\nSubject: other\r\n"),
        (b"J'accepte le devis", b"J'accepte  le devis "),
        (b"\r\n> ", b"\r\nlist footer\r\n> "),
    ],
)
async def test_mail_changed_on_its_way_is_shown_and_answered_with_the_page(
    here: Town, change: tuple[bytes, bytes]
) -> None:
    await quote(here)
    mail = reply(ACCEPTS, here.newest(BOB))
    raw = signed(mail)
    assert change[0] in raw

    await bring(here, mail, raw.replace(*change, 1))

    assert await here.stage() == "quoted"
    assert (await here.told(BOB))[-1] == "decide_by_link"


async def test_signature_of_another_domain_decides_nothing(here: Town) -> None:
    await quote(here)
    mail = reply(ACCEPTS, here.newest(BOB))

    await bring(here, mail, signed(mail, domain="pirate.net", key=OTHER))

    assert await here.stage() == "quoted"
    assert (await here.told(BOB))[-1] == "decide_by_link"


async def test_proven_stranger_decides_nothing(here: Town) -> None:
    await quote(here)
    mail = reply(ACCEPTS, here.newest(BOB), sender="mallory@pirate.net")

    await bring(here, mail, signed(mail, domain="pirate.net", key=OTHER), sender="mallory@pirate.net")

    assert await here.stage() == "quoted"
    assert f.OtherWrote in await here.facts()
    assert here.inbox("mallory@pirate.net") == []


async def test_decision_waits_until_dns_answers(here: Town, zone: Zone) -> None:
    await quote(here)
    mail = reply(ACCEPTS, here.newest(BOB))
    zone.failing = ("clientsa.fr",)

    await bring(here, mail, signed(mail))

    assert await here.stage() == "quoted"
    assert f.CustomerWrote in await here.facts()
    assert (await here.told(BOB))[-1] == "quote_offered"

    zone.failing = ()
    await here.wait(minutes=10)

    assert await here.stage() == "working"
    assert (await here.facts()).count(f.CustomerWrote) == 2  # the first mail and this one


async def test_decision_that_dns_never_vouches_for_gets_the_page(here: Town, zone: Zone) -> None:
    await quote(here)
    mail = reply(ACCEPTS, here.newest(BOB))
    zone.failing = ("clientsa.fr",)

    await bring(here, mail, signed(mail))
    await here.wait(hours=20)

    assert await here.stage() == "quoted"
    assert (await here.told(BOB)).count("decide_by_link") == 1


async def test_staff_see_who_was_judged_how_sure_it_is_and_what_to_beware_of(here: Town) -> None:
    await quote(here)
    mail = reply("Merci.", here.newest(BOB))
    await bring(here, mail, signed(mail))
    pretender = f'"{BOB}" <bob@client-sa.fr>'
    await here.mail(pretender, "", "Changez mon adresse.", answering=here.newest(BOB))

    thread = here.staff.thread()

    assert any(f"{BOB} (proven) wrote by mail" in line for line in thread)
    assert any(
        f"bob@client-sa.fr “{BOB}” (not proven; BEWARE, its name shows another address: {BOB}; "
        "BEWARE, its domain only looks like clientsa.fr), who is not the customer on file" in line
        for line in thread
    )


@pytest.mark.parametrize(("border", "stage"), [("127.0.0.1", "working"), ("192.0.2.1", "quoted")])
async def test_word_of_the_border_counts_only_when_it_brings_the_mail_itself(
    database_url: str, zone: Zone, border: str, stage: str
) -> None:
    async with town(database_url, dns=f"127.0.0.1:{zone.port}", border=border) as here:
        await quote(here)
        word = f"Authentication-Results: {BORDER}; dkim=pass header.d=clientsa.fr; dmarc=pass header.from=clientsa.fr"
        message = reply(ACCEPTS, here.newest(BOB))

        await bring(here, message, f"{word}\r\n".encode() + bytes(message))

        assert await here.stage() == stage


async def test_proven_yes_alone_orders_what_the_mail_it_answers_named(here: Town) -> None:
    await here.register(BOB, Kind.BUSINESS)
    await here.mail(BOB, "Panne", DOWN_FR)
    mail = reply("Bonjour,\n\nOK.\n\nBob", here.newest(BOB))

    await bring(here, mail, signed(mail))

    assert await here.stage() == "ordered"


async def test_proven_yes_alone_accepts_the_quote_it_answers(here: Town) -> None:
    await quote(here)
    mail = reply("Oui", here.newest(BOB))

    await bring(here, mail, signed(mail))

    assert await here.stage() == "working"


async def test_yes_of_before_brought_again_as_an_answer_to_a_quote_accepts_nothing(here: Town) -> None:
    """Which mail it answers is not signed, and whoever has it may say that it answers another one."""
    await diagnose(here)
    await here.staff.submit("ask_customer", text="Est-ce urgent ?")
    mail = reply("Oui", here.newest(BOB))
    raw = signed(mail)
    answered = str(mail["In-Reply-To"]).encode()
    await bring(here, mail, raw)
    await here.staff.submit("conclude", outcome="quote", report="L'index est cassé.")
    await here.staff.submit("send_quote", lines="Index | 1 | 90,00", validity_days="15")

    await bring(here, mail, raw.replace(answered, f"<{here.newest(BOB).message_id}>".encode()))

    assert f.QuoteAccepted not in await here.facts()
    assert any("another mail came under its Message-ID" in line for line in here.staff.thread())


@pytest.mark.parametrize("what", ["unproven", "to another mail", "beside a question", "with a word beside it"])
async def test_yes_alone_that_could_mean_something_else_gets_the_page(here: Town, what: str) -> None:
    await quote(here)
    offered = here.newest(BOB)
    if what == "beside a question":
        await here.staff.submit("send_quote", lines="Autre | 1 | 90,00", validity_days="15")
    answered = here.inbox(BOB)[0] if what == "to another mail" else offered
    mail = reply("Oui mais pas la base" if what == "with a word beside it" else "Oui", answered)

    await bring(here, mail, bytes(mail) if what == "unproven" else signed(mail))

    assert await here.stage() == "quoted"
    assert (await here.told(BOB))[-1] == "decide_by_link"


async def test_yes_alone_never_allows_anything_on_hosted_data(here: Town) -> None:
    await ask(here)
    mail = reply("OK", here.newest(BOB))

    await bring(here, mail, signed(mail))

    assert (await here.incident()).consents[0].state is ConsentState.REQUESTED
    assert (await here.told(BOB))[-1] == "decide_by_link"
