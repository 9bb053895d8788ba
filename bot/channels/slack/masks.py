"""Secrets in what people write, hidden before they reach a chat: passwords, private keys, tokens."""

import re

from bot.app.links import masked

HIDDEN = "••••••"

_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_NAMED = re.compile(
    r"(?P<name>\b(?:mots?[ -]de[ -]passe|mdp|pass(?:word|wd|phrase)?|pwd|secret|api[ _-]?key|clé[ _-]?api|token)"
    r"\b[^\S\n]{0,3}(?:est|is)?[^\S\n]{0,3}(?:[:=]|\bis\b|\best\b)[^\S\n]{0,3})(?P<value>\S+)",
    re.IGNORECASE,
)
_URL = re.compile(r"(?P<before>\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{1,100}:)[^\s/@]{1,200}(?=@)", re.IGNORECASE)


def mask(text: str) -> str:
    """The text with what looks like a secret hidden; the words kept on file are untouched."""
    text = _KEY.sub(f"[private key {HIDDEN}]", text)
    text = _URL.sub(rf"\g<before>{HIDDEN}", text)
    return _NAMED.sub(rf"\g<name>{HIDDEN}", masked(text))
