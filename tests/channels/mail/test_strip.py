"""A person's own words, told apart from what they answer; never nothing, never slow."""

import time

import pytest

from bot.channels.mail.strip import MARKER_EN, MARKER_FR, Stripped, strip

OWN = "Bonjour,\n\nDe : quel serveur parlez-vous ? Le 12 mars à 10h, voici l'erreur :\n\n    HTTP 500\n\nMerci,\nLoïc"
QUOTED = "Bonjour Loïc,\n\nLe diagnostic coûte 20,00 € HT. J'accepte le devis.\n\nLe support"
MARKED = "\n".join(f"> {line}" for line in QUOTED.split("\n"))

GMAIL = "Le lun. 14 juin 2010 à 09:30, Support de l'hébergeur <\nsupport+k1@host.fr> a écrit\u202f:"
APPLE = ("Le 14 juin 2010 à 09:30, Support <support@host.fr> a écrit :", "", *QUOTED.split("\n"))
OUTLOOK = "De : Support <s@host.fr>\nEnvoyé : lundi 14 juin 2010 09:30\nÀ : l@x.fr\nObjet : INC-42"
BOLD = "*De :* Support <s@host.fr>\n*Envoyé :* lundi 14 juin 2010\n*À :* l@x.fr\n*Objet :* a"
LINE = "________________________________\nFrom: Support <s@host.fr>\nSent: Monday\nTo: l@x.fr\nSubject: a"
ZIMBRA = '----- Mail original -----\nDe: "Support" <s@host.fr>\nÀ: l@x.fr\nEnvoyé: Lundi\nObjet: a'
ORANGE = '> Message du 14/06/10 09:30\n> De : "Support" <s@host.fr>\n> A : l@x.fr\n> Objet : a\n>'
QUOTES = {
    "gmail": f"Le lun. 14 juin 2010 à 09:30, Support <support@host.fr> a écrit :\n\n{MARKED}",
    "gmail wrapped": f"{GMAIL}\n{MARKED}",
    "gmail english": f"On Mon, Jun 14, 2010 at 9:30 AM Support <support@host.fr> wrote:\n{MARKED}",
    "thunderbird": f"Le 14/06/2010 à 09:30, Support a écrit\u00a0:\n{MARKED}",
    "apple": "\n".join(f"> {line}" for line in APPLE),
    "marks alone": MARKED,
    "outlook": f"{OUTLOOK}\n\n{QUOTED}",
    "outlook bold": f"{BOLD}\n\n{QUOTED}",
    "outlook line": f"{LINE}\n\n{QUOTED}",
    "outlook old": f"-----Message d'origine-----\nDe : Support [mailto:s@host.fr]\n\n{QUOTED}",
    "english original": f"-----Original Message-----\nFrom: s@host.fr\n\n{QUOTED}",
    "zimbra": f"{ZIMBRA}\n\n{QUOTED}",
    "orange": f"{ORANGE}\n{MARKED}",
    "another language": f"Da: Support <s@host.fr>\nInviato: lunedì 14 giugno 2010\nOggetto: a\n\n{QUOTED}",
    "zoho": f"---- On Mon, 14 Jun 2010 09:30:00 +0200 s@host.fr wrote ----\n\n{QUOTED}",
    "our marker": f"{MARKER_FR}\n\n{QUOTED}",
    "our english marker": f"{MARKER_EN}\n\n{QUOTED}",
    "quoted marker": f"> {MARKER_FR}\n>\n{MARKED}",
    "telephone": f"Envoyé de mon iPhone\n\n{QUOTED}",
}


@pytest.mark.parametrize("name", QUOTES)
def test_quoted_mail_is_taken_away(name: str) -> None:
    stripped = strip(f"{OWN}\n\n{QUOTES[name]}\n")

    assert stripped == Stripped(reply=OWN, quoted=QUOTES[name])


@pytest.mark.parametrize("name", ["gmail", "gmail english", "thunderbird", "marks alone"])
def test_answer_below_the_quote_is_kept(name: str) -> None:
    assert strip(f"{QUOTES[name]}\n\n{OWN}\n").reply == OWN


