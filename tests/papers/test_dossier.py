"""An incident's story as PDF: every fact, label and value is worded in both languages."""

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]  # ships no types
import pytest

from bot.app import chapters
from bot.app.proof import Level
from bot.core.facts import FACTS, Authority, Language, Outcome, WayIn
from bot.core.terms import Kind
from bot.papers.dossier import Chapter, Dossier, Entry, Step, render
from bot.papers.paper import TEMPLATES
from storage import Fate

KEY = re.compile(r'^  "?([A-Za-z_.0-9]+)"?: \[', re.MULTILINE)


def words(language: Language, table: str) -> set[str]:
    """The keys of one of its tables of words."""
    text = (TEMPLATES / f"dossier-{language}.typ").read_text(encoding="utf-8")
    return set(KEY.findall(text.partition(f"#let {table} = (\n")[2].partition("\n)\n")[0]))


def a_dossier(language: Language, **changed: object) -> Dossier:
    """One decision with everything that is known of one, in short."""
    fields: dict[str, object] = {
        "language": language,
        "reference": "INC-42",
        "title": "Le site ne répond plus",
        "seller": "Hébergeur",
        "until": datetime(2010, 6, 14, 8, tzinfo=UTC),
        "known": (("customer", "C-7 Client SA"), ("head INC-42", "0" * 64)),
        "wrong": "",
        "chapters": (
            Chapter(
                fact="QuoteAccepted",
                seq=1,
                at="2010-06-14 08:00:00 UTC",
                by="customer:bob@clientsa.fr",
                about="D2010-00001",
                steps=(Step(name="answered", known=(("method", "method.link"), ("agent", "Mozilla/5.0 " * 30))),),
            ),
        ),
        "history": (
            Entry(
                seq=1, at="x", fact="QuoteAccepted", actor="customer:b", tells="2", notes=("#let *",), chain="0" * 16
            ),
        ),
        "documents": (("D2010-00001", "0" * 64),),
    }
    return Dossier(**fields | changed)  # type: ignore[arg-type]


def text_of(pdf: bytes) -> str:
    """All that its pages say."""
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


@pytest.mark.parametrize("language", Language)
def test_every_fact_is_worded(language: Language) -> None:
    assert words(language, "facts") == set(FACTS)


@pytest.mark.parametrize("language", Language)
def test_everything_that_chapters_know_is_worded(language: Language) -> None:
    source = Path(chapters.__file__).read_text(encoding="utf-8")
    labels = set(re.findall(r'\("([a-z_0-9]+)", (?!None)', source)) - {"number", "outcome"}
    steps = set(re.findall(r'Step\(name="([a-z]+)"', source))

    assert labels <= words(language, "labels")
    assert steps == words(language, "steps")
    spelled = {
        "authority": Authority,
        "fate": Fate,
        "kind": Kind,
        "proof": Level,
        "outcome": Outcome,
        "way_in": WayIn,
    }
    wanted = {f"{name}.{one}" for name, kinds in spelled.items() for one in kinds}
    assert wanted <= words(language, "values")


def test_what_is_told_is_text_and_never_markup() -> None:
    said = text_of(render(a_dossier(Language.FR)))

    assert "Devis accepté\u00a0— D2010-00001" in said
    assert "Lien envoyé à son adresse, formulaire validé" in said
    assert "#let *" in said


def test_what_is_wrong_stands_on_the_first_page() -> None:
    said = text_of(render(a_dossier(Language.EN, wrong="INC-42: fact 3 is not what was written")))

    assert "not everything is as it was recorded" in said
    assert "INC-42: fact 3 is not what was written" in said


def test_equal_dossiers_give_equal_bytes() -> None:
    assert render(a_dossier(Language.EN)) == render(a_dossier(Language.EN))


def test_verifier_needs_an_old_python_alone() -> None:
    tree = ast.parse(
        (TEMPLATES.parent / "evidence" / "verify.py").read_text(encoding="utf-8"), feature_version=(3, 8)
    )

    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"hashlib", "json", "pathlib", "sys", "zipfile"}
