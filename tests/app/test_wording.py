"""The few words that mean something, and all the others that mean nothing."""

import pytest

from bot.app.wording import Decision, DecisionKind, decision_in, way_in_of
from bot.core.facts import WayIn

DECISIONS: dict[str, Decision | None] = {
    "J’accepte le devis D2026-00017": Decision("D2026-00017", DecisionKind.ACCEPTS),
    "I accept the quote d2026-00017.": Decision("D2026-00017", DecisionKind.ACCEPTS),
    "Je commande le diagnostic INC-42": Decision("INC-42", DecisionKind.ORDERS),
    "Je refuse le devis D2026-00017.": Decision("D2026-00017", DecisionKind.DECLINES),
    "I decline quote D2026-00017": Decision("D2026-00017", DecisionKind.DECLINES),
    "J’autorise l’intervention INC-42/1": Decision("INC-42/1", DecisionKind.ALLOWS),
    "I allow the intervention INC-42/1": Decision("INC-42/1", DecisionKind.ALLOWS),
    "J'autorise l'intervention, sauf la base": None,
    "oui, allez-y": Decision(),
    "OK": Decision(),
    "oui mais pas la base": Decision(),
    "Stop ! Je retire mon autorisation.": Decision(kind=DecisionKind.STOPS),
    "Annulez ma demande, je ne veux plus.": Decision(kind=DecisionKind.STOPS),
    "No thanks": Decision(kind=DecisionKind.STOPS),
    "Je conteste la facture F2026-00001, je ne paierai pas.": Decision(kind=DecisionKind.CONTESTS),
    "I refuse to pay this": Decision(kind=DecisionKind.CONTESTS),
}


@pytest.mark.parametrize("words", DECISIONS)
def test_words_that_read_like_a_decision(words: str) -> None:
    assert decision_in(f"\n  {words}\n\nMerci") == DECISIONS[words]


@pytest.mark.parametrize("words", ["", "Bonjour, mon site est en panne", "oubli de mot de passe", "x" * 5_000])
def test_other_words_decide_nothing(words: str) -> None:
    assert decision_in(words) is None


@pytest.mark.parametrize(("words", "way_in"), [("GARANTIE", WayIn.WARRANTY), ("« warranty ! »", WayIn.WARRANTY)])
def test_one_word_alone_chooses_the_way_in(words: str, way_in: WayIn) -> None:
    assert way_in_of(words) is way_in


def test_the_word_within_a_sentence_chooses_nothing() -> None:
    assert way_in_of("Est-ce sous garantie ?") is None
