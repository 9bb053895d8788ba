"""Every notice in both languages: complete, one subject line, the same words in text and HTML, inert values."""

import re
from dataclasses import fields, replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot.app.wording import Decision, DecisionKind, decision_in, way_in_of
from bot.core.facts import Language
from bot.core.notices import (
    NOTICES,
    LinkRenewed,
    Notice,
    Purpose,
    StaffWrote,
)
from bot.sandbox.gallery import notices as write_gallery
from bot.sandbox.gallery import worded
from bot.sandbox.samples import PROVIDER, context, samples
from bot.words import TEMPLATES, Worded, Words

WORDS = Words(PROVIDER)
EVERY = [(language, name) for language in Language for name in samples(language)]
REPLY_ABOVE = {
    Language.FR: "-- Répondez au-dessus de cette ligne --",
    Language.EN: "-- Reply above this line --",
}
FIGURE = re.compile(r"[A-Z]2026-\d+|\d[\d.,]+\u00a0€|€\d[\d.,]+")
CLIPPED = 100_000  # Gmail hides what follows its 102 kB
HOSTILE = "<script>alert(1)</script> **x** {{ 7*7 }} {% if %} &amp;\r\nBcc: everybody\r\n\r\n* y\n> z\n! w \ue000"


class Visible(HTMLParser):
    """The words a reader of the HTML sees, and the tags and links it holds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.tags: list[str] = []
        self.hrefs: list[str] = []
        self._hidden = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if tag == "a":
            self.hrefs.append(given.get("href") or "")
        if tag in {"head", "style"} or given.get("aria-hidden"):
            self._hidden = self._hidden or tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden:
            self._hidden = ""

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text.append(data)


def test_every_notice_has_a_folder_and_every_folder_a_notice() -> None:
    folders = {path.name: sorted(file.name for file in path.iterdir()) for path in (TEMPLATES / "notices").iterdir()}

    assert folders == {name: ["en.j2", "fr.j2"] for name in NOTICES}


@pytest.mark.parametrize("language", Language)
def test_every_notice_has_a_sample(language: Language) -> None:
    assert {name.partition("-")[0] for name in samples(language)} == set(NOTICES)


@pytest.mark.parametrize(("language", "name"), EVERY)
def test_a_notice_is_complete(language: Language, name: str) -> None:
    said = _said(language, name)

    assert said.subject == said.subject.strip() != ""
    assert _is_one_line(said.subject)
    assert _is_one_line(said.preview)
    assert 0 < len(said.preview) <= 180
    assert len(said.lines) > 0
    assert REPLY_ABOVE[language] == said.text.splitlines()[0]
    assert not re.search(r"\{[{%]|[%}]\}|\*\*|None|[\ue000-\ue0ff]", said.subject + said.preview + said.text)
    assert bool(said.button) == bool(said.button_url)
    assert "\n\n\n" not in said.text


@pytest.mark.parametrize(("language", "name"), EVERY)
def test_the_preview_goes_on_where_the_subject_ends(language: Language, name: str) -> None:
    """A phone shows one after the other: what the one says, numbers and amounts, is not in the other."""
    said = _said(language, name)

    assert set(FIGURE.findall(said.subject)) & set(FIGURE.findall(said.preview)) == set()


@pytest.mark.parametrize(("language", "name"), EVERY)
def test_text_and_html_carry_the_same_words(language: Language, name: str) -> None:
    said = _said(language, name)
    page = Visible(said.html)

    assert _letters(said.text) == _letters("\n".join(page.text))
    assert sorted(page.hrefs) == sorted(re.findall(r"^https://\S+$", said.text, re.MULTILINE))
    assert not said.button_url or said.button_url in page.text
    for block in said.lines:
        assert _letters(block.text) in _letters(said.text)


@pytest.mark.parametrize(("language", "name"), EVERY)
def test_text_lines_are_short(language: Language, name: str) -> None:
    assert [line for line in _said(language, name).text.splitlines() if len(line) > 76 and " " in line.strip()] == []


@pytest.mark.parametrize(("language", "name"), EVERY)
def test_with_and_without_vat_go_together(language: Language, name: str) -> None:
    """Letter §2.3: a price without VAT never stands alone, nor one with VAT."""
    text = " ".join(block.text for block in _said(language, name).lines)
    net, gross = {Language.FR: ("HT", "TTC"), Language.EN: ("excl.\u00a0VAT", "incl.\u00a0VAT")}[language]

    assert ("€" in text) == (net in text) == (gross in text)


@pytest.mark.parametrize(("language", "name"), EVERY)
def test_typography(language: Language, name: str) -> None:
    said = _said(language, name)
    text = f"{said.subject}\n{said.preview}\n{said.text}"

    assert "'" not in text
    if language is Language.FR:
        assert re.findall(r"[ \n][:;?!»]|[«] |(?<=[\w»)])[;?!»]|\w«", text) == []
        assert '"' not in text


@pytest.mark.parametrize(("language", "name"), EVERY)
def test_the_html_fetches_nothing_and_fits_a_phone(language: Language, name: str) -> None:
    html = _said(language, name).html

    assert not set(Visible(html).tags) & {"img", "script", "link", "iframe", "form", "input"}
    assert "url(" not in html
    assert "@import" not in html
    assert 'name="viewport"' in html
    assert "max-width:600px" in html
    assert "prefers-color-scheme: dark" in html
    assert PROVIDER.feedback_address in html
    assert len(html.encode()) < CLIPPED
    assert PROVIDER.legal_name in html


@pytest.mark.parametrize(("language", "name"), EVERY)
def test_hostile_values_stay_inert(language: Language, name: str) -> None:
    """What a person typed changes neither the structure of the mail nor its headers."""
    notice = samples(language)[name]
    tame = WORDS.notice(_with_strings(notice, "word"), language, context(language))
    wild = WORDS.notice(
        _with_strings(notice, HOSTILE), language, replace(context(language), title=HOSTILE, customer=HOSTILE)
    )

    assert [block.shape for block in wild.lines] == [block.shape for block in tame.lines]
    assert _tags(wild) == _tags(tame)
    assert _is_one_line(wild.subject)
    assert _is_one_line(wild.preview)
    assert wild.button == tame.button
    assert "49" not in wild.text.replace("7*7", "")
    assert _letters("\n".join(Visible(wild.html).text)).count("<script>") == _letters(wild.text).count("<script>") > 0


def test_a_conversation_keeps_one_subject() -> None:
    subjects = {
        WORDS.notice(notice, language, context(language)).subject
        for language in [Language.FR]
        for notice in samples(language).values()
        if not notice.BY_MAIL and notice.LINK in {Purpose.INCIDENT, Purpose.ORDER, Purpose.CONSENT}
    }

    assert subjects == {"[INC-42] Boutique en erreur 500", "[INC-42] Votre demande de support"}


def test_money_papers_say_their_number_and_amount() -> None:
    said = {
        name: _said(Language.FR, name).subject for name in ("quote_offered", "invoice_issued", "invoice_credited")
    }

    assert said == {
        "quote_offered": "[INC-42] Devis D2026-00017\u00a0: 125,50\u00a0€\u00a0HT — 150,60\u00a0€\u00a0TTC",
        "invoice_issued": "[INC-42] Facture F2026-00042\u00a0: 174,60\u00a0€\u00a0TTC",
        "invoice_credited": "[INC-42] Avoir A2026-00003\u00a0: 174,60\u00a0€\u00a0TTC",
    }


@pytest.mark.parametrize(
    ("language", "first"),
    [
        (Language.FR, "Le diagnostic coûte 20,00\u00a0€\u00a0HT — 24,00\u00a0€\u00a0TTC."),
        (Language.EN, "The diagnosis costs €20.00\u00a0excl.\u00a0VAT — €24.00\u00a0incl.\u00a0VAT."),
    ],
)
def test_the_announcement_says_its_price_first(language: Language, first: str) -> None:
    said = _said(language, "incident_opened")

    assert said.lines[0].runs[0].text == first
    assert "20" in said.preview


def test_the_offer_says_its_last_day_and_the_price_after() -> None:
    panel = _said(Language.FR, "incident_opened-offer").lines[0].text

    assert panel.split("\n")[:2] == [
        "Le diagnostic est offert s’il est commandé jusqu’au mardi 30 juin 2026 inclus.",
        "Commandé plus tard, il coûterait 20,00\u00a0€\u00a0HT — 24,00\u00a0€\u00a0TTC.",
    ]


@pytest.mark.parametrize("language", Language)
def test_only_a_formal_notice_to_businesses_mentions_the_collection_fee(language: Language) -> None:
    """L441-10 is between professionals: consumers' texts never mention the 40 euros."""
    mentioning = [name for name in samples(language) if re.search(r"\b40\b", _said(language, name).text)]

    assert mentioning == ["formal_notice-business", "several_reminders-formal"]


