"""Staff are reminded in the thread, in office hours, so many times; and of all in numbers each working morning."""

from datetime import date, timedelta

import pytest

from bot.app.decisions import complete_details
from bot.app.digest import expect_digest
from bot.app.due import ask
from bot.app.opening import Said, add_words
from bot.channels.slack.pace import BURST
from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.customer import Details
from bot.sandbox.slack import User
from storage import Transaction, Via
from tests.builders import MONDAY, an_order
from tests.channels.slack.town import ADDRESS, ALICE, DETAILS, STAFF_CHANNEL, Town, a_town, words

QUOTED = (
    an_order(c.OrderDiagnosis),
    an_order(c.StartDiagnosis),
    an_order(c.ConcludeDiagnosis, outcome=f.Outcome.QUOTE),
    an_order(c.DraftQuote, number=""),
)


async def pass_time(town: Town, **by: float) -> None:
    """Turns the clock, asks what falls due on the way, and sends what follows."""
    until = town.clock() + timedelta(**by)
    while True:
        first = await town.store.read(lambda tx: tx.deadlines.next_due())
        town.clock.now = min(until, max(first, town.clock()) if first else until)
        due = await town.store.run(lambda tx: tx.deadlines.claim(town.clock(), 20, timedelta(minutes=1)))
        for job in due:
            await ask(town.desk, job, town.clock())
        await town.settle()
        if not due and town.clock() >= until:
            return


async def write(town: Town, text: str = "Any news?", incident: int = 1) -> None:
    said = Said(author=ADDRESS, text=text, via=Via.MAIL)
    await town.store.run(lambda tx: add_words(tx, town.desk, incident, said, f.Role.CUSTOMER, town.clock()))
    await town.settle()


def reminders(town: Town) -> list[str]:
    said = ("has waited", "nobody has started", "lapses", "was promised", "is not issued: the customer")
    return [line for line in town.thread() if any(words in line for words in said)]


async def test_customer_who_waits_is_recalled_so_many_times_in_office_hours(town: Town) -> None:
    await town.open()
    await town.give(1, an_order(c.TakeIncident, actor=f.Actor(role=f.Role.STAFF, name=ALICE)))

    await write(town)
    await pass_time(town, hours=3)
    early = reminders(town)
    await pass_time(town, days=2)

    assert early == []
    first, second = reminders(town)
    assert first.startswith("The customer has waited for an answer since 14 Jun 10:00.")
    assert "reminded again" in second
    assert {"type": "user", "user_id": ALICE} in _spans(town)


def _spans(town: Town) -> list[object]:
    """What stands in the text of the lines under the card."""
    blocks = [block for one in town.workspace.replies(STAFF_CHANNEL, town.card().ts) for block in one.blocks]
    lines = [line for block in blocks if block["type"] == "rich_text" for line in block["elements"]]
    return [span for line in lines for span in line["elements"]]


async def test_customer_who_was_answered_is_not_recalled(town: Town) -> None:
    await town.open()

    await write(town)
    await town.fill("reply", text="Soon.")
    await pass_time(town, days=2)

    assert reminders(town) == []


async def test_reminder_leads_to_the_answer_with_one_press(town: Town) -> None:
    await town.open()
    await write(town)
    await pass_time(town, hours=5)
    line = town.workspace.replies(STAFF_CHANNEL, town.card().ts)[-1]

    await town.people.click(ALICE, STAFF_CHANNEL, line.ts, "reply")
    await town.submit(ALICE, text="Soon.")

    assert "StaffWrote" in await town.facts()


async def test_reminder_waits_for_the_office_hours_of_whoever_has_it(town: Town) -> None:
    """Half past two in Paris, where the desk is, is half past eight in Montreal."""
    town.workspace.add_user(User(id=ALICE, name="Alice", tz="America/Toronto"))
    await town.open()
    await town.click("take")

    await write(town)
    await pass_time(town, hours=4.5)
    asleep = reminders(town)
    await town.click("take")
    moved = await town.facts()
    await pass_time(town, hours=1)

    assert (asleep, moved.count("IncidentTaken")) == ([], 1)
    assert len(reminders(town)) == 1


async def test_what_lapses_before_whoever_has_it_is_at_work_is_said_at_once(town: Town) -> None:
    """Nine on Friday in Paris is seven in the evening in Auckland, where it is Monday before anybody works again."""
    town.workspace.add_user(User(id=ALICE, name="Alice", tz="Pacific/Auckland"))
    await town.open()
    await town.give(1, *QUOTED)
    await town.click("take")
    sunday = MONDAY + timedelta(days=6)
    await town.give(1, an_order(c.RequestConsent, until=sunday))

    await pass_time(town, days=3.5)
    early = reminders(town)
    await pass_time(town, days=1)

    assert early == []
    assert [line.partition(",")[0] for line in reminders(town)] == ["Request for leave 1 lapses 20 Jun 10:00"]


