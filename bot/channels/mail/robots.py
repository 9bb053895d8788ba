"""Whether a person wrote a mail. What a machine wrote is recorded, never answered and never an answer."""

import re
from collections.abc import Callable, Mapping

from bot.channels.mail.addresses import Address
from bot.channels.mail.headers import Headers
from bot.channels.mail.text import decode_header, one_line

LOOP_HEADER = "X-Comptoir-Loop"

_RULES: dict[str, Callable[[str], bool]] = {
    LOOP_HEADER.lower(): bool,
    "auto-submitted": lambda value: value.split(";")[0].strip().lower() not in {"", "no"},
    "precedence": lambda value: value.strip().lower() in {"bulk", "junk", "list", "auto_reply", "auto-reply"},
    "list-id": bool,
    "list-post": bool,
    "x-cron-env": bool,
    "x-fc-machinegenerated": bool,
    "x-failed-recipients": bool,
    "x-post-messageclass": lambda value: "autoresponder" in value.lower(),
}
# What each program calls by a name of its own: X-Autoreply, X-Autorespond, X-Autoreply-From, X-Mail-Vacation …
_NAMED = re.compile(
    r"x-(?:[a-z0-9]+-)*(?:auto-?(?:repl(?:y|ied)|respon(?:d|der|se)|generated)|vacation)(?!-suppress)(?:-[a-z0-9-]+)?"
)
_DENIALS = frozenset({"", "no", "false", "0"})
# These ask programs to keep silent, or offer a way out: Exchange and help desks put them on mails of people, too.
# They are looked at last: the reason they give says that there is no other.
_WEAK_RULES: dict[str, Callable[[str], bool]] = {
    "list-unsubscribe": bool,
    "x-auto-response-suppress": lambda value: bool({"all", "oof", "autoreply"} & _words(value)),
}
_ROBOT = re.compile(
    r"(?:mailer-?daemon|postmaster|listserv|majordomo|notifications?|bounces|auto-?(?:reply|confirm)|automailer"
    r"|(?:[a-z0-9]+[-_.+])*(?:no|do[-_.]?not|ne[-_.]?pas|pas[-_.]de)[-_.]?(?:reply|reponse|repondre))(?:[-_.+].*)?"
)
# What programs write as a subject of their own: away, or an answer by itself. People who write to a hosting provider
# about mails that come back use the words of bounces; those are known by their envelope, or by the whole phrase.
_SUBJECT = re.compile(
    r"(?:automatic reply"
    r"|auto(?:matic)?[- ]?(?:re|reply|response|responder|réponse)?\s?:|autoreply|auto-reply"
    r"|out of (?:the )?office|ooo:|vacation (?:reply|notice)|away from (?:the )?office|i am out of"
    r"|r[ée]ponse automatique|message (?:de r[ée]ponse )?automatique|(?:message|notification) d['’]absence"
    r"|absen(?:ce|te?) (?:du bureau|temporaire|pour cong[ée]s|jusqu['’]au)|absence\s*(?::|$)"
    r"|(?:je suis )?(?:actuellement )?en (?:cong[ée]s?|vacances)\s*(?:$|du\b|jusqu)"
    r"|(?:fermeture (?:annuelle|estivale)|(?:en )?cong[ée]s|(?:je suis )?absente?)\s*[:–-]\s*re\s?:"
    r"|(?:non )?lu\s?: |(?:not )?read: |accus[ée] de (?:r[ée]ception|lecture)\s?:|\[auto-?reply\]"
    r"|automatische (?:antwort|r[üu]ckantwort)|abwesenheits(?:notiz|nachricht)|abwesend\s*(?::|$)"
    r"|automatisch antwoord|afwezig(?:heid(?:sbericht)?)?\s*(?::|$)|respuesta autom[áa]tica|fuera de (?:la )?oficina"
    r"|risposta automatica|fuori (?:sede|ufficio)|resposta autom[áa]tica|aus[êe]ncia tempor[áa]ria"
    r"|automatiskt? svar|autosvar|automaattinen vastaus|odpowied[źz] automatyczna|automatyczna odpowied[źz]"
    r"|automatick[áa] odpov[ěe][ďd]"
    r"|frav[æa]rende\s?:|автоответ|автоматический ответ|自動(?:返信|応答|回覆)|自动(?:回复|答复)"
    r"|(?:undelivered mail returned to sender|delivery status notification(?: ?\(\w+\))?|mail delivery subsystem"
    r"|mail delivery failed: returning message to sender|failure notice)\s*$"
    r"|returned mail: |undeliverable: |non remis\s?: |unzustellbar: )",
    re.IGNORECASE,
)
# The same names as what a sentence is about: a machine puts nothing, a sign, a name or a day behind them.
_ABOUT_ONE = re.compile(
    r"(?:auto(?:matic|mated)?[- ]?(?:repl(?:y|ies)|respon(?:se|der)s?)|vacation (?:reply|notice)"
    r"|out of office(?: (?:reply|message|notice))?"
    r"|r[ée]ponse automatique|(?:message|notification)(?: de r[ée]ponse)?(?: automatique)?(?: d['’]absence)?"
    r"|automatische (?:antwort|r[üu]ckantwort)|abwesenheits(?:notiz|nachricht)"
    r"|automatisch antwoord|afwezigheidsbericht|respuesta autom[áa]tica|risposta automatica|resposta autom[áa]tica)"
    r" (?:messages? )?(?:(?:is|are|was|does|do|did|not|never|no|fails?|loops?|stop(?:s|ped)?|keeps?|floods?|broken"
    r"|in|on|to|du|des|ne|qui|pas|plus|sur|en|à|impossible|fonctionne|marche|boucle"
    r"|funktioniert|geht|kommt|wird|ist|nicht|werkt|doet|wordt|niet|funciona|falla|non|não)\b"
    r"|de (?:la\b|l['’])|n['’])",
    re.IGNORECASE,
)
# An absence before the subject that it answers: people put nothing before their own "Re:".
_AWAY_BEFORE_ANSWER = re.compile(
    r"(?:en |d[ée]part en |je suis (?:actuellement )?(?:en )?)?(?:cong[ée]s?|vacances|absente?|absence|fermeture"
    r"|on (?:leave|holidays?|vacation)|(?:annual |summer )?(?:leave|holidays?|vacation|closure)|away"
    r"|urlaub|abwesen(?:d|heit))\b[^:]{0,60}(?<!\w)(?:re|aw|r[ée]p)\s?:",
    re.IGNORECASE,
)
# Cron's own subject and name; whoever writes about it answers or passes on, and writes under their own name.
_CRON_SUBJECT = re.compile(r"cron <[^\s<>@]{1,64}@[^\s<>]{1,253}> ", re.IGNORECASE)
_CRON_NAME = re.compile(r"\(?(?:ana)?cron(?: ?daemon)?\)?", re.IGNORECASE)
_CODE_EN = "(?:verification|confirmation|security|log-?in|sign-?in)"
_CODE_FR = "(?:v[ée]rification|confirmation|s[ée]curit[ée]|connexion|validation)"
_CODE = r"(?=\S*\d)[a-z0-9]{2,4}-?[a-z0-9]{2,4}"
# What services send to whoever signs up with an address: with ours, a stranger would pass for one of us.
_SIGN_UP = re.compile(
    r"(?:please )?(?:verify|confirm|activate) your (?:\w+ ){0,3}e-?mail\b(?! (?:settings|server|configuration))"
    r"|(?:veuillez )?(?:v[ée]rifie[rz]|confirme[rz]|valide[rz]) (?:votre |l['’])"
    r"adresse (?:e-?mail|[ée]lectronique|de courriel)\b"
    rf"|.{{0,60}}\b(?:{_CODE_EN} code|code de {_CODE_FR})\s?(?:is|est|:)\s?{_CODE}\s*$"
    rf"|{_CODE} (?:is your|est votre) .{{0,60}}\bcode\b",
    re.IGNORECASE,
)


