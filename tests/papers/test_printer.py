"""Printing beside the event loop."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from bot.papers import Paper, PaperKind, Printer, render
from tests.papers.samples import a_paper


@pytest_asyncio.fixture
async def printer() -> AsyncIterator[Printer]:
    printer = Printer(workers=1, limit=20)
    yield printer
    await printer.close()


def _long(name: str) -> Paper:
    """Some hundred milliseconds of work."""
    return replace(a_paper(PaperKind.QUOTE), title=name, report=f"{name} : le disque est plein.\n\n" * 4000)


async def test_print_gives_what_render_gives(printer: Printer) -> None:
    assert await printer.print(a_paper()) == render(a_paper())


async def test_print_leaves_the_loop_free(printer: Printer) -> None:
    printing = asyncio.create_task(printer.print(_long("libre")))
    turns = 0

    while not printing.done():
        await asyncio.sleep(0.001)
        turns += 1

    assert (await printing).startswith(b"%PDF")
    assert turns > 20  # a printer that held the interpreter would leave the loop one or two


async def test_print_past_its_limit_gives_up() -> None:
    printer = Printer(workers=1, limit=0.001)

    with pytest.raises(TimeoutError):
        await printer.print(_long("lent"))

    await printer.close()


async def test_print_of_a_paper_that_fails_leaves_the_printer_working(printer: Printer) -> None:
    with pytest.raises(AttributeError, match="year"):
        await printer.print(replace(a_paper(PaperKind.QUOTE), issued_on=None))  # type: ignore[arg-type]  # what no caller may do

    assert await printer.print(a_paper()) == render(a_paper())


async def test_close_refuses_more() -> None:
    printer = Printer()
    await printer.close()

    with pytest.raises(RuntimeError, match="shutdown"):
        await printer.print(a_paper())
