"""Papers printed beside the event loop: a few threads, and a limit to how long one is waited for."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from bot.papers.paper import Paper
from bot.papers.pdf import render


class Printer:
    """Prints at most `workers` papers at once; typst lets go of the interpreter while it works."""

    __slots__ = ("_limit", "_threads")

    def __init__(self, *, workers: int = 2, limit: float = 20.0) -> None:
        """`limit`: the seconds one paper may take, its wait for a free thread included."""
        self._limit = limit
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="printer")

    async def print(self, paper: Paper) -> bytes:
        """The PDF. TimeoutError past the limit; a paper not begun by then is never begun."""
        printing = asyncio.get_running_loop().run_in_executor(self._threads, render, paper)
        return await asyncio.wait_for(printing, self._limit)

    async def close(self) -> None:
        """Refuses new papers, drops what waits, and lets what is being printed end."""
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)
