"""A real browser, without scripts: people can read the pages, use them, and decide on them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # ships no types
from playwright.async_api import Browser, Page, ProxySettings, async_playwright

from bot.core import facts as f
from bot.core.facts import Language
from bot.core.lives import Stage
from bot.core.notices import Purpose
from bot.core.terms import Kind
from bot.sandbox.gallery import notices, pages
from storage import Store
from tests.channels.web.front import ADDRESS, Front, serving
from tests.channels.web.recording import recording
from tests.channels.web.test_original import send

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LIMIT_MS = 60_000
PHONE = 360
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all."""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*ARGUMENTS])
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def served(sqlite_url: str) -> AsyncIterator[Front]:
    store = await Store.open(sqlite_url)
    async with serving(store) as front:
        yield front
    await store.close()


@pytest_asyncio.fixture(loop_scope="session")
async def tab(browser: Browser) -> AsyncIterator[Page]:
    """A tab on a phone, without scripts."""
    context = await browser.new_context(viewport={"width": PHONE, "height": 740}, java_script_enabled=False)
    context.set_default_timeout(LIMIT_MS)
    yield await context.new_page()
    await context.close()


def _url(front: Front, path: str) -> str:
    return str(front.client.make_url(path))


async def _words(tab: Page) -> str:
    return (await tab.locator("main").inner_text()).replace("\u00a0", " ").replace("\u202f", " ")


async def _press(tab: Page, button: str) -> None:
    """Presses a button of this name, and waits for the page it leads to."""
    async with tab.expect_navigation():
        await tab.get_by_role("button", name=button).click()


async def test_everything_can_be_decided_without_scripts(served: Front, tab: Page) -> None:
    await served.open(kind=Kind.CONSUMER)
    await tab.goto(_url(served, await served.mailed(Purpose.ORDER)))
    await tab.get_by_label("Je demande que le diagnostic commence tout de suite").check()
    await _press(tab, "Commander avec obligation de paiement")
    assert "Le diagnostic est commandé" in await _words(tab)

    await served.start()
    await served.ask_leave()
    await served.quote()
    await tab.goto(_url(served, await served.mailed(Purpose.CONSENT)))
    await tab.get_by_label("Lire la base de données").check()
    await _press(tab, "Autoriser")
    assert "Vous avez donné votre autorisation" in await _words(tab)

    await tab.goto(_url(served, await served.mailed(Purpose.QUOTE)))
    await tab.get_by_label("Je demande que les travaux commencent tout de suite").check()
    await _press(tab, "Accepter avec obligation de paiement")
    assert "Devis D2026-00001 accepté" in await _words(tab)

    await served.finish()
    await tab.goto(_url(served, await served.mailed(Purpose.INVOICE)))
    await _press(tab, "Je ne suis pas d’accord avec cette facture")
    assert "Vous avez dit que vous n’êtes pas d’accord" in await _words(tab)

    await tab.goto(_url(served, await served.mailed(Purpose.CONTEST)))
    await tab.get_by_label("Je comprends que je perds").check()
    await _press(tab, "Confirmer la contestation")
    assert "La contestation est confirmée" in await _words(tab)


async def test_reload_and_back_after_a_decision_are_harmless(served: Front, tab: Page) -> None:
    await served.open()
    await served.diagnose()
    await served.quote()
    await tab.goto(_url(served, await served.mailed(Purpose.QUOTE)))
    await _press(tab, "Accepter")

    await tab.reload()
    reloaded = await _words(tab)
    await tab.go_back()
    back = await _words(tab)

    assert "Devis D2026-00001 accepté" in reloaded
    assert "Devis D2026-00001 accepté" in back
    assert await served.count(f.QuoteAccepted) == 1


async def test_keyboard_alone_orders(served: Front, tab: Page) -> None:
    await served.open()
    await tab.goto(_url(served, await served.mailed(Purpose.ORDER)))
    button = tab.get_by_role("button", name="Commander avec obligation de paiement")
    for _ in range(12):
        await tab.keyboard.press("Tab")
        if await tab.locator("button[value=order]:focus").count():
            break

    assert await tab.locator("button[value=order]:focus-visible").count() == 1
    await tab.keyboard.press("Enter")
    await button.wait_for(state="detached")
    assert "Le diagnostic est commandé" in await _words(tab)


