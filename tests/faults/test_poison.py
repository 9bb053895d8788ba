"""What breaks whoever touches it is set aside, in sight, and holds nobody up."""

from datetime import timedelta

from storage import NewJob, Transaction
from tests.stories.people import BOB, DOWN_FR, JANE
from tests.stories.town import SUPPORT, Town

GOOD = 100


async def test_a_job_that_always_breaks_is_parked_and_the_others_go_out(here: Town) -> None:
    now = here.clock()

    def poison(tx: Transaction) -> None:
        early = now - timedelta(hours=1)
        tx.outbox.put(NewJob(kind="paper", payload=b"no order at all", due_at=early), now)

    await here.store.run(poison)
    for number in range(GOOD):
        sender = f"client{number}@clientsa.fr"
        await here.hand_in(sender, SUPPORT, _mail(number, sender))
    await here.settled()
    assert len(here.relay.mails) == GOOD

    await here.wait(days=6)

    parked = await here.store.read(lambda tx: [(job.kind, job.error) for job in tx.outbox.parked(10)])
    assert [(kind, (error or "").split(": ")[:2]) for kind, error in parked] == [
        ("paper", ["given up after 5 days", "ValidationError"])
    ]
    here.parked = 1


async def test_a_row_of_the_inbox_that_always_breaks_is_parked(here: Town) -> None:
    now = here.clock()
    await here.store.run(lambda tx: tx.inbox.put(NewJob(kind="mail", payload=b"{}", due_at=now), now))
    await here.mail(BOB, "Panne", DOWN_FR)
    assert await here.told(BOB) == ["incident_opened"]

    await here.wait(days=1)

    parked = await here.store.read(lambda tx: tx.inbox.parked(10))
    assert [job.kind for job in parked] == ["mail"]
    assert "given up" in (parked[0].error or "")
    here.parked = 1


async def test_a_mail_that_kills_its_reader_is_an_incident_with_the_original_attached(here: Town) -> None:
    """The reader is a child of its own: it runs out of memory or time, and the desk goes on."""
    bomb = f"From: {BOB}\r\nSubject: Panne\r\nMessage-ID: <bomb@clientsa.fr>\r\n".encode()
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(3000))

    await here.hand_in(BOB, SUPPORT, bomb + nested + b"\r\n\r\nfin\r\n")
    await here.hand_in(JANE, SUPPORT, _mail(1, JANE))
    await here.settled()

    assert await here.told(JANE) == ["incident_opened"]
    assert await here.told(BOB) == ["incident_opened", "mail_unread"]
    messages = await here.store.read(lambda tx: tx.messages.of_incident(1) + tx.messages.of_incident(2))
    bombs = [message for message in messages if message.author == BOB]
    files = await here.store.read(lambda tx: tx.messages.attachments_of(bombs[0].id))
    assert [file.name for file in files] == ["original.eml"]


def _mail(number: int, sender: str = BOB) -> bytes:
    return f"From: {sender}\r\nSubject: Panne\r\nMessage-ID: <{number}.{sender}>\r\n\r\nRien ne marche.\r\n".encode()
