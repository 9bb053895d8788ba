"""The sandbox from the outside: everything runs, both sides meet, time passes, and a restart forgets nothing."""

import asyncio
import base64
import smtplib
from datetime import datetime, timedelta

import aiohttp

from bot.sandbox.cast import COLES_CHANNEL, OLIVER
from tests.sandbox.sandboxes import CAMILLE, CHANNEL, HARRIET, MARC, NADIA, Json, Play, playing

WORDS = "Bonjour,\n\nNotre boutique affiche « Erreur 500 » depuis ce matin.\nMerci d’avance"


async def ordered(play: Play) -> None:
    await play.write(CAMILLE, "Site indisponible", WORDS)
    await play.stage("announced")
    await play.decide(await play.mail(CAMILLE, "Site indisponible"), "Commander")
    await play.stage("ordered")


async def test_whole_story_is_played_on_one_page(sqlite_url: str) -> None:
    async with playing(sqlite_url) as play:
        await ordered(play)
        await play.press("take")
        await play.press("start_diagnosis")
        await play.stage("diagnosing")
        await play.press("conclude")
        assert await play.submit(outcome="quote", report="Le module de paiement est trop ancien.") is None
        await play.press("send_quote")
        assert await play.submit(lines="Remplacement du module | 1 | 90.00", validity_days="15") is None
        quote = await play.mail(CAMILLE, "Devis")
        assert [file["type"] for file in quote["files"]] == ["application/pdf"]
        async with play.session.get(f"{play.sandbox.url}/mail/{quote['id']}/0") as answer:
            pdf, how = await answer.read(), answer.headers["Content-Disposition"]
        await play.decide(quote, "Accepter")
        await play.stage("working")
        await play.press("finish_work")
        assert await play.submit(report="Module remplacé.") is None
        invoiced = await play.stage("invoiced")
        await play.mail(CAMILLE, "Facture")

        jumped = await play.post("jump", by="next")
        reminder = await play.mail(CAMILLE, "Facture")
        journal = await play.get("journal")

        assert (pdf[:5], how) == (b"%PDF-", "inline; filename*=UTF-8''D2026-00001.pdf")
        assert (invoiced["step"], jumped["settled"]) == (6, True)
        assert timedelta(seconds=jumped["ahead"]) > timedelta(days=20)
        assert "PDF" not in reminder["text"]
        assert "InvoiceReminded" in [fact["kind"] for fact in journal["facts"][:3]]


async def test_refused_words_stay_in_the_modal(sqlite_url: str) -> None:
    async with playing(sqlite_url) as play:
        await ordered(play)
        await play.press("start_diagnosis")
        await play.stage("diagnosing")
        await play.press("conclude")
        await play.submit(outcome="quote", report="Trop ancien.")
        await play.press("send_quote")

        modal = await play.submit(lines="no price here", validity_days="15")

        assert list(modal["errors"]) == ["lines"]
        assert modal["values"]["lines"]["value"]["value"] == "no price here"


async def test_week_passes_deadline_by_deadline(sqlite_url: str) -> None:
    async with playing(sqlite_url) as play:
        await play.write(CAMILLE, "Site indisponible", WORDS)
        await play.stage("announced")
        foreseen = (await play.get("calendar"))["deadlines"]

        jumped = await play.post("jump", by="week")
        facts = (await play.get("journal"))["facts"]

        happened = {fact["kind"]: datetime.fromisoformat(fact["at"]) for fact in facts}
        nudge, lapse = (datetime.fromisoformat(one["at"]) for one in foreseen)
        assert jumped["settled"] is True
        assert jumped["deadlines"] == []
        assert happened["CustomerNudged"] - nudge < timedelta(seconds=5)
        assert happened["IncidentCancelled"] - lapse < timedelta(seconds=5)


