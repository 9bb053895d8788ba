"""A customer's mail seen as it was sent, and its files: everything hostile in them is inert in a real browser."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import async_playwright

from bot.app.opening import Said, add_words
from bot.channels.web.downloads import disposition
from bot.channels.web.original import MOST_TAGS, shown
from bot.core import facts as f
from bot.core.notices import Purpose
from storage import Attachment, Transaction, Via
from tests.channels.web.front import ADDRESS, Front, seen

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)
TOKEN = "t" * 43
HOSTILE = (
    "<script>document.title='ran'</script>",
    "<img src=x onerror=\"document.title='ran'\">",
    "<svg onload=\"document.title='ran'\"><image href='EVIL/svg'/></svg>",
    "<a href=\"javascript:document.title='ran'\">click</a>",
    "<a href='java\tscript:alert(1)'>click</a>",
    "<a href='data:text/html,<script>1</script>'>click</a>",
    "<meta http-equiv=refresh content='0;url=EVIL/refresh'>",
    "<base href='EVIL/base/'><img src='relative.png'>",
    "<link rel=stylesheet href='EVIL/link'><style>@import 'EVIL/import';body{background:url(EVIL/style)}</style>",
    "<p style=\"background:url('EVIL/url')\">x</p><p style='list-style-image:\\75rl(EVIL/escaped)'>x</p>",
    "<p style='background-color:image-set(\"EVIL/set\" 1x)'>x</p><td background='EVIL/td'>x</td>",
    "<div style='position:fixed;top:0;left:0;width:100vw;height:100vh;z-index:99999;background-color:red'>over</div>",
    "<div style='margin-top:-900px;height:2000px;background-color:red'>over</div>",
    "<form action='EVIL/form'><input name=a autofocus><button>Send</button></form>",
    "<iframe src='EVIL/frame' srcdoc='<script>1</script>'></iframe><object data='EVIL/o'></object>",
    "<img srcset='EVIL/set 1x' src='EVIL/img'><video poster='EVIL/poster' src='EVIL/video'></video>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "</div></main></body><body onload=alert(1)><h1>Ours</h1>",
    "<a ping='EVIL/ping' href='EVIL/ok'>x</a><!--[if mso]><img src='EVIL/mso'><![endif]-->",
    "<textarea><img src=x></textarea><xmp><img src=x onerror=alert(1)></xmp><plaintext><script>1",
)


@dataclass(frozen=True)
class Sent:
    """What one more mail of an incident became: its own address below the page, and those of its files."""

    mail: str
    files: tuple[str, ...]


async def send(
    front: Front, html: str, *files: tuple[str, bytes, str | None], role: f.Role = f.Role.CUSTOMER
) -> Sent:
    def keep(tx: Transaction) -> tuple[int, list[int]]:
        kept = tuple(
            Attachment(sha256=tx.blobs.keep(content), name=name, media_type="image/svg+xml", cid=cid)
            for name, content, cid in files
        )
        sha256 = tx.blobs.keep(html.encode())
        said = Said(author=ADDRESS, text="Voir.", via=Via.MAIL, html_sha256=sha256, files=kept)
        add_words(tx, front.desk, front.incident, said, role, front.clock())
        message = tx.messages.of_incident(front.incident)[-1].id
        return message, [file.id for file in tx.messages.attachments_of(message)]

    message, numbers = await front.desk.store.run(keep)
    return Sent(f"/mail/{message}", tuple(f"/file/{number}" for number in numbers))


@pytest.fixture
async def evil() -> AsyncIterator[tuple[str, list[str]]]:
    """A server that must hear nothing, and what it heard."""
    heard: list[str] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append(request.path)
        return web.Response(text="heard")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", hear)
    async with TestServer(app) as server:
        yield f"http://127.0.0.1:{server.port}", heard


async def test_hostile_mails_neither_run_nor_fetch_nor_leave_their_place(
    one_front: Front, evil: tuple[str, list[str]]
) -> None:
    await one_front.open()
    url, heard = evil
    page = await one_front.mailed(Purpose.INCIDENT)
    wrong: dict[str, object] = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = await browser.new_context(viewport={"width": 360, "height": 740})
        tab = await context.new_page()
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        for html in HOSTILE:
            sent = await send(one_front, html.replace("EVIL", url))
            asked.clear()
            address = str(one_front.client.make_url(page + sent.mail))
            answer = await tab.goto(address, wait_until="networkidle")
            above = await tab.evaluate("document.elementFromPoint(40, 30).closest('header') !== null")
            held = await tab.locator("script, form, iframe, object, svg, math, base, [onerror], [onload]").count()
            foreign = [one for one in asked if not one.startswith(str(one_front.client.make_url("/a/")))]
            fine = answer is not None and answer.status == 200 and tab.url == address
            if not fine or not above or held or foreign or "ran" in await tab.title():
                wrong[html] = (tab.url, above, held, foreign)
        await browser.close()

    assert wrong == {}
    assert heard == []


async def test_pictures_of_a_mail_are_shown_in_their_places_and_no_others(one_front: Front) -> None:
    await one_front.open()
    page = await one_front.mailed(Purpose.INCIDENT)
    await send(one_front, "<p>1</p>", ("other.png", PNG, "elsewhere@x"))
    html = (
        "<p>a<img src='cid:here@x'>b<img src='CID:here%40x'></p><img src='cid:gone@x' alt='plan'>"
        "<img src='cid:elsewhere@x'><img src='https://far.example/pixel' width=1 height=1>"
    )
    sent = await send(one_front, html, ("photo.png", PNG, "here@x"))

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        tab = await browser.new_page()
        await tab.goto(str(one_front.client.make_url(page + sent.mail)), wait_until="networkidle")
        widths = await tab.evaluate("Array.from(document.images, image => image.naturalWidth)")
        absent = await tab.locator(".absent").all_inner_texts()
        await browser.close()

    assert widths == [1, 1]
    assert absent == ["Image non chargée plan", "Image non chargée"]


async def test_page_of_a_mail_has_a_policy_that_lets_nothing_act(one_front: Front) -> None:
    await one_front.open()
    sent = await send(one_front, "<p>Bonjour</p>")

    page = await one_front.look(await one_front.mailed(Purpose.INCIDENT) + sent.mail)

    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith(
        "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; form-action 'none'"
    )
    assert policy.endswith("sandbox allow-popups allow-popups-to-escape-sandbox")
    assert (page.headers["Referrer-Policy"], page.headers["Cache-Control"]) == ("no-referrer", "no-store")


def test_links_say_where_they_lead_and_those_that_decide_are_useless() -> None:
    html = (
        f'<a href="https://evil.example/x?a=1">https://bank.example</a><a href="http://desk/a/{TOKEN}">1</a>'
        f'<a href="https://wrap.example/?u=http%3A%2F%2Fdesk%2Fa%2F{TOKEN}">2</a> http://desk/a/{TOKEN}'
    )

    made = shown(html, {}, "")

    assert made is not None
    assert 'data-to="evil.example"' in made.html
    assert 'rel="noopener noreferrer nofollow"' in made.html
    assert made.html.count(" href=") == 1
    assert TOKEN not in made.html


async def test_mail_cannot_have_the_token_of_its_page_put_into_it(one_front: Front) -> None:
    await one_front.open()
    path = await one_front.mailed(Purpose.INCIDENT)
    sent = await send(one_front, '<a href="https://evil.example/<!--here-->" title="<!--here--><!--seal-->">x</a>')

    page = await one_front.look(path + sent.mail)

    assert page.text.count(path) == 1  # the way back


def test_mail_that_is_too_heavy_is_not_shown() -> None:
    assert shown("<div>" * (MOST_TAGS + 1), {}, "") is None


async def test_mail_too_heavy_says_where_its_text_is(one_front: Front) -> None:
    await one_front.open()
    sent = await send(one_front, "<i>" * (MOST_TAGS + 1))

    page = await one_front.look(await one_front.mailed(Purpose.INCIDENT) + sent.mail)

    assert "Ce mail est trop lourd" in page.plain


async def test_files_are_given_out_as_what_their_bytes_are(one_front: Front) -> None:
    await one_front.open()
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"
    sent = await send(one_front, "", ("a.png", PNG, None), ("b.png", svg, None), ("c.html", b"<p>", None))
    page = await one_front.mailed(Purpose.INCIDENT)

    answers = [await one_front.client.get(page + file) for file in sent.files]

    assert [answer.content_type for answer in answers] == ["image/png", *["application/octet-stream"] * 2]
    dispositions = [answer.headers["Content-Disposition"].split(";")[0] for answer in answers]
    assert dispositions == ["inline", "attachment", "attachment"]
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].endswith("sandbox")
    assert await answers[1].read() == svg


async def test_part_of_a_file_or_its_headers_alone(one_front: Front) -> None:
    await one_front.open()
    sent = await send(one_front, "", ("a.png", PNG, None))
    path = await one_front.mailed(Purpose.INCIDENT) + sent.files[0]

    head = await one_front.client.head(path)
    part = await one_front.client.get(path, headers={"Range": "bytes=0-3"})

    assert (head.status, head.headers["Content-Length"], head.headers["Accept-Ranges"]) == (
        200,
        str(len(PNG)),
        "none",
    )
    assert (part.status, await part.read()) == (200, PNG)


async def test_files_and_mails_of_others_are_as_unknown_as_any(one_front: Front) -> None:
    await one_front.open()
    private = await send(one_front, "<p>x</p>", ("a.png", PNG, None), role=f.Role.BOT)
    mine = await send(one_front, "<p>x</p>", ("a.png", PNG, None))
    other = Front(one_front.desk, one_front.clock, one_front.client, incident=2)
    await other.open()
    others, page = await other.mailed(Purpose.INCIDENT), await one_front.mailed(Purpose.INCIDENT)
    order = await one_front.mint(Purpose.ORDER)
    unknown = await one_front.look("/a/x")

    paths = [page + path for path in (private.mail, private.files[0], "/mail/999", "/file/999")]
    paths += [door + path for door in (others, order, "/a/x") for path in (mine.mail, mine.files[0])]

    for path in paths:
        answer = await seen(await one_front.client.get(path))
        assert (answer.status, answer.text) == (404, unknown.text), path


async def test_story_leads_to_the_mail_as_it_was_sent_and_to_its_files(one_front: Front) -> None:
    await one_front.open()
    sent = await send(one_front, "<p>x</p>", ("<b>écran</b>.png", PNG, None))
    path = await one_front.mailed(Purpose.INCIDENT)

    page = await one_front.look(path)

    assert f'href="{path}{sent.mail}"' in page.text
    assert f'href="{path}{sent.files[0]}"' in page.text
    assert f"<b>écran</b>.png {len(PNG)} o" in page.plain
    assert "<b>écran" not in page.text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("devis.pdf", "attachment; filename=\"devis.pdf\"; filename*=UTF-8''devis.pdf"),
        ("été 1.png", "attachment; filename=\"ete 1.png\"; filename*=UTF-8''%C3%A9t%C3%A9%201.png"),
        ("../../etc/passwd", "attachment; filename=\"_.._etc_passwd\"; filename*=UTF-8''.._.._etc_passwd"),
        ("a\r\nX: b.png", "attachment; filename=\"a__X_ b.png\"; filename*=UTF-8''a__X%3A%20b.png"),
        ("exe\u202egnp.x", "attachment; filename=\"exe_gnp.x\"; filename*=UTF-8''exe_gnp.x"),
        ('a";b', "attachment; filename=\"a__b\"; filename*=UTF-8''a%22%3Bb"),
        ("", "attachment; filename=\"attachment\"; filename*=UTF-8''attachment"),
        ("文", "attachment; filename=\"attachment\"; filename*=UTF-8''%E6%96%87"),
    ],
)
def test_names_can_say_nothing_but_a_name(name: str, said: str) -> None:
    assert disposition("attachment", name) == said


def test_name_of_three_hundred_characters_is_cut() -> None:
    assert len(disposition("attachment", "a" * 300)) < 400
