"""The catalogue of interventions that ships, and what is said at start about one that is wrong (letter §1.3)."""

import re
from collections import Counter
from pathlib import Path

import pytest

from bot.core.facts import Intervention, Rule
from bot.settings import Misconfigured, read_settings

SHIPPED = read_settings({}).catalogue
ENTRY = 'id = "{id}"\nrule = "{rule}"\nfr = "{fr}"\nen = "{en}"\nclause = "{clause}"\n'
USUAL = {"id": "read_files", "rule": "consent", "fr": "lire", "en": "read", "clause": "art. 5"}


def reading(tmp_path: Path, *entries: dict[str, str]) -> str:
    """What is said about a file with these entries."""
    path = tmp_path / "comptoir.toml"
    path.write_text("".join("[[interventions]]\n" + ENTRY.format(**USUAL | entry) for entry in entries))
    with pytest.raises(Misconfigured) as refused:
        read_settings({"COMPTOIR_CONFIG": str(path)})
    return str(refused.value).removeprefix(f"{path}: ")


def test_catalogue_that_ships_has_every_rule_and_what_a_host_is_asked_for() -> None:
    rules = Counter(entry.rule for entry in SHIPPED)

    assert set(rules) == set(Rule)
    assert 25 <= len(SHIPPED) <= 35
    assert rules[Rule.CONSENT] > len(SHIPPED) / 2


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: entry.id)
def test_wordings_end_the_sentence_that_asks(entry: Intervention) -> None:
    """ "Nous vous demandons l'autorisation de…", "We ask for your permission to…"."""
    fr, en = entry.fr, entry.en

    assert re.match(r"(se )?[a-zéè]+(er|ir|re) ", fr), fr
    assert re.match(r"[a-z-]+ [a-z]", en), en
    assert not set("'\"") & set(fr + en)
    assert not (fr + en).endswith((".", " "))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rule": "maybe"}, "interventions.read_files.rule: Input should be 'free', 'tell', 'consent'"),
        ({"fr": " "}, "interventions.read_files.fr: String should have at least 1 character"),
        ({"en": "x" * 76}, "interventions.read_files.en: String should have at most 75 characters"),
        ({"rule": "emergency", "clause": " "}, "interventions.read_files: the rule emergency needs the contract's"),
        ({"id": ""}, "interventions.1.id: String should match pattern"),
    ],
)
def test_entry_that_is_wrong_is_named_in_one_line(tmp_path: Path, wrong: dict[str, str], said: str) -> None:
    line = reading(tmp_path, wrong)

    assert line.startswith(said)
    assert "\n" not in line


def test_entry_that_stands_twice_is_named(tmp_path: Path) -> None:
    assert reading(tmp_path, {}, {"rule": "free"}) == "interventions: read_files stands there twice"


def test_what_needs_no_leave_needs_no_clause(tmp_path: Path) -> None:
    path = tmp_path / "comptoir.toml"
    path.write_text("[[interventions]]\n" + ENTRY.format(**USUAL | {"rule": "free", "clause": ""}))

    (entry,) = read_settings({"COMPTOIR_CONFIG": str(path)}).catalogue

    assert (entry.id, entry.rule, entry.clause) == ("read_files", Rule.FREE, "")
