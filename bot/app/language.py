"""French or English: guessed once from a customer's first words, then kept on file."""

from functools import cache

import py3langid

from bot.core.facts import Language

ENOUGH = 1_000  # characters; more changes nothing


def guess(text: str) -> Language:
    """The language these words are most likely in; French where there are none, as the letter was."""
    words = text[:ENOUGH].strip()
    if not words:
        return Language.FR
    warm_up()
    language, _ = py3langid.classify(words)
    return Language(language)


@cache
def warm_up() -> None:
    """Loads the model, which takes a second or two: once, before the first mail needs it."""
    py3langid.set_languages([language.value for language in Language])