def automatic(headers: Headers, sender: Address | None, subject: str, mail_from: str | None) -> str | None:
    """Why a machine wrote this, None when a person seems to have. `mail_from` is the envelope's, "" for bounces."""
    if name := _telling(_RULES, headers):
        return name
    for name, value in headers.fields:
        if _NAMED.fullmatch(name) and one_line(decode_header(value)).lower() not in _DENIALS:
            return name
    if mail_from == "" or (mail_from is None and headers.line("return-path") == "<>"):
        return "null sender"
    if headers.line("content-type").lower().startswith("multipart/report"):
        return "report"
    if sender and _ROBOT.fullmatch(sender.local):
        return "robot sender"
    if _SIGN_UP.match(subject):
        return "sign-up"
    if _CRON_SUBJECT.match(subject) or (sender and _CRON_NAME.fullmatch(sender.name)):
        return "cron"
    if _AWAY_BEFORE_ANSWER.match(subject) or (_SUBJECT.match(subject) and not _ABOUT_ONE.match(subject)):
        return "subject"
    return _telling(_WEAK_RULES, headers)


def _telling(rules: Mapping[str, Callable[[str], bool]], headers: Headers) -> str | None:
    """The first header that says what no person's mail says."""
    found = ((name, value) for name, value in headers.fields if name in rules)
    return next((name for name, value in found if rules[name](one_line(decode_header(value)))), None)


def _words(value: str) -> set[str]:
    return {word.strip().lower() for word in value.split(",")}
