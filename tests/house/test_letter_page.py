"""The page about the letter says what the tables say, and what code and tests cite is on it."""

import re

from docs.diagrams import DRAWINGS, PAGE, SECTION, drawn
from tests.house.tree import texts

TEXT = PAGE.read_text(encoding="utf-8")
CLAUSES = frozenset(re.findall(r"^\| (\d\.\d) \|", TEXT, re.MULTILINE))
CITED = re.compile(r"§(\d\.\d)")
TEST = re.compile(r"\b(test_[a-z_]+)\b")


def test_diagrams_are_those_of_the_tables() -> None:
    """If not: `python -m docs.diagrams`."""
    assert drawn(TEXT) == TEXT


def test_every_drawing_has_its_place() -> None:
    assert sorted(name for _, name, _ in SECTION.findall(TEXT)) == sorted(DRAWINGS)


def test_clauses_that_are_cited_are_on_the_page() -> None:
    lines = [
        line for file, text in texts() if file.suffix == ".py" for line in text.splitlines() if "RFC" not in line
    ]

    assert {clause for line in lines for clause in CITED.findall(line)} <= CLAUSES


def test_tests_that_prove_a_clause_exist() -> None:
    written = {file.stem for file, _ in texts() if file.parts[0] == "tests"}

    assert set(TEST.findall(TEXT)) <= written
