"""The desk as a command wants it: put together, one piece of work done with it, put away."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import uvloop

from bot.settings import Settings
from bot.wiring import Wired, wire

T = TypeVar("T")


def at_desk(settings: Settings, work: Callable[[Wired], Awaitable[T]]) -> T:
    """What the work gives. Misconfigured, Outdated or Unavailable say why there is no desk."""

    async def done() -> T:
        async with wire(settings) as wired:
            return await work(wired)

    return uvloop.run(done())
