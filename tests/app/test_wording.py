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
    "OK": Decision(alone=True),
    "oui mais pas la base": Decision(),
    "Stop ! Je retire mon autorisation.": Decision(kind=DecisionKind.STOPS),
    "Annulez ma demande, je ne veux plus.": Decision(kind=DecisionKind.STOPS),
    "No thanks": Decision(kind=DecisionKind.STOPS),
    "Je conteste la facture F2026-00001, je ne paierai pas.": Decision(kind=DecisionKind.CONTESTS),
    "« J'accepte le devis D2026-00017 »": Decision(),
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


ACCEPTED = Decision("D2026-00017", DecisionKind.ACCEPTS)
CONFIDENTIAL = (
    "Ce message et ses pièces jointes sont confidentiels et à l'usage exclusif de leurs destinataires. Si vous n'êtes"
    " pas le destinataire de ce message, merci de le détruire et d'en avertir l'expéditeur. Un message se modifie."
)


@pytest.mark.parametrize(
    "words",
    [
        "J'ACCEPTE LE DEVIS D2026-00017",
        "j’accepte le devis n° D2026-00017 !",
        "J‘accepte votre devis D2026‑00017.",
        "**J'accepte le devis D2026-00017**",
        "Oui, j'accepte le devis D2026-00017, merci.",
        "Bonjour, j'accepte le devis D2026-00017.",
        "Bonjour Madame Roux,\nJ'accepte le devis D2026-00017.\nCordialement,\nBob Martin\ngérant\n01 23 45 67 89",
        "J'accepte le devis D2026-00017\n\nBob Martin\nClient SA\n+33 1 23 45 67 89\nbob@clientsa.fr",
        "J'accepte le devis D2026-00017.\nMerci beaucoup !\nBob",
        "Hello,\nI accept quote D2026-00017.\nBest regards\nBob",
        "I accept your quote d2026-00017\n\nSent from my iPhone",
        "Hi,\nI accept the quote D2026-00017. Thanks!\nBob",
        f"J'accepte le devis D2026-00017\n\n{CONFIDENTIAL}",
        f"J'accepte le devis D2026-00017\n\nCordialement,\n\nBob Martin\n14 rue Basse, Lille\n\n{CONFIDENTIAL}",
    ],
)
def test_phrase_counts_however_a_person_types_it(words: str) -> None:
    assert decision_in(words) == ACCEPTED


@pytest.mark.parametrize(
    "words",
    [
        "Je n'accepte pas le devis D2026-00017",
        "Si vous venez lundi, alors j'accepte le devis D2026-00017",
        "J'accepte le devis D2026-00017 ?",
        "J'accepte le devis D2026-00017 si vous venez lundi",
        "J'accepte le devis D2026-00017\nmais sans la sauvegarde",
        "J'accepte le devis D2026-00017\n\nCordialement,\nBob\nPS : seulement la première ligne",
        "J'accepte le devis D2026-00017\n\nDemain",
        f"J'accepte le devis D2026-00017\n\n{CONFIDENTIAL} Il n'engage pas son auteur.",
        "I accept quote D2026-00017\n\nThis e-mail is confidential. It binds no recipient until it is signed.",
        "I accept quote D2026-00017\n\nThis message is not intended to create obligations for its recipient.",
        "J'accepte le devis D2026-00017\n\nCe message est soumis à l'accord de son destinataire, Mme Roux.",
        f"J'accepte le devis D2026-00017\n\nCordialement,\nBob\n\n{CONFIDENTIAL}\nPS : sauf la première ligne",
        "J'accepte le devis D2026-00017\nNon",
        "J'accepte le devis D2026-00017 et le devis D2026-00018",
        "J'accepte le devis D2026-00017\nJ'accepte le devis D2026-00018",
        "> J'accepte le devis D2026-00017",
        "« J'accepte le devis D2026-00017 »",
        "Vous demandez : j'accepte le devis D2026-00017",
        "I do not accept quote D2026-00017",
        "I accept quote D2026-00017 unless it rains",
        "Bonjour, non\nJ'accepte le devis D2026-00017",
        "j'accepte le devis",
        "Bonjour non, j'accepte le devis D2026-00017",
    ],
)
def test_phrase_does_not_count_beside_other_words(words: str) -> None:
    decision = decision_in(words)

    assert decision is None or (decision.number, decision.alone) == ("", False)


@pytest.mark.parametrize(
    "words", ["ok", "OK.", "Oui", "Bonjour,\nOK\nBob Martin", "D’accord, merci", "Ok\n\nEnvoyé de mon iPhone"]
)
def test_yes_stands_alone(words: str) -> None:
    assert decision_in(words) == Decision(alone=True)


@pytest.mark.parametrize(
    "words", ["ok ?", "ok mais pas la base", "OK\nquand venez-vous", "ok ok ok", "oui si c'est gratuit"]
)
def test_yes_with_a_word_beside_it_does_not(words: str) -> None:
    decision = decision_in(words)

    assert decision is None or not decision.alone
