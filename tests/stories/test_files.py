"""Files both ways by mail: the customer's in the incident's thread, staff's attached to what the customer reads."""

from email.message import EmailMessage
from email.policy import SMTP

from tests.stories.people import BOB, DOWN_FR
from tests.stories.town import STAFF_CHANNEL, SUPPORT, Town

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 2000


async def test_files_travel_both_ways(here: Town) -> None:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = BOB, SUPPORT, "Panne", "<1@clientsa.fr>"
    mail.set_content(DOWN_FR)
    mail.add_attachment(PNG, maintype="image", subtype="png", filename="écran.png")
    await here.hand_in(BOB, SUPPORT, bytes(mail))
    await here.settled()

    await here.staff.submit("reply", text="Voici le journal.", files=[("journal.log", b"late\n")])

    replies = here.slack.workspace.replies(STAFF_CHANNEL, here.staff.card().ts)
    shown = [here.slack.workspace.files[id_] for reply in replies for id_ in reply.files]
    letter = here.newest(BOB)
    page = await here.browser.open(letter.links[-1])
    assert [(file.name, file.content) for file in shown] == [("écran.png", PNG)]
    assert letter.papers == {"journal.log": b"late\n"}
    assert "Pièces jointes : journal.log" in letter.text.replace("\u00a0", " ")
    assert "journal.log" in page.text
