"""What becomes of mails that show the mails of others, or are longer than what is read of one."""

from storage import Message
from tests.stories.people import BOB
from tests.stories.town import SUPPORT, Town

LOST = (
    "Bonjour,\n\nCe mail n'est jamais arrivé :\n\nIl venait d'ici.\n\n"
    "De : Paul Noir <paul@noir.fr>\nEnvoyé : lundi 3 février 2025 09:12\nÀ : compta@x.fr\nObjet : Devis\n\n"
    "Voici notre offre.\n\nPouvez-vous le chercher ?"
)
OURS = f"De : Support <{SUPPORT}>\nEnvoyé : lundi 3 février 2025 14:12\nÀ : l@x.fr\nObjet : INC-1\n\nDepuis quand ?"


async def messages(here: Town) -> list[Message]:
    return await here.store.read(lambda tx: tx.messages.of_incident(1))


async def test_mail_of_others_is_kept_whole_in_the_first_mail_and_in_an_answer(here: Town) -> None:
    await here.mail(BOB, "Mail perdu", LOST)
    await here.mail(BOB, "Re: Mail perdu", f"{LOST}\n\n{OURS}", answering=here.newest(BOB))

    texts = [message.text for message in await messages(here)]

    assert texts.count(LOST) == 2


async def test_mail_that_is_longer_than_what_is_read_says_where_the_rest_is(here: Town) -> None:
    await here.mail(BOB, "Journal", "erreur 500\n" * 2500 + "Voilà tout.")

    first = next(message for message in await messages(here) if message.text.startswith("erreur"))
    files = await here.store.read(lambda tx: tx.messages.attachments_of(first.id))

    assert first.text.endswith("[these are not all of the words: the mail goes on, and its original is attached]")
    assert first.quoted.rstrip().endswith("Voilà tout.")
    assert [file.name for file in files] == ["original.eml"]
