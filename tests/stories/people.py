"""Who writes to the desk, in which words, and what they fill in."""

from collections.abc import Mapping

from tests.stories.browser import Entry

BOB = "bob@clientsa.fr"  # a business, in French
ALICE = "alice@clientsa.fr"  # who works with Bob
MALLORY = "mallory@pirate.net"
JANE = "jane@customer.co.uk"  # a consumer, in English

DOWN_FR = "Bonjour,\n\nMon site ne répond plus depuis ce matin, pouvez-vous regarder ?\n\nBob"
DOWN_EN = "Hello,\n\nmy website has been down since this morning, could you please look into it?\n\nJane"
WORDS = {BOB: DOWN_FR, JANE: DOWN_EN}

DETAILS: Mapping[str, dict[str, Entry]] = {
    BOB: {"kind": "business", "name": "Client SA", "postal_address": "1 rue de la Paix\n75002 Paris"},
    JANE: {
        "kind": "consumer",
        "name": "Jane Doe",
        "postal_address": "1 High Street\nLondon",
        "country": "GB",
        "express": True,
    },
}
