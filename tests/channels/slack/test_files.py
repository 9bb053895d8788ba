"""Files both ways: customers' into the incident's thread, staff's to the customer; each once, none that could run."""

import re
from datetime import timedelta
from hashlib import sha256

import pytest

from bot.app.opening import Said, add_words
from bot.core import commands as c
from bot.core import facts as f
from storage import Attachment, Transaction, Via
from tests.builders import an_order
from tests.channels.slack.town import ADDRESS, ALICE, BOB, MALLORY, STAFF_CHANNEL, Town, words

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


async def write(town: Town, *given: tuple[str, bytes], cid: str | None = None, incident: int = 1) -> None:
    """Bob's mail with these files, worked."""
    await write_only(town, *given, cid=cid, incident=incident)
    await town.settle()


async def write_only(town: Town, *given: tuple[str, bytes], cid: str | None = None, incident: int = 1) -> None:
    """Bob's mail with these files, kept and not worked."""

    def come(tx: Transaction) -> None:
        kept = tuple(
            Attachment(sha256=tx.blobs.keep(content), name=name, media_type="image/png", cid=cid)
            for name, content in given
        )
        said = Said(author=ADDRESS, text="See the picture.", via=Via.MAIL, files=kept)
        add_words(tx, town.desk, incident, said, f.Role.CUSTOMER, town.clock())

    await town.store.run(come)


def shown(town: Town) -> list[tuple[str, bytes | None]]:
    """The files in the thread of incident 1, in order."""
    files = [
        town.workspace.files[id_]
        for one in town.workspace.replies(STAFF_CHANNEL, town.card().ts)
        for id_ in one.files
    ]
    return [(file.name, file.content) for file in files]


async def test_attachments_of_a_mail_stand_below_the_line_that_names_them(town: Town) -> None:
    await town.open()

    await write(town, ("écran.png", PNG), ("log.txt", b"late"))

    assert shown(town) == [("écran.png", PNG), ("log.txt", b"late")]
    assert "Attached: écran.png (108 B), log.txt (4 B)" in town.thread()[-3]


async def test_what_could_run_or_is_too_big_is_named_and_not_shown(town: Town) -> None:
    await town.open()
    big = b"0" * (town.desk.files.most_bytes + 1)

    await write(town, ("invoice.pdf.exe", b"x"), ("photo.png", b"MZ\x90\x00"), ("dump.sql", big), ("empty.txt", b""))

    assert shown(town) == []
    line = town.thread()[-1]
    assert "invoice.pdf.exe (1 B: not shown here, it could run as a program)" in line
    assert "photo.png (4 B: not shown here, it could run as a program)" in line
    assert "dump.sql (20.0 MB: not shown here, it is too big)" in line
    assert "empty.txt (0 B: not shown here, it is empty)" in line


async def test_many_files_are_shown_up_to_a_number(town: Town) -> None:
    await town.open()
    most = town.desk.files.most

    await write(town, *((f"{n}.png", PNG + bytes([n])) for n in range(most + 2)))

    assert len(shown(town)) == most
    assert town.thread()[-most - 1].count("there are too many") == 2


async def test_picture_in_every_mail_is_shown_once(town: Town) -> None:
    await town.open()

    await write(town, ("logo.png", PNG), cid="logo@clientsa.fr")
    await write(town, ("logo.png", PNG), cid="logo@clientsa.fr")
    await write(town, ("logo.png", PNG))

    assert shown(town) == [("logo.png", PNG), ("logo.png", PNG)]


async def test_file_whose_answer_was_lost_is_shown_once(town: Town) -> None:
    await town.open()
    town.slack.faults.lose_answer(method="files.completeUploadExternal", times=1)

    await write(town, ("a.png", PNG), ("b.png", PNG))
    for _ in range(4):
        town.clock.turn(hours=1)
        await town.settle()

    assert [name for name, _ in shown(town)] == ["a.png", "b.png"]


async def test_file_that_slack_never_got_is_uploaded_again(town: Town) -> None:
    await town.open()
    town.slack.faults.reset(method="files.completeUploadExternal")

    await write(town, ("a.png", PNG))
    town.clock.turn(hours=1)
    await town.settle()

    assert shown(town) == [("a.png", PNG)]