@pytest.mark.parametrize(
    ("language", "word"), [(Language.FR, "services continuent"), (Language.EN, "services go on")]
)
def test_the_end_of_support_says_that_services_go_on(language: Language, word: str) -> None:
    """Letter §6.3, and the way back (§6.5)."""
    for name in ("contest_confirmed", "support_ended", "support_unavailable", "support_unavailable-limited"):
        said = _said(language, name)
        assert word in _spaced(said.text)
        assert PROVIDER.email in said.text


@pytest.mark.parametrize(
    ("language", "part", "whole"),
    [
        (Language.FR, "une partie de la facture", "La facture F2026-00042 est annulée"),
        (Language.EN, "a part of invoice", "Invoice F2026-00042 is cancelled"),
    ],
)
def test_a_credit_note_for_a_part_never_says_that_the_invoice_is_cancelled(
    language: Language, part: str, whole: str
) -> None:
    """Whether or not the rest was paid before."""
    for name in ("invoice_credited-part", "invoice_credited-paid"):
        said = _said(language, name)
        assert part in _spaced(said.text)
        assert whole not in _spaced(said.text + said.preview)
    assert whole in _spaced(_said(language, "invoice_credited").text)


@pytest.mark.parametrize(
    ("language", "promise"),
    [(Language.FR, r"gardez|votre support|perdre"), (Language.EN, r"\bkeep\b|your support|\blose\b")],
)
def test_who_has_lost_support_is_not_told_that_they_keep_it(language: Language, promise: str) -> None:
    for name in ("contest_said", "contest_withdrawn", "contest_lapsed", "contest_conceded"):
        kept, lost = _said(language, name), _said(language, f"{name}-lost")
        assert re.search(promise, _spaced(kept.text))
        assert not re.search(promise, _spaced(lost.text + lost.preview))


