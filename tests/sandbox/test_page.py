"""The page in a browser: the first steps of the story, by mouse and by keyboard, with nothing wrong on the way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page, async_playwright, expect

from tests.sandbox.sandboxes import playing

Scheme = Literal["light", "dark"]
CHROMIUM = "/usr/bin/chromium"
ALONE = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def on_screen(url: str, width: int, height: int, scheme: Scheme) -> AsyncIterator[tuple[Page, list[str]]]:
    """The page, and what its console complained of."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ALONE)
        page = await browser.new_page(
            viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
        )
        page.set_default_timeout(10_000)
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(url)
        yield page, complaints
        await browser.close()


async def violations(page: Page) -> list[str]:
    """What axe finds, in one line each."""
    found = await Axe().run(page)
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found.response["violations"]]


async def test_first_steps_are_played_by_hand(sqlite_url: str) -> None:
    async with playing(sqlite_url) as play, on_screen(play.sandbox.url, 1400, 900, "light") as (page, complaints):
        here = page.locator("#steps .here")
        await page.get_by_role("button", name="Write it for me").click()
        await page.locator("#compose").get_by_role("button", name="Send").click()
        await expect(here).to_have_text("price announced")
        mail = page.frame_locator("#reading iframe").last
        async with page.expect_popup() as opened:
            await mail.get_by_role("link", name="commander").first.click()
        order = await opened.value
        await order.get_by_role("button", name="Commander").click()
        await expect(here).to_have_text("ordered")
        await order.close()

        await page.get_by_role("button", name="Start the diagnosis").press("Enter")
        await page.keyboard.press("Enter")
        await expect(here).to_have_text("diagnosing")
        await page.get_by_role("button", name="Conclude").click()
        await expect(page.get_by_role("dialog")).to_contain_text("report")
        in_modal = await violations(page)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.get_by_role("button", name="replies").click()
        await page.get_by_label("Note", exact=True).fill("an internal note")
        await page.keyboard.press("Enter")
        await expect(page.locator("#thread")).to_contain_text("an internal note")

        assert in_modal == []
        assert await violations(page) == []
        assert complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (800, "light")])
async def test_page_is_usable_at_every_size(sqlite_url: str, width: int, scheme: Scheme) -> None:
    async with playing(sqlite_url) as play:
        await play.write("paul.moreau@courriel.example", "Ma messagerie est en panne", "Bonjour, rien n’arrive plus.")
        await play.stage("announced")
        await play.card("take")
        async with on_screen(play.sandbox.url, width, 860, scheme) as (page, complaints):
            await expect(page.locator("#journal li").first).to_be_visible(visible=width > 1100)
            if width < 1100:
                await page.get_by_role("button", name="Staff in Slack").click()
            await expect(page.get_by_role("button", name="Take", exact=True)).to_be_visible()
            overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth")

            assert overflow <= 0
            assert await violations(page) == []
            assert complaints == []
