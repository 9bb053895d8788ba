"""The light markup that notices are written in, read once into blocks that every channel can render.

A blank line ends a paragraph; `* ` begins an item, `> ` quoted words, `! ` the lines of a panel, `@ ` an address to
follow; `**strong**`.
Values put into a template are shielded first, so that nothing a person typed is ever read as markup.
"""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.core.facts import Language

WIDTH = 76
_SIGNS = "*>!@\n"
_SHIELDS = {ord(sign): chr(0xE000 + i) for i, sign in enumerate(_SIGNS)}
_ENDS = "\n" + _SHIELDS[ord("\n")]
_UNSHIELDS = {ord(shield): sign for sign, shield in zip(_SIGNS, _SHIELDS.values(), strict=True)}
# What may not come from outside: the shields themselves, controls but tab and newline, and overrides of direction.
_UNWANTED = re.compile("[\ue000-\ue0ff\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile("\r\n?|\u2028|\u2029|\x85")


class Shape(StrEnum):
    """What a block is; a channel without panels shows them as paragraphs."""

    PARAGRAPH = "paragraph"
    ITEM = "item"
    QUOTE = "quote"
    PANEL = "panel"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Run:
    """Plain characters of one weight; a newline is a line break."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    shape: Shape
    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


def shield(value: object) -> str:
    """A value as inert characters for `parse`."""
    return _UNWANTED.sub("", _BREAKS.sub("\n", str(value))).translate(_SHIELDS)


def one_line(value: str) -> str:
    """Shielded or plain characters as one plain line: no control characters, single spaces."""
    plain = _UNWANTED.sub(" ", _BREAKS.sub("\n", value.translate(_UNSHIELDS)))
    return re.sub("[ \t\n]+", " ", plain).strip(" ")


def parse(source: str) -> tuple[Block, ...]:
    """The blocks of a rendered template."""
    chunks = re.split(r"\n[ \t]*\n", source)
    return tuple(block for chunk in chunks for block in _blocks(chunk) if block.text.strip())


def as_text(blocks: tuple[Block, ...]) -> str:
    """Blocks as plain lines of at most `WIDTH` characters, longer words whole; no trailing newline."""
    parts: list[str] = []
    for before, block in zip((None, *blocks), blocks, strict=False):
        together = before is not None and before.shape is block.shape is Shape.ITEM
        parts.append(("\n" if together else "\n\n") if before else "")
        parts.append(_as_lines(block))
    return "".join(parts)


def grouped(blocks: tuple[Block, ...]) -> Iterator[tuple[Block, ...]]:
    """Consecutive items together, every other block alone."""
    group: list[Block] = []
    for block in blocks:
        if group and not (group[-1].shape is block.shape is Shape.ITEM):
            yield tuple(group)
            group = []
        group.append(block)
    if group:
        yield tuple(group)


def typeset(text: str, language: Language) -> str:
    """Curved apostrophes, and the no-break spaces of French before `: ; ? !` and inside guillemets."""
    text = text.replace("'", "’")
    if language is Language.FR:
        return re.sub(r"(?<=«) | (?=[:;?!»])", "\u00a0", text)
    return text


_MARKS = {"* ": Shape.ITEM, "> ": Shape.QUOTE, "! ": Shape.PANEL, "@ ": Shape.LINK}


def _blocks(chunk: str) -> Iterator[Block]:
    """Items start anew at each mark; quote and panel lines keep their breaks; other lines flow."""
    shape = Shape.PARAGRAPH
    lines: list[str] = []
    for line in chunk.strip("\n").splitlines():
        found = _MARKS.get(line[:2])
        if found and (found is not shape or found is Shape.ITEM):
            yield _block(shape, lines)
            shape, lines = found, []
        lines.append(line[2:] if found else line)
    yield _block(shape, lines)


def _block(shape: Shape, lines: list[str]) -> Block:
    glue = "\n" if shape in {Shape.QUOTE, Shape.PANEL} else " "
    source = glue.join(line.strip(" \t") for line in lines).strip(_ENDS)
    pieces = (piece.translate(_UNSHIELDS) for piece in source.split("**"))
    return Block(shape, tuple(Run(piece, strong=bool(i % 2)) for i, piece in enumerate(pieces) if piece))


_INDENTS = {
    Shape.PARAGRAPH: ("", ""),
    Shape.ITEM: ("- ", "  "),
    Shape.QUOTE: ("    ", "    "),
    Shape.PANEL: ("", ""),
    Shape.LINK: ("", ""),
}


def _as_lines(block: Block) -> str:
    first, later = _INDENTS[block.shape]
    lines: list[str] = []
    for line in block.text.strip("\n").split("\n"):
        indent = later if lines else first
        wrapped = textwrap.wrap(
            line,
            WIDTH,
            initial_indent=indent,
            subsequent_indent=later,
            break_long_words=False,
            break_on_hyphens=False,
        )
        lines.extend(wrapped or [""])
    return "\n".join(lines)