def test_reminders_say_how_to_pay_and_how_to_contest() -> None:
    for name in (
        "invoice_issued",
        "reminder_before_due",
        "reminder_overdue",
        "formal_notice",
        "invoice_long_overdue",
    ):
        text = _spaced(_said(Language.FR, name).text)
        assert "FR76 3000 6000 0112 3456 7890 189" in text
        assert "Référence à indiquer : RF93F202600042" in text
        assert "Vous pouvez contester depuis la page de la facture" in text


def test_a_consumers_withdrawal_is_told_to_consumers_alone() -> None:
    assert "rétractation" in _said(Language.FR, "quote_accepted-consumer").text
    assert "rétractation" not in _said(Language.FR, "quote_accepted").text
    assert "rétractation" not in _said(Language.FR, "diagnosis_ordered").text


def test_the_button_leads_to_the_notices_own_page_else_to_the_incident() -> None:
    links = context(Language.FR).links

    assert _said(Language.FR, "invoice_issued").button_url == links["invoice"]
    assert _said(Language.FR, "staff_wrote").button_url == links["incident"]
    assert _said(Language.FR, "chat_code_sent").button_url == ""
    for purpose in Purpose:
        renewed = LinkRenewed(purpose=purpose, number="F2026-00042")
        assert WORDS.notice(renewed, Language.FR, context(Language.FR)).button_url == links[purpose]


@pytest.mark.parametrize(
    ("customer", "greeting"), [("Camille", "Bonjour Camille,"), ("c@d.example", "Bonjour,"), ("", "Bonjour,")]
)
def test_an_address_is_not_a_name(customer: str, greeting: str) -> None:
    said = WORDS.notice(StaffWrote(text="x"), Language.FR, replace(context(Language.FR), customer=customer))

    assert said.text.splitlines()[4] == greeting


def test_the_gallery_holds_every_notice(tmp_path: Path) -> None:
    write_gallery(tmp_path)

    names = {f"{name}.{language}.{kind}" for language, name in EVERY for kind in ("html", "txt")}
    assert {path.name for path in tmp_path.iterdir()} == names | {"index.html"}


