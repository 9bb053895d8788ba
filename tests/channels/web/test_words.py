"""The pages' words: the same page in both languages, typeset as each language is, each amount both ways."""

import re
from html import unescape

import pytest

from bot.core.facts import Language
from bot.sandbox.gallery import pages
from bot.words import TEMPLATES

WEB = TEMPLATES / "web"
TAG = re.compile(r'<(/?\w+)(?:[^>]*? name="(\w+)")?(?:[^>]*? value="([a-z_]+)")?[^>]*>')
MARKUP = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<[^>]*>", re.DOTALL)
AMOUNT = re.compile(r"\d,\d\d\s€|€\d+\.\d\d")


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every page as HTML, by file name."""
    folder = tmp_path_factory.mktemp("pages")
    pages(folder)
    return {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.html")}


def test_every_page_has_the_same_shape_in_both_languages(gallery: dict[str, str]) -> None:
    for name, french in gallery.items():
        if name.endswith(".fr.html"):
            english = gallery[name.replace(".fr.", ".en.")]
            assert _shape(french) == _shape(english), name


def test_both_languages_have_the_same_files() -> None:
    french, english = ({file.name for file in (WEB / language).iterdir()} for language in Language)

    assert french == english


def test_every_page_names_its_language_and_its_subject(gallery: dict[str, str]) -> None:
    for name, text in gallery.items():
        assert f'<html lang="{name.split(".")[1]}">' in text
        assert re.search(r"<title>\S.* — Nuage d’ici</title>", text), name


@pytest.mark.parametrize("language", Language)
def test_sentences_are_typeset(language: Language) -> None:
    for file in sorted((WEB / language).iterdir()):
        words = MARKUP.sub("\n", file.read_text(encoding="utf-8"))
        assert "'" not in words, file.name
        if language is Language.FR:
            assert not re.search(r" [:;?!»]|« ", words), file.name


def test_each_amount_says_whether_vat_is_in_it(gallery: dict[str, str]) -> None:
    """Tables say so in their heads; everywhere else each amount does."""
    for name, text in gallery.items():
        words = unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<table.*?</table>", "", text, flags=re.DOTALL)))
        for found in AMOUNT.finditer(words):
            assert re.match(r"\s(HT|TTC|excl\.\sVAT|incl\.\sVAT)", words[found.end() :]), f"{name}: {found[0]}"


def test_nothing_is_ticked_for_anybody(gallery: dict[str, str]) -> None:
    for name, text in gallery.items():
        assert not re.search(r'type="checkbox"[^>]* checked', text), name


def test_every_form_carries_its_seal(gallery: dict[str, str]) -> None:
    for name, text in gallery.items():
        assert text.count("<!--seal-->") == text.count("<form"), name


def _shape(text: str) -> list[tuple[str, ...]]:
    """The page's tags with the names and values that forms send; countries are in each language's own order."""
    return TAG.findall(re.sub(r"<option.*?</option>", "", text))


def test_stylesheet_is_the_only_file_that_is_not_a_template() -> None:
    others = [file.name for file in WEB.rglob("*") if file.is_file() and not file.name.endswith(".html.j2")]

    assert others == ["style.css"]
