"""A person's own words, told apart from what they answer; never nothing, never slow."""

import itertools
from html import escape

import pytest

from bot.channels.mail.strip import MARKER_EN, MARKER_FR, Stripped, strip
from tests.timing import taking_less_than

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


def test_quote_of_any_mark_is_taken_away() -> None:
    piped = "\n".join(f"| {line}".rstrip() for line in QUOTED.split("\n"))

    assert strip(f"{OWN}\n\nLe 14/06/2010 à 09:30, Support a écrit :\n{piped}\n").reply == OWN


@pytest.mark.parametrize("name", ["gmail", "gmail english", "thunderbird", "marks alone"])
def test_answer_below_the_quote_is_kept(name: str) -> None:
    assert strip(f"{QUOTES[name]}\n\n{OWN}\n").reply == OWN


HEAD = "De : Client <c@d.fr>\nDate : lun. 14 juin 2010 à 08:00\nObjet : Site en panne\nÀ : <l@x.fr>"
FORWARDS = {
    "gmail": f"---------- Forwarded message ---------\n{HEAD}\n\n{QUOTED}",
    "with what it answers": f"---- Forwarded message ----\n{HEAD}\n\n{OUTLOOK}\n\n{QUOTED}\n\n{MARKED}",
    "thunderbird": f"-------- Message transféré --------\n{HEAD}\n\n{QUOTED}",
    "apple": f"Début du message réexpédié :\n\n{MARKED}",
    "telephone": f"Envoyé de mon iPhone\n\nBegin forwarded message:\n\n{MARKED}",
    "courriel": f"-------- Courriel transféré --------\n{HEAD}\n\n{QUOTED}",
    "german": f"-------- Weitergeleitete Nachricht --------\n{HEAD}\n\n{QUOTED}",
    "german, apple": f"Anfang der weitergeleiteten Nachricht:\n\n{MARKED}",
    "spanish": f"-------- Mensaje reenviado --------\n{HEAD}\n\n{QUOTED}",
    "spanish, apple": f"Inicio del mensaje reenviado:\n\n{MARKED}",
    "dutch": f"-------- Doorgestuurd bericht --------\n{HEAD}\n\n{QUOTED}",
    "dutch, apple": f"Begin doorgestuurd bericht:\n\n{MARKED}",
}


@pytest.mark.parametrize("name", FORWARDS)
def test_what_a_person_passes_on_is_kept_and_not_taken_for_their_word(name: str) -> None:
    text = f"Pouvez-vous regarder ?\n\n{FORWARDS[name]}".replace("> \n", ">\n")

    assert strip(f"{text}\n", "<p>Pouvez-vous</p><blockquote type=cite>x</blockquote>") == Stripped(
        reply=text, quoted="", certain=False
    )


def test_forward_that_only_its_subject_tells_is_kept() -> None:
    text = f"Pouvez-vous regarder ?\n\n{OUTLOOK}\n\n{QUOTED}"

    assert strip(text, subject="TR: panne") == Stripped(reply=text, quoted="", certain=False)
    assert strip(text, subject="Re: TR: panne") == Stripped(
        reply="Pouvez-vous regarder ?", quoted=f"{OUTLOOK}\n\n{QUOTED}"
    )
    assert strip(OWN, subject="TR: panne") == Stripped(reply=OWN, quoted="")


def test_headers_that_a_person_shows_are_their_words() -> None:
    """Whose mails do not arrive shows the headers of one, and goes on below."""
    shown = f"Voici l'en-tête du mail rejeté :\n\n{HEAD}\n\nPouvez-vous voir pourquoi ?"

    assert strip(shown) == Stripped(reply=shown, quoted="")
    assert strip(f"{shown}\n\n{OUTLOOK}\n\n{QUOTED}").reply == shown


def test_forward_within_what_is_quoted_is_quoted() -> None:
    assert strip(f"{OWN}\n\n{OUTLOOK}\n\n{FORWARDS['gmail']}").reply == OWN


