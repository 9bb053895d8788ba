"""The way from a fact to its anchor, walked by what is handed out for that."""

import importlib.util
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

from storage import Place

SCRIPT = Path(__file__).parents[2] / "templates" / "evidence" / "verify.py"


def verifier() -> ModuleType:
    """The script that goes along with evidence, as a module."""
    spec = importlib.util.spec_from_file_location("outside_verify", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def leads_to(place: Place) -> str:
    """The root that this place leads to."""
    found: str = verifier().climb(asdict(place))
    return found
