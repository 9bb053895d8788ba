"""What looks like a quoted mail and is not: what a person shows or tells of stays in their words."""

import pytest

from bot.channels.mail.strip import Stripped, strip

OURS = "Bonjour,\n\nLe diagnostic coûte 20,00 € HT.\n\nLe support"
OUTLOOK = "De : Support <aide@host.fr>\nEnvoyé : lundi 3 février 2025 14:12\nÀ : l@x.fr\nObjet : INC-7"
ANSWERED = f"{OUTLOOK}\n\n{OURS}"


def is_ours(address: str) -> bool:
    """Whether an address is the desk's of these mails."""
    return address.endswith("@host.fr")


QUOTING = {
    "outlook": ANSWERED,
    "introduction": f"Le 3 févr. 2025 à 14:12, Support <aide@host.fr> a écrit :\n\n{OURS}",
    "marks": "> Erreur 500\n> Erreur 502",
    "original": f"-----Ursprüngliche Nachricht-----\n{ANSWERED}",
}


@pytest.mark.parametrize("name", QUOTING)
def test_mail_that_answers_none_quotes_nothing(name: str) -> None:
    text = f"Bonjour, voilà tout.\n\n{QUOTING[name]}"

    assert strip(text, subject="Site lent", answers=False, is_ours=is_ours) == Stripped(
        reply=text, quoted="", certain=False
    )


@pytest.mark.parametrize(
    "subject", ["Re: Site", "RE : Site", "AW: Site", "[EXT] Re: Site", "Antw: Site", "Re[2]: Site"]
)
def test_subject_says_that_a_mail_answers_where_its_headers_do_not(subject: str) -> None:
    assert strip(f"Oui.\n\n{ANSWERED}", subject=subject, answers=False).reply == "Oui."


def test_first_mail_that_seems_to_quote_nothing_is_surely_its_senders() -> None:
    text = "Bonjour,\n\nle site est lent."

    assert strip(f"{text}\n\n-- \nLéa", answers=False) == Stripped(reply=text, quoted="-- \nLéa")


def test_error_that_the_html_of_a_first_mail_sets_off_is_kept() -> None:
    html = "<p>Bonjour, voici :</p><blockquote style='border-left: 1px solid'>HTTP 503</blockquote>"

    assert "HTTP 503" in strip("Bonjour, voici :\n\nHTTP 503", html, answers=False).reply


OTHERS = {
    "fr": "De : Paul Noir <paul@noir.fr>\nEnvoyé : lundi 3 février 2025 09:12\nÀ : compta@x.fr\nObjet : Devis",
    "en": "From: Paul Black <paul@black.uk>\nSent: Monday, 3 February 2025 09:12\nTo: sales@x.uk\nSubject: Quote",
    "de": "Von: Paul Schwarz <p@schwarz.de>\nGesendet: Montag, 3. Februar 2025 09:12\nAn: a@x.de\nBetreff: Angebot",
    "es": "De: Pablo Negro <p@negro.es>\nEnviado: lunes, 3 de febrero de 2025 09:12\nPara: a@x.es\nAsunto: Oferta",
    "nl": "Van: Piet Zwart <p@zwart.nl>\nVerzonden: maandag 3 februari 2025 09:12\nAan: a@x.nl\nOnderwerp: Offerte",
    "original": "-----Message d'origine-----\nDe : Paul Noir [mailto:paul@noir.fr]\nÀ : compta@x.fr\nObjet : Devis",
}


@pytest.mark.parametrize("language", OTHERS)
def test_mail_of_others_is_shown_and_decides_nothing(language: str) -> None:
    """It was neither from us nor to us: the person wants it read, even in an answer to us."""
    text = (
        f"Ce mail n'est jamais arrivé.\n\n{OTHERS[language]}\n\nBonjour, voici notre offre.\n\nMerci de le chercher."
    )

    assert strip(f"{text}\n\n{ANSWERED}", subject="Re: INC-7", is_ours=is_ours) == Stripped(
        reply=text, quoted=ANSWERED, certain=False
    )


def test_mail_of_others_that_the_html_sets_off_is_shown() -> None:
    fields = OTHERS["fr"].replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br>")
    html = (
        f"<p>Voyez.</p><div style='border:none;border-top:solid #E1E1E1 1.0pt'><p>{fields}</p></div>"
        "<p>Notre offre.</p><p>Où est-il ?</p>"
    )

    reply = strip(f"Voyez.\n\n{OTHERS['fr']}\n\nNotre offre.\n\nOù est-il ?", html, is_ours=is_ours).reply

    assert reply.endswith("Où est-il ?")


