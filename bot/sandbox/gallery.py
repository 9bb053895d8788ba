"""Everything customers may receive, written into a folder to be looked at."""

from html import escape
from pathlib import Path

from bot.channels.web.answers import Problems, stylesheet
from bot.channels.web.pages import Said, page, render, render_expired
from bot.core.facts import Language
from bot.core.notices import ChatCodeSent, IncidentMoved, Notice, SupportUnavailable
from bot.sandbox.samples import PROVIDER, context, nowhere, samples
from bot.sandbox.showcase import expired, showcase
from bot.words import Worded, Words

STATUSES = (400, 403, 404, 405, 413, 415, 429, 500, 503)


def notices(folder: Path) -> None:
    """Writes each notice as `<name>.<language>.{html,txt}`, and an `index.html` that leads to them."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [row for language in Language for row in _written(folder, Words(PROVIDER), language)]
    (folder / "index.html").write_text(_INDEX.format(rows="\n".join(rows)), encoding="utf-8")


def pages(folder: Path) -> None:
    """Writes each page behind a mailed link as `<name>.<language>.html`, in its states, with its stylesheet."""
    folder.mkdir(parents=True, exist_ok=True)
    sheet = stylesheet()
    (folder / sheet.path.lstrip("/")).write_bytes(sheet.content)
    for language in Language:
        for name, text in _pages(Words(PROVIDER), language, sheet.path.lstrip("/")).items():
            (folder / f"{name}.{language}.html").write_text(text, encoding="utf-8")


def _pages(words: Words, language: Language, sheet: str) -> dict[str, str]:
    written: dict[str, str] = {}
    for name, opened in showcase(language).items():
        shown = page(PROVIDER, opened)
        if shown is None:
            raise ValueError(f"{name} shows nothing")
        written[name] = render(words, opened, shown, sheet)
        if name == "order-consumer":
            said = Said(problems=("name", "postal_address", "kind", "vat_number", "siren", "express"))
            written["order-incomplete"] = render(words, opened, shown, sheet, said)
    written["expired"] = render_expired(words, expired(language), sheet)
    written["expired-sent"] = render_expired(words, expired(language), sheet, sent=True)
    problems = Problems(words, sheet)
    return written | {f"problem-{status}": problems.text(status, language) for status in STATUSES}


def worded(words: Words, notice: Notice, language: Language) -> Worded:
    """A sample in words, in the surroundings such a notice has."""
    without = isinstance(notice, SupportUnavailable | ChatCodeSent | IncidentMoved)
    return words.notice(notice, language, nowhere(language) if without else context(language))


def _written(folder: Path, words: Words, language: Language) -> list[str]:
    rows: list[str] = []
    for name, notice in samples(language).items():
        said = worded(words, notice, language)
        stem = f"{name}.{language}"
        (folder / f"{stem}.html").write_text(said.html, encoding="utf-8")
        (folder / f"{stem}.txt").write_text(f"Subject: {said.subject}\n\n{said.text}", encoding="utf-8")
        rows.append(_row(stem, said))
    return rows


def _row(stem: str, said: Worded) -> str:
    return _ROW.format(stem=escape(stem), subject=escape(said.subject), preview=escape(said.preview))


_ROW = (
    '<tr><td><a href="{stem}.html">{stem}</a> <a href="{stem}.txt">txt</a></td>'
    "<td><strong>{subject}</strong><br>{preview}</td></tr>"
)
_INDEX = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Notices</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
body {{ max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }}
td {{ padding: .5rem .75rem; vertical-align: top; border-top: 1px solid #8884; }}
td:first-child {{ white-space: nowrap; }}
</style></head>
<body>
<h1>Notices</h1>
<table>
{rows}
</table>
</body>
</html>
"""