async def test_file_finds_the_thread_of_a_card_made_anew(town: Town) -> None:
    await town.open()
    town.workspace.remove(STAFF_CHANNEL, town.card().ts)

    await write(town, ("a.png", PNG))

    assert shown(town) == [("a.png", PNG)]


async def test_file_is_shown_once_though_its_process_ended_before_it_was_noted(town: Town) -> None:
    await town.open()
    town.clock.turn(hours=1)
    await town.settle()
    await write_only(town, ("a.png", PNG))
    while jobs := await town.store.run(lambda tx: tx.outbox.claim(town.clock(), 20, timedelta(minutes=1))):
        for job in jobs:
            await town.senders[job.kind](job, town.clock())

    town.clock.turn(hours=1)
    await town.settle()

    assert shown(town) == [("a.png", PNG)]


async def test_file_is_shown_once_though_slack_would_not_say_what_became_of_it(town: Town) -> None:
    """Its job waits aside until the right to ask is given, as all that a missing right keeps back."""
    await town.open()
    town.slack.faults.lose_answer(method="files.completeUploadExternal")
    town.slack.faults.refuse("missing_scope", method="files.info", times=None)
    await write(town, ("a.png", PNG))
    town.clock.turn(hours=1)
    await town.settle()
    aside = [job.error for job in await town.store.read(lambda tx: tx.outbox.parked(10))]

    town.slack.faults.clear()
    await town.channel.backfill(town.clock())
    await town.settle()

    assert aside == ["missing_scope"]
    assert shown(town) == [("a.png", PNG)]
    assert await town.store.read(lambda tx: tx.outbox.parked(10)) == []


async def test_whole_text_is_attached_once_though_slack_would_not_say_what_became_of_it(town: Town) -> None:
    town.slack.faults.lose_answer(method="files.completeUploadExternal")
    town.slack.faults.refuse("missing_scope", method="files.info", times=None)
    await town.open(text="x" * 5000)
    town.clock.turn(hours=1)
    await town.settle()

    town.slack.faults.clear()
    await town.channel.backfill(town.clock())
    await town.settle()

    assert [name for name, _ in shown(town)] == ["INC-1-2.txt"]
    assert sum("xxx" in line for line in town.thread()) == 1


@pytest.mark.parametrize("code", ["file_not_found", "file_deleted"])
async def test_file_that_slack_surely_does_not_have_is_uploaded_again(town: Town, code: str) -> None:
    await town.open()
    town.slack.faults.reset(method="files.completeUploadExternal")
    town.slack.faults.refuse(code, method="files.info")

    await write(town, ("a.png", PNG))
    town.clock.turn(hours=1)
    await town.settle()

    assert shown(town) == [("a.png", PNG)]


async def test_what_was_announced_to_slack_is_forgotten_with_its_job_however_that_ends(town: Town) -> None:
    await town.open()
    town.slack.faults.refuse("invalid_channel", method="files.completeUploadExternal")
    await write(town, ("a.png", PNG), ("b.png", PNG))
    parked = await noted(town)

    await town.channel.backfill(town.clock())
    while_it_may_come_again = await noted(town)
    town.clock.turn(days=5, seconds=1)
    await town.channel.backfill(town.clock())

    assert [name for name, _ in shown(town)] == ["b.png"]
    assert (len(parked), len(while_it_may_come_again)) == (2, 1)
    assert await noted(town) == []


async def noted(town: Town) -> list[str]:
    """The notes of uploads that are kept."""
    return await town.store.read(lambda tx: tx.settings_named("upload:"))


# --- from staff to the customer ---


async def sent(town: Town) -> list[tuple[str, str]]:
    """The words sent to the customer, and the names of the files that went with them."""
    case = await town.case()
    facts = [one.fact for one in case.history if isinstance(one.fact, f.StaffWrote)]
    return [(fact.text, ", ".join(file.name for file in fact.files)) for fact in facts]


