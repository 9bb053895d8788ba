"""Customers' mail as the page shows it, and as it is written, answered and sent there."""

import base64
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import parseaddr

from pydantic import BaseModel, ConfigDict

from bot.core.facts import CustomerWrote, OtherWrote
from bot.sandbox.cast import CUSTOMERS
from bot.sandbox.mailbox import Letter, Mailbox
from bot.sandbox.picture import Json
from bot.sandbox.write import Written, compose, plain_text, reply_subject, reply_to
from storage import Message, Recorded, Store, Transaction

FIRST_MAIL = {
    "subject": "Site indisponible depuis ce matin",
    "text": (
        "Bonjour,\n\nNotre boutique affiche « Erreur 500 » depuis ce matin, et nous ne savons pas par où "
        "chercher.\nPouvez-vous regarder ?\n\nMerci d’avance,\nCamille Roux"
    ),
}


class Upload(BaseModel):
    """A file beside a mail; `content` in base64."""

    name: str
    content: str

    def decoded(self) -> tuple[str, bytes]:
        return self.name, base64.b64decode(self.content, validate=True)


class Draft(BaseModel):
    """A mail typed on the page; `answers` is the id of the mail it replies to, whose address and subject it takes.

    `forged`: somebody else wrote it in the sender's name, and no mail server vouches for it.
    """

    model_config = ConfigDict(extra="forbid", str_max_length=20_000_000)

    sender: str
    subject: str = ""
    text: str
    answers: int | None = None
    forged: bool = False
    files: tuple[Upload, ...] = ()


def people(mailbox: Mailbox, desk_address: str) -> Json:
    """Who can be played: the customers on file first, then whoever else has mail."""
    known = {one.address: {"name": one.name, "about": one.about} for one in CUSTOMERS}
    strangers = {owner: {"name": owner, "about": "met here"} for owner in mailbox.owners() if owner not in known}
    listed = [{"address": address, **words} for address, words in (known | strangers).items()]
    return {"desk": desk_address, "people": listed, "first": {"sender": CUSTOMERS[0].address, **FIRST_MAIL}}


def written(draft: Draft, mailbox: Mailbox, desk_address: str, now: datetime) -> EmailMessage:
    """The draft as a mail. ValueError for a file that is no base64, LookupError for an answer to nothing."""
    sender = draft.sender.strip().lower()
    known = next((one for one in CUSTOMERS if one.address == sender), None)
    answered = _answered(mailbox, draft.answers)
    typed = Written(
        sender=sender,
        name=known.name if known else "",
        to=reply_to(answered) if answered else desk_address,
        subject=reply_subject(answered) if answered else draft.subject,
        text=draft.text,
        language=known.language if known else "fr",
        files=[file.decoded() for file in draft.files],
        proven=not draft.forged,
    )
    return compose(typed, now, answered)


def _answered(mailbox: Mailbox, mail_id: int | None) -> Letter | None:
    letter = mailbox.letter(mail_id) if mail_id is not None else None
    if letter is None and mail_id is not None:
        raise LookupError("the mail to answer is gone")
    return letter


async def follow(mailbox: Mailbox, store: Store, facts: Sequence[Recorded]) -> None:
    """Mails that came from an ordinary mail program appear in their sender's mailbox, too."""
    named = [one.fact.message for one in facts if isinstance(one.fact, CustomerWrote | OtherWrote)]
    for author, raw in await store.read(lambda tx: [found for name in named for found in _raw(tx, name)]):
        await mailbox.put(author, raw, sent=True)


def _raw(tx: Transaction, message_id: str) -> list[tuple[str, bytes]]:
    message: Message | None = tx.messages.load(int(message_id)) if message_id.isdecimal() else None
    raw = tx.blobs.content(message.raw) if message is not None and message.raw else None
    return [(message.author, raw)] if message is not None and raw is not None else []


def conversations(mailbox: Mailbox, owner: str) -> list[Json]:
    """Their conversations, the latest first, with every mail in them."""
    return [
        {"subject": str(thread[0].mail["Subject"] or "(no subject)"), "mails": [_mail(letter) for letter in thread]}
        for thread in mailbox.conversations(owner)
    ]


def _mail(letter: Letter) -> Json:
    name, address = parseaddr(str(letter.mail["From"] or ""))
    return {
        "id": letter.kept.id,
        "sent": letter.kept.sent,
        "at": letter.kept.at,
        "from": name or address,
        "address": address,
        "to": str(letter.mail["To"] or ""),
        "subject": str(letter.mail["Subject"] or ""),
        "text": plain_text(letter),
        "html": letter.mail.get_body(preferencelist=("html",)) is not None,
        "files": [_file(number, part) for number, part in enumerate(files(letter))],
        "reply_to": reply_to(letter),
        "reply_subject": reply_subject(letter),
    }


def files(letter: Letter) -> list[EmailMessage]:
    """The mail's attachments, in order."""
    return [part for part in letter.mail.iter_attachments() if isinstance(part, EmailMessage)]


def content(part: EmailMessage) -> bytes:
    """A part's bytes, decoded."""
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else part.as_bytes()


def _file(number: int, part: EmailMessage) -> Json:
    return {
        "number": number,
        "name": part.get_filename() or f"file-{number + 1}",
        "type": part.get_content_type(),
        "size": len(content(part)),
    }


def html(letter: Letter) -> str:
    """The mail's HTML; empty where it has none."""
    part = letter.mail.get_body(preferencelist=("html",))
    text = part.get_content() if part is not None else ""
    return text if isinstance(text, str) else ""
