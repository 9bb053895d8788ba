"""One hash a day over the journal leaves for a mailbox, and a journal written anew no longer stands under it."""

import re

import sqlalchemy as sa

from bot.app.anchoring import drop_anchor
from bot.app.check import look_over
from storage import Transaction
from tests.stories.people import BOB, DOWN_FR
from tests.stories.town import STAFF_CHANNEL, Town

MAILBOX = "archives@notaire.example"


async def anchored(here: Town) -> str:
    """The hash that reaches the mailbox."""
    assert await drop_anchor(here.running.wired.desk, MAILBOX, here.clock()) is not None
    await here.settled()
    found = re.search(r"\b[0-9a-f]{64}\b", here.newest(MAILBOX).text)
    assert found is not None
    return found[0]


async def test_anchor_reaches_the_mailbox_and_staff_once_a_day(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    told = await anchored(here)

    again = await drop_anchor(here.running.wired.desk, MAILBOX, here.clock())
    await here.wait(days=1)
    await here.mail(BOB, "Encore", DOWN_FR)
    later = await anchored(here)

    posted = [message.text for message in here.slack.workspace.roots(STAFF_CHANNEL)]
    assert again is None
    assert later != told
    assert all(any(each in text for text in posted) for each in (told, later))
    assert (await look_over(here.store, anchor=told)).wrong == ""
    assert (await look_over(here.store, anchor=later)).anchors == 2


async def test_anchor_of_another_journal_is_not_found(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    await anchored(here)

    looked = await look_over(here.store, anchor="0" * 64)

    assert looked.wrong == f"no anchor of this journal is {'0' * 64}: it is not the one that was anchored"


async def test_journal_that_was_written_anew_is_found_by_the_anchor_in_the_mailbox(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    told = await anchored(here)

    def rewrite(tx: Transaction) -> None:
        """Everything that whoever rules the database can do: the anchors go, and are made anew."""
        off = (
            ("DROP TRIGGER anchors_undeleted", "DROP TRIGGER facts_undeleted")
            if tx.alone
            else ("ALTER TABLE anchors DISABLE TRIGGER ALL", "ALTER TABLE facts DISABLE TRIGGER ALL")
        )
        last = "(SELECT max(id) FROM facts WHERE subject = 'INC-1')"
        for statement in (*off, "DELETE FROM anchors", f"DELETE FROM facts WHERE id = {last}"):
            tx._connection.execute(sa.text(statement))
        tx.anchors.drop(here.clock())

    await here.store.run(rewrite)
    looked = await look_over(here.store, anchor=told)
    here.wrong = (await look_over(here.store)).wrong

    assert looked.wrong == f"no anchor of this journal is {told}: it is not the one that was anchored"
