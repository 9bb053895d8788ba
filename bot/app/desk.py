"""What every part of the application works with: the database, the terms, the words, the secrets."""

from dataclasses import dataclass

from bot.app.files import USUAL as USUAL_FILES
from bot.app.files import FileRules
from bot.app.keys import Keys, random_key
from bot.app.pace import USUAL, Limits
from bot.core.attention import USUAL as USUAL_NUDGES
from bot.core.attention import Nudges
from bot.core.facts import Intervention
from bot.core.terms import Terms
from bot.words import Provider, Words
from storage import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One provider's desk. `chat` says whether Slack is set up; `mail_domain` is where replies come back, `taps`
    that mails to businesses carry a button for Gmail's list of mails.
    """

    store: Store
    terms: Terms
    catalogue: tuple[Intervention, ...]
    provider: Provider
    words: Words
    keys: Keys
    public_url: str
    mail_domain: str
    mail_address: str
    chat: bool
    limits: Limits = USUAL
    taps: bool = False
    files: FileRules = USUAL_FILES
    nudges: Nudges = USUAL_NUDGES
    digest: bool = True

    def intervention(self, act: str) -> Intervention | None:
        """The catalogue's entry with this id (letter §1.3)."""
        return next((entry for entry in self.catalogue if entry.id == act), None)

    def url(self, link_id: str) -> str:
        """Where a mailed link leads; never taken from a request."""
        return f"{self.public_url}/a/{self.keys.token(link_id)}"

    def message_id(self) -> str:
        """A Message-ID nobody can guess, without its angle brackets."""
        return f"{random_key()}@{self.mail_domain}"
