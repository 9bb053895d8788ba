"""Only drawable characters reach a page."""

import unicodedata
from dataclasses import replace

from bot.papers import PaperKind, render
from bot.papers.glyphs import DRAWN, UNKNOWN, one_line, paragraphs, printable
from tests.papers.samples import a_paper


def test_printable_everything_it_lets_through_is_drawn() -> None:
    everything = "".join(map(chr, range(0x110000)))
    kept = sorted(set(printable(everything)) - {"\n"})
    report = "\n".join(" ".join(kept[n : n + 40]) for n in range(0, len(kept), 40))

    pdf = render(replace(a_paper(PaperKind.QUOTE), report=report))

    assert pdf.startswith(b"%PDF")
    assert len(kept) > 2500


def test_printable_french_and_english_pass_unchanged() -> None:
    text = "« L’œuvre n’a coûté que 1 234,50 € — déjà ! », said “Zoë”… ✓ → ÿ Ÿ ſ\u202f;\u00a0:"

    assert printable(text) == text


def test_printable_composes_accents() -> None:
    assert printable(unicodedata.normalize("NFD", "éàüç")) == "éàüç"


def test_printable_drops_what_hides_or_turns_text() -> None:
    assert printable("a\x00b\u200bc\u202ed\u2066e\ufefff\u00adg\ufe0fh") == "abcdefgh"


def test_printable_shows_that_something_is_missing() -> None:
    assert printable("a🔥張\ud83d\ue000z") == f"a{UNKNOWN * 4}z"


def test_printable_line_breaks_become_one_kind() -> None:
    assert printable("a\r\nb\rc\u2028d\x85e\tf") == "a\nb\nc\nd\ne    f"


def test_one_line_joins_lines() -> None:
    assert one_line(" a \r\n b\nc ") == "a b c"


def test_paragraphs_are_divided_by_blank_lines() -> None:
    assert paragraphs("\n\na\n  b \n \n\nc\n") == [["a", "  b"], ["c"]]


def test_drawn_stretches_are_in_order_and_apart() -> None:
    flat = [end for stretch in DRAWN for end in stretch]

    assert flat == sorted(flat)