@pytest.mark.parametrize(
    "text",
    [
        "Le 12 mars 2025 à 10:15, votre collègue Anne <anne@host.fr> a écrit :\nla migration se fera sans coupure.",
        "On 12 March 2025 at 10:15, your colleague Anne <anne@host.fr> wrote:\nthe move needs no downtime.",
        "Am 12.03.2025 um 10:15 schrieb Ihr Kollege Jan <jan@host.fr>:\nder Umzug braucht keine Pause.",
        "El 12/03/2025 a las 10:15 su compañero Juan <juan@host.fr> escribió:\nno habrá corte.",
        "Op 12 maart 2025 om 10:15 schreef uw collega Jan <jan@host.fr>:\ner komt geen onderbreking.",
        "Le 12 mars 2025, Anne a écrit :\n« la migration se fera sans coupure ».",
        'On 12 March 2025, Anne wrote:\n\n"the move needs no downtime".',
        "Am 12.03.2025 schrieb Anne:\n„der Umzug braucht keine Pause“.",
    ],
)
def test_sentence_about_what_somebody_wrote_introduces_no_quote(text: str) -> None:
    words = f"Bonjour,\n\n{text}\n\nOr tout est en panne."

    assert strip(f"{words}\n\n{ANSWERED}", is_ours=is_ours).reply == words


@pytest.mark.parametrize(
    "lead",
    [
        "Nous avons écrit à Paul Noir <paul@noir.fr> le 3/2/2025 :",
        "Message de Paul Noir <paul@noir.fr> reçu 03/02/2025 :",
        "Le 3 février 2025, Paul Noir <paul@noir.fr> a écrit :",
        "On 3 February 2025, Paul Black <paul@black.uk> wrote:",
        "Am 3.2.2025 schrieb Paul Schwarz <paul@schwarz.de>:",
    ],
)
def test_words_of_others_that_no_program_marked_are_shown(lead: str) -> None:
    words = f"Bonjour,\n\n{lead}\n\nplus rien ne marche.\n\nQue faire ?"

    assert strip(f"{words}\n\n{ANSWERED}", is_ours=is_ours).reply == words


@pytest.mark.parametrize("blank", ["", "\n"])
def test_marked_mail_of_others_that_words_lead_up_to_is_shown_and_decides_nothing(blank: str) -> None:
    lead = f"Paul me dit :\n\nLe 3 févr. 2025 à 14:12, Paul Noir <paul@noir.fr> a écrit :\n{blank}"
    words = f"{lead}> Le thème est en cause.\n>\n> Revenez au 2.3."

    assert strip(f"{words}\n\n{ANSWERED}", is_ours=is_ours) == Stripped(reply=words, quoted=ANSWERED, certain=False)


def test_firm_whose_name_begins_like_a_sentence_is_still_quoted() -> None:
    quote = f"Le 3 mars 2025 à 10:15, Mon Hébergeur <aide@host.fr> a écrit :\n\n{OURS}"

    assert strip(f"Oui.\n\n{quote}", is_ours=is_ours) == Stripped(reply="Oui.", quoted=quote)


def test_line_above_a_part_of_a_persons_own_html_quotes_nothing() -> None:
    html = (
        "<p>Bonjour,</p><div style='border-top: solid 1px'>Un : le certificat.</div>"
        "<div style='border-top: solid 1px'>Deux : la tâche de nuit.</div><p>Merci</p>"
    )
    text = "Bonjour,\n\nUn : le certificat.\n\nDeux : la tâche de nuit.\n\nMerci"

    assert strip(text, html).reply == text


def test_our_line_that_a_person_asks_about_is_theirs() -> None:
    text = "Je lis ceci dans votre mail :\n\n-- Répondez au-dessus de cette ligne --\n\nEst-ce normal ?"

    assert strip(f"{text}\n\n{ANSWERED}").reply == text


@pytest.mark.parametrize(
    "words",
    [
        "Bonjour,\n\nVoir mes réponses ci-dessous en rouge.\n\nCordialement,\nLéa",
        "J'ai répondu directement dans votre mail.",
        "Mes commentaires en bleu.",
        "Hi,\n\nplease see my answers below, in red.\n\nKind regards,\nJane",
        "I replied inline.",
        "Comments in\ngreen below.",
        "See below.",
        "Bonjour,\n\nVoici mes réponses.\n\nCordialement,\nLéa Morin\n05 56 00 00 00",
        "Bonjour, mes réponses à vos questions.",
        "Hi,\nhere are our comments.\nJane",
        "Meine Antworten.",
        "Cf. infra.",
        "Meine Antworten finden Sie unten in Rot.",
        "Ich habe direkt im Text geantwortet.",
        "Siehe unten!",
        "Mis respuestas abajo, en azul.",
        "He contestado en su correo.",
        "Mijn antwoorden staan hieronder in het rood.",
        "Zie hieronder",
    ],
)
def test_answers_that_a_person_says_they_wrote_into_the_quote_are_kept(words: str) -> None:
    """No mark tells them from it: some programs set them apart by their colour alone."""
    text = f"{words}\n\n{OUTLOOK}\n\nBonjour,\n\nDepuis quand ?\nDepuis hier soir.\n\nLe support"

    assert strip(text, subject="RE: INC-7", is_ours=is_ours) == Stripped(reply=text, quoted="", certain=False)


