"""Leave to touch hosted data: asked, given for so much and so long, taken back (letter §1)."""

import pytest

from bot.core import facts as f
from bot.core.lives import ConsentState
from tests.stories.people import BOB, DETAILS, JANE
from tests.stories.steps import ask, diagnose
from tests.stories.town import ALICE, STAFF_CHANNEL, Town


async def acts(here: Town) -> list[tuple[str, str, int | None]]:
    """What was done, where, and under which leave."""
    return [(act.act.id, act.place, act.consent) for act in (await here.incident()).acts]


async def test_without_leave_no_act_on_hosted_data_is_recorded(here: Town) -> None:
    """§1.1"""
    await diagnose(here)

    await here.staff.submit("record_act", act="read_files", place="/www/shop")

    assert "No permission in force" in here.staff.errors
    assert await acts(here) == []
    assert any("no leave covers this act" in hint for hint in here.staff.hints())


async def test_leave_covers_what_was_ticked_and_nothing_else(here: Town) -> None:
    """§1.3"""
    page = await ask(here)
    assert "Modifier la base" in page.text or "modifier la base de données" in page.text

    await here.press(page, "give", acts=("read_files",))
    await here.staff.submit("record_act", act="read_files", place="/www/shop", note="config lue")
    for act, place in (("modify_database", "shop_db"), ("read_files", "/www/blog")):
        await here.staff.submit("record_act", act=act, place=place)
        assert "No permission in force" in here.staff.errors

    assert await acts(here) == [("read_files", "/www/shop", 1)]
    assert (await here.told(BOB))[3:] == ["consent_requested", "consent_granted"]


async def test_leave_refused_is_never_billed(here: Town) -> None:
    """§3.6"""
    await here.press(await ask(here, JANE), "refuse")
    await here.staff.submit("conclude", outcome="inconclusive", report="Without the files we cannot tell.")

    assert await here.stage() == "closed"
    assert (await here.told(JANE))[3:] == ["consent_requested", "consent_refused", "left_unbilled"]
    assert await here.ledger() == []


async def test_leave_taken_back_ends_at_once(here: Town) -> None:
    page = await here.press(await ask(here), "give", acts=("read_files", "modify_database"))

    await here.press(page, "revoke")
    await here.staff.submit("record_act", act="read_files", place="/www/shop")

    assert "No permission in force" in here.staff.errors
    assert await acts(here) == []
    assert (await here.told(BOB))[-1] == "consent_revoked"


async def test_staff_ask_for_more_time_with_one_press(here: Town) -> None:
    """The form holds what was given, not all that had been asked for."""
    await here.press(await ask(here), "give", acts=("read_files",))
    await here.wait(days=6, hours=10)
    warned = here.people.workspace.replies(STAFF_CHANNEL, here.staff.card().ts)[-1]
    assert "Leave 1 ends at 20 Jun 23:59, and the work goes on: read the site’s files" in here.staff.thread()[-1]

    await here.people.click(ALICE, STAFF_CHANNEL, warned.ts, "ask_consent")
    await here.staff.fill()
    await here.press(await here.open(here.newest(BOB).link), "give", acts=("read_files",))
    await here.wait(days=1)
    await here.staff.submit("record_act", act="read_files", place="/www/shop")

    assert await acts(here) == [("read_files", "/www/shop", 2)]
    assert [leave.state for leave in (await here.incident()).consents] == ["expired", "granted"]


async def test_leave_ends_when_it_said(here: Town) -> None:
    await here.press(await ask(here), "give", acts=("read_files",))

    await here.wait(days=7)
    await here.staff.submit("record_act", act="read_files", place="/www/shop")

    assert "No permission in force" in here.staff.errors
    assert (await here.told(BOB))[3:] == ["consent_requested", "consent_granted", "consent_expired"]


async def test_silence_is_not_leave(here: Town) -> None:
    page = await ask(here, until="2010-07-20")

    await here.wait(days=8)

    assert (await here.told(BOB))[3:] == ["consent_requested", "consent_nudged", "consent_lapsed"]
    assert (await here.open(page.url)).choices == ()