async def test_what_waited_for_one_morning_leaves_at_slacks_pace(sqlite_url: str) -> None:
    async with a_town(sqlite_url, every=timedelta(seconds=1)) as town:
        town.slack.faults.keep_pace(burst=BURST)
        town.workspace.add_user(User(id=ALICE, name="Alice", tz="America/Toronto"))
        for incident in range(1, 2 * BURST + 1):
            await town.open()
            await town.give(incident, an_order(c.TakeIncident, actor=f.Actor(role=f.Role.STAFF, name=ALICE)))
            await pass_time(town, seconds=30)
        for incident in range(1, 2 * BURST + 1):
            await write(town, incident=incident)
            await pass_time(town, seconds=30)
        before = len(town.slack.calls)

        await pass_time(town, hours=6)
        at_once = _posts(town, before)
        for _ in range(20):
            await pass_time(town, seconds=1)

        posts = _posts(town, before)
        assert at_once == ["ok"] * BURST
        assert posts == ["ok"] * 2 * BURST


def _posts(town: Town, since: int) -> list[str]:
    """What Slack said to each reminder."""
    calls = [call for call in town.slack.calls[since:] if call.method == "chat.postMessage"]
    return [call.outcome for call in calls if "has waited" in str(call.arguments)]


async def test_order_that_nobody_starts_is_recalled(town: Town) -> None:
    await town.open()
    await town.give(1, an_order(c.OrderDiagnosis))

    await pass_time(town, hours=5)

    (line,) = reminders(town)
    assert line.startswith("The diagnosis was ordered 14 Jun 10:00, and nobody has started it.")
    assert "Nobody has taken it yet." in line


async def test_quote_and_request_about_to_lapse_are_said_once(town: Town) -> None:
    await town.open()
    await town.give(
        1,
        *QUOTED,
        an_order(c.RequestConsent, until=MONDAY + timedelta(days=30)),
    )

    await pass_time(town, days=20)

    said = reminders(town)
    assert sum(line.startswith("Quote D2010-00001 lapses after 29 Jun 2010, and the") for line in said) == 1
    assert sum(line.startswith("Request for leave 1 lapses") for line in said) == 1


async def test_second_reminder_counts_from_the_first_as_it_was_read(town: Town) -> None:
    """In Los Angeles it is nine at six in the evening of Paris, when both would have waited since noon."""
    town.workspace.add_user(User(id=ALICE, name="Alice", tz="America/Los_Angeles"))
    await town.open()
    await town.click("take")
    town.clock.turn(hours=5)

    await write(town)
    told = []
    for _ in range(2 * 24 + 4):
        await pass_time(town, hours=1)
        told.append(len(reminders(town)))

    assert (told.index(1), told.index(2)) == (26, 26 + 24)  # six in the evening, and the next
    assert ["reminded again" in line for line in reminders(town)] == [False, True]


async def test_order_that_nobody_starts_is_recalled_after_a_pause(town: Town) -> None:
    await town.open()
    await town.give(1, an_order(c.OrderDiagnosis), an_order(c.PauseIncident, message="1"))

    await pass_time(town, days=1)
    paused = reminders(town)
    await town.give(
        1, an_order(c.EndPause, actor=f.Actor(role=f.Role.STAFF, name=ALICE), reason="They never said so.")
    )
    await pass_time(town, hours=3)
    early = reminders(town)
    await pass_time(town, hours=2)

    assert (paused, early) == ([], [])
    (line,) = reminders(town)
    assert "nobody has started it." in line


async def test_short_pause_begins_no_second_round_of_reminders(town: Town) -> None:
    await town.open()
    await town.give(
        1,
        an_order(c.OrderDiagnosis),
        an_order(c.PauseIncident, message="1"),
        an_order(c.EndPause, actor=f.Actor(role=f.Role.STAFF, name=ALICE), reason="They never said so."),
    )

    await pass_time(town, days=5)

    assert ["reminded again" in line for line in reminders(town)] == [False, True]


async def test_prolonged_quote_is_recalled_once_before_its_new_end(town: Town) -> None:
    await town.open()
    await town.give(1, *QUOTED, an_order(c.LoseAddress, address=ADDRESS, reply="550 unknown"))
    await pass_time(town, days=8)
    await town.give(1, an_order(c.RestoreAddress))

    await pass_time(town, days=8)
    early = reminders(town)
    await pass_time(town, days=10)

    assert early == []
    (line,) = reminders(town)
    assert line.startswith("Quote D2010-00001 lapses after 7 Jul 2010")


async def test_promise_is_recalled_on_its_day_and_once_it_is_over(town: Town) -> None:
    await town.open()

    await town.fill("reply", text="We look into it.", promised_on="2010-06-16")
    (mail,) = [one for one in town.mails if isinstance(one, n.StaffWrote)]
    await pass_time(town, days=1.5)
    early = reminders(town)
    await pass_time(town, days=3)

    assert mail.promised_on == date(2010, 6, 16)
    assert any("who hears from us again by 16 Jun 2010" in line for line in town.thread())
    assert early == []
    assert [line.split(".")[0] for line in reminders(town)] == [
        "The customer was promised to hear from us by 16 Jun 2010",
        "The customer was promised to hear from us by 16 Jun 2010, reminded again",
    ]


