"""Everybody's mailbox: what the sandbox's own relay took from the desk, and what they sent to it."""

import asyncio
import json
import smtplib
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Literal

from bot.channels.mail.reception import Arrival
from storage import Store, Transaction

INDEX = "sandbox.mailbox"
_PARSER = BytesParser(policy=policy.default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A mail in somebody's mailbox. `owner` is an address in lower case; `sent`: it is theirs."""

    id: int
    owner: str
    sent: bool
    at: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail that was read: `kept` is where it lies, `mail` what it says."""

    kept: Kept
    mail: EmailMessage

    @property
    def message_id(self) -> str:
        return _ids(str(self.mail["Message-ID"] or ""))[0] if self.mail["Message-ID"] else f"none-{self.kept.id}"

    @property
    def references(self) -> tuple[str, ...]:
        """The mails it answers, the oldest first."""
        named = f"{self.mail['References'] or ''} {self.mail['In-Reply-To'] or ''}"
        return tuple(dict.fromkeys(_ids(named)))


class Mailbox:
    """The mailboxes of everybody who is no desk, kept with the database."""

    def __init__(self, store: Store, clock: Callable[[], datetime], changed: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._changed = changed
        self._letters: dict[int, Letter] = {}
        self._one_by_one = asyncio.Lock()

    async def remember(self) -> None:
        """Finds what was kept when the sandbox ran last."""
        for kept, raw in await self._store.read(_kept):
            self._letters[kept.id] = Letter(kept=kept, mail=_PARSER.parsebytes(raw))

    async def take(self, arrival: Arrival) -> None:
        """What the relay does with a mail of the desk: it lies in its recipients' mailboxes before the 250."""
        for recipient in arrival.rcpt_to:
            await self.put(recipient, arrival.raw, sent=False)

    async def put(self, owner: str, raw: bytes, *, sent: bool) -> Letter:
        """Keeps a mail; one that its owner has already is not kept twice."""
        mail = _PARSER.parsebytes(raw)
        async with self._one_by_one:
            known = self._known(owner.lower(), str(mail["Message-ID"] or ""))
            return known or await self._put(owner.lower(), mail, raw, sent=sent)

    async def _put(self, owner: str, mail: EmailMessage, raw: bytes, *, sent: bool) -> Letter:
        at = self._clock().isoformat()

        def keep(tx: Transaction) -> Kept:
            index = _index(tx)
            kept = Kept(id=len(index) + 1, owner=owner, sent=sent, at=at, sha256=tx.blobs.keep(raw))
            tx.keep_setting(INDEX, json.dumps([asdict(one) for one in (*index, kept)]))
            return kept

        letter = Letter(kept=await self._store.run(keep), mail=mail)
        self._letters[letter.kept.id] = letter
        self._changed()
        return letter

    def letter(self, mail_id: int) -> Letter | None:
        return self._letters.get(mail_id)

    def owners(self) -> tuple[str, ...]:
        """Everybody who has mail, the latest first."""
        return tuple(dict.fromkeys(letter.kept.owner for letter in reversed(self._letters.values())))

    def conversations(self, owner: str) -> list[list[Letter]]:
        """Their mail by conversation, the latest conversation first, the oldest mail first."""
        theirs = [letter for letter in self._letters.values() if letter.kept.owner == owner.lower()]
        return sorted(_threads(theirs), key=lambda thread: thread[-1].kept.id, reverse=True)

    def _known(self, owner: str, message_id: str) -> Letter | None:
        same = (one for one in self._letters.values() if one.kept.owner == owner)
        return next((one for one in same if message_id and str(one.mail["Message-ID"] or "") == message_id), None)


async def post(
    mail: EmailMessage, host: str, port: int, protocol: Literal["smtp", "lmtp"] = "smtp"
) -> tuple[int, str] | None:
    """Hands a mail to the desk's own door. What it refused it with (code, words), None when it was taken."""
    return await asyncio.to_thread(_post, mail, host, port, protocol)


def _post(mail: EmailMessage, host: str, port: int, protocol: Literal["smtp", "lmtp"]) -> tuple[int, str] | None:
    client = {"smtp": smtplib.SMTP, "lmtp": smtplib.LMTP}[protocol]
    try:
        with client(host, port, local_hostname="localhost") as connection:
            connection.send_message(mail)
    except smtplib.SMTPRecipientsRefused as refused:
        return _said(next(iter(refused.recipients.values())))
    except smtplib.SMTPResponseException as refused:
        return _said((refused.smtp_code, refused.smtp_error))
    return None


def _said(answer: tuple[int, bytes | str]) -> tuple[int, str]:
    code, words = answer
    return code, words.decode(errors="replace") if isinstance(words, bytes) else words


def _index(tx: Transaction) -> list[Kept]:
    return [Kept(**one) for one in json.loads(tx.setting(INDEX) or "[]")]


def _kept(tx: Transaction) -> list[tuple[Kept, bytes]]:
    return [(kept, tx.blobs.content(kept.sha256) or b"") for kept in _index(tx)]


def _ids(header: str) -> list[str]:
    return [part.strip("<>") for part in header.split() if part.strip("<>")]


def _threads(letters: Iterable[Letter]) -> list[list[Letter]]:
    """Mails that name one another, directly or through others that are not here."""
    thread_of: dict[str, list[Letter]] = {}
    for letter in letters:
        names = (letter.message_id, *letter.references)
        met = list({id(thread_of[name]): thread_of[name] for name in names if name in thread_of}.values())
        thread = sorted((one for part in met for one in part), key=lambda one: one.kept.id)
        thread.append(letter)
        for name in {name for one in thread for name in (one.message_id, *one.references)}:
            thread_of[name] = thread
    return list({id(thread): thread for thread in thread_of.values()}.values())
