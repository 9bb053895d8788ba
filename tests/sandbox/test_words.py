"""Every fact, deadline and stage has its sentence, and every stage something to try next."""

import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import timedelta
from string import Formatter

import pytest

from bot.core.commands import DeadlineKind
from bot.core.facts import (
    FACTS,
    ContestConfirmed,
    ContestSaid,
    Evidence,
    IncidentTaken,
    NoticeDelivered,
    QuoteAccepted,
)
from bot.core.facts import Channel as Via
from bot.core.fold import apply
from bot.core.lives import Stage
from bot.sandbox.picture import distance
from bot.sandbox.sentences import fact_sentence, stage_words
from bot.sandbox.tour import STEPS, hint, step
from bot.words import TEMPLATES
from tests.builders import an_incident

TOLD: Mapping[str, Mapping[str, str]] = tomllib.loads((TEMPLATES / "sandbox" / "words.toml").read_text())


def test_every_fact_has_a_sentence_that_names_its_own_fields() -> None:
    named = {
        kind: {name for _, name, _, _ in Formatter().parse(sentence) if name}
        for kind, sentence in TOLD["facts"].items()
    }

    assert named.keys() == FACTS.keys()
    assert {kind for kind, names in named.items() if names - {one.name for one in fields(FACTS[kind])}} == set()


def test_every_deadline_and_stage_has_words() -> None:
    assert TOLD["deadlines"].keys() == set(DeadlineKind)
    assert TOLD["stages"].keys() == set(Stage)


def test_sentences_speak_of_people_by_their_names() -> None:
    evidence = Evidence(method="link", who="camille@atelier-roux.example")

    said = [
        fact_sentence(IncidentTaken(by="U0NADIA")),
        fact_sentence(NoticeDelivered(notice="quote_offered", via=Via.MAIL, reply="250 Ok")),
        fact_sentence(QuoteAccepted(number="D2026-00001", evidence=evidence)),
    ]

    assert said == [
        "Nadia Benali takes care of it.",
        "The customer was told: quote offered.",
        "Quote D2026-00001 is accepted on the page behind a mailed link. Work starts at once, without payment.",
    ]


@pytest.mark.parametrize("stage", [Stage.ANNOUNCED, Stage.ORDERED, Stage.DIAGNOSING, Stage.QUOTED, Stage.WORKING])
def test_tour_goes_on_at_every_stage(stage: Stage) -> None:
    incident = an_incident(at=stage)

    told = hint(incident, "Atelier Roux")

    assert told.say
    assert told.at in {"customer", "staff", "calendar"}
    assert 0 < step(incident) < len(STEPS)
    assert stage_words(stage)


def test_tour_follows_a_contest_to_its_end() -> None:
    invoiced = an_incident(at=Stage.INVOICED)
    evidence = Evidence(method="link", who="camille@atelier-roux.example")
    contested = apply(invoiced, ContestSaid(evidence=evidence), invoiced.opened_at)
    confirmed = apply(contested, ContestConfirmed(evidence=evidence), invoiced.opened_at)

    said = [hint(incident, "Atelier Roux").say.partition(".")[0] for incident in (invoiced, contested, confirmed)]

    assert said == [
        "One invoice, thirty days to pay",
        "Contested: reminders have stopped",
        "Nothing is owed, and support has ended; hosting goes on",
    ]


def test_tour_speaks_of_slack_to_customers_in_chat() -> None:
    announced = replace(an_incident(at=Stage.ANNOUNCED), channel=Via.SLACK)
    working = replace(an_incident(at=Stage.WORKING), channel=Via.SLACK)

    assert hint(announced, "Cole & Son").say.startswith("The price has reached Cole & Son in Slack.")
    assert hint(working, "Cole & Son") == hint(an_incident(at=Stage.WORKING), "Cole & Son")


def test_tour_begins_with_a_first_mail() -> None:
    told = hint(None, "")

    assert (told.at, told.do) == ("customer", "first_mail")


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (timedelta(days=2, hours=3), "in 2 days"),
        (timedelta(days=1), "in 1 day"),
        (timedelta(minutes=61), "in 1 hour"),
        (timedelta(minutes=5), "in 5 minutes"),
        (timedelta(seconds=10), "now"),
    ],
)
def test_distance_is_said_in_its_largest_unit(wait: timedelta, words: str) -> None:
    assert distance(wait) == words
