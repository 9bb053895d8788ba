"""A clock that is put back, or forward, while things are due: each leaves once, and nothing in a burst."""

from datetime import timedelta

from bot.core.lives import ConsentState
from tests.stories.people import BOB
from tests.stories.steps import ask, invoice
from tests.stories.town import Town


async def put_back(here: Town, **time: float) -> None:
    here.clock.now -= timedelta(**time)
    here.wake()
    await here.settled()


def reminders(told: list[str]) -> list[str]:
    return [name for name in told if name.startswith(("reminder", "formal"))]


async def test_no_reminder_leaves_twice_when_the_clock_is_put_back(here: Town) -> None:
    await invoice(here)
    await here.wait(days=27)
    assert reminders(await here.told(BOB)) == ["reminder_before_due"]

    await put_back(here, hours=2)
    await here.wait(hours=3)
    await put_back(here, days=2)
    await here.wait(days=2, hours=1)

    assert reminders(await here.told(BOB)) == ["reminder_before_due"]


async def test_a_day_skipped_sends_nothing_that_was_not_due_in_it(here: Town) -> None:
    await invoice(here)

    for _ in range(5):
        await here.outage(days=1)

    assert reminders(await here.told(BOB)) == []


async def test_work_in_hand_is_neither_lost_nor_done_twice_when_the_clock_jumps(here: Town) -> None:
    """The relay is away; the clock jumps in both directions between its tries."""
    here.relay.at_mail = "451 4.3.0 Not now"
    raw = f"From: {BOB}\r\nSubject: Panne\r\nMessage-ID: <1@clientsa.fr>\r\n\r\nRien ne marche.\r\n".encode()
    await here.hand_in(BOB, "support@host.example", raw)
    await here.store.wait("outbox", 1)
    here.clock.now -= timedelta(hours=2)
    here.wake()
    here.clock.now += timedelta(days=1)
    here.relay.at_mail = "250 2.1.0 Ok"
    here.wake()
    await here.wait(hours=2)

    assert await here.told(BOB) == ["incident_opened"]


async def test_leave_that_has_ended_stays_ended_when_the_clock_is_put_back(here: Town) -> None:
    await here.press(await ask(here), "give", acts=("read_files",))
    await here.wait(days=8)
    assert (await here.incident()).consents[0].state is ConsentState.EXPIRED

    await put_back(here, days=3)
    await here.staff.submit("record_act", act="read_files", place="/www/shop")

    assert (await here.incident()).consents[0].state is ConsentState.EXPIRED
    assert (await here.incident()).acts == ()
