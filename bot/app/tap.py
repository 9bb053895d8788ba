"""One tap in Gmail's list of mails: which decisions it may stand for, and in which words (letter §2.5, §4.2)."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot import figures
from bot.core.customer import Customer
from bot.core.facts import Language
from bot.core.incident import Incident
from bot.core.money import Price
from bot.core.notices import IncidentOpened, OrderNudged, Purpose, QuoteNudged, QuoteOffered
from bot.core.terms import Kind
from bot.words import Words

CHOICES: Mapping[Purpose, str] = {Purpose.ORDER: "order", Purpose.QUOTE: "accept"}
"""What is decided behind each of these links by one tap: what obliges to pay a price that the button names."""
STATING_A_PRICE = (IncidentOpened, OrderNudged, QuoteOffered, QuoteNudged)
_WORDS = {
    Purpose.ORDER: ("button.order", "mail.tap_order"),
    Purpose.QUOTE: ("button.accept_quote", "mail.tap_accept"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """What stands on the button, and what it means; both are kept as what was shown."""

    name: str
    description: str

    @property
    def wording(self) -> str:
        return f"{self.name}\n{self.description}\n"

    def markup(self, url: str) -> Mapping[str, object]:
        """As Gmail reads it in the mail (schema.org, ConfirmAction with an HttpActionHandler)."""
        handler = {"@type": "HttpActionHandler", "url": url}
        return {
            "@context": "http://schema.org",
            "@type": "EmailMessage",
            "potentialAction": {"@type": "ConfirmAction", "name": self.name, "handler": handler},
            "description": self.description,
        }


def may_tap(incident: Incident, customer: Customer) -> bool:
    """Businesses that can be billed. Consumers ask expressly to begin at once, which no tap says (L221-25)."""
    return incident.kind is Kind.BUSINESS and customer.kind is Kind.BUSINESS and customer.details.complete


def tap(words: Words, language: Language, purpose: Purpose, number: str, price: Price) -> Tap:
    """The page's own button, with its price, and what follows from it."""
    name, description = _WORDS[purpose]
    values = {"net": figures.net(price.net, language), "gross": figures.gross(price.gross, language)}
    return Tap(
        name=words.phrase(name, language, **values),
        description=words.phrase(description, language, number=number, **values),
    )