def test_answers_between_quotes_keep_what_they_answer() -> None:
    text = "Voici :\n\n> Quel jour ?\nLundi.\n\n> Quelle heure ?\n10 h.\n\n> Le support\n"

    assert strip(text) == Stripped(
        reply="Voici :\n\n> Quel jour ?\nLundi.\n\n> Quelle heure ?\n10 h.", quoted="> Le support"
    )


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nLoïc Béranger\nGérant\n06 12 34 56 78",
        "--\nLoïc",
        "Envoyé de mon iPhone",
        "Sent from my Galaxy",
        "Obtenir Outlook pour Android <https://aka.ms/x>",
        "Envoyé depuis l’application Mail Orange",
    ],
)
def test_signature_is_taken_away(signature: str) -> None:
    assert strip(f"{OWN}\n\n{signature}\n\n{QUOTES['gmail']}").reply == OWN


@pytest.mark.parametrize(
    "text",
    [
        "Serveur : ns1.x.fr\nAdresse : bob@x.fr\nDate : 12/03/2010 10:00\n\nne marche plus",
        "Depuis le 12/03/2010 14:30, l'adresse contact@x.fr ne marche plus, voici l'erreur :\n\nErreur 500",
        "Envoyé de notre serveur à 10 h, le mail n'arrive pas",
        "Je l'ai déjà écrit : c'est de votre faute.",
        "Le 12/03/2010 à 10:00, votre collègue m'a écrit :\n\nc'est gratuit",
        "Le 12/03/2010 j'ai signalé à Bob <bob@x.fr> sans aucun retour ceci :\n\nHTTP 500",
        "La ligne se trouve au-dessus de cette ligne : x",
        "---- Erreur ----\nHTTP 500",
        "a\n--\nb\n" + "ligne\n" * 20 + "fin",
        "Total: 3 > 2 et 2 < 3",
    ],
)
def test_own_words_that_look_like_something_else_are_kept(text: str) -> None:
    assert strip(text) == Stripped(reply=text, quoted="")


def test_quote_alone_stays_but_says_nothing_for_its_sender() -> None:
    assert strip(MARKED) == Stripped(reply=MARKED, quoted="", certain=False)
    assert strip("  \n") == Stripped(reply="", quoted="")


def test_text_past_the_cap_is_not_lost() -> None:
    stripped = strip("a\n" * 3000)

    assert (stripped.reply + "\n" + stripped.quoted).count("a") == 3000


@pytest.mark.parametrize(
    "container",
    [
        '<div class="gmail_quote">{}</div>',
        '<blockquote type="cite">{}</blockquote>',
        '<div id="appendonsend"></div><hr><div>{}</div>',
        '<div id="divRplyFwdMsg"><b>De :</b> Support</div><div>{}</div>',
        '<div style="border:none; border-top:solid #E1E1E1 1.0pt; padding:3pt"><p>De : S</p></div><p>{}</p>',
        '<div class="yahoo_quoted">{}</div>',
        '<div class="moz-cite-prefix">Support</div><blockquote type="cite">{}</blockquote>',
    ],
)
def test_quote_that_only_the_html_shows_is_taken_away(container: str) -> None:
    html = f"<html><body><p>Oui, allez-y.</p>{container.format('<p>Cinq mots que voici.</p>')}</body></html>"

    stripped = strip("Oui, allez-y.\n\nCinq mots que voici.", html)

    assert stripped.reply == "Oui, allez-y."
    assert "Cinq mots" in stripped.quoted


def test_answer_below_a_quote_that_only_the_html_shows_is_kept() -> None:
    html = "<p>Le 14/06/2010 09:30, S a écrit :</p><blockquote type='cite'>Un devis.</blockquote><p>Non merci.</p>"

    stripped = strip("Le 14/06/2010 09:30, S a écrit :\n\n  Un devis.\n\nNon merci.", html)

    assert stripped.reply == "Non merci."
    assert "devis" in stripped.quoted


HOSTILE = {
    "one line": "a" * 1_000_000,
    "quote marks": ">" * 500_000,
    "introductions": "Le 12/03/2010 10:00 a@b.fr\n" * 20_000,
    "headers": "De : a <a@b.fr>\n" * 20_000,
    "dashes": "-" * 300_000 + "\n" + "- " * 100_000,
    "spaces": " " * 500_000 + ":",
    "addresses": "a@b.fr <" * 50_000,
    "dots": "a.b-c+" * 50_000 + "@",
    "markers": "## a above this line " * 20_000,
    "blank lines": "\n" * 500_000,
    "devices": "Sent from my x\n\n" * 20_000,
    "containers": "<blockquote type=cite>" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_no_time(name: str) -> None:
    began = time.process_time()

    strip(HOSTILE[name], HOSTILE[name])

    assert time.process_time() - began < 0.5
