"""The reply modal: who gets the words and how, replies kept ready in either language, a look before they go."""

from bot.app.opening import Opening, Said, open_incident
from bot.core import facts as f
from bot.core.facts import Authority
from bot.core.notices import StaffWrote
from bot.sandbox.slack.inputs import Entry
from storage import Transaction, Via
from tests.channels.slack.town import ADDRESS, ALICE, STAFF_CHANNEL, Town, words

COLLEAGUE = "eve@clientsa.fr"
LONG = "We have restarted the server and the site answers again."


async def look(town: Town, **entries: Entry) -> str:
    """Fills in the open reply and presses the button that shows what the customer reads."""
    await town.people.click_in_view(ALICE, town.modal().id, "preview_reply", typed=entries)
    await town.settle()
    return words(town.modal().blocks)


async def test_words_are_shown_as_the_customer_will_read_them(town: Town) -> None:
    await town.open()
    await town.click("reply")

    kept = await look(town, canned="looking")
    typed = await look(town, text="Le site répond de nouveau, dites-nous si tout va bien.")
    await town.submit(ALICE)

    assert kept.endswith("Nous regardons.")
    assert typed.endswith("Le site répond de nouveau, dites-nous si tout va bien.")
    sent = [one.fact for one in (await town.case()).history if isinstance(one.fact, f.StaffWrote)]
    assert [fact.text for fact in sent] == ["Le site répond de nouveau, dites-nous si tout va bien."]


async def test_words_in_another_language_are_pointed_out_and_may_go(town: Town) -> None:
    await town.open(language=f.Language.FR)
    await town.click("reply")

    shown = await look(town, text=LONG)
    await town.submit(ALICE)

    assert shown.endswith("This does not look like French, which the customer reads.")
    assert "StaffWrote" in await town.facts()


async def test_reply_kept_ready_goes_in_the_language_that_is_chosen(town: Town) -> None:
    await town.open(language=f.Language.FR)

    await town.fill("reply", canned="looking", language="en")

    sent = [one.fact for one in (await town.case()).history if isinstance(one.fact, f.StaffWrote)]
    assert [fact.text for fact in sent] == ["We are looking."]


async def test_modal_names_who_is_answered_and_how(town: Town) -> None:
    await town.open()
    await town.click("reply")
    by_mail = words(town.modal().blocks)
    await town.people.close_view(ALICE)
    mine = await town.open(channel=f.Channel.SLACK, linked=True)
    await town.click("reply", mine)
    in_chat = words(town.modal().blocks)

    assert f"Goes to {ADDRESS} by mail. They read French." in by_mail
    assert f"Goes to {ADDRESS} in their conversation in Slack." in in_chat


async def test_modal_names_the_contact_who_opened_it(town: Town) -> None:
    """As the mail itself does."""
    await town.open()

    def by_a_colleague(tx: Transaction) -> None:
        customer = tx.customers.by_address(ADDRESS)
        assert customer is not None
        tx.customers.add_contact(customer.id, COLLEAGUE, Authority.WRITE)
        said = Said(author=COLLEAGUE, text="Le mail ne marche plus.", via=Via.MAIL)
        open_incident(tx, town.desk, Opening(address=COLLEAGUE, said=said), town.clock())

    await town.store.run(by_a_colleague)
    await town.settle()
    await town.click("reply", 2)
    named = words(town.modal().blocks)
    await town.submit(ALICE, text="Nous regardons.")

    case = await town.case(2)
    (mail,) = [one for one in case.messages if one.subject == "staff_wrote"]
    assert f"Goes to {COLLEAGUE} by mail." in named
    assert mail.author == COLLEAGUE


async def test_note_longer_than_a_field_is_sent_whole(town: Town) -> None:
    """In fields of their own, each of which may be changed; a look at what the customer reads loses none of them."""
    await town.open()
    note = "\n".join(f"Line {number} of a note that says a lot." for number in range(200))
    await town.people.say(ALICE, STAFF_CHANNEL, note, town.card().ts)
    said = town.workspace.replies(STAFF_CHANNEL, town.card().ts)[-1]
    await town.settle()

    await town.people.message_shortcut(ALICE, STAFF_CHANNEL, said.ts, "send_to_customer")
    await town.people.click_in_view(ALICE, town.modal().id, "preview_reply")
    await town.submit(ALICE)

    (written,) = [one for one in town.mails if isinstance(one, StaffWrote)]
    assert written.text == note
