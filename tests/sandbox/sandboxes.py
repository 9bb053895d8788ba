"""A running sandbox, driven by what its page's script calls and by the real pages behind the mailed links."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.sandbox.run import Sandbox, opened
from bot.settings import Settings, read_settings
from tests.stories.browser import Browser

CAMILLE = "camille@atelier-roux.example"
PAUL = "paul.moreau@courriel.example"
NADIA = "U0NADIA"
MARC = "U0MARC"
HARRIET = "U0HARRIET"
CHANNEL = "C0INCIDENTS"
PATIENCE = 60.0
LINK = re.compile(r"http://127\.0\.0\.1:\d+/a/[\w-]+")
Json = Any  # what a script gets: its shape is what the tests are about


def settings(database_url: str, **more: str) -> Settings:
    """Free ports everywhere, a database of one's own."""
    return read_settings(
        {
            "DATABASE_URL": database_url,
            "PORT": "0",
            "MAIL_LISTEN": "127.0.0.1:0",
            "RELAY_URL": "smtp://127.0.0.1:0",
            "COMPTOIR_SECRET": "s" * 40,
            **more,
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What can be done with a sandbox."""

    sandbox: Sandbox
    session: aiohttp.ClientSession
    browser: Browser

    async def get(self, path: str, **query: str) -> Json:
        async with self.session.get(f"{self.sandbox.url}/api/{path}", params=query) as answer:
            return await answer.json()

    async def post(self, path: str, **body: object) -> Json:
        async with self.session.post(f"{self.sandbox.url}/api/{path}", json=body) as answer:
            return await answer.json()

    async def write(self, sender: str, subject: str, text: str, **more: object) -> Json:
        return await self.post("mail", sender=sender, subject=subject, text=text, **more)

    async def act(self, kind: str, user: str = NADIA, **more: object) -> Json:
        return await self.post("slack", kind=kind, user=user, **more)

    async def until(self, found: Callable[[], Awaitable[Json]], what: str) -> Json:
        """What is found on the page, once it is there."""
        for _ in range(round(PATIENCE / 0.03)):
            if seen := await found():
                return seen
            await asyncio.sleep(0.03)
        raise AssertionError(what)

    async def mail(self, owner: str, subject: str) -> Json:
        """The latest mail to somebody whose subject holds these words, once it is there."""

        async def found() -> Json:
            threads = await self.get("mail", **{"as": owner})
            mails = [mail for thread in threads for mail in thread["mails"] if not mail["sent"]]
            return next((mail for mail in reversed(mails) if subject in mail["subject"]), None)

        return await self.until(found, f"no mail {subject}")

    async def stage(self, stage: str) -> Json:
        """The latest incident, once it stands there."""

        async def found() -> Json:
            story = await self.get("journal")
            return next((one for one in story["incidents"][:1] if one["stage"] == stage), None)

        return await self.until(found, f"never {stage}")

    async def card(self, action: str = "") -> Json:
        """The newest card in the staff channel, once it has this button."""

        async def found() -> Json:
            seen = await self.get("slack", **{"as": NADIA, "channel": CHANNEL})
            cards = [one for one in seen["messages"] if action in str(one["blocks"])]
            return cards[-1] if cards else None

        return await self.until(found, f"no card with {action}")

    async def press(self, action: str, user: str = NADIA) -> Json:
        """Presses a button of the newest card."""
        card = await self.card(f"'{action}'")
        return await self.act("click", user, channel=CHANNEL, ts=card["ts"], action=action)

    async def submit(self, user: str = NADIA, **values: object) -> Json:
        """Fills in the modal that is open and submits it; the modal that is open then."""
        modal = (await self.get("slack", **{"as": user}))["modal"]
        await self.act("submit", user, view=modal["id"], values=values)
        return (await self.get("slack", **{"as": user}))["modal"]

    async def decide(self, mail: Json, button: str, **entries: str | bool | tuple[str, ...]) -> str:
        """Opens the first page a mail links to, presses a button there, and reads what it says then."""
        link = LINK.search(mail["text"])
        assert link is not None
        page = await self.browser.open(link[0])
        return (await self.browser.press(page, button, **entries)).text


@asynccontextmanager
async def playing(database_url: str) -> AsyncIterator[Play]:
    """A sandbox on this database, until the end of the block."""
    async with opened(settings(database_url)) as sandbox, aiohttp.ClientSession() as session:
        port = int(sandbox.url.split(":")[2].split("/")[0])
        async with Browser("127.0.0.1", port) as browser:
            yield Play(sandbox=sandbox, session=session, browser=browser)