async def test_files_of_a_reply_go_along_with_it(town: Town) -> None:
    await town.open()

    answer = await town.fill("reply", text="Here is the log.", files=[("error.log", b"late"), ("écran.png", PNG)])

    assert answer.payload == {}
    assert await sent(town) == [("Here is the log.", "error.log, écran.png")]
    case = await town.case()
    (mail,) = [one for one in case.messages if one.subject == "staff_wrote"]
    kept = [file for file in case.attachments if file.message_id == mail.id]
    assert [(file.name, await content(town, file.sha256)) for file in kept] == [
        ("error.log", b"late"),
        ("écran.png", PNG),
    ]
    assert any("Written to the customer, with error.log, écran.png" in line for line in town.thread())


async def content(town: Town, sha256: str) -> bytes | None:
    return await town.store.read(lambda tx: tx.blobs.content(sha256))


async def test_files_that_cannot_go_are_refused_at_once_and_the_words_stay(town: Town) -> None:
    await town.open()
    big = b"0" * (town.desk.files.mail_bytes + 1)

    for files, why in (
        ([("tool.exe", b"x")], "tool.exe: it could run as a program"),
        ([("dump.sql", big)], "at most in one mail"),
    ):
        answer = await town.fill("reply", text="Here.", files=files)
        assert why in str(answer.payload["errors"]["files"])
        assert town.modal().values["text"]["value"]["value"] == "Here."

    assert await sent(town) == []


async def test_program_under_another_name_is_found_by_its_bytes_and_the_words_come_back(town: Town) -> None:
    await town.open()

    await town.fill("reply", text="Here it is.", files=[("report.pdf", b"MZ\x90\x00")])

    assert await sent(town) == []
    (said,) = town.whispers()
    assert "nothing was sent" in said
    assert "report.pdf: it could run as a program" in said
    assert "Here it is." in said


async def test_long_words_whose_file_is_refused_come_back_whole(town: Town) -> None:
    """In as many messages as they need, in their order."""
    await town.open()
    text = "\n".join(f"Line {number} of an answer that says a lot." for number in range(200))
    await town.people.say(ALICE, STAFF_CHANNEL, text, town.card().ts)
    said = town.workspace.replies(STAFF_CHANNEL, town.card().ts)[-1]
    await town.settle()

    await town.people.message_shortcut(ALICE, STAFF_CHANNEL, said.ts, "send_to_customer")
    await town.submit(ALICE, files=[("report.pdf", b"MZ\x90\x00")])

    assert await sent(town) == []
    told = town.workspace.shown_to(ALICE)
    assert len(told) > 1
    assert "".join(words(one.blocks) for one in told).endswith(f"Your words were:\n{text}")


async def test_reply_with_files_brought_twice_goes_once(town: Town) -> None:
    await town.open()
    town.people.copies = 3

    await town.fill("reply", text="Here.", files=[("a.png", PNG)])

    assert await sent(town) == [("Here.", "a.png")]


async def test_note_with_a_file_is_sent_with_it_by_the_shortcut(town: Town) -> None:
    await town.open()
    await town.people.say(ALICE, STAFF_CHANNEL, "See this", town.card().ts, [("a.png", PNG)])
    note = town.workspace.replies(STAFF_CHANNEL, town.card().ts)[-1]
    await town.settle()

    await town.people.message_shortcut(ALICE, STAFF_CHANNEL, note.ts, "send_to_customer")
    named = "With it go: a.png" in str(town.modal().given)
    await town.submit(ALICE)

    assert named
    assert await sent(town) == [("See this", "a.png")]


async def test_note_whose_file_was_not_handed_out_is_sent_by_the_same_shortcut_later(town: Town) -> None:
    await town.open()
    await town.people.say(ALICE, STAFF_CHANNEL, "See this", town.card().ts, [("a.png", PNG)])
    note = town.workspace.replies(STAFF_CHANNEL, town.card().ts)[-1]
    await town.settle()
    await town.people.message_shortcut(ALICE, STAFF_CHANNEL, note.ts, "send_to_customer")
    await town.people.submit(ALICE, town.modal().id, {})
    town.workspace.bot_token = "xoxb-other"  # Slack then hands out a page to sign in
    (job,) = await town.store.run(lambda tx: tx.inbox.claim(town.clock(), 1, timedelta(minutes=1)))
    await town.channel.understand(job, town.clock())
    town.workspace.bot_token = "xoxb-test"
    await town.settle()
    before = await sent(town)

    for _ in range(2):
        await town.people.message_shortcut(ALICE, STAFF_CHANNEL, note.ts, "send_to_customer")
        await town.submit(ALICE)

    assert before == []
    assert await sent(town) == [("See this", "a.png")]


