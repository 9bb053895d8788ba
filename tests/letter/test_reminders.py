"""Reminders before and after the due date, in working hours, a week apart, and when they stop (letter §5.2, §6.6)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.lives import Stage
from bot.core.terms import Kind, Terms
from tests.builders import INVOICE, MONDAY, a_play, an_order, euros, price
from tests.play import Play, Scene

PARIS = ZoneInfo("Europe/Paris")
DUE = date(2010, 7, 14)  # thirty days after that Monday: a Wednesday
NINE = "09:00"


def invoiced(*, kind: Kind = Kind.BUSINESS, now: datetime = MONDAY, terms: Terms | None = None) -> Play:
    return a_play(at=Stage.INVOICED, kind=kind, now=now, terms=terms or Terms())


def reminded(scenes: list[Scene]) -> list[tuple[int, str, str]]:
    """Level, day and local time of each reminder."""
    return [
        (fact.level, local.date().isoformat(), f"{local:%H:%M}")
        for scene in scenes
        for local in [scene.at.astimezone(PARIS)]
        for fact in scene.facts
        if isinstance(fact, f.InvoiceReminded)
    ]


def test_businesses_are_reminded_on_their_days() -> None:
    """−7, +3 (a Saturday: Monday), +12, +25 (a Sunday: Monday)."""
    assert reminded(invoiced().wait(days=200)) == [
        (1, "2010-07-07", NINE),
        (2, "2010-07-19", NINE),
        (3, "2010-07-26", NINE),
        (4, "2010-08-09", NINE),
    ]


def test_consumers_are_reminded_on_theirs() -> None:
    """−5, +5, +15, +30."""
    assert reminded(invoiced(kind=Kind.CONSUMER).wait(days=200)) == [
        (1, "2010-07-09", NINE),
        (2, "2010-07-19", NINE),
        (3, "2010-07-29", NINE),
        (4, "2010-08-13", NINE),
    ]


def test_each_reminder_states_what_is_open_and_its_tone() -> None:
    """§5.2: courtesy, overdue twice, formal notice with the day after which nothing new is opened."""
    play = invoiced()
    before = len(play.told)

    play.wait(days=200)

    owed = {"number": INVOICE, "price": price("20.00"), "open": euros("24.00"), "due_on": DUE}
    assert play.told[before:] == (
        n.ReminderBeforeDue(**owed),  # type: ignore[arg-type]  # one dict for five notices
        n.ReminderOverdue(**owed, level=2),  # type: ignore[arg-type]
        n.ReminderOverdue(**owed, level=3),  # type: ignore[arg-type]
        n.FormalNotice(**owed, limited_on=date(2010, 8, 30), kind=Kind.BUSINESS),  # type: ignore[arg-type]
        n.InvoiceLongOverdue(**owed),  # type: ignore[arg-type]
    )


def test_open_amount_is_recomputed_when_the_reminder_leaves() -> None:
    play = invoiced()
    play.order(an_order(c.RecordPayment, amount=euros("10.00")))

    first = play.wait(days=25)

    assert [fact for scene in first for fact in scene.facts] == [
        f.InvoiceReminded(number=INVOICE, level=1, open=euros("14.00"))
    ]


def test_payment_stops_reminders_at_once() -> None:
    play = invoiced()
    play.wait(days=40)
    play.order(an_order(c.RecordPayment))

    assert play.wait(days=200) == []


def test_after_an_outage_only_the_highest_level_due_goes_out() -> None:
    play = invoiced()
    play.outage(days=43)  # two reminders were missed: the 27th of July at ten

    scenes = play.wait(days=200)

    assert reminded(scenes) == [(3, "2010-07-27", "10:00"), (4, "2010-08-09", NINE)]


def test_after_a_long_outage_one_formal_notice_and_no_burst() -> None:
    play = invoiced()
    play.outage(days=150)

    scenes = play.wait(days=200)

    assert reminded(scenes) == [(4, "2010-11-12", "09:00")]  # not on the day of the armistice
    assert [type(fact) for scene in scenes for fact in scene.facts].count(f.InvoiceLongOverdue) == 1


def test_reminder_asked_for_at_night_waits_for_the_morning() -> None:
    play = invoiced()
    play.outage(days=23, hours=12)  # Wednesday 7 July, ten in the evening

    scenes = play.wait(days=2)

    moved = datetime(2010, 7, 8, 9, tzinfo=PARIS)
    assert [scene.facts for scene in scenes] == [
        (f.ReminderMoved(number=INVOICE, level=1, to=moved),),
        (f.InvoiceReminded(number=INVOICE, level=1, open=euros("24.00")),),
    ]
    assert scenes[0].told == ()


def test_two_reminders_are_seven_days_apart_even_after_an_outage() -> None:
    """The third falls due five days after the late second."""
    play = invoiced()
    play.wait(days=24)
    play.outage(days=13)  # the second leaves late, on the 21st

    assert reminded(play.wait(days=200)) == [
        (2, "2010-07-21", "10:00"),
        (3, "2010-07-28", "10:00"),
        (4, "2010-08-09", NINE),
    ]


def test_contest_stops_reminders_and_its_withdrawal_starts_them_a_week_later() -> None:
    """§6.4; the pause is seven days."""
    play = invoiced()
    play.wait(days=20)
    play.order(an_order(c.SayContest))
    assert reminded(play.wait(days=5)) == []
    play.order(an_order(c.WithdrawContest))  # Friday 9 July, two days after the first would have gone out

    assert reminded(play.wait(days=200)) == [
        (1, "2010-07-16", "10:00"),
        (2, "2010-07-23", "10:00"),
        (3, "2010-07-30", "10:00"),
        (4, "2010-08-09", NINE),
    ]


def test_first_reminder_held_back_past_the_due_date_does_not_say_soon() -> None:
    play = invoiced()
    play.wait(days=20)
    play.order(an_order(c.SayContest))
    play.wait(days=5)
    play.order(an_order(c.WithdrawContest))

    play.wait(days=8)

    assert play.told[-1] == n.ReminderOverdue(
        number=INVOICE, price=price("20.00"), open=euros("24.00"), due_on=DUE, level=1
    )


def test_lapsed_contest_starts_reminders_a_week_later() -> None:
    play = invoiced()
    play.wait(days=40)
    play.order(an_order(c.SayContest))  # Saturday 24 July; it lapses on Sunday 8 August

    scenes = play.wait(days=200)

    assert reminded(scenes) == [(4, "2010-08-16", NINE)]


def test_confirmed_contest_ends_reminders_for_good() -> None:
    play = invoiced()
    play.order(an_order(c.SayContest))
    play.order(an_order(c.ConfirmContest))

    assert play.wait(days=365) == []


def test_long_unpaid_is_one_task_for_a_person_never_a_forfeit() -> None:
    """§6.6: forty-five days after the due date."""
    play = invoiced()

    play.wait(days=365)

    long_overdue = [scene for scene in play.scenes if f.InvoiceLongOverdue in {type(fact) for fact in scene.facts}]
    assert [(scene.at.astimezone(PARIS).isoformat(), scene.facts) for scene in long_overdue] == [
        ("2010-08-30T09:00:00+02:00", (f.InvoiceLongOverdue(number=INVOICE, open=euros("24.00")),))
    ]
    assert play.incident.stage is Stage.INVOICED
    assert f.ContestConfirmed not in play.happened


def test_long_unpaid_is_told_once_though_a_contest_was_withdrawn() -> None:
    """§6.6: each end of a contest writes the deadline anew."""
    play = invoiced()
    for _ in range(2):
        play.order(an_order(c.SayContest))
        play.order(an_order(c.WithdrawContest))

    play.wait(days=365)

    assert play.happened.count(f.InvoiceLongOverdue) == 1


def test_contest_at_the_limit_puts_it_off_by_a_week_at_least() -> None:
    """§6.6: without a contest."""
    play = invoiced()
    play.wait(days=76)
    play.order(an_order(c.SayContest))  # Sunday 29 August, the day before the limit; it lapses on 13 September

    scenes = play.wait(days=100)

    at = [scene.at.astimezone(PARIS) for scene in scenes if type(scene.facts[0]) is f.InvoiceLongOverdue]
    assert at == [datetime(2010, 9, 20, 10, 0, tzinfo=PARIS)]


def test_schedule_across_the_end_of_summer_time_keeps_local_hours() -> None:
    autumn = invoiced(now=datetime(2010, 9, 20, 8, 0, tzinfo=UTC))  # due on 20 October

    assert reminded(autumn.wait(days=200)) == [
        (1, "2010-10-13", NINE),
        (2, "2010-10-25", NINE),
        (3, "2010-11-02", NINE),  # All Saints on the Monday
        (4, "2010-11-15", NINE),
    ]


def test_week_between_two_across_the_end_of_summer_time_stays_in_working_hours() -> None:
    """A week of hours after nine is eight o'clock: too early."""
    play = invoiced(now=datetime(2010, 9, 20, 8, 0, tzinfo=UTC))
    play.wait(days=24)
    play.outage(days=12)  # the second leaves on Tuesday 26 October at ten
    play.now -= timedelta(hours=1)

    assert reminded(play.wait(days=9)) == [(2, "2010-10-26", NINE), (3, "2010-11-02", NINE)]


def test_reminders_begin_again_a_week_after_a_payment_came_back() -> None:
    """At the level that is due by then: they were reminded once already."""
    play = invoiced()
    play.wait(days=24)
    play.order(an_order(c.RecordPayment))
    play.wait(days=10)
    play.order(an_order(c.ReturnPayment))  # Sunday 18 July

    assert reminded(play.wait(days=200)) == [
        (3, "2010-07-26", NINE),
        (4, "2010-08-09", NINE),
    ]


def test_long_unpaid_is_found_again_after_a_payment_came_back() -> None:
    """§6.6: with a week at least to put it right."""
    play = invoiced()
    play.wait(days=200)
    play.order(an_order(c.RecordPayment))
    play.order(an_order(c.ReturnPayment))

    scenes = play.wait(days=100)

    assert [type(fact) for scene in scenes for fact in scene.facts] == [f.InvoiceLongOverdue]