@cache
def _said(language: Language, name: str) -> Worded:
    return worded(WORDS, samples(language)[name], language)


def _with_strings(notice: Notice, value: str) -> Notice:
    given = {
        f.name: value for f in fields(notice) if type(getattr(notice, f.name)) is str and getattr(notice, f.name)
    }
    return replace(notice, **given)


def _is_one_line(text: str) -> bool:
    return re.sub("[\u00a0\u202f]", " ", text).isprintable()


def _tags(said: Worded) -> list[str]:
    return [tag for tag in Visible(said.html).tags if tag != "br"]


def _letters(text: str) -> str:
    """Without layout: addresses of links with their colon, list marks and spaces."""
    return re.sub(r"\s", "", re.sub(r"^- ", "", re.sub(r"(\u00a0?:\n)?https://\S+", "", text), flags=re.MULTILINE))


def _spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text)


PHRASED = {
    "incident_opened": [DecisionKind.ORDERS],
    "order_nudged": [DecisionKind.ORDERS],
    "quote_offered": [DecisionKind.ACCEPTS, DecisionKind.DECLINES],
    "quote_nudged": [DecisionKind.ACCEPTS],
    "consent_requested": [DecisionKind.ALLOWS],
    "consent_nudged": [DecisionKind.ALLOWS],
}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", PHRASED)
def test_sentence_to_reply_with_is_one_that_we_understand(language: Language, name: str) -> None:
    """Each mail that asks names them, once; the whole mail itself, quoted or not, is none."""
    text = worded(WORDS, samples(language)[name], language).text
    named = [
        decision for line in text.splitlines() if (decision := decision_in(line.strip("> *"))) and decision.number
    ]

    assert [decision.kind for decision in named] == PHRASED[name]
    assert (decision_in(text) or Decision()).number == ""


IN_MAIL_ALONE = re.compile(
    r"\bci-joint|\bjointe?s? à ce|\best jointe?\b|\bpièces? jointes? :|\battached\b|\benclosed\b"
    r"|\b(?:ce|cet|présent) (?:e-)?mail\b|\bthis (?:e-)?mail\b"
    r"|\b(?:cette|une) seule phrase\b|\b(?:this|one) sentence\b"
    r"|\b(?:répond\w*|reply\w*) (?:par|avec ces mots|with)\b|\bau-dessus de cette ligne\b|\babove this line\b",
    re.IGNORECASE,
)


def _in_mail_alone(said: Worded) -> list[str]:
    """What holds only in a mail: something attached to it, an answer that decides by its words."""
    lines = [said.subject, said.button, *(block.text for block in said.lines)]
    runs = [run.text for block in said.lines for run in block.runs if run.strong]
    decides = [text for text in runs if way_in_of(text) or (decision_in(text) or Decision()).number]
    return decides + [line for line in lines if IN_MAIL_ALONE.search(_spaced(line))]


@pytest.mark.parametrize(("language", "name"), EVERY)
def test_chat_says_nothing_that_holds_only_in_a_mail(language: Language, name: str) -> None:
    """What decides there is a button or the page; papers follow as messages of their own."""
    there = replace(context(language), chat=True)

    assert _in_mail_alone(WORDS.notice(samples(language)[name], language, there)) == []


BELOW_IN_CHAT = (
    "consent_granted",
    "consent_nudged",
    "consent_requested",
    "contest_said",
    "quote_nudged",
    "quote_offered",
)
"""Buttons of their own decide there, not the page alone."""


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", BELOW_IN_CHAT)
def test_chat_sends_nobody_to_the_page_for_what_a_button_there_decides(language: Language, name: str) -> None:
    said = WORDS.notice(samples(language)[name], language, replace(context(language), chat=True))

    assert [block.text for block in said.lines if re.search("page ci-dessous|page below", block.text)] == []


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    "name", [*PHRASED, "incident_opened", "invoice_issued", "invoice_credited", "staff_wrote-files"]
)
def test_mail_says_what_holds_only_there(language: Language, name: str) -> None:
    """Also where it leaves instead of a message in chat that Slack does not take."""
    assert _in_mail_alone(_said(language, name)) != []
