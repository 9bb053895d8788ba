"""Domains that a person takes for one another: what they look like, written one way."""

import unicodedata

# Letters of other scripts, and of ours, that look like another one. Small on purpose: it warns, and decides nothing.
_ALIKE = str.maketrans(
    {
        **dict(zip("авекмнорстухіјѕԁһӏ", "abekmhopctyxijsdhl", strict=True)),
        **dict(zip("αβικνορτυχω", "abiknoptuxw", strict=True)),
        **dict(zip("01357ıłøđħ", "olestllodh", strict=True)),
        "|": "l",
        "i": "l",
        "-": "",
        "_": "",
    }
)
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_ENDINGS = ("fr", "com", "net", "org", "eu", "be", "ch", "de", "uk", "io")
SHORTEST = 4


def likeness(domain: str) -> str:
    """What the name of a domain looks like, without its ending; empty for one too short to be mistaken."""
    labels = _readable(domain).split(".")
    name = max(labels[:-1] or labels, key=len)
    return _written_one_way(name) if len(name) >= SHORTEST else ""


def likenesses(domain: str) -> tuple[str, ...]:
    """What a stranger's domain may be taken for: its own name, and what is left of it without an ending in it."""
    own = likeness(domain)
    shorter = (own.removesuffix(_written_one_way(ending)) for ending in _ENDINGS)
    return tuple(dict.fromkeys([own, *(one for one in shorter if len(one) >= SHORTEST)])) if own else ()


def _readable(domain: str) -> str:
    """The domain as a person sees it, its ASCII form (IDNA) undone."""
    return ".".join(_label(label) for label in domain.lower().rstrip(".").split("."))


def _label(label: str) -> str:
    try:
        return label.encode().decode("idna") if label.startswith("xn--") else label
    except UnicodeError:
        return label


def _written_one_way(name: str) -> str:
    plain = "".join(one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one))
    plain = plain.translate(_ALIKE)
    for pair, one in _PAIRS:
        plain = plain.replace(pair, one)
    return plain
