"""Lynx: a page as somebody has it who reads text alone, and the keys they press on it."""

import asyncio
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

SECONDS = 60
"""A machine ten times slower is still waited for; a page that Lynx cannot leave is not."""
OPTIONS = ("-number_fields", "-display_charset=utf-8", "-nopause", "-accept_all_cookies", "-noreferer")
BEARS = r"\[(\d+)\](?:\[ \] |\w+\) )"
"""How Lynx writes a box that is not ticked, and a button with the value it sends."""
SCREEN = "500"
"""Lines, so that no page is longer: a key is a step, never a turn of the page."""
DOWN, ENTER, QUIT = "Down Arrow", "^J", ("Q", "y")


async def read(url: str) -> str:
    """The page's text, one paragraph a line, with a number before each link, field and button."""
    text = await _run("-dump", "-width=900", "-nomargins", url)
    return re.sub(r"[\u00a0\u202f]", " ", text)


async def press(url: str, *labels: str) -> None:
    """Opens the page, walks down to each of these labels in the page's order, and presses Enter on it."""
    page = await read(url)
    keys: list[str] = []
    at = 1
    for label in labels:
        number = _number(page, label)
        keys += [DOWN] * (number - at) + [ENTER]
        at = number
    with tempfile.TemporaryDirectory() as folder:
        await _run(f"-cmd_script={_script(folder, (*keys, *QUIT))}", url)


def _script(folder: str, keys: Iterable[str]) -> Path:
    script = Path(folder, "keys")
    script.write_text("".join(f"key {key}\n" for key in keys))
    return script


def _number(page: str, label: str) -> int:
    """That of the box or the button that bears this label."""
    found = re.search(BEARS + re.escape(label), page)
    assert found, f"nothing to press says {label}:\n{page}"
    return int(found[1])


async def _run(*arguments: str) -> str:
    environment = os.environ | {"TERM": "vt100", "LC_ALL": "C.UTF-8", "LINES": SCREEN, "COLUMNS": "132"}
    child = await asyncio.create_subprocess_exec(
        "lynx",
        *OPTIONS,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        env=environment,
    )
    try:
        said, _ = await asyncio.wait_for(child.communicate(), SECONDS)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    assert child.returncode == 0
    return said.decode()
