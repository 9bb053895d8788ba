"""A notice's words as rich text, shortened where Slack takes no more: what they come to stands at their end."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from typing import Final

from bot.channels.slack import blocks
from bot.channels.slack.wire import Payload
from bot.markup import Block, Run, Shape

WHOLE: Final = 12_900
"""Bytes of JSON of all blocks of a message. Slack ends at 13,300 characters, of which each block costs a hundred."""
FEW: Final = 5  # items that stay of a list, however long all the rest is
SHORT: Final = 200  # characters; what has no more is not cut


@dataclass(frozen=True, slots=True)
class Pointers:
    """Where what is not here is to be found: so many lines of a list, the rest of what is cut."""

    lines: Callable[[int], str]
    rest: str


def size(made: object) -> int:
    """Bytes of what Slack is sent; of several alone never less than of all together."""
    return len(json.dumps(made, ensure_ascii=False).encode())


def shown(lines: Sequence[Block]) -> Payload:
    """The words as one rich text: items as a list, right below what introduces it; a blank line between all else."""
    elements: list[Payload] = []
    for shape, group in groupby(lines, _drawn_as):
        if shape is Shape.ITEM:
            items = [blocks.line(*_spans(block)) for block in group]
            elements.append({"type": "rich_text_list", "style": "bullet", "elements": items})
        elif shape is Shape.QUOTE:
            elements.extend({"type": "rich_text_quote", "elements": _spans(block)} for block in group)
        else:
            elements.append(_paragraphs(group, begins=not elements))
    return blocks.rich(*elements)


def _drawn_as(block: Block) -> Shape:
    return block.shape if block.shape in {Shape.ITEM, Shape.QUOTE} else Shape.PARAGRAPH


def _paragraphs(group: Iterable[Block], *, begins: bool) -> Payload:
    spans: list[Payload] = [] if begins else [blocks.span("\n")]
    for at, block in enumerate(group):
        spans += [blocks.span("\n\n")] if at else []
        spans += [{"type": "link", "url": block.text}] if block.shape is Shape.LINK else _spans(block)
    return blocks.line(*spans)


def _spans(block: Block) -> list[Payload]:
    return [blocks.span(run.text, strong=run.strong) for run in block.runs if run.text]


def fitting(lines: Sequence[Block], more: Pointers, most: int = WHOLE) -> list[Block]:
    """All of it where it fits; else the longest list says how many it leaves out, then what is longest is cut.

    Totals and terms, which are short and stand last, stay as they are.
    """
    kept = list(lines)
    if _size(kept) > most:
        kept = _fewer_items(kept, most, more.lines)
    while (over := _size(kept) - most) > 0:
        at = max(
            (at for at in range(len(kept)) if _may_be_cut(kept[at])), key=lambda at: _length(kept, at), default=-1
        )
        if at < 0 or _length(kept, at) <= SHORT:
            return _ends(kept, most, more.rest)
        kept[at] = _cut(kept[at], max(_length(kept, at) - over - len(more.rest), SHORT - len(more.rest)), more.rest)
    return kept


def _may_be_cut(block: Block) -> bool:
    """Sums stand in panels, and half an address leads nowhere."""
    return block.shape not in {Shape.PANEL, Shape.LINK}


def _cut(block: Block, most: int, rest: str) -> Block:
    return replace(block, runs=(Run(f"{block.text[:most].rstrip()}{rest}"),))


def _fewer_items(lines: list[Block], most: int, more: Callable[[int], str]) -> list[Block]:
    """Two items at least make room for the one that counts them."""
    start, end = max(_lists(lines), key=lambda ends: ends[1] - ends[0], default=(0, 0))
    if end - start < FEW + 2:
        return lines

    def with_only(count: int) -> list[Block]:
        rest = Block(Shape.ITEM, (Run(more(end - start - count)),))
        return [*lines[: start + count], rest, *lines[end:]]

    room = most - _size(with_only(0))
    return with_only(max(_fit(lines[start : end - 2], room), FEW))


def _lists(lines: Sequence[Block]) -> Iterator[tuple[int, int]]:
    """Where each list begins and ends."""
    at = 0
    for is_list, group in groupby(lines, _is_item):
        end = at + len(list(group))
        if is_list:
            yield at, end
        at = end


def _ends(lines: Sequence[Block], most: int, rest: str) -> list[Block]:
    """What nothing else makes short enough loses its middle: it begins with what it is and ends with what to do."""
    gap = Block(Shape.PARAGRAPH, (Run(rest.strip()),))
    room = most - _size([gap])
    end = _fit(reversed(lines), room // 2)
    begin = _fit(lines, room - _size(lines[len(lines) - end :]))
    return [*lines[:begin], gap, *lines[len(lines) - end :]]


def _fit(lines: Iterable[Block], room: int) -> int:
    """How many of them, from the first on, have room."""
    return sum(cost <= room for cost in accumulate(_size([block]) for block in lines))


def _length(lines: Sequence[Block], at: int) -> int:
    return len(lines[at].text)


def _is_item(block: Block) -> bool:
    return block.shape is Shape.ITEM


def _size(lines: Sequence[Block]) -> int:
    return size(shown(lines))
