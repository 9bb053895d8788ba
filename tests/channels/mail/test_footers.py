"""What servers add below a quote is no answer to it; what a person says of such things is one."""

import pytest

from bot.channels.mail.strip import strip
from tests.timing import taking_less_than

QUOTE = "Le 3 févr. 2025 à 14:12, Support <aide@host.fr> a écrit :\n> Bonjour,\n> Depuis quand ?"

UNDERSCORES = "_" * 47
FOOTERS = {
    "secret, in French": "Ce courriel et ses pièces jointes sont confidentiels et destinés à la seule personne"
    " nommée.\nReçu par erreur, il est à supprimer ; merci d'en informer son expéditeur.",
    "secret, in English": "This e-mail is confidential and intended for the addressee only. If it reached you in"
    " error, notify the sender and delete it.",
    "secret, in German": "Diese E-Mail ist vertraulich und nur für den Empfänger bestimmt. Wer sie irrtümlich"
    " erhält, möge den Absender informieren und sie löschen.",
    "secret, with a heading": "AVERTISSEMENT\nLes informations de ce message sont confidentielles et réservées à"
    " l'usage de ses destinataires.",
    "scanner": "Cet e-mail a été vérifié par un logiciel antivirus.\nhttps://scan.example/?par=mail",
    "scanner below a rule": "---\nL'absence de virus dans ce message a été contrôlée.\n\nhttps://scan.example/",
    "scanner, free of": "Virus-free.www.scan.example<https://scan.example/sig?utm=1>",
    "list": f"{UNDERSCORES}\nOps mailing list\nops@lists.acme.fr\nhttps://lists.acme.fr/listinfo/ops",
    "list without its page": f"{UNDERSCORES}\nOps mailing list -- ops@lists.acme.fr\n"
    "To unsubscribe write to ops-leave@lists.acme.fr",
    "paper": "Pensez à l'environnement : n'imprimez ce mail qu'au besoin.",
}
TOLD = {
    "secrecy, asked about": "Ce message est-il confidentiel ? Notre client demande à le voir.",
    "secrecy, asked for": "Ce message est confidentiel, merci de ne pas le transmettre.",
    "secrecy, of data": "Les données sont confidentielles, leur accès est strictement réservé à Paul.",
    "secrecy, broken": "The information on the page is confidential and published in error; delete it, tell Paul.",
    "an error shown": "Ce message d'erreur est adressé aux clients par erreur, il faut le supprimer.",
    "paper": "Pensez à imprimer le bon sur papier.",
    "a mail sent in error": "Merci de supprimer le message envoyé par erreur et d'en informer l'expéditeur.",
    "warning of a person": "Si ce mail confidentiel m'était destiné par erreur, dites-le : je le supprimerai.",
    "scanner": "Ce message a été vérifié par notre antivirus, il est sain.",
    "printing": "Impossible d'imprimer dans cet environnement.",
    "list": "Notre liste de diffusion ops@acme.fr ne marche pas non plus.",
    "list below a rule": "____________________\nNotre liste de diffusion ops@acme.fr ne marche pas non plus.",
    "list, to be left": "Désabonnez-nous, s'il vous plaît.",
}


@pytest.mark.parametrize("name", FOOTERS)
@pytest.mark.parametrize("above", ["", "\n-- \nAnne Koch\n"])
def test_what_servers_add_below_a_quote_is_no_answer(name: str, above: str) -> None:
    stripped = strip(f"Oui, allez-y.\n\n{QUOTE}\n{above}\n{FOOTERS[name]}\n")

    assert (stripped.reply, stripped.certain) == ("Oui, allez-y.", True)
    assert FOOTERS[name] in stripped.quoted


@pytest.mark.parametrize("name", FOOTERS)
def test_answer_below_a_quote_keeps_what_stands_below_it(name: str) -> None:
    text = f"Depuis lundi.\n\n{FOOTERS[name]}"

    assert strip(f"{QUOTE}\n\n{text}").reply == text


def test_several_footers_go_together() -> None:
    assert strip("\n\n".join(["Oui.", QUOTE, *FOOTERS.values()])).reply == "Oui."


@pytest.mark.parametrize("name", TOLD)
def test_what_a_person_says_of_such_things_below_a_quote_is_kept(name: str) -> None:
    assert strip(f"Oui.\n\n{QUOTE}\n\n{TOLD[name]}").reply.endswith(TOLD[name])
    assert strip(f"{QUOTE}\n\n{TOLD[name]}").reply.endswith(TOLD[name].split("\n")[-1])


def test_words_below_a_footer_keep_it() -> None:
    text = f"{FOOTERS['scanner']}\n\nEt le site B ?"

    assert strip(f"Oui.\n\n{QUOTE}\n\n{text}").reply.endswith(text)


def test_mail_of_nothing_but_a_footer_below_a_quote_stays_whole() -> None:
    text = f"{QUOTE}\n\n{FOOTERS['paper']}"

    assert (strip(text).reply, strip(text).certain) == (text, False)


def test_footer_without_a_quote_is_shown() -> None:
    assert strip(FOOTERS["list"]).reply == FOOTERS["list"]


HOSTILE = {
    "paragraphs": "> a\n" + "this mail confidential intended error\n\n" * 900,
    "one paragraph": "> a\n" + "this message the mail by\n" * 1900,
    "one line": "> a\n" + "ce " * 20_000,
    "words": "> a\nthis " + "message " * 8000,
    "rules": "> a\n" + "_" * 60_000,
    "links": "> a\n" + "https://a.fr/\n\n" * 900,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_long_footers_take_no_time(name: str) -> None:
    with taking_less_than(0.5):
        strip(HOSTILE[name])
