"""What every module keeps to, where ruff cannot know. Each check lists the offenders."""

import ast
import re
import tomllib
from pathlib import Path

from tests.house.tree import ROOT, dotted, modules, parsed

LONGEST = 400  # lines that say something; a file that is full lacks the name of a concept
CATALOGUES = frozenset({"bot/core/facts.py", "bot/core/notices.py", "bot/core/commands.py"})
"""Lists of one kind of thing, read like a table: they may be twice as long."""
NO_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc"})
CLOCKS = frozenset({"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"})
MAY_MAKE_A_CLOCK = ("bot.wiring", "bot.sandbox")
CORE_MAY_IMPORT = frozenset(
    {
        "bot.core",
        "collections",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "functools",
        "holidays",
        "re",
        "typing",
        "unicodedata",
        "zoneinfo",
    }
)
EVERYTHING = frozenset({"", "Exception", "BaseException"})


def said(module: Path) -> int:
    """How many of its lines are not blank."""
    return sum(1 for line in (ROOT / module).read_text(encoding="utf-8").splitlines() if line.strip())


def owned(node: ast.AST) -> str:
    """`datetime.now` for that attribute, however deep its owner is named."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
        return f"{node.value.id if isinstance(node.value, ast.Name) else node.value.attr}.{node.attr}"
    return ""


def imported(module: Path) -> set[str]:
    """Everything it imports, anywhere in its code."""
    found: set[str] = set()
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return found


def swallows(node: ast.AST) -> bool:
    """Whether it catches whatever goes wrong and passes over it without a word."""
    return (
        isinstance(node, ast.ExceptHandler)
        and (ast.unparse(node.type) if node.type else "") in EVERYTHING
        and all(isinstance(step, ast.Pass | ast.Continue) for step in node.body)
    )


def test_modules_say_in_their_first_line_what_they_are() -> None:
    written = [module for module in modules() if (ROOT / module).stat().st_size]

    assert [module for module in written if not ast.get_docstring(parsed(module))] == []


def test_modules_are_short() -> None:
    sizes = {str(module): said(module) for module in modules("bot", "storage", "tests")}

    assert {name: size for name, size in sizes.items() if size > LONGEST * (1 + (name in CATALOGUES))} == {}


def test_modules_are_named_after_concepts() -> None:
    assert [
        module for module in modules() if {part.strip("_") for part in module.with_suffix("").parts} & NO_NAMES
    ] == []


def test_clock_is_made_in_one_place() -> None:
    """Time is an argument everywhere else."""
    elsewhere = [module for module in modules("bot", "storage") if not dotted(module).startswith(MAY_MAKE_A_CLOCK)]

    assert [module for module in elsewhere if {owned(node) for node in ast.walk(parsed(module))} & CLOCKS] == []


def test_core_imports_values_only() -> None:
    """The import contract names what is forbidden; this names all that is allowed."""
    wanted = {name for module in modules("bot/core") for name in imported(module)}

    assert {name for name in wanted if not name.startswith(tuple(CORE_MAY_IMPORT))} == set()


def test_nothing_that_fails_is_passed_over() -> None:
    """What goes wrong is caught at a loop's edge, logged once, and the row is kept."""
    assert [module for module in modules("bot", "storage") if any(map(swallows, ast.walk(parsed(module))))] == []


def test_tests_patch_nothing() -> None:
    """Databases, sockets and signatures are real here."""
    patching = re.compile(r"unittest\.mock|pytest_mock|^mock\b")

    assert [module for module in modules("tests") if any(map(patching.search, imported(module)))] == []


def test_every_module_stands_on_the_ladder() -> None:
    """A module that no import contract names could import anything."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {contract["id"]: contract for contract in settings["tool"]["importlinter"]["contracts"]}
    steps = {step for level in contracts["ladder"]["layers"] for step in re.split(r"\s*\|\s*", level)}
    inside = {".".join(dotted(module).split(".")[:2]) for module in modules("bot")} - {"bot"}

    assert inside | {"storage"} == steps