WORDS = {
    "one word": "Oui.",
    "thanks": "OK merci",
    "letter": OWN,
    "english": "Hi,\n\nYes please. On Monday at 10:00 the site was down again: same error.\n\nBest regards,\nJane",
    "list": "* site A : en panne\n* site B : répond\n\n> 3 ms de latence\n\nVoilà.",
    "numbers": "1) oui\n2) non, le port est 8080\n3) voir https://x.fr/a?b=c",
}
S = "Support <support+k1@host.fr>"
OURS = "\n".join(f"> {line}" for line in (MARKER_FR, "", *QUOTED.split("\n")))
# What each program puts above a quote that it marks line by line; below some of these a person may go on.
ABOVE_MARKS = {
    "thunderbird": "Le 14/06/2010 à 09:30, Support a écrit\u00a0:",
    "gmail, narrow spaces": f"Le\u00a0lun. 14 juin 2010 à\u00a009:30, {S} a écrit\u202f:\n",
    "gmail, cut before the verb": f"On Mon, Jun 14, 2010 at 9:30\u202fAM {S}\nwrote:\n",
    "gmail, cut within the verb": f"Le lun. 14 juin 2010, 09:30, {S} a\nécrit :\n",
    "roundcube": "Le 2010-06-14 09:30, Support a écrit :",
    "spark": f"Le 14 juin 2010 à 09:30 +0200, {S}, a écrit :",
    "k-9": f"Le 14 juin 2010 09:30:00 GMT+02:00, {S} a écrit :",
    "fairemail": f"14 juin 2010 09:30:00 {S}:\n",
    "tutanota": "14 juin 2010, 09:30 de support@host.fr :\n",
    "horde": f"{S} a écrit :\n",
    "horde, quoting": f"Selon {S}:\n",
    "an author alone": "Jean-Luc Dupont a écrit :\n",
    "zoho": f"---- Sur Mon, 14 Jun 2010 09:30:00 +0200 {S} a écrit ---\n",
    "proton": f"‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐\nOn Monday, June 14th, 2010 at 9:30 AM, {S} wrote:\n",
    "em client": f"------ Message d'origine ------\nDe {S}\nÀ l@x.fr\nDate 14/06/2010 09:30:00\nObjet a\n",
    "ionos": f"> {S} hat am 14.06.2010 09:30 CEST geschrieben:\n>",
    "german": "Am 14.06.2010 um 09:30 schrieb Support:",
    "spanish": "El 14/6/10 a las 9:30, Support escribió:",
    "italian": f"Il giorno lun 14 giu 2010 alle ore 09:30 {S}\nha scritto:\n",
    "dutch": f"Op 14 jun. 2010 om 09:30 heeft {S} het volgende geschreven:\n",
    "portuguese": f"{S} escreveu (segunda, 14/06/2010\nà(s) 09:30):\n",
    "polish": "W dniu 14.06.2010 o 09:30, Support pisze:",
    "hungarian": f"{S} ezt írta (időpont: 2010. jún. 14., H, 9:30):\n",
    "russian": "14.06.2010 09:30, Support пишет:",
    "the day behind": "Jean-Luc Dupont a écrit le 14/06/2010 09:30 :\n",
    "chinese": f"{S} 于2010年6月14日周一 09:30写道：\n",
}
# What others put above a quote that nothing marks.
ABOVE_PLAIN = {
    "outlook, no-break spaces": OUTLOOK.replace(" :", "\u00a0:"),
    "outlook, telephone": f"Obtenez Outlook pour iOS<https://aka.ms/x>\n{LINE}",
    "outlook, spanish": f"De: {S}\nEnviado: lunes, 14 de junio de 2010 9:30\nPara: l@x.fr\nAsunto: a",
    "outlook, german": f"Von: {S}\nGesendet: Montag, 14. Juni 2010 09:30\nAn: l@x.fr\nBetreff: a",
    "outlook, copied to many": f"De : {S}\nEnvoyé : 14 juin 2010\nÀ : l@x.fr;\nLuc <u@x.fr>\nObjet : a",
    "thunderbird, as new": f"-------- Message original --------\nSujet : \ta\nDate : \tMon, 14 Jun 2010\nDe : \t{S}",
    "windows mail": "Provenance : Courrier pour Windows\n\nDe : Support\nEnvoyé le :14 juin\nÀ : l@x.fr\nObjet :a",
    "orange": f"envoyé : 14 juin 2010 à 09:30\nde : {S}\nà : l@orange.fr\nobjet : a",
    "orange, telephone": f"Envoyé depuis l'application Mail Orange\n\n----------\n\nObjet : a\nDe : {S}\nÀ : l@x.fr",
    "sfr": f"{'=' * 40}\n\nMessage du : 14/06/2010 09:30\nDe : {S}\nA : l@sfr.fr\nSujet : a",
    "notes": f"De :        {S}\nA :        l@x.fr\nDate :        14/06/2010 09:30\nObjet :        a",
    "samsung": f"-------- Message d'origine --------De : {S} Date : 14/06/2010  09:30 À : l@x.fr Objet : a",
    "yahoo": f"    Le lundi 14 juin 2010 à 09:30:00 UTC+2, {S} a écrit :  \n ",
    "yahoo, telephone": f"Envoyé à partir de Yahoo Mail pour iPhone\n\nLe lundi, juin 14, 2010, 9:30, {S} a écrit :",
    "outlook, german, no address": "Von: Support\nGesendet: Montag, 14. Juni 2010 09:30\nAn: Anne\nBetreff: a",
    "outlook, dutch, no address": "Van: Support\nVerzonden: 14 juni 2010 09:30\nAan: Piet\nOnderwerp: a",
    "gmx": f"Gesendet: Montag, 14. Juni 2010 um 09:30 Uhr\nVon: {S}\nAn: l@x.de\nBetreff: a",
    "t-online": f"-----Original-Nachricht-----\nBetreff: a\nDatum: 2010-06-14T09:30\nVon: {S}\nAn: l@x.de",
    "roundcube, dutch": f"-------- Oorspronkelijk bericht --------\nOnderwerp: a\nVan: {S}",
    "notes, french": f"{S} a écrit le 14/06/2010 09:30:00 :",
    "yahoo, on its line": f"Le lun., juin 14, 2010 à 9:30, {S} a écrit :   Bonjour,",
}
ENDS = ["", "\n\n-- \nLoïc Béranger\nGérant, Boulangerie du Port", "\n\nEnvoyé de mon iPhone"]


