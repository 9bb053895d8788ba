"""A decision that somebody else took in a customer's name is taken back by one click (letter §2.5, §4.2)."""

from bot.core import facts as f
from tests.stories.people import BOB
from tests.stories.steps import order, work
from tests.stories.town import Town


async def test_acceptance_is_undone_before_work_from_the_receipt(here: Town) -> None:
    await work(here)

    page = await here.open(here.newest(BOB).link)
    after = await here.press(page, "disown")

    assert after.status == 200
    assert "disown" not in after.choices
    assert await here.stage() == "quoted"
    assert (await here.told(BOB))[-1] == "decision_undone"
    assert any("this was not me" in said for said in here.staff.thread())


async def test_order_is_undone_before_the_diagnosis(here: Town) -> None:
    await order(here)

    await here.press(await here.open(here.newest(BOB).link), "disown")

    assert await here.stage() == "announced"
    assert "start_diagnosis" not in here.staff.offers()


async def test_once_work_began_staff_stop_and_a_manager_settles(here: Town) -> None:
    await work(here)
    await here.staff.submit("record_act", act="read_logs", place="/var/log", note="Lu.")
    receipt = next(mail for mail in reversed(here.inbox(BOB)) if "accepté" in mail.subject)

    page = await here.press(await here.open(receipt.link), "disown")
    assert "Tout est arrêté" in page.text
    await here.staff.click("settle_disowned")
    assert any("manager" in hint for hint in here.staff.hints())
    await here.wait(days=30)
    assert await here.ledger() == []

    await here.manager.submit("settle_disowned", stands="no", reason="Un ancien associé avait accès à la boîte.")

    assert f.WorkStopped in await here.facts()
    assert await here.ledger() == ["F2010-00001 24.00 open"]
