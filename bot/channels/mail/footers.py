"""What servers add below each mail: warnings of secrecy, findings of virus scanners, the way to leave a list."""

import re

MOST_LINES = 60
MOST_CHARACTERS = 3000
LONGEST_LIST_FOOTER = 8

_LINK = re.compile(r"\W{0,3}(?:https?://|www\.)\S{1,300}$", re.IGNORECASE)
_ADDRESSES = re.compile(r"https?://\S+", re.IGNORECASE)
_RULE = re.compile(r"[-_=*]{2,}$")
_LIST_RULE = re.compile(r"_{20,}$")
_LIST = re.compile(
    r"\bmailing list\b|unsubscribe|liste de (?:diffusion|discussion)|d[ée]sabonn|d[ée]sinscri|mailingliste"
    r"|abbestellen|lista de correo|listinfo|@lists?\.",
    re.IGNORECASE,
)
_LIST_PLACE = re.compile(r"(?:https?://\S+|\S+@\S+|(?:to unsubscribe|pour (?:se|vous) d[ée]\w+)\b.*)$", re.IGNORECASE)
_PERSON = re.compile(r"\?|\b(?:i|i['’]\w{1,2}|je|j['’]\w+|moi|me|my|mon|ma|mes|ich|mich|yo|ik)\b", re.IGNORECASE)
_THIS_MAIL = re.compile(
    r"\b(?:this|cet?|diese|este|esta|dit|deze|questo|questa) (?:[\w-]+ ){0,3}"
    r"(?:e-?mails?|mails?|messages?(?! d['’]erreur)|communication|transmission|courriels?|courriers?"
    r"|nachricht|correo|mensaje|mensagem|bericht|messaggio|comunicazione)\b"
    r"|\b(?:the|les|le) (?:\w+ )?inform\w+ (?:(?:contained|contenues?|contenute|transmitted|transmises) |de ce )",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"confiden[tcz]i|privileged|privil[ée]gi|vertraulich|vertrouwelijk|secret professionnel|riservat", re.IGNORECASE
)
_GOT = "receiv|reach|re[çc]u|recevez|parven|erh[aä]l|recib|receb|ricev|ontvang"
_ERROR = "in error|by mistake|par erreur|irrt[üu]mlich|por error|por engano|per errore|ten onrechte"
_WARNS = (
    _SECRET,
    *(
        re.compile(signs, re.IGNORECASE)
        for signs in (
            r"intended|addressee|addressed|destinat[aá]|adress[ée]e?s?\b|destin[ée]e?s?\b"
            r"|empf[äa]nger|bestemd|geadresseerde",
            rf"\b(?:{_GOT})\w*\b.{{0,60}}\b(?:{_ERROR})\b|\b(?:{_ERROR})\b.{{0,60}}\b(?:{_GOT})",
            r"delet|destroy|supprimer|d[ée]truire|l[öo]sch|vernicht|elimin|borr[ae]|verwijder|cancell",
            r"\bnotify|advise the sender|(?:avertir|informer|aviser|pr[ée]venir) (?:[\w']+ ){0,2}exp[ée]diteur"
            r"|nous en (?:aviser|informer|avertir)|informieren|notifi|avis[ae]",
            r"prohibit|unauthori[sz]ed|non autoris|interdit|strictl?y|strictement|untersagt|unbefugt|prohibid|solely"
            r"|(?:usage|use|intention|attention) (?:exclusi|of the|de la personne)|r[ée]serv[ée]e?s? [àa]"
            r"|uso esclusivo|uso exclusivo",
        )
    ),
)
FEWEST_SIGNS = 3
_SPARES = tuple(
    re.compile(signs, re.IGNORECASE)
    for signs in (
        r"\b(?:pensez|n['’]imprimez|merci de n['’]imprimer|think|consider|denken sie|piense|denk aan)\b",
        r"\b(?:imprim|print|ausdruck|drucken|afdruk)",
        r"environ|\barbres?\b|\btrees?\b|plan[èe]te?\b|umwelt|medio ?ambiente|milieu\b",
    )
)
_SCANNED = re.compile(
    r"(?:this|cet?|diese|dieser|este|dit|deze) (?:e-?mails?|mails?|messages?|courriels?|courrier [ée]lectronique"
    r"|nachricht|correo(?: electr[óo]nico)?|mensaje|bericht)\b.{0,80}\b(?:checked|scanned|v[ée]rifi[ée]|analys[ée]"
    r"|gepr[üu]ft|[üu]berpr[üu]ft|comprobado|analizado|gecontroleerd|gescand)\b.{0,60}"
    r"(?:antivirus(?:[ -]software| d['’]avast)|anti-?virus.{0,40}(?:www\.|https?://)|mailscanner|logiciel antivirus"
    r"|virenschutz)"
    r"|l['’]absence de virus dans ce (?:message|courriel|courrier)"
    r"|no virus found in this|aucun virus trouv[ée] dans ce"
    r"|(?:garanti sans virus|virus-free|virenfrei|sans virus|libre de virus)\W{0,4}(?:www\.|https?://|$)"
    r"|_{5,} (?:information (?:from|provenant d['’]|d['’])|informationen von) ?eset\b"
    r"|(?:the|le|this|ce) (?:message|e-?mail) (?:was checked|a [ée]t[ée] v[ée]rifi[ée]) (?:by|par) eset\b",
    re.IGNORECASE,
)


def are_footers(bare: list[str]) -> bool:
    """Whether these lines at the end of a mail are nothing but what servers add."""
    if not any(bare) or len(bare) > MOST_LINES:
        return False
    found = False
    for paragraph in paragraphs(bare):
        found = is_footer(paragraph) or (found and all(map(_LINK.match, paragraph)))
        if not found:
            return False
    return True


def is_footer(paragraph: list[str]) -> bool:
    """Whether a server wrote a paragraph, beyond doubt: nobody speaks or asks in it, and it says what these say."""
    below = [line for line in paragraph if not _RULE.match(line)]
    said = " ".join(below)[:MOST_CHARACTERS]
    if not below or _PERSON.search(_ADDRESSES.sub("", said)):
        return False
    if _LIST_RULE.match(paragraph[0]):
        return (
            1 < len(below) <= LONGEST_LIST_FOOTER and bool(_LIST.search(said)) and any(map(_LIST_PLACE.match, below))
        )
    return warns(said) or bool(_SCANNED.match(said)) or all(sign.search(said) for sign in _SPARES)


def warns(said: str) -> bool:
    """Whether a text is the usual warning that a mail is secret and for nobody but whom it is sent to."""
    return _signs_of_warning(said) >= FEWEST_SIGNS


def seems_to_warn(said: str) -> bool:
    """Whether a text may be such a warning: enough where only a signature or one can stand."""
    signs = _signs_of_warning(said)
    return signs > 1 or (signs > 0 and bool(_SECRET.search(said)))


def _signs_of_warning(said: str) -> int:
    return sum(bool(signs.search(said)) for signs in _WARNS) if _THIS_MAIL.search(said) else 0


def paragraphs(bare: list[str]) -> list[list[str]]:
    """The lines that stand together, without the blank ones between."""
    found: list[list[str]] = []
    for at, line in enumerate(bare):
        if line and at and bare[at - 1]:
            found[-1].append(line)
        elif line:
            found.append([line])
    return found
