"""What became of what staff sent: shown in its line in the thread, in place, and with few calls to Slack."""

from tests.stories.people import BOB, DOWN_FR
from tests.stories.steps import diagnose, invoice, quote
from tests.stories.test_robots import come_back, report
from tests.stories.town import ALICE, STAFF_CHANNEL, Town

ACCEPTED = f"✓ Mail to {BOB}: accepted by the relay (250 2.0.0 Ok: queued)"


def lines(here: Town, words: str) -> list[str]:
    return [line for line in here.staff.thread() if words in line]


def edits_of_lines(here: Town) -> int:
    """How often a line below the card was edited."""
    card = here.staff.card().ts
    updates = [call.arguments for call in here.slack.calls if call.method == "chat.update"]
    return sum(update["ts"] != card for update in updates)


async def test_reply_shows_that_the_relay_took_it_and_then_that_it_came_back(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)

    await here.staff.submit("reply", text="Nous regardons.")
    (taken,) = lines(here, "Nous regardons.")
    to = here.newest(BOB).taken.sender
    await come_back(here, to, report(to))
    (returned,) = lines(here, "Nous regardons.")

    assert taken.endswith(ACCEPTED)
    assert returned.endswith(f"✗ Mail to {BOB}: came back (5.1.1 No such user here.)")


async def test_reply_that_waits_says_so_until_it_has_left(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    here.relay.at_text = "451 4.3.2 Not now"
    before = edits_of_lines(here)

    await here.staff.submit("reply", text="Nous regardons.")
    (waiting,) = lines(here, "Nous regardons.")
    here.relay.at_text = "250 2.0.0 Ok: queued"
    await here.wait(minutes=10)
    (left,) = lines(here, "Nous regardons.")

    assert waiting.endswith(f"… Mail to {BOB}: queued")
    assert left.endswith(ACCEPTED)
    assert edits_of_lines(here) == before + 1


async def test_reply_that_is_refused_says_why(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    here.relay.at_text = "554 5.7.1 Looks like spam"

    await here.staff.submit("reply", text="Nous regardons.")

    (line,) = lines(here, "Nous regardons.")
    assert line.endswith(f"✗ Mail to {BOB}: failed (554 5.7.1 Looks like spam)")
    here.parked = 1


async def test_question_and_words_sent_from_the_thread_show_their_fate_too(here: Town) -> None:
    await diagnose(here)

    await here.staff.submit("ask_customer", text="Depuis quand ?")
    await here.people.say(ALICE, STAFF_CHANNEL, "Le disque est plein.", here.staff.card().ts)
    ts = here.people.workspace.replies(STAFF_CHANNEL, here.staff.card().ts)[-1].ts
    await here.people.message_shortcut(ALICE, STAFF_CHANNEL, ts, "send_to_customer")
    await here.staff.fill()

    (question,) = lines(here, "Depuis quand ?")
    (sent,) = lines(here, "Written to the customer")
    assert question.endswith(ACCEPTED)
    assert sent.endswith(ACCEPTED)


async def test_line_that_somebody_deleted_is_not_written_again(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    await here.staff.submit("reply", text="Nous regardons.")
    replies = here.people.workspace.replies(STAFF_CHANNEL, here.staff.card().ts)
    here.people.workspace.remove(STAFF_CHANNEL, replies[-1].ts)

    to = here.newest(BOB).taken.sender
    await come_back(here, to, report(to))

    assert lines(here, "Nous regardons.") == []
    assert lines(here, "came back") == []


async def test_quote_and_invoice_show_on_the_card_what_became_of_their_mail(here: Town) -> None:
    await quote(here)
    offered = here.staff.card_text()
    to = here.newest(BOB).taken.sender
    await come_back(here, to, report(to))

    assert "Mail accepted by the relay" in offered
    assert "Mail came back" in here.staff.card_text()
    (line,) = [line for line in lines(here, "Quote D") if " sent: " in line]
    assert "came back (5.1.1" in line


async def test_whole_diagnosis_costs_at_most_one_edit_for_each_mail(here: Town) -> None:
    """Whichever comes second, the fate or the line, sees the first: it is edited once, or says so at once."""
    await invoice(here)

    assert edits_of_lines(here) <= len(lines(here, "✓ Mail to"))