@pytest.mark.parametrize("name", [*ABOVE_MARKS, *ABOVE_PLAIN])
def test_quote_of_any_program_below_any_words_is_taken_away(name: str) -> None:
    quotes = [f"{ABOVE_MARKS[name]}\n{OURS}"] if name in ABOVE_MARKS else [f"{ABOVE_PLAIN[name]}\n\n{QUOTED}"]

    for words, quote, end in itertools.product(WORDS.values(), quotes, ENDS):
        stripped = strip(f"{words}{end}\n\n{quote}\n")

        assert (stripped.reply, stripped.certain) == (words, True)


@pytest.mark.parametrize("name", ABOVE_MARKS)
def test_words_below_the_quote_of_any_program_are_kept(name: str) -> None:
    for words, before in itertools.product(WORDS.values(), ["", "Bonjour,\n\n"]):
        reply = strip(f"{before}{ABOVE_MARKS[name]}\n{OURS}\n\n{words}\n").reply

        assert reply.startswith(before.strip())
        assert reply.endswith(words)


def test_postscript_below_the_line_of_a_telephone_is_kept() -> None:
    text = f"{OWN}\n\nEnvoyé de mon iPhone\n\nP.S. : le mot de passe a changé."

    assert strip(text).reply == text


def test_words_below_a_quote_that_was_broken_decide_nothing() -> None:
    broken = "> Pour accepter, répondez en une ligne :\nJ'accepte le devis DEV-1\n> Le support\n"

    assert not strip(broken).certain
    assert strip("> Le support\n\nJ'accepte le devis DEV-1").certain


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
        "Outlook für Android<https://aka.ms/x> beziehen",
        "Obtener Outlook para iOS<https://aka.ms/x>",
        "Outlook voor iOS<https://aka.ms/x> downloaden",
        "Gesendet mit [Proton Mail](https://proton.me/mail/home) sichere E-Mail.",
        "Enviado con el correo electrónico seguro de [Proton Mail](https://proton.me/mail/home).",
        "Verzonden met Proton Mail beveiligde e-mail.",
        "Gesendet mit der Telekom Mail App",
        "Verzonden vanuit Mail voor Windows",
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
        "| site | état |\n| a.fr | 500 |\n\nvoir ci-dessus",
        "Hier, Paul <paul@x.fr> m'a écrit le 12/03/2010 :\n\nplus rien ne marche",
        "De : Paris\nÀ : Lyon\nDate : 12/03/2010\n\nle billet n'est pas parti",
        "Von: Köln\nAn: Bonn\nDatum: 12.03.2010\n\nkam nie an",
        "Paul <paul@x.fr> a écrit le 3 mars que tout marche :\n\nc'est faux",
        "a\n|\n|\nb",
        "Pour support@host.fr, le 12/03/2010 à 10:00 :\n\nle site est tombé",
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
    assert stripped.goes_on
    assert not strip("a\n\n" + "> b\n" * 3000).goes_on
    assert not strip("a\n" * 2000).goes_on
    assert strip("a\n" * 3000, answers=False).goes_on


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


