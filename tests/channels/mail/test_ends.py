"""Signatures and the lines of telephones, told apart from what only looks like them."""

import pytest

from bot.channels.mail.strip import strip
from tests.timing import taking_less_than

QUOTE = "Le 3 févr. 2025 à 14:12, Support <aide@host.fr> a écrit :\n> Bonjour,\n> Depuis quand ?"
DUMP = "L'import échoue :\n\n--\n-- Table `users`\n--\n\nDROP TABLE users;\n\nPourquoi ?"
GREP = "The log:\n\nsite-12- root /srv\n--\nsite-40- root /var\n\nWhich one wins?"
PARTS = "Erst dies:\n\n--\n\nDann das:\n\n--\n\nWas gilt?"
TOLD = "Mis pruebas:\n\ntar czf web.tgz\n--\nexclude=cache\n\nNada."


@pytest.mark.parametrize("text", [DUMP, GREP, PARTS, TOLD])
@pytest.mark.parametrize("below", ["", f"\n\n{QUOTE}"])
def test_dashes_within_a_text_are_no_signature(text: str, below: str) -> None:
    assert strip(f"{text}{below}").reply == text


@pytest.mark.parametrize("mark", ["-- ", "--", "__"])
@pytest.mark.parametrize("postscript", ["PS : gardez la base.", "P.S. keep the data", "P.-S. : non", "PD: no borrar"])
def test_postscript_below_a_signature_is_kept(mark: str, postscript: str) -> None:
    text = f"Oui.\n\n{mark}\nLéa Morin\nCave du Port\n\n{postscript}"

    assert strip(f"{text}\n\n{QUOTE}").reply == "\n".join(line.rstrip() for line in text.split("\n"))


@pytest.mark.parametrize("text", ["Ma zone finit par :\n-- \n@ IN MX 10 mail", "a=1\n-- \nb=2\n\nEst-ce normal ?"])
@pytest.mark.parametrize("below", ["", f"\n\n{QUOTE}"])
def test_words_lead_up_to_no_signature_and_none_asks(text: str, below: str) -> None:
    assert strip(f"{text}{below}").reply == text.replace("-- ", "--")


@pytest.mark.parametrize("mark", ["-- ", "--", "__"])
def test_signature_is_still_taken_away(mark: str) -> None:
    assert strip(f"Ja.\n\n{mark}\nAnne Koch\nPhotostudio\n\n{QUOTE}").reply == "Ja."
    assert strip(f"Ja.\n\n{mark}\nAnne Koch").reply == "Ja."


@pytest.mark.parametrize("mark", ["-- ", "--"])
@pytest.mark.parametrize("blank", ["", "\n"])
def test_signature_below_the_quote_is_no_answer_to_it(mark: str, blank: str) -> None:
    """Where Thunderbird puts it, without a blank line in HTML."""
    assert strip(f"Oui.\n\n{QUOTE}\n{blank}{mark}\nAnne Koch\nPhotostudio").reply == "Oui."


@pytest.mark.parametrize("mark", ["-- ", "--"])
@pytest.mark.parametrize(
    "more",
    [
        "Ah, et le site B est en panne aussi.",
        "J'oubliais : gardez la base de données !",
        "By the way, please leave the mail server alone.",
        "Bitte löschen Sie nichts bis morgen.",
        "et le ftp ne répond plus non plus",
        "Depuis lundi,\nles deux sites sont lents.",
    ],
)
@pytest.mark.parametrize("below", ["", f"\n\n{QUOTE}"])
def test_sentence_below_a_signature_is_kept(mark: str, more: str, below: str) -> None:
    text = f"Le site A est en panne.\n\n{mark}\nLéa Morin\nCave du Port\n\n{more}"

    assert strip(f"{text}{below}").reply == text.replace("-- ", "--")


@pytest.mark.parametrize(
    "more",
    [
        "12 rue du Port\n33000 Bordeaux",
        "Tél. : 05 56 00 00 00",
        "Cave du Port SARL au capital de 8 000 euros, RCS Bordeaux 000 000 000.",
        "Retrouvez nos vins sur www.cave.example.",
        "Le contenu de ce message est confidentiel.",
        "Questo messaggio è riservato al destinatario.\n\nPersone diverse non possono copiarlo.",
        "Pensez à la planète avant d'imprimer ce mail.",
        "Vins, bières, cidres",
    ],
)
@pytest.mark.parametrize("below", ["", f"\n\n{QUOTE}"])
def test_particulars_below_a_signature_go_with_it(more: str, below: str) -> None:
    assert strip(f"Oui.\n\n-- \nLéa Morin\nCave du Port\n\n{more}{below}").reply == "Oui."


TOLD_OF = {
    "list": "Mes essais :\n\nEnvoyé depuis Outlook 2019\nEnvoyé depuis le webmail\n\nAucun n'arrive.",
    "list at the end": "Meine Versuche:\n\nGesendet von Outlook\nGesendet von meinem iPhone",
    "sentence": "Mails are lost,\n\nSent with our shop system\nto all customers\n\nand nobody sees why.",
    "app at the end": "Ce qui plante :\n\nOutlook pour Mac",
    "sender at the end": "De mail is weg.\n\nVerzonden door mijn collega",
    "means at the end": "Die Rechnung fehlt.\n\nGesendet mit der Post",
    "name below": "Sigue caído.\n\nEnviado desde mi iPhone\nAna Ruiz\n600 000 000",
    "more below": "Het werkt niet.\n\nVerzonden vanaf mijn iPhone\n\nNog iets:\n\nde FTP ook niet.\n\nEn de mail.",
}


YAHOO = {
    "English": "Yahoo Mail: Search, Organize, Conquer",
    "French": "Yahoo Mail : Recherchez, organisez, reprenez le contrôle de votre boîte de réception",
}


@pytest.mark.parametrize("line", YAHOO.values(), ids=YAHOO)
def test_line_that_yahoo_adds_is_not_the_persons(line: str) -> None:
    assert strip(f"Oui.\n\n{line} \n\n{QUOTE}").reply == "Oui."
    assert strip(f"Bonjour,\n\nYahoo Mail : plus rien n'arrive\n\n{QUOTE}").reply.endswith("plus rien n'arrive")


@pytest.mark.parametrize("name", TOLD_OF)
def test_line_of_a_telephone_within_a_text_ends_nothing(name: str) -> None:
    assert strip(f"{TOLD_OF[name]}\n\n{QUOTE}").reply == TOLD_OF[name]


HOSTILE = {
    "signatures": "-- \na\n" * 1000,
    "short signatures": "a\n\n--\n" * 660,
    "devices": "a\n\nSent from my x\n\nb\n" * 400 + "> a",
    "devices in a row": "Sent from my x\n" * 2000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_many_ends_take_no_time(name: str) -> None:
    with taking_less_than(0.5):
        strip(HOSTILE[name])
