"""The modals about a customer's leave: asking for it, and recording what was done under it or without."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from bot.app.read import Case
from bot.channels.slack import blocks, story, writing
from bot.channels.slack.acts import Act
from bot.channels.slack.room import Room
from bot.channels.slack.wire import Payload
from bot.channels.slack.writing import Given
from bot.core.facts import Rule
from bot.core.incident import Consent
from bot.core.lives import ConsentState
from bot.core.place import LONGEST_PLACE

MOST_ACTS = 10  # in one request: what Slack shows as boxes to tick, and as much as somebody reads
MOST_PLACES = 10
USUAL_DAYS = 7


def unavailable(room: Room, act: Act) -> str:
    """Why a form cannot even be shown; empty when it can."""
    if act.id == "ask_consent" and not _with_consent(room):
        return "The catalogue of interventions has none that needs the customer's leave."
    if act.id == "record_act" and all(entry.rule is Rule.NEVER for entry in room.desk.catalogue):
        return "The catalogue of interventions allows none."
    return ""


def ask(room: Room, case: Case, given: Given) -> list[Payload]:
    """A request for leave, as the customer will see it."""
    options = [blocks.option(id_, words) for id_, words in _with_consent(room)]
    chosen = tuple(given.get("acts", "").split())
    terms = case.incident.terms
    usual = terms.day_of(room.clock() + timedelta(days=min(USUAL_DAYS, terms.consent_days))).isoformat()
    replaced = next((k for k in case.incident.consents if k.state is ConsentState.REQUESTED), None)
    replaces = f" It replaces request {replaced.number}, still unanswered." if replaced else ""
    return [
        blocks.context(f"The customer sees exactly this. Without their leave nothing of it may be done.{replaces}"),
        blocks.field("acts", "What we want to do", blocks.some_of(options, chosen, most=MOST_ACTS)),
        blocks.field(
            "places",
            "Where, one place a line",
            blocks.typed(lines=True, initial=given.get("places", "")),
            hint=f"A path, a database, a service: leave is good for these places alone, {MOST_PLACES} at most",
        ),
        blocks.field(
            "until",
            "Until the end of",
            blocks.day(given.get("until", usual)),
            hint=f"{terms.consent_days} days at most, and never longer than the incident",
        ),
        blocks.field(
            "why", "Why", blocks.typed(lines=True, initial=given.get("why", ""), most=1000), hint=writing.reads(case)
        ),
    ]


def _with_consent(room: Room) -> list[tuple[str, str]]:
    return [(entry.id, entry.en) for entry in room.desk.catalogue if entry.rule is Rule.CONSENT][:100]


def record(room: Room, case: Case, given: Given) -> list[Payload]:
    """What was done, with what allows it: leave in force, or the catalogue's own rule."""
    live = [] if case.incident.paused else [k for k in case.incident.consents if k.is_live(room.clock())]
    zone = case.incident.terms.timezone
    made = [
        blocks.context(f"{_leave_until(consent, zone)}: {story.scope(consent.given, consent.places)}")
        for consent in live
    ]
    places = [place for consent in live for place in consent.places]
    place = given.get("place", places[0] if len(places) == 1 else "")
    acts = blocks.one_of_groups(tuple(_by_rule(room, live, zone)), given.get("act", ""))
    return [
        *(made or [blocks.context("No leave is in force: whatever touches the customer's data must be asked for.")]),
        blocks.field("act", "What was done", acts),
        blocks.field(
            "place",
            "Where",
            blocks.typed(initial=place, most=LONGEST_PLACE),
            hint="Under leave: one of the places above, as it stands there",
        ),
        blocks.field(
            "note",
            "Note",
            blocks.typed(lines=True, initial=given.get("note", "")),
            hint="The customer reads it with what they are told of. In an emergency: why it could not wait.",
            optional=True,
        ),
    ]


def _by_rule(room: Room, live: Sequence[Consent], zone: str) -> Iterator[tuple[str, list[Payload]]]:
    """What may be done now, by what allows it; last what must be asked for first: choosing it offers to ask."""
    catalogue = room.desk.catalogue
    under: dict[str, int] = {act.id: k.number for k in reversed(live) for act in k.given if act in catalogue}
    for consent in live:
        mine = [entry for entry in catalogue if under.get(entry.id) == consent.number]
        yield _leave_until(consent, zone), [blocks.option(entry.id, entry.en) for entry in mine]
    for rule, heading in _HEADINGS.items():
        yield heading, [blocks.option(e.id, e.en) for e in catalogue if e.rule is rule and e.id not in under]


def _leave_until(consent: Consent, zone: str) -> str:
    return f"Under leave {consent.number}, until {story.moment(consent.until, zone)}"


_HEADINGS: Mapping[Rule, str] = {
    Rule.TELL: "The customer is told at once",
    Rule.FREE: "Without asking or telling",
    Rule.EMERGENCY: "Emergency: say why; the customer is told at once",
    Rule.CONSENT: "Not without the customer's leave: choose it to ask",
}