async def test_another_request_replaces_the_one_unanswered(here: Town) -> None:
    page = await ask(here)
    await here.staff.submit("ask_consent", acts=("read_files",), places="/www", until="2010-06-20", why="Moins.")

    late = await here.press(page, "give", acts=("read_files", "modify_database"))

    assert late.status == 409
    states = [consent.state for consent in (await here.incident()).consents]
    assert states == ["replaced", "requested"]


async def test_each_rule_of_the_catalogue(here: Town) -> None:
    """§1.2, §1.3: free without a word, told at once, an emergency with its clause"""
    await diagnose(here, JANE)

    await here.staff.submit("record_act", act="suspend_site", place="shop")
    await here.staff.submit("record_act", act="rescue_mode", place="vps1")
    await here.staff.submit("record_act", act="stop_abuse", place="/www/shop/mailer.php", note="It sent spam.")

    assert [act for act, _, _ in await acts(here)] == ["suspend_site", "rescue_mode", "stop_abuse"]
    assert (await here.told(JANE))[3:] == ["act_recorded", "act_recorded"]
    assert "art. 6.1" in here.newest(JANE).text


async def test_leave_ends_with_the_incident(here: Town) -> None:
    page = await here.press(await ask(here), "give", acts=("read_files",))

    await here.staff.submit("conclude", outcome="no_competence", report="Rien trouvé.")

    assert f.ConsentClosed in await here.facts()
    assert "revoke" not in (await here.open(page.url)).choices


@pytest.mark.parametrize("words", ["Oui, allez-y", "oui mais pas la base", "ok ?"])
async def test_yes_in_other_words_is_read_by_staff_and_answered_with_the_page(here: Town, words: str) -> None:
    """§1.3: explicit and scoped, or not at all"""
    page = await ask(here)

    await here.mail(BOB, "", words, answering=here.newest(BOB))

    assert (await here.incident()).consents[0].state is ConsentState.REQUESTED
    assert any(words in line for line in here.staff.thread())
    again = await here.open(here.newest(BOB).link)
    assert (await here.told(BOB))[-1] == "decide_by_link"
    assert again.choices == page.choices
    assert again.form("give")[0].controls["acts"].options == ["read_files", "modify_database"]


async def test_leave_taken_back_in_the_middle_tells_staff_to_stop(here: Town) -> None:
    page = await here.press(await ask(here), "give", acts=("read_files",))
    await here.staff.submit("record_act", act="read_files", place="/www/shop")

    await here.press(page, "revoke")

    assert "taken back by the customer: stop now" in here.staff.thread()[-1]
    assert "Not without the customer's leave" in await offered(here)


async def test_leave_is_for_its_incident_alone(here: Town) -> None:
    """§1.3: neither for another incident, nor for the same one opened again"""
    await here.press(await ask(here), "give", acts=("read_files",))
    await here.mail(BOB, "Autre panne", "Bonjour, mon autre site ne répond plus non plus, pouvez-vous regarder ?")
    await start(here, 2)
    await here.staff.submit("conclude", outcome="no_competence", report="Rien trouvé.")
    await here.mail(BOB, "", "Bonjour, cela recommence, pouvez-vous regarder ?", answering=here.inbox(BOB)[0])
    assert (await here.incident(3)).previous == 1
    await start(here, 3)

    for number in (2, 3):
        await here.staff.submit("record_act", number, act="read_files", place="/www/shop")
        assert "No permission in force" in here.staff.errors
        assert (await here.incident(number)).acts == ()


async def start(here: Town, number: int) -> None:
    """Bob orders the diagnosis of this incident, and staff begin it."""
    page = await here.open(here.newest(BOB).link)
    await here.press(page, "order", **DETAILS[BOB])
    await here.staff.click("start_diagnosis", number)


async def offered(here: Town) -> str:
    """What the form to record an act offers staff."""
    await here.staff.click("record_act")
    return here.staff.form
