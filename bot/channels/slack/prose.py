"""A notice's words as rich text, shortened where Slack takes no more: what they come to stands at their end."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, groupby
from typing import Final

from bot.channels.slack import blocks
from bot.channels.slack.wire import Payload
from bot.markup import Block, Run, Shape

MOST: Final = 10_500
"""Characters of JSON; all blocks of a message may have some 13,300, and its buttons take up to two thousand."""
FEW: Final = 5  # items that stay of a list, however long all the rest is
SHORT: Final = 200  # characters; what has no more is not cut


def shown(lines: Sequence[Block]) -> Payload:
    """The words as one rich text, items as a list."""
    elements: list[Payload] = []
    for is_list, group in groupby(lines, _is_item):
        if is_list:
            items = [blocks.line(*_spans(block.runs)) for block in group]
            elements.append({"type": "rich_text_list", "style": "bullet", "elements": items})
        else:
            elements.extend(_paragraph(block) for block in group)
    return blocks.rich(*elements)


def fitting(lines: Sequence[Block], more: Callable[[int], str], most: int = MOST) -> list[Block]:
    """All of it where it fits; else the longest list ends in `more(how many)`, then what is longest is cut.

    Totals and terms, which are short and stand last, stay as they are.
    """
    kept = list(lines)
    if _size(kept) > most:
        kept = _fewer_items(kept, most, more)
    while (over := _size(kept) - most) > 0:
        at = max(
            (at for at, block in enumerate(kept) if block.shape is not Shape.PANEL), key=lambda at: _length(kept, at)
        )
        if _length(kept, at) <= SHORT:
            return _beginning(kept, most)
        cut = blocks.clip(kept[at].text, max(_length(kept, at) - over - 1, SHORT))
        kept[at] = replace(kept[at], runs=(Run(cut),))
    return kept


def _fewer_items(lines: list[Block], most: int, more: Callable[[int], str]) -> list[Block]:
    """Two items at least make room for the one that counts them."""
    start, end = max(_lists(lines), key=lambda ends: ends[1] - ends[0], default=(0, 0))
    if end - start < FEW + 2:
        return lines

    def with_only(count: int) -> list[Block]:
        rest = Block(Shape.ITEM, (Run(more(end - start - count)),))
        return [*lines[: start + count], rest, *lines[end:]]

    room = most - _size(with_only(0))
    costs = accumulate(_size([block]) for block in lines[start : end - 2])
    fit = sum(cost <= room for cost in costs)
    return with_only(max(fit, FEW))


def _lists(lines: Sequence[Block]) -> Iterator[tuple[int, int]]:
    """Where each list begins and ends."""
    at = 0
    for is_list, group in groupby(lines, _is_item):
        end = at + len(list(group))
        if is_list:
            yield at, end
        at = end


def _beginning(lines: Sequence[Block], most: int) -> list[Block]:
    """What nothing else makes short enough ends in an ellipsis."""
    room = most - _size([_ELLIPSIS])
    fit = [size <= room for size in accumulate(_size([block]) for block in lines)]
    return [*lines[: sum(fit)], _ELLIPSIS]


_ELLIPSIS = Block(Shape.PARAGRAPH, (Run("…"),))


def _length(lines: Sequence[Block], at: int) -> int:
    return len(lines[at].text)


def _is_item(block: Block) -> bool:
    return block.shape is Shape.ITEM


def _size(lines: Sequence[Block]) -> int:
    """Characters of what Slack is sent; of several alone never less than of all together."""
    return len(json.dumps(shown(lines), ensure_ascii=False))


def _paragraph(block: Block) -> Payload:
    if block.shape is Shape.LINK:
        return blocks.line({"type": "link", "url": block.text}, blocks.span("\n\n"))
    kind = "rich_text_quote" if block.shape is Shape.QUOTE else "rich_text_section"
    spans = _spans(block.runs)
    return {"type": kind, "elements": spans if kind == "rich_text_quote" else [*spans, blocks.span("\n\n")]}


def _spans(runs: Sequence[Run]) -> list[Payload]:
    return [blocks.span(run.text, strong=run.strong) for run in runs if run.text]