async def test_many_files_of_long_names_are_sent_by_the_shortcut(town: Town) -> None:
    await town.open()
    names = [f"{'Протокол аварии ' * 12}{n}.png" for n in range(town.desk.files.most)]
    await town.people.say(ALICE, STAFF_CHANNEL, "See", town.card().ts, [(name, PNG) for name in names])
    note = town.workspace.replies(STAFF_CHANNEL, town.card().ts)[-1]
    await town.settle()

    await town.people.message_shortcut(ALICE, STAFF_CHANNEL, note.ts, "send_to_customer")
    await town.people.click_in_view(ALICE, town.modal().id, "preview_reply")
    await town.submit(ALICE)

    assert await sent(town) == [("See", ", ".join(names))]


async def test_files_reach_a_customer_in_chat_below_the_words(town: Town) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)

    await town.fill("reply", text="Here.", files=[("a.png", PNG), ("b.png", PNG)])

    files = [town.workspace.files[id_] for one in town.told() for id_ in one.files]
    assert [(file.name, file.content) for file in files] == [("a.png", PNG), ("b.png", PNG)]


@pytest.mark.parametrize("fault", ["limited", "lost"])
async def test_words_are_said_once_though_their_files_have_to_wait(town: Town, fault: str) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)
    if fault == "limited":
        town.slack.faults.limit_rate(retry_after=30, method="files.completeUploadExternal")
    else:
        town.slack.faults.lose_answer(method="files.completeUploadExternal")

    await town.fill("reply", text="Here.", files=[("a.png", PNG), ("a.png", PNG + b"2")])
    for _ in range(3):
        town.clock.turn(hours=1)
        await town.settle()

    files = [town.workspace.files[id_] for one in town.told() for id_ in one.files]
    assert [(file.name, file.content) for file in files] == [("a.png", PNG), ("a.png", PNG + b"2")]
    assert sum("Here." in words(one.blocks) for one in town.told()) == 1


async def test_file_that_went_is_not_said_again_for_another_that_waits(town: Town) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)
    town.slack.faults.fail(method="files.completeUploadExternal", after=1)

    await town.fill("reply", text="Here.", files=[("a.png", PNG), ("b.png", PNG)])
    for _ in range(3):
        town.clock.turn(hours=1)
        await town.settle()

    assert handed_over(town) == ["a.png", "b.png"]


async def test_words_whose_file_is_refused_did_arrive_and_staff_read_which_did_not(town: Town) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)
    town.slack.faults.refuse("missing_scope", method="files.completeUploadExternal")

    await town.fill("reply", text="Here.", files=[("a.png", PNG), ("b.png", PNG)])

    facts = await town.facts()
    assert handed_over(town) == ["b.png"]
    assert "NoticeFailed" not in facts
    assert (
        "INC-1: the customer has the words, but not with them a.png: the app lacks a right (missing_scope). "
        "They were told so: send it again once Slack takes it, or by mail."
    ) in town.thread()
    assert "Slack n’a pas accepté a.png, qui devait suivre ce message. L’équipe en est informée." in [
        words(one.blocks) for one in town.told()
    ]


async def test_staff_read_which_file_may_have_arrived_where_slack_does_not_say(town: Town) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)
    town.slack.faults.lose_answer(method="files.completeUploadExternal")
    town.slack.faults.refuse("missing_scope", method="files.info")

    await town.fill("reply", text="Here.", files=[("a.png", PNG)])
    town.clock.turn(hours=1)
    await town.settle()

    assert handed_over(town) == ["a.png"]
    assert any("not with them a.png: perhaps it is there: the app lacks a right" in line for line in town.thread())
    assert not any("a.png, qui devait suivre" in words(one.blocks) for one in town.told())


