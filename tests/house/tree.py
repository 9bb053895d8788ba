"""The checkout as the house's checks read it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("bot", "storage", "tests", "benchmarks", "docs")
MADE = frozenset({"gallery", "build", "requirements.txt", "requirements-dev.txt", "comptoir.egg-info"})
WORDS = frozenset(
    {".py", ".md", ".toml", ".j2", ".typ", ".html", ".css", ".yaml", ".yml", ".txt", ".cfg", ".ini", ""}
)


def modules(*rooms: str) -> list[Path]:
    """Every Python file of these folders, relative to the root."""
    found = (file for room in rooms or CODE for file in (ROOT / room).rglob("*.py"))
    return sorted(file.relative_to(ROOT) for file in found)


def texts() -> Iterator[tuple[Path, str]]:
    """Every file that people read, with its text; what is generated or installed apart."""
    for entry in sorted(ROOT.iterdir()):
        if entry.name in MADE or (entry.name.startswith(".") and entry.name != ".ci"):
            continue
        for file in [entry] if entry.is_file() else sorted(entry.rglob("*")):
            if file.is_file() and file.suffix in WORDS:
                yield file.relative_to(ROOT), file.read_text(encoding="utf-8")


@cache
def parsed(module: Path) -> ast.Module:
    """The module's syntax tree, read once."""
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


def dotted(module: Path) -> str:
    """The name it is imported by."""
    return ".".join(module.with_suffix("").parts).removesuffix(".__init__")
