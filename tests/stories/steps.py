"""What every story goes through before its own part begins, each step as people take it."""

from tests.stories.browser import Entry, Page
from tests.stories.people import BOB, DETAILS, WORDS
from tests.stories.town import Town

QUOTE_LINES = "Réparer la base de la boutique | 3 | 60,00\nSauvegarde | 1 | 20,00"  # 200,00 HT, 240,00 TTC


async def order(here: Town, who: str = BOB, **entries: Entry) -> Page:
    """Writes to the desk, opens the page that the announcement leads to, and orders."""
    await here.mail(who, "Panne", WORDS[who])
    page = await here.open(here.newest(who).link)
    return await here.press(page, "order", **(DETAILS[who] | entries))


async def diagnose(here: Town, who: str = BOB, **entries: Entry) -> None:
    """Staff begin the diagnosis that was ordered."""
    await order(here, who, **entries)
    await here.staff.click("start_diagnosis")


async def conclude(here: Town, outcome: str, report: str = "L'index est cassé.", who: str = BOB) -> None:
    """The diagnosis ends with this outcome."""
    await diagnose(here, who)
    await here.staff.submit("conclude", outcome=outcome, report=report)


async def ask(here: Town, who: str = BOB, until: str = "2010-06-20") -> Page:
    """Staff ask to read the files of the shop and change its database; the page that the request leads to."""
    await diagnose(here, who)
    acts = ("read_files", "modify_database")
    await here.staff.submit("ask_consent", acts=acts, places="/www/shop\nshop_db", until=until, why="L'index.")
    return await here.open(here.newest(who).link)


async def quote(here: Town, who: str = BOB) -> Page:
    """The diagnosis ends with a quote; the page that its mail leads to."""
    await conclude(here, "quote", who=who)
    await here.staff.submit("send_quote", lines=QUOTE_LINES, validity_days="15")
    return await here.open(here.newest(who).link)


async def work(here: Town, who: str = BOB) -> Page:
    """The customer accepts the quote; the page as it is then."""
    page = await quote(here, who)
    return await here.press(
        page, "accept", **({"express": True} if "express" in page.form("accept")[0].controls else {})
    )


async def invoice(here: Town, who: str = BOB) -> Page:
    """The problem is solved during the diagnosis; the page that the invoice's mail leads to."""
    await conclude(here, "solved", who=who)
    return await here.open(here.newest(who).link)


async def bill(here: Town, who: str = BOB) -> Page:
    """Quote accepted, work finished: 20,00 for the diagnosis, 180,00 and 20,00 for the work; the invoice's page."""
    await work(here, who)
    await here.staff.submit("finish_work", report="L'index est réparé.")
    return await here.open(here.newest(who).link)


async def contest(here: Town, who: str = BOB) -> Page:
    """The customer says that they disagree; the page on which to confirm it."""
    await here.press(await invoice(here, who), "contest", reason="C'était votre routeur.")
    return await here.open(here.newest(who).link)
