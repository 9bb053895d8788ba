"""Mails as their readers see them: headers, words, links and files of what left through the relay."""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from tests.relay import Taken

LINK = re.compile(r"https?://\S+/a/[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail that the relay took."""

    taken: Taken
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def message_id(self) -> str:
        """Without its angle brackets."""
        return str(self.message["Message-ID"]).strip("<> ")

    @property
    def text(self) -> str:
        """The plain text, unwrapped: every run of white space is one space."""
        part = self.message.get_body(("plain",))
        return " ".join(str(part.get_content()).split()) if part else ""

    @property
    def html(self) -> str:
        part = self.message.get_body(("html",))
        return str(part.get_content()) if part else ""

    @property
    def links(self) -> tuple[str, ...]:
        """Its links into the desk's pages: the button's first, the incident's own page last."""
        return tuple(dict.fromkeys(LINK.findall(self.text)))

    @property
    def link(self) -> str:
        """Where its button leads."""
        return self.links[0]

    @property
    def papers(self) -> dict[str, bytes]:
        """The files that came with it, by name."""
        return {str(part.get_filename()): _content(part) for part in self.message.iter_attachments()}


def letter(taken: Taken) -> Letter:
    """The mail as a mail program reads it."""
    message = message_from_bytes(taken.raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return Letter(taken, message)


def _content(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def write(
    sender: str, to: str, subject: str, text: str, *, number: int, answering: Letter | None = None
) -> EmailMessage:
    """A mail as a customer's program writes it; an answer goes where it was asked to, and quotes."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = sender
    message["To"] = str(answering.message["Reply-To"]) if answering else to
    message["Subject"] = subject or (f"Re: {answering.subject}" if answering else "")
    message["Message-ID"] = f"<{number}.{sender}>"
    if answering is not None:
        message["In-Reply-To"] = f"<{answering.message_id}>"
        earlier = str(answering.message.get("References", ""))
        message["References"] = f"{earlier} <{answering.message_id}>".strip()
        text = f"{text}\n\nLe 14 juin 2010 à 10:02, Hébergeur a écrit :\n> {answering.text[:60]}\n"
    message.set_content(text)
    return message