SOLVED = (
    an_order(c.OrderDiagnosis),
    an_order(c.StartDiagnosis),
    an_order(c.ConcludeDiagnosis, outcome=f.Outcome.SOLVED, report="Solved."),
)


async def test_invoice_that_lacks_what_its_customer_does_not_say_is_recalled_so_many_times(town: Town) -> None:
    await town.open(details=Details(name="Client SA"))
    await town.give(1, *SOLVED)
    asked = [mail for mail in town.mails if isinstance(mail, n.InvoiceHeld)]

    await pass_time(town, days=2.9)
    early = reminders(town)
    await pass_time(town, days=20)

    assert [mail.missing for mail in asked] == [("buyer_address",)]
    assert early == []
    assert [line.partition("  — ")[0] for line in reminders(town)] == [
        "The invoice is not issued: the customer was asked 14 Jun 10:00 for what it lacks, and has not said it.",
        "The invoice is not issued: the customer was asked 14 Jun 10:00 for what it lacks, and has not said it,"
        " reminded again.",
    ]


async def test_invoice_that_was_completed_is_not_recalled(town: Town) -> None:
    await town.open(details=Details(name="Client SA"))
    await town.give(1, *SOLVED)

    def complete(tx: Transaction) -> None:
        actor = f.Actor(role=f.Role.CUSTOMER, name=ADDRESS)
        complete_details(tx, town.desk, 1, DETAILS, actor, town.clock())

    await town.store.run(complete)
    await pass_time(town, days=20)

    assert "InvoiceIssued" in await town.facts()
    assert reminders(town) == []


async def test_payment_that_was_promised_and_did_not_come_is_said_once(town: Town) -> None:
    await town.open()
    await town.give(1, *SOLVED, an_order(c.PromisePayment, until=date(2010, 6, 18)))

    await pass_time(town, days=7.9)
    early = reminders(town)
    await pass_time(town, days=10)

    assert early == []
    (line,) = reminders(town)
    assert line.startswith("Payment of F2010-00001 was promised by 18 Jun 2010, and €24.00 of it is open.")


async def test_payment_that_came_as_promised_is_not_asked_for(town: Town) -> None:
    await town.open()
    await town.give(1, *SOLVED, an_order(c.PromisePayment, until=date(2010, 6, 18)))

    await town.give(1, an_order(c.RecordPayment))
    await pass_time(town, days=10)

    assert reminders(town) == []


async def test_promise_that_was_kept_is_not_recalled(town: Town) -> None:
    await town.open()

    await town.fill("reply", text="We look into it.", promised_on="2010-06-16")
    await town.fill("reply", text="It was the cache.")
    await pass_time(town, days=5)

    assert reminders(town) == []


@pytest.mark.parametrize("day", ["2010-06-13", "2010-12-24"])
async def test_promise_for_no_day_to_come_is_refused_and_the_words_stay(town: Town, day: str) -> None:
    await town.open()

    answer = await town.fill("reply", text="We look into it.", promised_on=day)

    assert "Choose a day from today to 12 Sep 2010" in answer.payload["errors"]["promised_on"]
    assert "StaffWrote" not in await town.facts()


async def test_numbers_come_once_each_working_morning(town: Town) -> None:
    await town.open()
    await write(town)
    for _ in range(3):
        await town.store.run(lambda tx: expect_digest(tx, town.desk, town.clock()))

    for _ in range(8 * 24):
        town.clock.turn(hours=1)
        await town.settle()

    mornings = [one for one in town.workspace.roots(STAFF_CHANNEL) if "Good morning" in words(one.blocks)]
    assert [one.blocks[0]["text"]["text"] for one in mornings] == [
        f"Good morning: {day} Jun 2010" for day in (15, 16, 17, 18, 21, 22)
    ]
    assert "*Unanswered*\n1" in words(mornings[0].blocks)
    assert "Unanswered: INC-1" in words(mornings[0].blocks)


async def test_numbers_of_a_day_that_is_over_are_not_said(town: Town) -> None:
    """After an outage of three days one message comes, of the day itself."""
    await town.open()
    await town.store.run(lambda tx: expect_digest(tx, town.desk, town.clock()))

    town.clock.turn(days=3)
    await town.settle()
    before = [one for one in town.workspace.roots(STAFF_CHANNEL) if "Good morning" in words(one.blocks)]
    town.clock.turn(days=1)
    await town.settle()

    after = [one for one in town.workspace.roots(STAFF_CHANNEL) if "Good morning" in words(one.blocks)]
    assert before == []
    assert [one.blocks[0]["text"]["text"] for one in after] == ["Good morning: 18 Jun 2010"]