@pytest.mark.parametrize(
    "words",
    [
        "Comment faire pour le site ?",
        "Le voyant est en rouge.",
        "I am waiting for your reply. The load is below 3.",
        "Voici mes réponses :\n\n1. lundi\n2. non",
        "Voici mes réponses.\n- lundi\n- non",
        "Vous avez reçu\nmes réponses.",
        "J'attends vos réponses.",
        "Voir erreur ci-dessous :\n\nHTTP 500",
        "Ich komme nicht in der Mail weiter.",
    ],
)
def test_words_that_announce_no_answers_leave_the_quote_away(words: str) -> None:
    assert strip(f"{words}\n\n{ANSWERED}", is_ours=is_ours) == Stripped(reply=words, quoted=ANSWERED)


@pytest.mark.parametrize(
    "lead", ["Voici l'erreur :", "The page says:", "Die Meldung lautet:", "El error es:", "De melding is:"]
)
def test_quote_that_a_persons_own_words_lead_up_to_is_theirs(lead: str) -> None:
    text = f"Bonjour,\n\n{lead}\n\n> HTTP 503\n> nginx"

    quote = "Le 3 févr. 2025 à 14:12, Support <aide@host.fr> a écrit :\n> Bonjour,\n> Depuis quand ?"

    assert strip(f"{text}\n\n{quote}") == Stripped(reply=text, quoted=quote)


def test_quote_above_the_first_introduction_is_what_a_person_shows() -> None:
    """Mail programs introduce all that they quote."""
    text = "Depuis hier le site dit\n\n> 502 Bad Gateway\n> nginx"

    assert strip(f"{text}\n\n{ANSWERED}").reply == text


def test_quote_below_an_author_in_any_language_is_taken_away() -> None:
    for above in ("Support schrieb:", "Soporte escribió:", "Support wrote:", "Il 3/2/25 Support ha scritto:"):
        assert "quand" not in strip(f"Oui.\n\n{above}\n> Depuis quand ?").reply


@pytest.mark.parametrize(
    "text",
    [
        "Extrait du journal :\n\n---- 2025-02-03 ----\nerreur 500\n---- 2025-02-04 ----\nerreur 502\n\nMerci",
        "Traceback:\n\n>>> import x\n>>> x.run()\nError: 3\n\nWhat is wrong?",
        "Commande :\n\nmysql> SELECT 1;\n| 1 |\n| 2 |\n\nRien d'autre.",
        "Die Signatur ist falsch:\n\nGesendet von Outlook\n\nWie ändere ich das?",
        "Transfert :\n\nDe : ns1.old.fr\nÀ : ns2.new.fr\nDate : 03/02/2025\nPour : x.fr\n\nEst-ce bon ?",
        "Sur votre page, le 3 février 2025, il est écrit :\n“service garanti”\n\nEt pourtant.",
        "git diff:\n\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n\nDas ist alles.",
        "Réservation\n________________________________\nSalle A\n________________________________\nSalle B",
    ],
)
def test_what_customers_of_a_hosting_provider_paste_is_theirs(text: str) -> None:
    assert strip(text, answers=False, is_ours=is_ours).reply == text
    assert strip(f"{text}\n\n{ANSWERED}", is_ours=is_ours).reply == text


def test_marked_lines_that_a_mail_begins_with_are_shown_above_our_introduced_mail() -> None:
    """The output of a program, say; it decides nothing, as nobody says whose words it is."""
    words = "> disk full\n> aborting\n\nC'est ce que dit la console."
    apple = "\n".join(f"> {line}" for line in ANSWERED.split("\n"))

    for quote in (ANSWERED, apple):
        assert strip(f"{words}\n\n{quote}", is_ours=is_ours) == Stripped(reply=words, quoted=quote, certain=False)


@pytest.mark.parametrize("above", ["", "Le client n'est pas content.\n\n"])
@pytest.mark.parametrize("below", ["", "\n\nQue lui répondre ?"])
def test_marked_mail_of_others_above_our_introduced_mail_is_shown_and_decides_nothing(above: str, below: str) -> None:
    shown = (
        "Le 3 févr. 2025 à 08:12, Paul Noir <paul@noir.fr> a écrit :\n\n> La boutique est fermée.\n>\n> J'accepte."
    )
    words = f"{above}{shown}{below}"

    assert strip(f"{words}\n\n{ANSWERED}", is_ours=is_ours) == Stripped(reply=words, quoted=ANSWERED, certain=False)


def test_our_marked_mail_above_its_introduction_is_still_cut() -> None:
    ours = "> -- Répondez au-dessus de cette ligne --\n> Depuis quand ?"

    assert strip(f"{ours}\n\nDepuis lundi.\n\n{ANSWERED}", is_ours=is_ours).reply == "Depuis lundi."


def test_marked_mail_of_a_colleague_that_alone_is_answered_is_cut() -> None:
    nested = "> Le 3 févr. 2025 à 07:50, Support <aide@host.fr> a écrit :\n>> Depuis quand ?"
    quote = f"Le 3 févr. 2025 à 08:12, Paul Noir <paul@noir.fr> a écrit :\n\n{nested}"

    assert strip(f"Oui.\n\n{quote}", is_ours=is_ours).reply == "Oui."
