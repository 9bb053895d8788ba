"""Whether a person wrote a mail: what machines write is known by headers, sender, envelope or their own subjects."""

import pytest

from bot.channels.mail.compose import Letter, build
from bot.channels.mail.parse import parse
from tests.builders import MONDAY


def why(*headers: str, subject: str = "Panne", sender: str = "bob@clientsa.fr", mail_from: str | None = None) -> str:
    """Why no person wrote this mail; empty when one seems to have."""
    lines = [f"From: {sender}", f"Subject: {subject}", *headers, "", "Bonjour,", "mon site est en panne.", ""]
    return parse("\r\n".join(lines).encode(), sender if mail_from is None else mail_from).automatic or ""


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated; owner-email=x@y",
        "Precedence: bulk",
        "Precedence: Auto_Reply",
        "List-Id: <news.host.example>",
        "List-Unsubscribe: <mailto:leave@host.example>",
        "X-Auto-Response-Suppress: All\r\nAuto-Submitted: auto-replied",
        "X-Auto-Response-Suppress: OOF, DR",
        "X-Autoreply: yes",
        "X-Autorespond: absence",
        "X-Cron-Env: <SHELL=/bin/sh>",
        "X-FC-MachineGenerated: true",
        "X-POST-MessageClass: 9; Autoresponder",
        "X-Autoreply-From: bob@clientsa.fr",
        "X-Auto-Generated: true",
        "X-Mail-Vacation: yes",
        "X-Comptoir-Loop: host.example",
        "Auto-Submitted: no\r\nAuto-Submitted: auto-replied",
    ],
)
def test_header_of_a_machine(header: str) -> None:
    assert why(header)


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: no",
        "Precedence: normal",
        "X-Autoreply: no",
        "Feedback-ID: 1.eu",
        "X-Auto-Response-Suppress: DR, RN",
        "X-POST-MessageClass: 1; Mail",
        "X-Auto-Generated: false",
    ],
)
def test_header_that_people_have_too(header: str) -> None:
    assert why(header) == ""


@pytest.mark.parametrize(
    ("headers", "subject", "reason"),
    [
        ("X-Auto-Response-Suppress: All", "Panne", "x-auto-response-suppress"),
        ("X-Auto-Response-Suppress: All\r\nAuto-Submitted: auto-replied", "Panne", "auto-submitted"),
        ("List-Unsubscribe: <mailto:a@b.fr>\r\nList-Id: <b.fr>", "Panne", "list-id"),
        ("X-Auto-Response-Suppress: All", "Réponse automatique : Panne", "subject"),
        ("List-Unsubscribe: <mailto:a@b.fr>\r\nX-Auto-Response-Suppress: All", "Panne", "list-unsubscribe"),
    ],
)
def test_header_that_mails_of_people_bear_too_is_the_reason_only_where_there_is_no_other(
    headers: str, subject: str, reason: str
) -> None:
    assert why(headers, subject=subject) == reason


@pytest.mark.parametrize(
    ("sender", "subject"),
    [
        ("Cron <root@clientsa.fr>", "Panne"),
        ("root@web1.clientsa.fr (Cron Daemon)", "Panne"),
        ("root@web1.clientsa.fr", "Cron <root@web1> /usr/local/bin/backup.sh"),
    ],
)
def test_mail_of_cron(sender: str, subject: str) -> None:
    assert why(sender=sender, subject=subject) == "cron"


@pytest.mark.parametrize(
    ("sender", "subject"),
    [
        ("root@clientsa.fr", "Panne"),
        ("Bob Cron <bob@clientsa.fr>", "Panne"),
        ("bob@clientsa.fr", "Cron ne tourne plus"),
        ("bob@clientsa.fr", "Re: Cron <root@web1> /usr/local/bin/backup.sh"),
        ("bob@clientsa.fr", "TR: Cron <root@web1> /usr/local/bin/backup.sh"),
    ],
)
def test_person_who_writes_about_cron(sender: str, subject: str) -> None:
    assert why(sender=sender, subject=subject) == ""


@pytest.mark.parametrize(
    "sender",
    [
        "no-reply@slack.com",
        "noreply@github.com",
        "notifications+a7@github.com",
        "drive-shares-noreply@google.com",
        "ne-pas-repondre@impots.fr",
        "do_not_reply@apple.com",
        "MAILER-DAEMON@clientsa.fr",
        "bounces+123@lists.example",
    ],
)
def test_sender_that_is_a_robot(sender: str) -> None:
    assert why(sender=sender) == "robot sender"


