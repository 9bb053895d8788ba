"""The light markup: what becomes a block, and that values never become markup."""

import pytest

from bot.core.facts import Language
from bot.markup import Block, Run, Shape, as_text, grouped, one_line, parse, shield, typeset


def test_lines_of_each_shape_become_blocks() -> None:
    source = "One\nparagraph\n\n* first\n  item\n* second\n\n! panel\n! of two\n\n> said"

    blocks = parse(source)

    assert blocks == (
        Block(Shape.PARAGRAPH, (Run("One paragraph"),)),
        Block(Shape.ITEM, (Run("first item"),)),
        Block(Shape.ITEM, (Run("second"),)),
        Block(Shape.PANEL, (Run("panel\nof two"),)),
        Block(Shape.QUOTE, (Run("said"),)),
    )


def test_strong_words_become_runs() -> None:
    assert parse("a **b** c")[0].runs == (Run("a "), Run("b", strong=True), Run(" c"))


@pytest.mark.parametrize(
    "hostile", ["**x**", "* item", "> quote", "! panel", "a\n\n* b\n\n> c", "**", "{{ 7*7 }}", "<b>&amp;"]
)
def test_a_shielded_value_is_one_plain_run(hostile: str) -> None:
    assert parse(f"> {shield(hostile)}") == (Block(Shape.QUOTE, (Run(hostile),)),)
    assert parse(shield(hostile)) == (Block(Shape.PARAGRAPH, (Run(hostile),)),)


def test_a_value_brings_no_controls_and_no_shields() -> None:
    value = "a\ue000\ue002b\x00c\x1bd\u202ee\r\nf\u2028g"

    assert parse(shield(value)) == (Block(Shape.PARAGRAPH, (Run("abcde\nf\ng"),)),)


def test_one_line_has_no_line_end_of_any_kind() -> None:
    assert one_line("a\r\nBcc: b\x0b\x00 \u2029 c\x85d") == "a Bcc: b c d"


def test_text_is_wrapped_and_long_words_stay_whole() -> None:
    url = "https://host.example/" + "x" * 90
    blocks = parse(f"{'word ' * 20}\n\n* {'item ' * 20}\n* b\n\n> first\n> second\n\n{url}")

    lines = as_text(blocks).split("\n")

    assert [line for line in lines if len(line) > 76] == [url]
    assert lines[-4:] == ["    first", "    second", "", url]
    assert "- b" in lines


def test_consecutive_items_are_grouped() -> None:
    blocks = parse("p\n\n* a\n* b\n\nq")

    assert [[block.text for block in group] for group in grouped(blocks)] == [["p"], ["a", "b"], ["q"]]


def test_french_typography_holds_signs_to_their_word() -> None:
    source = "« L'été » : vrai ; oui ! Non ?"

    assert typeset(source, Language.FR) == "«\u00a0L’été\u00a0»\u00a0: vrai\u00a0; oui\u00a0! Non\u00a0?"
    assert typeset("It's so: yes!", Language.EN) == "It’s so: yes!"
