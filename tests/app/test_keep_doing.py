"""What is done again and again goes on after trouble of any kind."""

import asyncio
from collections.abc import Iterator

import pytest

from bot.loops import keep_doing
from storage import Conflict, Unavailable

AWAY = 60.0


@pytest.mark.parametrize("trouble", [Conflict("INC-1"), Unavailable("away"), ValueError("unforeseen")])
async def test_trouble_ends_nothing(trouble: Exception) -> None:
    """One rest after each work: the longer one after trouble, and then the next work."""
    results: Iterator[Exception | float] = iter([trouble, 5.0])
    rests: list[float] = []
    enough = asyncio.Event()

    async def work() -> float:
        result = next(results)
        if isinstance(result, Exception):
            raise result
        return result

    async def rest(seconds: float) -> None:
        rests.append(seconds)
        if len(rests) == 2:
            enough.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(keep_doing("something", work, rest, AWAY))
    await asyncio.wait({task, asyncio.create_task(enough.wait())}, return_when=asyncio.FIRST_COMPLETED)
    task.cancel()

    assert rests == [AWAY, 5.0]