@pytest.mark.parametrize("frame", ["{}", "<div>{}</div>", "<div><div><span>{}</span></div></div>"])
def test_answer_below_all_that_outlook_quotes_is_not_taken_for_its_signature(frame: str) -> None:
    """What is quoted stands beside the frames of its headers, and marks nothing."""
    headers = ["De : Support <aide@host.fr>", "Envoyé : lundi 3 février 2025 14:12", "À : Léa", "Objet : Panne"]
    said = ["Depuis quand ?", "", "-- ", "Le support", "", "Lundi"]
    lined = (
        f"<div style='border:none;border-top:solid #E1E1E1 1.0pt'><p>{'<br>'.join(map(escape, headers))}</p></div>"
    )
    html = f"<body>{frame.format(lined)}{''.join(f'<p>{line}</p>' for line in said)}</body>"
    text = "\n".join([*headers, "", *said])

    assert strip(text, html, "RE: Panne") == Stripped(reply=text, quoted="", certain=False)


def test_answers_between_quotes_that_only_the_html_shows_are_kept() -> None:
    """A mail without a plain part: its text has no mark, and what introduces the first quote seems to end it."""
    text = "Voici :\n\nLe 14/06/2010 09:30, S a écrit :\n\nQuel jour ?\n\nLundi.\n\nQuelle heure ?\n\n10 h."
    html = (
        "<p>Voici :</p><div class='gmail_quote'><p>Le 14/06/2010 09:30, S a écrit :</p>"
        "<blockquote class='gmail_quote'>Quel jour ?</blockquote><p>Lundi.</p>"
        "<blockquote class='gmail_quote'>Quelle heure ?</blockquote><p>10 h.</p></div>"
    )

    reply = strip(text, html).reply

    assert [line for line in reply.split("\n") if line.strip()] == [
        "Voici :",
        "Le 14/06/2010 09:30, S a écrit :",
        "> Quel jour ?",
        "Lundi.",
        "> Quelle heure ?",
        "10 h.",
    ]


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
    "quotes beside quotes": "<blockquote type=cite>a</blockquote>" * 9_000,
    "beginnings": "<div id=divRplyFwdMsg>a</div>" * 9_000,
    "authors": "X a écrit :\n> a\n" * 1000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_no_time(name: str) -> None:
    with taking_less_than(0.5):
        strip(HOSTILE[name], HOSTILE[name])
