"""What a person says of answers that they wrote into the mail they quote, where no mark may tell these apart."""

import re

MOST_CHARACTERS = 4000
MOST_BETWEEN = 60
MOST_CLOSING = 500

_ANSWERS = (
    r"r[ée]pon(?:se|d|s|ds)\w*|comment(?:aires?|[ée]e?s?)|annot\w*|remarques?|pr[ée]cisions?|compl[ée](?:ment|t)\w*"
    r"|answer\w*|repl(?:y|ies|ied)|respon[sd]\w*|comments|commented|remarks?|notes?"
    r"|antwort\w*|(?:ge|be)antwortet|kommentar\w*|anmerkung\w*|erg[äa]nz\w*"
    r"|respuestas?|contest\w+|comentario\w*|anotaci\w+"
    r"|antwoord\w*|(?:ge|be)antwoord|opmerking\w*|reacties?|aangevuld"
)
_LOOK = r"voir|voyez|cf\.?|see|please see|siehe|s\.|schau\w*|ver|v[ée]ase|vea[n]?|zie"
_COLOURS = (
    r"en (?:rouge|bleu|vert|gras|couleur|rojo|azul|verde|negrita)|in (?:red|blue|green|bold|colou?r)"
    r"|in (?:rot|blau|gr[üu]n|fett|farbe)|in het (?:rood|blauw|groen)|in (?:rood|blauw|groen|vet)"
)
_PLACES = (
    r"ci-?\s?dessous|ci-?\s?apr[èe]s|plus bas|infra"
    r"|(?:dans|au fil d)(?:u| le| ton| votre) (?:texte|corps|mail|message|courriel)"
    r"|below|in-?\s?line|in between|(?:with)?in (?:the|your) (?:text|body|mail|e-?mail|message)"
    r"|unten|darunter|im text|in (?:der|ihrer) (?:mail|e-mail|nachricht)|direkt drin"
    r"|abajo|m[áa]s abajo|a continuaci[óo]n|en (?:el|su) (?:texto|correo|mensaje)"
    r"|hieronder|onderaan|in de (?:tekst|mail)|tussen de tekst"
)
_PLACE = rf"(?:{_COLOURS}|{_PLACES})"
_NEAR = rf"[^.!?:;]{{0,{MOST_BETWEEN}}}"
_ANNOUNCED = re.compile(
    rf"\b(?:{_ANSWERS})\b{_NEAR}\b{_PLACE}\b|\b{_PLACE}\b{_NEAR}\b(?:{_ANSWERS})\b"
    rf"|\b(?:{_LOOK}) (?:\w{{1,12}} ){{0,2}}{_PLACE}\b(?! ?:\s*\S)|^(?:{_PLACE})[ .!]*$",
    re.IGNORECASE | re.MULTILINE,
)
_HERE = r"(?:voici|voil[àa]|here (?:are|come)|hier (?:sind|kommen)|aqu[íi] (?:est[áa]n|van)|hier zijn) "
# Said to be here, with nothing below but a closing: they stand in the quote.
_ALONE = re.compile(
    rf"(?:(?:\A|\n[ \t]*\n|[,.!] ?)(?:{_HERE})?|^{_HERE})"
    rf"(?:mes|nos|my|our|meine|unsere|mis|nuestr[oa]s|mijn|onze) (?:{_ANSWERS})"
    r"(?: (?:[àa] vos|to your|zu ihren|a sus|op (?:uw|je)) \w{4,12})?[ .!]*"
    r"(?:\n(?![ \t]*(?:\d+[.)]|[-*•]))[^\n]{0,40}){0,8}\Z",
    re.IGNORECASE | re.MULTILINE,
)


def announces_answers(words: str) -> bool:
    """Whether a person's words say that their answers stand below, in what they quote, or in a colour."""
    return bool(_ANNOUNCED.search(words[:MOST_CHARACTERS]) or _ALONE.search(words[-MOST_CLOSING:]))