@pytest.mark.parametrize("sender", ["norbert@clientsa.fr", "noreen.reply@clientsa.fr", "bounce.house@clientsa.fr"])
def test_sender_whose_name_only_sounds_like_one(sender: str) -> None:
    assert why(sender=sender) == ""


@pytest.mark.parametrize(
    "subject",
    [
        "Réponse automatique : Panne",
        "Absence du bureau",
        "Message d’absence",
        "Automatic reply: Panne",
        "Out of office until Monday",
        "Automatische Antwort: Panne",
        "Abwesenheitsnotiz",
        "Respuesta automática: Panne",
        "Risposta automatica: Panne",
        "Automatisch antwoord: Panne",
        "自動返信: Panne",
        "Автоматический ответ: Panne",
        "Afwezigheidsbericht: Panne",
        "[Auto-Reply] Panne",
        "Réponse automatique de Bob",
        "Out of office - on leave until Monday",
        "Message automatique",
        "Congés : Re: Panne",
        "Fermeture annuelle – RE : Panne",
        "Congés d'été Re: [INC-118] Panne",
        "Absence du bureau Re: [INC-118] Panne",
        "Absente jusqu'au 12 - Re: Panne",
        "En vacances RE: Panne",
        "On leave until Monday Re: Panne",
        "Urlaub bis 12.7. AW: Panne",
        "Accusé de réception : Panne",
        "Lu : Panne",
        "Not read: Panne",
        "Undelivered Mail Returned to Sender",
        "Delivery Status Notification (Failure)",
        "Mail delivery failed: returning message to sender",
    ],
)
def test_subject_of_a_machine_without_any_header(subject: str) -> None:
    assert why(subject=subject) == "subject"


@pytest.mark.parametrize(
    "subject",
    [
        "Verify your Apple ID email address",
        "Please confirm your e-mail",
        "Vérifiez votre adresse e-mail",
        "Veuillez confirmer votre adresse électronique",
        "Slack confirmation code: AB1-2CD",
        "Your GitHub verification code is 482911",
        "482911 is your Apple ID code",
        "Votre code de vérification est 4829",
    ],
)
def test_mail_to_whoever_signs_up_with_an_address(subject: str) -> None:
    assert why(subject=subject, sender="appleid@id.apple.com") == "sign-up"


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Panne",
        "Code de vérification jamais reçu par mes clients",
        "Login code is broken",
        "Vérifiez votre compte, j'ai payé",
        "Confirm your opening hours",
        "Please verify your e-mail settings for our domain",
        "Échec de livraison de nos mails depuis hier",
        "Retour de mail : que faire ?",
        "Undelivered orders in my shop",
        "Mes mails ne sont plus remis",
        "Automatisation en panne",
        "Réponse automatique du serveur en erreur",
        "Automatic reply is broken on our mailbox",
        "Réponse automatique à désactiver",
        "Réponse automatique impossible à activer",
        "Message automatique d’absence ne marche pas",
        "Out of office reply does not work",
        "Autoreply loops since the migration",
        "Delivery Status Notification messages flood my inbox",
        "Automatische Antwort funktioniert nicht",
        "Abwesenheitsnotiz wird nicht versendet",
        "Automatisch antwoord werkt niet",
        "Respuesta automática no funciona",
        "Congés : les mails n'arrivent plus",
        "Je suis absent demain, mais le site est en panne",
        "Lu dans les journaux",
        "Re: Absence de réponse, congés ?",
        "Absence de mails depuis hier",
        "Vacation rental site is down",
        "Absence de réponse à ma demande : que faire ?",
        "Congés d'été : le site de réservation est en panne",
        "TR: Undelivered Mail Returned to Sender",
        "Undelivered Mail Returned to Sender : que faire ?",
        "Delivery Status Notification (Failure) à chaque envoi",
    ],
)
def test_subject_of_a_person_with_a_problem(subject: str) -> None:
    """They write to a hosting provider: mails that come back are what it is about."""
    assert why(subject=subject) == ""


def test_null_sender_is_a_machine() -> None:
    assert why(mail_from="") == "null sender"


def test_our_own_mail_that_comes_round_is_known_by_its_header() -> None:
    """Even where no robot marked it: a rule that forwards everything back to us."""
    letter = Letter(
        message_id="1@host.example",
        sender_name="Hébergeur",
        sender="support@host.example",
        to="bob@clientsa.fr",
        envelope_sender="bounce+1@host.example",
        reply_to="support+1@host.example",
        subject="[INC-1] Panne",
        text="Nous regardons.",
        date=MONDAY,
        automatic=False,
    )

    assert parse(build(letter), "bob@clientsa.fr").automatic == "x-comptoir-loop"
