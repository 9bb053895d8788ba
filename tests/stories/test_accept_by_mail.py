"""A business accepts a quote by sending the mail that the quote's own mail has written for it (letter §4.2)."""

import re
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from bot.core import facts as f
from tests.stories.people import ALICE, BOB, JANE
from tests.stories.signing import bring, reply, signed
from tests.stories.steps import quote
from tests.stories.town import Town

MAILTO = re.compile(r"mailto:accept\S+")


async def _prepared(here: Town, number: int = 70, sender: str = BOB) -> EmailMessage:
    """What a mail program makes of the link in the quote's mail."""
    await quote(here)
    return _written(here, number, sender)


def _written(here: Town, number: int, sender: str = BOB) -> EmailMessage:
    mail = next(each for each in reversed(here.inbox(BOB)) if MAILTO.search(each.text))
    link = urlsplit(MAILTO.findall(mail.text)[0])
    said = parse_qs(link.query)
    message = reply(said["body"][0], sender=sender, number=number)
    message.replace_header("To", unquote(link.path))
    message.replace_header("Subject", said["subject"][0])
    return message


async def _accepted(here: Town) -> list[f.QuoteAccepted]:
    return [entry.fact for entry in await here.history() if isinstance(entry.fact, f.QuoteAccepted)]


async def test_proven_mail_to_its_address_accepts_the_quote_once(here: Town) -> None:
    mail = await _prepared(here)

    await bring(here, mail, signed(mail))
    again = _written(here, 71)
    await bring(here, again, signed(again))

    accepted = await _accepted(here)
    assert len(accepted) == 1
    evidence = accepted[0].evidence
    assert (evidence.method, evidence.who, evidence.message) == ("mailto", BOB, str(mail["Message-ID"]).strip("<>"))
    assert len(evidence.link) == 26
    assert evidence.mail_sha256
    assert '"strong"' in evidence.proof
    assert (await here.told(BOB)).count("quote_accepted") == 1


@pytest.mark.parametrize("text", ["", "OK"])
async def test_bare_or_empty_mail_to_its_address_accepts(here: Town, text: str) -> None:
    mail = await _prepared(here)
    mail.set_content(text)

    await bring(here, mail, signed(mail))

    assert await here.stage() == "working"


@pytest.mark.parametrize("text", ["Je refuse le devis D2010-00001", "Pas avant lundi, appelez-moi."])
async def test_other_words_in_it_accept_nothing(here: Town, text: str) -> None:
    mail = await _prepared(here)
    mail.set_content(text)

    await bring(here, mail, signed(mail))

    assert await _accepted(here) == []


async def test_mail_that_is_not_proven_is_answered_with_the_page(here: Town) -> None:
    mail = await _prepared(here)

    await bring(here, mail, bytes(mail))

    assert await here.stage() == "quoted"
    assert (await here.told(BOB))[-1] == "decide_by_link"


async def test_somebody_elses_mail_has_no_effect_and_the_address_on_file_is_sent_the_page(here: Town) -> None:
    mail = await _prepared(here, sender=ALICE)

    await bring(here, mail, bytes(mail), sender=ALICE)

    assert await here.stage() == "quoted"
    assert "decide_by_link" in await here.told(BOB)
    assert "decide_by_link" not in await here.told(ALICE)


async def test_automatic_mail_has_no_effect_and_the_address_on_file_is_sent_the_page(here: Town) -> None:
    mail = await _prepared(here)
    mail["Auto-Submitted"] = "auto-replied"

    await bring(here, mail, signed(mail))

    assert await here.stage() == "quoted"
    assert (await here.told(BOB))[-1] == "decide_by_link"


@pytest.mark.parametrize("field", [b"Content-Disposition: attachment", b"Content-Type: application/octet-stream"])
async def test_refusal_put_out_of_sight_by_a_header_that_is_not_signed_is_no_empty_mail_that_accepts(
    here: Town, field: bytes
) -> None:
    mail = await _prepared(here)
    mail.set_content("Non, nous refusons ce devis.")
    kind = b'Content-Type: text/plain; charset="utf-8"'
    raw = signed(mail)
    assert kind in raw

    await bring(here, mail, raw.replace(kind, field))

    assert await _accepted(here) == []
    assert (await here.told(BOB))[-1] == "decide_by_link"


async def test_made_up_key_accepts_nothing(here: Town) -> None:
    mail = await _prepared(here)
    key = str(mail["To"])
    mail.replace_header("To", key.replace(key[40:50], "a" * 10))

    await bring(here, mail, signed(mail))

    assert await _accepted(here) == []


async def test_consumers_are_not_offered_it(here: Town) -> None:
    """Their express request is a box to tick (L221-25)."""
    await quote(here, JANE)

    assert MAILTO.search(here.newest(JANE).text) is None
