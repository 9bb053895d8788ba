"""Secrets in what people write, hidden before the words leave the database: for chat, logs and titles.

Customers send passwords however they are told not to. What a text calls a secret is one; what only looks like one is
one where its shape is that of a known issuer. Nothing is guessed from randomness: hashes and paths in error messages
are what staff must see.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from stdnum import iban, luhn

from bot.app.links import masked

HIDDEN: Final = "••••••"
Replace = Callable[[re.Match[str]], str]


def mask(text: str) -> str:
    """The text with what looks like a secret hidden, and our own links made useless; what is on file stays."""
    text = masked(text)
    lower = text.lower()
    for marks, pattern, replace in _RULES:
        if not marks or any(mark in lower for mark in marks):
            text = pattern.sub(replace, text)
    return text


def _value(found: re.Match[str]) -> str:
    """Hides what a name of a secret stands before, unless a plain word says what is wrong with it."""
    value = found["value"]
    return found[0] if _is_plain(value) else f"{found['name']}{HIDDEN}{_after(value)}"


def _if_it_looks_like_one(found: re.Match[str]) -> str:
    value = found["value"]
    return found[0] if _is_plain(value) or not _is_mixed(value) else f"{found['name']}{HIDDEN}{_after(value)}"


def _if_it_is_long(found: re.Match[str]) -> str:
    return _if_it_looks_like_one(found) if len(found["value"]) >= _LONG else found[0]


def _all(found: re.Match[str]) -> str:
    return f"{found['name']}{HIDDEN}"


def _card(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found[0])
    return f"{HIDDEN}{digits[-4:]}" if luhn.is_valid(digits) else found[0]


def _iban(found: re.Match[str]) -> str:
    compact = re.sub(r"\s", "", found[0])
    return f"{compact[:4]} {HIDDEN} {compact[-4:]}" if iban.is_valid(compact) else found[0]


def _after(value: str) -> str:
    """What closes around a value is not part of it."""
    return value[len(value.rstrip("\"'`»)]},;")) :]


def _is_plain(value: str) -> bool:
    bare = value.strip("\"'`«»()[]{}<>.,;:!?…\u00a0 ").casefold()
    return not bare or bare in _PLAIN or set(bare) <= set("*•x.-_") or bool(_ELIDED.match(bare))


def _is_mixed(value: str) -> bool:
    """Letters with digits or signs among them, as in no word; not a call, a path or a name of a method."""
    bare = value.strip("\"'`«»()[]{}<>.,;:!?…")
    signs = re.search(r"[^\W_].*[!@#$%^&*+=?~].*|[!@#$%^&*+=?~].*[^\W_]", bare)
    digits = re.search(r"\d", bare) and re.search(r"[^\W\d_]", bare)
    return bool(len(bare) >= _SHORTEST and (digits or signs) and not _TECHNICAL.match(bare))


_SHORTEST: Final = 4
_LONG: Final = 16

# What stands after "password:" and is none: states, answers of programs, and how a sentence goes on.
_PLAIN_WORDS: Final = """
yes no oui non true false null nil none undefined empty vide ok ko is are was not est sont the a an le la les
un une des du de your my our his her their votre vos mon ma mes notre nos son sa leur this that these those ce
cet cette ces it we i you he she they nous vous je tu il elle on ils elles who what when where why how if
because since so qui que quoi quand où pourquoi comment si car parce puisque donc and or but et ou mais for
with without in at to from by as pour avec sans dans en à au aux par comme sur do does did can could cannot
will would should must please merci only just here there always never still again after before every all new
old toujours jamais encore après avant depuis tout toute tous chaque aucun aucune any some ici là voir see
same idem incorrect incorrecte incorrects invalid invalide invalides wrong faux fausse bad expired expiré
expirée expires required requis requise needed missing manquant manquante unknown inconnu inconnue forgotten
oublié oubliée lost perdu perdue changed changé changée modifié modifiée reset réinitialisé refused refusé
refusée rejected rejeté denied mismatch failed failure error erreur unexpected expected authentication string
redacted masqué hidden caché
"""
_PLAIN: Final = frozenset(_PLAIN_WORDS.split())
_ELIDED: Final = re.compile(r"(?:[cdjlmnst]|qu|it|that|don|can|won|isn|doesn|didn|i|we|you)['’]\w", re.IGNORECASE)
_TECHNICAL: Final = re.compile(
    r"(?:sha|md|php|ipv|utf|mysql|mariadb|postgres(?:ql)?|oauth|base|aes|rsa|tls|ssl|https?|wpa|windows|win|office|crypt|"
    r"bcrypt|argon|wordpress|drupal|joomla|debian|ubuntu|python|o365|m365)[-_ ]?v?\d[\d.]*$|"
    r"[\w.\\:>-]+\(|(?:\.{0,2}/|[A-Za-z]:\\)|\d+(?:[.:h/-]\d+)*(?:st|nd|rd|th|er|e|h|min|s|ms|go|mo|ko|gb|mb|kb|€|%)?$",
    re.IGNORECASE,
)

_SEPARATED: Final = r"[\"'`\]]{0,2}[^\S\n]{0,4}(?::=|=>|[:=\uff1a])[^\S\n]{0,4}"
_QUOTED_OR_NOT: Final = (
    r"(?P<value>\"[^\"\n]{1,200}\"?|'[^'\n]{1,200}'?|`[^`\n]{1,200}`|«[^»\n]{1,200}»|[^\s\"'`<>«]\S{0,300})"
)
_STRONG: Final = (
    r"(?:mots?[ \u00a0_-]de[ \u00a0_-]passe|mdp|m\.d\.p\.?|pass[ _-]?word|passwd|passwort|contraseña|pwd|"
    r"api[ _-]?key|clé[ _-]?(?:d['’])?api|(?:secret|private|access|auth)[ _-]?(?:access[ _-]?)?key|secret_key_base|"
    r"clé[ _-](?:secrète|privée)|client[ _-]?secret|code[ _-](?:d['’]accès|pin|secret)|pin[ _-]?code|access[ _-]code)"
)
_PHRASE: Final = r"(?:pass[ _-]?phrase|phrase[ _-]de[ _-]passe|seed[ _-]phrase)"
_WEAK: Final = r"(?<![^\W_])(?:token|jeton|secret|pass|psw|credentials?)"
_KEY: Final = r"(?<![^\W_])(?:key|clé)"
_LOGIN: Final = (
    r"(?<![^\W_])(?:identifiants?|login|credentials?|accès|acces|access|ftp|sftp|ssh|compte|account|user(?:name)?)"
)

_NAMED: Final[tuple[tuple[str, Replace], ...]] = (
    # `Password: x`, `DB_PASSWORD=x`, `"password": "x"`, `'password' => 'x'`, `login/mdp : bob / x`.
    (rf"(?P<name>{_STRONG}\w{{0,3}}{_SEPARATED}(?:[^\s/]{{1,80}}[^\S\n]+/[^\S\n]+)?){_QUOTED_OR_NOT}", _value),
    (
        rf"(?P<name>define\([^\S\n]{{0,4}}['\"]\w{{0,40}}{_STRONG}['\"][^\S\n]{{0,4}},[^\S\n]{{0,4}}){_QUOTED_OR_NOT}",
        _value,
    ),
    (rf"(?P<name>{_PHRASE}{_SEPARATED})(?P<value>[^\n]{{1,200}})", _value),
    # On the line below its name.
    (rf"(?P<name>{_STRONG}{_SEPARATED}\n[^\S\n]{{0,8}}){_QUOTED_OR_NOT}", _if_it_looks_like_one),
    # `my password is x`, `mdp x`, `le mot de passe est x`.
    (
        rf"(?P<name>(?<![^\W_]){_STRONG}[^\S\n]{{1,3}}(?:(?:is|est|sera|was|était)[^\S\n]{{1,3}})?(?:now[^\S\n]{{1,3}})?)"
        rf"{_QUOTED_OR_NOT}",
        _if_it_looks_like_one,
    ),
    (rf"(?P<name>{_WEAK}{_SEPARATED}){_QUOTED_OR_NOT}", _if_it_looks_like_one),
    (rf"(?P<name>{_KEY}{_SEPARATED}){_QUOTED_OR_NOT}", _if_it_is_long),
    # `Accès FTP : bob / x`.
    (
        rf"(?P<name>{_LOGIN}[^\S\n]{{0,3}}\w{{0,12}}{_SEPARATED}[^\s/|]{{1,80}}[^\S\n]{{0,3}}[/|][^\S\n]{{0,3}})"
        r"(?P<value>[^\s/|]{1,200})",
        _if_it_looks_like_one,
    ),
    # `<password>x</password>`
    (rf"(?P<name><\w{{0,40}}{_STRONG}>)(?P<value>[^<\n]{{1,200}})", _value),
)

_SHAPED: Final[tuple[tuple[str, Replace], ...]] = (
    (
        r"(?P<name>)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?"
        r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
        lambda _: f"[private key {HIDDEN}]",
    ),
    (r"(?P<name>PuTTY-User-Key-File-\d:).*?(?:Private-MAC: ?\w{1,128}|\Z)", lambda m: f"{m['name']} {HIDDEN}"),
    # Whoever is in a URL: its password.
    (r"(?P<name>\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{0,100}:)[^\s/@]{1,200}(?=@)", _all),
    # Headers: RFC 7235, RFC 6750, RFC 6265.
    (r"(?P<name>\b(?:proxy-)?authorization[\"']?[^\S\n]{0,3}[:=][^\S\n]{0,3}[\"']?)[^\n\"']{1,4000}", _all),
    (r"(?P<name>\b(?:bearer|basic)[^\S\n]{1,3})(?=[^\s]{0,200}[\d=+/])[\w.~+/=-]{16,4000}", _all),
    (r"(?P<name>\b(?:set-)?cookie:[^\S\n]{0,3})[^\n]{1,4000}", _all),
    # Command lines.
    (r"(?P<name>\bmysql(?:dump|admin)?\b[^\n]{0,200}?\s-p)(?=\S)[^\s-]\S{2,100}", _all),
    (r"(?P<name>\bcurl\b[^\n]{0,200}?\s(?:-u|--user)[ =][^\s:]{1,80}:)\S{1,200}", _all),
    (r"(?P<name>\bsshpass\s{1,3}-p\s{0,3})\S{1,200}", _all),
    # Issuers that mark what they issue.
    (r"(?P<name>)\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b", _all),
    (r"(?P<name>)\b(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{22,255})", _all),
    (r"(?P<name>)\bgl(?:pat|dt|rt|cbt|ptt|ft|soat)-[\w-]{20,255}", _all),
    (r"(?P<name>)\b(?:xox[a-z]|xapp)-[\w-]{10,255}", _all),
    (r"(?P<name>hooks\.slack\.com/(?:services|workflows|triggers)/)[\w/]{10,255}", _all),
    (r"(?P<name>)\b(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9+/=]{10,255}", _all),
    (r"(?P<name>)\bAIza[\w-]{35}\b", _all),
    (r"(?P<name>)\bya29\.[\w-]{20,1000}", _all),
    (
        r"(?P<name>)\b(?:npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,500}|dop_v1_[a-f0-9]{64}|hf_[A-Za-z0-9]{30,}|sk-[\w-]{20,255})",
        _all,
    ),
    (r"(?P<name>)\bSG\.[\w-]{16,64}\.[\w-]{16,128}", _all),
    (r"(?P<name>)\beyJ[\w-]{8,4000}\.eyJ[\w-]{4,8000}\.[\w-]{0,2000}", _all),
    # Passwords as systems keep them: crypt(3).
    (r"(?P<name>)\$(?:2[abxy]?|1|5|6|y|apr1|argon2\w{1,2})\$[\w./$=,+-]{20,300}", _all),
    # Payment cards by their issuers' first digits, and accounts (ISO 13616); both by their own check digits.
    (
        r"(?<![\w.-])(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6(?:011|5\d{2}))(?:[ -]?\d{4}){3}(?![\w-])|"
        r"(?<![\w.-])3[47]\d{2}[ -]?\d{6}[ -]?\d{5}(?![\w-])",
        _card,
    ),
    (r"(?<!\w)[A-Z]{2}\d{2}(?:[ \u00a0]?[A-Z0-9]{4}){2,7}(?:[ \u00a0]?[A-Z0-9]{1,3})?(?!\w)", _iban),
)
_CASE_MATTERS: Final = ("AKIA", "AIza", "[A-Z]{2}\\d{2}", "eyJ", "SG\\.", "BEGIN")

# No rule is tried on a text without one of these: looking for words is a hundred times faster.
_MARKS: Final[Mapping[str, tuple[str, ...]]] = {
    _STRONG: ("pass", "mdp", "m.d.p", "contraseña", "pwd", "key", "clé", "secret", "code", "pin"),
    _PHRASE: ("phrase",),
    _WEAK: ("token", "jeton", "secret", "pass", "psw", "credential"),
    _KEY: ("key", "clé"),
    _LOGIN: ("ident", "login", "cred", "acc", "ftp", "ssh", "compte", "user"),
    "BEGIN": ("private key",),
    "PuTTY": ("putty",),
    "://": ("://",),
    "authorization": ("authorization",),
    "bearer": ("bearer", "basic"),
    "cookie": ("cookie",),
    "mysql": ("mysql",),
    "curl": ("curl",),
    "sshpass": ("sshpass",),
    "hooks": ("hooks.slack.com",),
    "AKIA": ("akia", "asia", "abia", "acca"),
    "github_pat": ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    "soat": ("glpat", "gldt", "glrt", "glcbt", "glptt", "glft", "glsoat"),
    "xapp": ("xox", "xapp"),
    "whsec": ("_live_", "_test_", "whsec_"),
    "AIza": ("aiza",),
    "ya29": ("ya29",),
    "pypi": ("npm_", "pypi-", "dop_v1_", "hf_", "sk-"),
    "SG": ("sg.",),
    "eyJ": ("eyj",),
    "argon2": ("$",),
}


def _rule(pattern: str, replace: Replace) -> tuple[tuple[str, ...], re.Pattern[str], Replace]:
    flags = re.DOTALL | (0 if any(one in pattern for one in _CASE_MATTERS) else re.IGNORECASE)
    marks = next((marks for part, marks in _MARKS.items() if part in pattern), ())
    return marks, re.compile(pattern, flags), replace


_RULES: Final = tuple(_rule(pattern, replace) for pattern, replace in (*_SHAPED, *_NAMED))
