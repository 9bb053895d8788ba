"""Words made short enough for Slack: whatever they are, they fit, and what counts is still there."""

import json

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.slack import prose
from bot.markup import Block, Run, Shape

MORE = prose.Pointers(lines=lambda count: f"… and {count} more lines", rest="… (on the page)")
TEXTS = st.text(st.sampled_from('aé\n"😀 '), min_size=1, max_size=30)
BLOCKS = st.builds(
    lambda shape, text, times, strong: Block(shape, (Run("x", strong=strong), Run(text * times))),
    st.sampled_from(Shape),
    TEXTS,
    st.integers(min_value=1, max_value=200),
    st.booleans(),
)


def paragraph(text: str) -> Block:
    return Block(Shape.PARAGRAPH, (Run(text),))


def item(text: str) -> Block:
    return Block(Shape.ITEM, (Run(text),))


def size(lines: list[Block]) -> int:
    return len(json.dumps(prose.shown(lines), ensure_ascii=False).encode())


@given(st.lists(BLOCKS, min_size=1, max_size=80), st.integers(min_value=2_000, max_value=11_000))
def test_what_does_not_fit_is_made_to_and_what_fits_is_left_alone(lines: list[Block], most: int) -> None:
    made = prose.fitting(lines, MORE, most)

    assert size(made) <= most
    assert (made == lines) == (size(lines) <= most)


def test_long_list_says_how_many_lines_are_left_out_and_keeps_what_follows() -> None:
    total = Block(Shape.PANEL, (Run("Total: 1,200.00 €", strong=True),))
    lines = [
        paragraph("The quote"),
        *(item(f"line {n} " + "x" * 100) for n in range(60)),
        total,
        item("If you accept"),
    ]

    made = prose.fitting(lines, MORE, 5_000)

    kept = sum(block.text.startswith("line ") for block in made)
    assert 5 < kept < 60
    assert made == [*lines[: kept + 1], item(f"… and {60 - kept} more lines"), total, item("If you accept")]


def test_long_report_is_cut_and_says_where_the_rest_is() -> None:
    quoted = Block(Shape.QUOTE, (Run("We looked. " * 2_000),))
    lines = [paragraph("The diagnosis"), quoted, paragraph("Valid until 1 July")]

    first, cut, last = prose.fitting(lines, MORE, 5_000)

    assert (first, last) == (lines[0], lines[2])
    assert cut.text.endswith("… (on the page)")
    assert 4_000 < len(cut.text) < 5_000


def test_many_short_pieces_lose_their_middle() -> None:
    lines = [Block(Shape.PANEL, (Run(f"Invoice {n}, due on 1 July"),)) for n in range(200)]

    made = prose.fitting(lines, MORE, 5_000)

    assert (made[0], made[-1]) == (lines[0], lines[-1])
    assert [block.text for block in made].count("… (on the page)") == 1
