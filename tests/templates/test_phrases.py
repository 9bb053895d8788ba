"""Refusals, short phrases and pages: all worded, the same keys in both languages."""

import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from bot.core.facts import Language, Outcome, WayIn
from bot.core.lives import ConsentState, InvoiceState, QuoteState, Stage, Support
from bot.core.money import Money, Price
from bot.core.refusals import Reason
from bot.sandbox.samples import PROVIDER
from bot.words import TEMPLATES, Words

WORDS = Words(PROVIDER)
ASKED = re.compile(r"""\bphrase\(\s*["']([a-z_]+(?:\.[a-z_]+)?)["']""")
NAMED = {
    "stage": Stage,
    "way_in": WayIn,
    "outcome": Outcome,
    "quote_state": QuoteState,
    "consent_state": ConsentState,
    "invoice_state": InvoiceState,
    "support": Support,
}


@pytest.mark.parametrize("language", Language)
def test_every_reason_is_worded_and_no_other(language: Language) -> None:
    with (TEMPLATES / f"refusals.{language}.toml").open("rb") as file:
        assert set(tomllib.load(file)) == set(Reason)
    for reason in Reason:
        assert WORDS.refusal(reason, language).endswith(".")


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("table", NAMED)
def test_every_state_has_a_name(language: Language, table: str) -> None:
    assert all(WORDS.phrase(f"{table}.{state}", language) for state in NAMED[table])


def test_both_languages_have_the_same_phrases_with_the_same_places() -> None:
    french, english = (_places(language) for language in Language)

    assert french == english


def test_french_sentences_are_typeset() -> None:
    french = [WORDS.refusal(reason, Language.FR) for reason in Reason]
    for key, places in _places(Language.FR).items():
        french.append(WORDS.phrase(key, Language.FR, **dict.fromkeys(places, "mot")))

    assert [sentence for sentence in french if re.search(r"'| [:;?!»]|« ", sentence)] == []


def test_every_phrase_that_is_asked_for_exists() -> None:
    root = TEMPLATES.parent
    sources = [*(root / "bot").rglob("*.py"), *TEMPLATES.rglob("*.j2")]
    asked = {key for path in sources for key in ASKED.findall(path.read_text(encoding="utf-8"))}

    assert asked - set(_places(Language.FR)) == set()


def test_an_invoice_line_names_its_incident() -> None:
    line = WORDS.phrase("line_diagnosis", Language.FR, reference="INC-42")

    assert line == "Diagnostic de l’incident INC-42"


@pytest.mark.parametrize("language", Language)
def test_the_button_that_obliges_says_so_and_fits_chat(language: Language) -> None:
    """Letter §2.5; Slack shows 75 characters of a button."""
    amounts = {Language.FR: ("200,00 € HT", "240,00 € TTC"), Language.EN: ("€200.00 excl. VAT", "€240.00 incl. VAT")}
    net, gross = amounts[language]
    for key in ("button.order", "button.accept_quote"):
        label = WORDS.phrase(key, language, net=net, gross=gross)
        assert {Language.FR: "obligation de paiement", Language.EN: "obligation to pay"}[language] in label
        assert len(label) <= 75


def test_a_page_escapes_its_values_and_speaks_its_language(tmp_path: Path) -> None:
    _templates(tmp_path, "<p>{{ price|price }}</p><p>{{ title }}</p><p>{{ phrase('button.send') }}</p>")
    words = Words(PROVIDER, tmp_path)
    price = Price.at(Money(cents=2000), Decimal(20))

    page = words.page("paid", Language.EN, price=price, title="<b>{{ 7*7 }}</b>")

    assert page == (
        "<p>€20.00\u00a0excl.\u00a0VAT — €24.00\u00a0incl.\u00a0VAT</p><p>&lt;b&gt;{{ 7*7 }}&lt;/b&gt;</p><p>Send</p>"
    )


def _places(language: Language) -> dict[str, set[str]]:
    """Each phrase's key with the names of the values it takes."""
    with (TEMPLATES / f"phrases.{language}.toml").open("rb") as file:
        tables = tomllib.load(file)
    flat = {key: text for key, text in tables.items() if isinstance(text, str)}
    for name, table in tables.items():
        if isinstance(table, dict):
            flat |= {f"{name}.{key}": text for key, text in table.items()}
    return {key: set(re.findall(r"\{(\w+)\}", text)) for key, text in flat.items()}


def _templates(folder: Path, page: str) -> None:
    for name in ("phrases", "refusals"):
        for language in Language:
            (folder / f"{name}.{language}.toml").write_bytes((TEMPLATES / f"{name}.{language}.toml").read_bytes())
    (folder / "web").mkdir()
    (folder / "web" / "paid.html.j2").write_text(page, encoding="utf-8")