async def test_restart_forgets_nothing(sqlite_url: str) -> None:
    async with playing(sqlite_url) as play:
        await play.write(CAMILLE, "Site indisponible", WORDS)
        await play.stage("announced")
        await play.card("take")
        await play.post("jump", by="day")
        before = [await play.get("mail", **{"as": CAMILLE}), await play.card()]
        time = datetime.fromisoformat((await play.get("calendar"))["now"])

    async with playing(sqlite_url) as play:
        after = [await play.get("mail", **{"as": CAMILLE}), await play.card()]
        now = datetime.fromisoformat((await play.get("calendar"))["now"])
        await ordered_again(play)

    assert after == before
    assert now > time


async def ordered_again(play: Play) -> None:
    """New events after a restart are new to the desk, too."""
    card = await play.card("take")
    await play.act("say", channel=CHANNEL, text="just a note", thread_ts=card["ts"])
    await play.press("take")
    thread = await play.get("slack", **{"as": NADIA, "channel": CHANNEL, "thread": card["ts"]})
    assert "just a note" in [reply["text"] for reply in thread["thread"]["replies"]]


ZOE = """From: Zoé <zoe@ailleurs.example>\r
To: support@host.example\r
Subject: Bonjour\r
Message-ID: <one@ailleurs.example>\r
\r
Mon site est en panne depuis hier.\r
"""


def by_a_mail_program(host: str, port: int) -> None:
    with smtplib.SMTP(host, port, timeout=30) as client:
        client.sendmail("zoe@ailleurs.example", ["support@host.example"], ZOE.encode())


async def test_mail_program_works_as_well_as_the_page(sqlite_url: str) -> None:
    async with playing(sqlite_url) as play:
        host, _, port = play.sandbox.smtp.partition(":")
        await asyncio.to_thread(by_a_mail_program, host, int(port))

        await play.mail("zoe@ailleurs.example", "INC-1")
        people = await play.get("people")

        async def both() -> object:
            threads = await play.get("mail", **{"as": "zoe@ailleurs.example"})
            return threads if len(threads[0]["mails"]) == 2 else None

        threads = await play.until(both, "her own mail")
        assert sorted(mail["sent"] for mail in threads[0]["mails"]) == [False, True]
        assert "zoe@ailleurs.example" in [person["address"] for person in people["people"]]


async def test_reply_belongs_to_its_conversation(sqlite_url: str) -> None:
    async with playing(sqlite_url) as play:
        await play.write(CAMILLE, "Site indisponible", WORDS)
        announced = await play.mail(CAMILLE, "INC-1")
        file = {"name": "écran.txt", "content": base64.b64encode(b"Erreur 500").decode()}

        await play.write(CAMILLE, "", "Voici le message.", answers=announced["id"], files=[file])

        async def wrote() -> object:
            facts = (await play.get("journal"))["facts"]
            return [fact for fact in facts if fact["kind"] == "CustomerWrote"][1:]

        await play.until(wrote, "their words")
        (conversation,) = await play.get("mail", **{"as": CAMILLE})
        reply = conversation["mails"][-1]
        assert reply["subject"] == "Re: [INC-1] Site indisponible"
        assert reply["files"] == [{"number": 0, "name": "écran.txt", "type": "text/plain", "size": 10}]
        assert "> Bonjour Atelier Roux SARL," in reply["text"]


async def test_forged_reply_decides_nothing(sqlite_url: str) -> None:
    async with playing(sqlite_url) as play:
        await play.write(CAMILLE, "Site indisponible", WORDS)
        await play.stage("announced")
        announced = await play.mail(CAMILLE, "INC-1")
        order = "Je commande le diagnostic INC-1"

        await play.write(CAMILLE, "", order, answers=announced["id"], forged=True)

        async def answered() -> Json:
            (conversation,) = await play.get("mail", **{"as": CAMILLE})
            return [mail for mail in conversation["mails"] if not mail["sent"]][1:]

        await play.until(answered, "no pointer to the page")
        forged = (await play.get("journal"))["incidents"][0]["stage"]
        await play.write(CAMILLE, "", order, answers=announced["id"])

        assert forged == "announced"
        assert await play.stage("ordered")