async def test_form_on_another_site_is_refused(served: Front, tab: Page) -> None:
    await served.open()
    path = await served.mailed(Purpose.ORDER)
    fields = (await served.look(path)).hidden
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    button = '<button name="choice" value="withdraw">Go</button>'
    form = f'<form method="post" action="{_url(served, path)}">{inputs}{button}</form>'

    async def evil(_request: web.Request) -> web.Response:
        return web.Response(text=form, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", evil)
    async with TestServer(app) as elsewhere:
        await tab.goto(f"http://localhost:{elsewhere.port}/")
        async with tab.expect_navigation() as navigated:
            await tab.get_by_role("button").click()

    response = await navigated.value
    assert response is not None
    assert response.status == 403
    assert (await served.now()).closed_at is None


async def test_pages_ask_nobody_else_and_give_no_referrer(served: Front, tab: Page) -> None:
    await served.open()
    await served.diagnose()
    await served.bill()
    asked: list[tuple[str, str | None]] = []
    tab.on("request", lambda request: asked.append((request.url, request.headers.get("referer"))))

    for purpose in (Purpose.ORDER, Purpose.INCIDENT, Purpose.INVOICE):
        await tab.goto(_url(served, await served.mailed(purpose)))

    ours = _url(served, "/")
    assert [url for url, _ in asked if not url.startswith(ours)] == []
    assert [url for url, referrer in asked if referrer] == []
    assert len([url for url, _ in asked if "/a/" in url]) == 3


async def test_scanner_that_runs_scripts_and_stays_a_while_decides_nothing(served: Front, browser: Browser) -> None:
    paths = await _every_page(served)
    before = (await served.story(), await served.mails(), [await served.link(path) for path in paths])
    context = await browser.new_context()
    scanner = await context.new_page()
    asked: list[str] = []
    scanner.on("request", lambda request: asked.append(request.method))

    await scanner.clock.install()
    for path in paths:
        await scanner.goto(_url(served, path))
        await scanner.clock.run_for(10_000)
        await scanner.mouse.wheel(0, 2000)
    await context.close()

    assert set(asked) == {"GET"}
    assert (await served.story(), await served.mails(), [await served.link(path) for path in paths]) == before


async def test_no_request_to_anybody_holds_a_token_whatever_link_is_followed(served: Front, browser: Browser) -> None:
    elsewhere = "http://elsewhere.example/page"
    paths = await _every_page(served)
    told = await send(served, f'<p><a href="{elsewhere}">ici</a> <img src="http://tracker.example/x.png"></p>')
    async with recording(_url(served, "")) as proxy:
        server = ProxySettings(server=f"http://127.0.0.1:{proxy.port}", bypass="<-loopback>")
        context = await browser.new_context(proxy=server, accept_downloads=True)
        context.set_default_timeout(LIMIT_MS)
        tab = await context.new_page()
        for path in (*paths, paths[1] + told.mail):
            await _follow_every_link(tab, _url(served, path))
        await context.close()

    ours, outside = [head for head in proxy.heard if head not in proxy.outside], "".join(proxy.outside)
    assert [head for head in proxy.heard if f"Referer: {proxy.ours}" in head or "Cookie:" in head] == []
    assert [path for path in paths if path.removeprefix("/a/") in outside] == []
    assert outside.count(f"GET {elsewhere} ") == 1
    assert "tracker.example" not in outside
    assert len(ours) > len(paths) * 2


async def _follow_every_link(tab: Page, url: str) -> None:
    """Clicks each link of this page that leads to another, wherever it leads."""
    await tab.goto(url)
    for number in range(await tab.locator("main a[href^='http'], main a[href*='/a/']").count()):
        await tab.goto(url)
        link = tab.locator("main a[href^='http'], main a[href*='/a/']").nth(number)
        await link.click(modifiers=["ControlOrMeta"])
        await tab.wait_for_timeout(150)


async def test_colleague_it_was_forwarded_to_decides_as_who_holds_the_link_and_the_owner_can_stop_it(
    served: Front, browser: Browser
) -> None:
    path = (await _every_page(served))[3]
    colleague = await browser.new_context(java_script_enabled=False, user_agent="A colleague's browser")
    tab = await colleague.new_page()
    await tab.goto(_url(served, path))
    await _press(tab, "Accepter avec obligation de paiement")
    assert "Devis D2026-00001 accepté" in await _words(tab)
    assert await colleague.cookies() == []
    await colleague.close()

    accepted = next(told.fact for told in await served.story() if isinstance(told.fact, f.QuoteAccepted))
    mail = (await served.mails())[-1]
    assert (accepted.evidence.method, accepted.evidence.agent) == ("link", "A colleague's browser")
    assert accepted.evidence.link == (await served.link(path)).id
    assert (mail.notice, mail.to) == ("quote_accepted", ADDRESS)

    owner = await browser.new_context(java_script_enabled=False)
    tab = await owner.new_page()
    await tab.goto(_url(served, await served.mailed(Purpose.INCIDENT)))
    await _press(tab, "Ce n’était pas moi")
    await owner.close()
    assert (await served.now()).stage is Stage.QUOTED


async def _every_page(front: Front) -> list[str]:
    """The page of the order, the incident, a request for leave and a quote."""
    await front.open()
    await front.diagnose()
    await front.ask_leave()
    await front.quote()
    purposes = (Purpose.ORDER, Purpose.INCIDENT, Purpose.CONSENT, Purpose.QUOTE)
    return [await front.mailed(purpose) for purpose in purposes]


async def test_pages_are_accessible_and_fit_a_phone_by_day(browser: Browser, tmp_path: Path) -> None:
    assert await _wrong(browser, tmp_path, "light", EVERY, Language.FR) == {}


async def test_pages_are_accessible_and_fit_a_phone_by_night(browser: Browser, tmp_path: Path) -> None:
    assert await _wrong(browser, tmp_path, "dark", KINDS, Language.EN) == {}


async def test_mails_are_accessible_and_fit_a_phone_by_day(browser: Browser, tmp_path: Path) -> None:
    assert await _wrong_mails(browser, tmp_path, "light", Language.FR) == {}


async def test_mails_are_accessible_and_fit_a_phone_by_night(browser: Browser, tmp_path: Path) -> None:
    assert await _wrong_mails(browser, tmp_path, "dark", Language.EN) == {}


MAILS = (
    "incident_opened",
    "consent_requested",
    "quote_offered-long",
    "staff_wrote-long",
    "invoice_issued",
    "reminder_overdue-part",
    "contest_said",
    "chat_code_sent",
)
"""Every shape of block, with and without a button, and words too long for a phone."""
FINGER = 44  # pixels (WCAG 2.5.5)
BUTTON = "table.wide a"


async def _wrong_mails(
    browser: Browser, folder: Path, scheme: Literal["light", "dark"], language: Language
) -> dict[str, str]:
    """What axe, a ruler and a finger find, by mail."""
    notices(folder)
    context = await browser.new_context(viewport={"width": PHONE, "height": 740}, color_scheme=scheme)
    tab = await context.new_page()
    wrong: dict[str, str] = {}
    for name in MAILS:
        await tab.goto((folder / f"{name}.{language}.html").as_uri())
        found = await Axe().run(tab)
        if found.violations_count:
            wrong[name] = found.generate_report()
        if await tab.evaluate("document.documentElement.scrollWidth") > PHONE:
            wrong[f"{name} is wide"] = ""
        boxes = [await button.bounding_box() for button in await tab.locator(BUTTON).all()]
        if [box for box in boxes if box is None or box["height"] < FINGER]:
            wrong[f"{name} has a small button"] = ""
    await context.close()
    return wrong


KINDS = ("order-incomplete", "quote-consumer", "consent", "invoice", "contest", "incident-working", "problem-404")
EVERY = (
    *KINDS,
    "order",
    "order-offer",
    "order-done",
    "quote-replaced",
    "consent-given",
    "invoice-contested",
    "expired",
)


async def _wrong(
    browser: Browser, folder: Path, scheme: Literal["light", "dark"], names: tuple[str, ...], language: Language
) -> dict[str, str]:
    """What axe and a ruler find, by page."""
    pages(folder)
    context = await browser.new_context(viewport={"width": PHONE, "height": 740}, color_scheme=scheme)
    tab = await context.new_page()
    wrong: dict[str, str] = {}
    for name in names:
        await tab.goto((folder / f"{name}.{language}.html").as_uri())
        found = await Axe().run(tab)
        if found.violations_count:
            wrong[name] = found.generate_report()
        if await tab.evaluate("document.documentElement.scrollWidth") > PHONE:
            wrong[f"{name} is wide"] = ""
        if await tab.locator("h1").count() != 1:
            wrong[f"{name} has not one heading"] = ""
    await context.close()
    return wrong