async def test_paper_whose_file_is_refused_is_said_to_be_on_the_page(town: Town) -> None:
    """The words above it say that it follows."""
    await town.open(channel=f.Channel.SLACK, linked=True)
    await town.give(1, an_order(c.OrderDiagnosis), an_order(c.StartDiagnosis))
    town.slack.faults.refuse("slack_connect_file_upload_sharing_blocked", method="files.completeUploadExternal")

    await town.give(1, an_order(c.ConcludeDiagnosis, outcome=f.Outcome.SOLVED))

    invoice, said = town.told()[-2:]
    assert handed_over(town) == []
    assert "Elle suit ce message, en PDF." in words(invoice.blocks)
    assert re.fullmatch(
        r"Slack n’a pas accepté le document F2010-\d+\.pdf\s: téléchargez-le depuis la page, que vous ouvrez par"
        r" le bouton du message ci-dessus\.",
        words(said.blocks),
    )
    assert said.thread_ts == town.told()[0].ts
    assert any("lets no files be shared" in line and "their page has it" in line for line in town.thread())


async def test_files_follow_words_whose_conversation_was_deleted(town: Town) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)
    town.workspace.remove(town.direct(), town.told()[0].ts)

    await town.fill("reply", text="Here.", files=[("a.png", PNG)])

    said, file = town.told()
    assert handed_over(town) == ["a.png"]
    assert file.thread_ts == said.ts


def handed_over(town: Town) -> list[str]:
    """The names of the files in Bob's conversation, in order."""
    return [town.workspace.files[id_].name for one in town.told() for id_ in one.files]


async def test_without_the_right_to_files_nothing_is_sent_and_it_is_said(town: Town) -> None:
    """Slack then answers 200 with a page to sign in."""
    await town.open()
    await town.click("reply")
    view = town.modal().id
    answer = await town.people.submit(ALICE, view, {"text": "Here.", "files": [("a.png", PNG)]})
    town.workspace.bot_token = "xoxb-other"
    job = await town.store.run(lambda tx: tx.inbox.claim(town.clock(), 1, timedelta(minutes=1)))
    await town.channel.understand(job[0], town.clock())
    town.workspace.bot_token = "xoxb-test"
    await town.settle()

    assert answer.payload == {}
    assert await sent(town) == []
    assert "Slack does not hand it out" in town.whispers()[0]


# --- from customers in chat ---


async def test_files_of_a_customer_in_chat_are_kept_and_shown_to_staff(town: Town) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)

    await town.people.say(BOB, town.direct(), "Look", None, [("écran.png", PNG)])
    await town.settle()

    assert shown(town) == [("écran.png", PNG)]
    assert [file.name for file in (await town.case()).attachments] == ["écran.png"]
    assert "files" not in words([one.blocks for one in town.told()][-1:])


async def test_files_of_a_customer_that_are_not_taken_are_named_to_both(town: Town) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)

    await town.people.say(BOB, town.direct(), "Look", None, [("tool.exe", b"x"), ("a.png", PNG)])
    await town.settle()

    assert shown(town) == [("a.png", PNG)]
    assert "[file: tool.exe]" in town.thread()[-2]
    assert "tool.exe (ce type de fichier peut exécuter un programme)" in town.told()[-1].text


async def test_nothing_is_fetched_of_somebody_who_is_not_linked(town: Town) -> None:
    before = len(town.slack.calls)

    await town.people.say(MALLORY, town.direct(MALLORY), "Look", None, [("a.png", PNG)])
    await town.settle()

    assert not [call for call in town.slack.calls[before:] if call.method.startswith("files.")]
    assert await town.store.read(lambda tx: tx.blobs.content(sha256(PNG).hexdigest())) is None


async def test_file_in_a_note_reaches_no_customer_by_itself(town: Town) -> None:
    """Not when it is posted, and not with the words that are sent next."""
    await town.open(channel=f.Channel.SLACK, linked=True)
    before = len(town.told())

    await town.people.say(ALICE, STAFF_CHANNEL, "for us only", town.card().ts, [("secret.png", PNG)])
    await town.settle()
    await town.fill("reply", text="We are looking.")

    told = town.told()[before:]
    assert [one.files for one in told] == [()]
    assert "secret" not in str([one.blocks for one in told])
    assert await sent(town) == [("We are looking.", "")]
    assert not any(call.method == "files.info" for call in town.slack.calls)
