"""A mailbox is fetched: nothing lost, nothing twice, however it is cut; against Debian's Dovecot."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest

from bot.channels.mail.fetch import Fetcher, LoginRefused, Mailbox, Place, read_mailbox, read_place
from bot.channels.mail.reception import Arrival
from tests.dovecot import Dovecot, a_dovecot

SUPPORT = "support@host.example"


def mail(number: int, head: str = f"Delivered-To: {SUPPORT}\r\nReturn-Path: <bob@clientsa.fr>\r\n") -> bytes:
    fields = f"From: Bob <bob@clientsa.fr>\r\nTo: {SUPPORT}\r\nMessage-ID: <{number}@clientsa.fr>\r\n"
    return f"{head}{fields}\r\nPanne {number}\r\n".encode()


class Kept:
    """A database that keeps mails with their place, and can be away, or be cut off right after a commit."""

    def __init__(self) -> None:
        self.places: dict[str, str] = {}
        self.mails: list[Arrival] = []
        self.away = 0
        self.cut_after = 0
        self.changed = asyncio.Event()

    async def place(self, name: str) -> str | None:
        return self.places.get(name)

    async def take(self, arrival: Arrival, name: str, place: Place) -> None:
        if self.away:
            self.away -= 1
            raise OSError("the database is away")
        if read_place(self.places.get(name), place.validity).last < place.last:
            self.places[name] = place.encode()
            self.mails.append(arrival)
            self.changed.set()
        if len(self.mails) == self.cut_after:
            self.cut_after = 0
            raise ConnectionResetError("cut between the commit and the mark")

    async def wait_for(self, mails: int) -> list[bytes]:
        async with asyncio.timeout(60):
            while len(self.mails) < mails:
                self.changed.clear()
                await self.changed.wait()
        return [one.raw for one in self.mails]


@pytest.fixture
async def dovecot() -> AsyncIterator[Dovecot]:
    async with a_dovecot() as server:
        yield server


def fetcher(kept: Kept, mailbox: Mailbox, largest: int = 40_000_000) -> Fetcher:
    return Fetcher(
        mailbox=mailbox,
        accepts=lambda address: address.endswith("@host.example"),
        default_recipient=SUPPORT,
        place=kept.place,
        take=kept.take,
        largest=largest,
        patience=0.01,
    )


@asynccontextmanager
async def fetching(one: Fetcher) -> AsyncIterator[None]:
    task = asyncio.create_task(one.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def settled() -> None:
    """Long enough for a mail that came twice to have come."""
    await asyncio.sleep(0.5)


async def test_mails_of_a_mailbox_are_kept_with_their_envelope_and_marked(dovecot: Dovecot) -> None:
    kept = Kept()
    await dovecot.deliver(mail(1), mail(2, "Return-Path: <>\r\nX-Original-To: support+key@host.example\r\n"))

    async with fetching(fetcher(kept, read_mailbox(dovecot.url))):
        raws = await kept.wait_for(2)
        await dovecot.deliver(mail(3, ""))
        await kept.wait_for(3)
        await settled()

    assert raws == [mail(1), mail(2, "Return-Path: <>\r\nX-Original-To: support+key@host.example\r\n")]
    assert [(one.mail_from, one.rcpt_to[0]) for one in kept.mails] == [
        ("bob@clientsa.fr", SUPPORT),
        ("", "support+key@host.example"),
        ("bob@clientsa.fr", SUPPORT),
    ]
    assert all("Seen" in flags for flags in await dovecot.flags())


async def test_cut_between_the_commit_and_the_mark_doubles_nothing(dovecot: Dovecot) -> None:
    kept = Kept()
    kept.cut_after = 2
    await dovecot.deliver(*(mail(number) for number in range(5)))

    async with fetching(fetcher(kept, read_mailbox(dovecot.url))):
        raws = await kept.wait_for(5)
        await settled()

    assert raws == [mail(number) for number in range(5)]


async def test_database_that_is_away_loses_nothing(dovecot: Dovecot) -> None:
    kept = Kept()
    kept.away = 3
    await dovecot.deliver(mail(1), mail(2))

    async with fetching(fetcher(kept, read_mailbox(dovecot.url))):
        assert await kept.wait_for(2) == [mail(1), mail(2)]


async def test_server_that_restarts_is_come_back_to(dovecot: Dovecot) -> None:
    kept = Kept()
    await dovecot.deliver(mail(1))

    async with fetching(fetcher(kept, read_mailbox(dovecot.url))):
        await kept.wait_for(1)
        await dovecot.stop()
        await dovecot.start()
        await dovecot.deliver(mail(2))

        assert await kept.wait_for(2) == [mail(1), mail(2)]


async def test_two_at_once_keep_each_mail_once(dovecot: Dovecot) -> None:
    kept = Kept()
    await dovecot.deliver(*(mail(number) for number in range(10)))

    async with fetching(fetcher(kept, read_mailbox(dovecot.url))), fetching(fetcher(kept, read_mailbox(dovecot.url))):
        await kept.wait_for(10)
        await settled()

    assert sorted(one.raw for one in kept.mails) == [mail(number) for number in range(10)]


async def test_mail_read_by_a_person_first_is_kept_all_the_same(dovecot: Dovecot) -> None:
    kept = Kept()
    box = replace(read_mailbox(dovecot.url), after="leave")
    await dovecot.deliver(mail(1))

    async with fetching(fetcher(kept, box)):
        await kept.wait_for(1)

    assert [flags for flags in await dovecot.flags() if "Seen" in flags] == []

    async with fetching(fetcher(kept, replace(box, after="delete"))):
        await dovecot.deliver(mail(2))
        await kept.wait_for(2)
        await settled()

    assert len(await dovecot.flags()) == 1


async def test_mail_too_large_is_told_of_and_holds_no_other_up(dovecot: Dovecot) -> None:
    kept = Kept()
    await dovecot.deliver(mail(1) + b"x" * 2_000, mail(2))

    async with fetching(fetcher(kept, read_mailbox(dovecot.url), largest=1_000)):
        first, second = await kept.wait_for(2)

    assert b"From: Bob <bob@clientsa.fr>" in first
    assert b"larger than what the desk takes" in first
    assert second == mail(2)


async def test_wrong_password_or_folder_is_said_at_once(dovecot: Dovecot) -> None:
    box = read_mailbox(dovecot.url)

    with pytest.raises(LoginRefused, match="password"):
        await fetcher(Kept(), replace(box, password="wrong")).check()
    with pytest.raises(LoginRefused, match="no folder Nowhere"):
        await fetcher(Kept(), replace(box, folder="Nowhere")).check()


async def test_server_that_is_away_is_no_refusal() -> None:
    await fetcher(Kept(), read_mailbox("imap://a:b@127.0.0.1:1/INBOX")).check()


def test_place_of_another_mailbox_begins_anew() -> None:
    assert read_place("7:42", 7) == Place(7, 42)
    assert read_place("7:42", 8) == read_place(None, 8) == Place(8)


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("pop3://a:b@host", "not an address"),
        ("imaps:///INBOX", "not an address"),
        ("imaps://host/INBOX", "user and the password"),
        ("imap://a:b@mail.host.example", "in the clear"),
        ("imaps://a:b@host?after=burn", "after=burn"),
    ],
)
def test_mailbox_that_cannot_be_is_said(url: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        read_mailbox(url)


def test_mailbox_hides_its_password() -> None:
    box = read_mailbox("imaps://support%40host.example:s%2Fcret@mail.host.example/Support%20Desk")

    assert (box.port, box.user, box.password, box.folder) == (993, "support@host.example", "s/cret", "Support Desk")
    assert "s/cret" not in repr(box)
    assert "s/cret" not in box.name
