"""What is written here speaks of the product, and what it names exists."""

import re
import tomllib
from pathlib import Path

from bot.__main__ import cli
from storage.__main__ import main as storage_cli
from tests.house.tree import ROOT, texts

# What is left to do, or where somebody's files lie, belongs elsewhere.
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b|(?<![\w.~])/(?:home|root|Users)/\w")
NUMBERED = re.compile(r"(?<![\w&/#-])#\d{1,4}\b(?!;)")  # an issue of ours; those of others are named owner/repo#1
SPEAKS = frozenset({".py", ".md"})
MAKE = re.compile(r"\bmake ([a-z][a-z-]+)")
TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"python -m (bot|storage) ([a-z]+)")
CODE = re.compile(r"`([^`]+)`|^    (.+)$", re.MULTILINE)
HERE = Path(__file__).relative_to(ROOT)


KNOWN = {("bot", name) for name in cli.commands} | {("storage", name) for name in storage_cli.commands}


def test_nothing_is_left_to_do_or_tied_to_one_machine() -> None:
    found = [
        (str(file), match.group()) for file, text in texts() if file != HERE for match in UNFINISHED.finditer(text)
    ]

    assert found == []


def test_nothing_names_an_issue_by_its_number() -> None:
    found = [
        (str(file), line.strip())
        for file, text in texts()
        if file.suffix in SPEAKS and file != HERE
        for line in text.splitlines()
        if NUMBERED.search(line)
    ]

    assert found == []


def test_links_lead_somewhere() -> None:
    missing = [
        (str(file), link)
        for file, text in texts()
        if file.suffix == ".md"
        for link in LINK.findall(text)
        if not (ROOT / file.parent / link).exists()
    ]

    assert missing == []


def test_make_targets_that_are_named_exist() -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    spans = [span for file, text in texts() if file.suffix == ".md" for span in CODE.findall(text)]

    assert {name for span in spans for name in MAKE.findall("".join(span))} <= targets


def test_commands_that_are_named_exist() -> None:
    named = {command for file, text in texts() if file.suffix in {".md", ""} for command in COMMAND.findall(text)}

    assert named - KNOWN == set()


def test_procfile_has_every_process_once() -> None:
    lines = [line.partition(":") for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines() if line]

    assert [name for name, _, _ in lines] == ["release", "web", "mail", "worker", "clock", "slack"]
    assert all(COMMAND.findall(command) == [("bot", name)] for name, _, command in lines[1:])


def test_every_dependency_is_declared() -> None:
    """What is pinned is what is named, and both files are made from one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {re.split(r"[><=;\[ ]", wanted)[0].lower() for wanted in project["dependencies"]}
    pinned = set(
        re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    )

    assert named <= pinned