async def test_customer_in_chat_orders_there(sqlite_url: str) -> None:
    async with playing(sqlite_url) as play:
        await play.act("shortcut", HARRIET, action="open_incident")
        left = await play.submit(HARRIET, title="Shop is down", description="Error 500 since this morning")
        await play.stage("announced")

        async def announced() -> Json:
            seen = await play.get("slack", **{"as": HARRIET})
            return next(((seen["channel"], one["ts"]) for one in seen["messages"] if "'order'" in str(one)), None)

        channel, ts = await play.until(announced, "no price in chat")
        await play.act("click", HARRIET, channel=channel, ts=ts, action="order")
        modal = (await play.get("slack", **{"as": HARRIET}))["modal"]
        if modal is not None:
            await play.submit(HARRIET)

        assert left is None
        assert (await play.stage("ordered"))["customer"] == "Cole & Son Booksellers Ltd"


async def test_customer_is_answered_in_the_channel_that_is_shared_with_them(sqlite_url: str) -> None:
    async with playing(sqlite_url) as play:
        await play.act("say", HARRIET, channel=COLES_CHANNEL, text="The shop is down")
        await play.stage("announced")

        async def announced() -> Json:
            seen = await play.get("slack", **{"as": HARRIET, "channel": COLES_CHANNEL})
            root = next(one["ts"] for one in seen["messages"] if one["text"] == "The shop is down")
            beside = await play.get("slack", **{"as": HARRIET, "channel": COLES_CHANNEL, "thread": root})
            return next((one["ts"] for one in beside["thread"]["replies"] if "'order'" in str(one)), None)

        ts = await play.until(announced, "no price in the thread")
        await play.act("click", OLIVER.id, channel=COLES_CHANNEL, ts=ts, action="order")
        alone = await play.get("slack", **{"as": OLIVER.id, "channel": COLES_CHANNEL})
        await play.act("click", HARRIET, channel=COLES_CHANNEL, ts=ts, action="order")

        assert len(alone["ephemerals"]) == 1
        assert (await play.stage("ordered"))["customer"] == "Cole & Son Booksellers Ltd"


async def test_what_slack_does_not_allow_is_said(sqlite_url: str) -> None:
    async with playing(sqlite_url) as play:
        await play.write(CAMILLE, "Site indisponible", WORDS)
        card = await play.card("take")

        refused = await play.act("click", MARC, channel=CHANNEL, ts=card["ts"], action="start_diagnosis")

        assert refused["outcome"] == "not_possible"
        assert refused["error"].startswith("no start_diagnosis here")


async def test_other_sites_can_do_nothing(sqlite_url: str) -> None:
    async with playing(sqlite_url) as play:
        address = f"{play.sandbox.url}/api/jump"
        async with play.session.post(
            address, json={"by": "week"}, headers={"Sec-Fetch-Site": "cross-site"}
        ) as answer:
            crossed = answer.status
        async with play.session.post(address, data={"by": "week"}) as answer:
            formed = answer.status

        assert (crossed, formed) == (403, 403)
        assert (await play.get("calendar"))["ahead"] == 0


async def test_mail_is_shown_without_scripts(sqlite_url: str) -> None:
    async with playing(sqlite_url) as play:
        await play.write(CAMILLE, "Site indisponible", WORDS)
        mail = await play.mail(CAMILLE, "INC-1")
        async with play.session.get(f"{play.sandbox.url}/mail/{mail['id']}") as answer:
            policy, body = answer.headers["Content-Security-Policy"], await answer.text()

        assert "default-src 'none'" in policy
        assert "allow-scripts" not in policy
        assert '<base target="_blank">' in body


async def test_stream_names_what_changed(sqlite_url: str) -> None:
    async with playing(sqlite_url) as play:
        timeout = aiohttp.ClientTimeout(total=5)
        async with play.session.get(f"{play.sandbox.url}/events", timeout=timeout) as stream:
            first = await stream.content.readline()
            await play.write(CAMILLE, "Site indisponible", WORDS)
            told = ""
            while "slack" not in told:
                told += (await stream.content.readline()).decode().replace(first.decode(), "")

        assert '"mail"' in told
