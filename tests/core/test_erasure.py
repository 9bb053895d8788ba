"""What is words and what is a proof: known for every fact, and for how long."""

from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core.erasure import USUAL, Kept, Why, evidence_of, proofs, rested_on, without_words, words_until
from bot.core.fold import fold
from bot.core.incident import Incident
from bot.core.lives import Stage
from bot.core.terms import GoAhead
from tests.builders import MONDAY, TERMS, a_play, an_incident, an_order
from tests.play import Play

# Text that names no person: numbers, codes, hashes, staff, and the names of our own messages.
NOT_WORDS = {
    "choice",
    "about",
    "body",
    "by",
    "credit_note",
    "document_sha256",
    "entry",
    "invoice",
    "message",
    "notice",
    "number",
    "order",
    "renews",
    "replaces",
    "thread",
    "together",
    "via",
    "why",
}
YEARS = 10


@pytest.mark.parametrize("kind", f.FACTS.values())
def test_every_text_of_a_fact_is_words_or_known_not_to_be(kind: type[f.Fact]) -> None:
    """Who adds a fact says which of its fields people write in."""
    emptied = without_words(_filled(kind))

    texts = {field.name for field in fields(kind) if field.type in (str, str | None)}
    left = {name for name in texts if getattr(emptied, name)}
    assert left - ({"reason"} if kind is f.PersonalDataErased else set()) <= NOT_WORDS


def test_fold_of_what_is_left_differs_in_words_alone() -> None:
    for stage in Stage:
        play = a_play(at=stage)

        left = fold((without_words(fact), MONDAY) for fact in play.facts)

        assert left is not None
        assert (left.stage, left.version, left.price) == (stage, play.incident.version, play.incident.price)
        assert [quote.price for quote in left.quotes] == [quote.price for quote in play.incident.quotes]
        assert (left.invoice and left.invoice.open) == (play.incident.invoice and play.incident.invoice.open)


def test_words_last_as_long_as_what_they_led_to() -> None:
    today = MONDAY.date()
    cancelled, closed = an_incident(at=Stage.CANCELLED), an_incident(at=Stage.CLOSED)

    assert words_until(an_incident(at=Stage.INVOICED), USUAL, stranger=False) is None
    assert words_until(cancelled, USUAL, stranger=True) == today + timedelta(days=90)
    assert words_until(cancelled, USUAL, stranger=False) == today + timedelta(days=365)
    assert words_until(closed, USUAL, stranger=True) == date(MONDAY.year + YEARS, 12, 31)


def test_proofs_of_what_was_billed_last_ten_years() -> None:
    play = a_play(at=Stage.CLOSED)
    accounts = Kept(until=date(MONDAY.year + YEARS, 12, 31), why=Why.ACCOUNTS)

    kept = dict(zip(map(type, play.facts), proofs(play.incident, play.facts, USUAL), strict=True))

    assert {kind for kind, proof in kept.items() if proof == accounts} == {
        f.PriceAnnounced,
        f.DiagnosisOrdered,
        f.InvoiceIssued,
    } | ({f.NoticeDelivered} & kept.keys())


def test_what_was_billed_without_a_click_lasts_as_long() -> None:
    """Where the announcement suffices (§2.5), nobody ordered by a page; accounts are kept all the same."""
    play = a_play(at=Stage.ANNOUNCED, terms=replace(TERMS, go_ahead=GoAhead.ANNOUNCE))
    for order in (c.StartDiagnosis, c.ConcludeDiagnosis, c.Settle):
        play.order(an_order(order, **({"outcome": f.Outcome.SOLVED} if order is c.ConcludeDiagnosis else {})))
    play.order(_payment(play.incident))

    kept = dict(zip(map(type, play.facts), proofs(play.incident, play.facts, USUAL), strict=True))

    accounts = Kept(until=date(MONDAY.year + YEARS, 12, 31), why=Why.ACCOUNTS)
    assert (kept[f.PriceAnnounced], kept[f.InvoiceIssued]) == (accounts, accounts)


def test_words_of_what_was_billed_and_taken_back_last_as_long() -> None:
    play = a_play(at=Stage.CLOSED)
    play.order(an_order(c.CorrectOutcome))
    play.order(an_order(c.Settle))

    assert play.incident.stage is Stage.CLOSED
    assert words_until(play.incident, USUAL, stranger=False) == date(MONDAY.year + YEARS, 12, 31)


def test_a_refused_quote_lasts_three_years_within_what_lasts_ten() -> None:
    play = a_play(at=Stage.QUOTE_REFUSED)
    _close(play)

    kept = dict(zip(map(type, play.facts), proofs(play.incident, play.facts, USUAL), strict=True))

    refused = Kept(until=date(MONDAY.year + 3, 12, 31), why=Why.REFUSED)
    assert (kept[f.QuoteDrafted], kept[f.QuoteDeclined]) == (refused, refused)
    order = kept[f.DiagnosisOrdered]
    assert order is not None
    assert order.why is Why.ACCOUNTS


def test_nothing_is_a_proof_where_nobody_decided_anything() -> None:
    play = a_play(at=Stage.ANNOUNCED)
    play.order(an_order(c.CancelIncident))

    assert set(proofs(play.incident, play.facts, USUAL)) == {None}


def test_an_incident_under_way_has_no_plan() -> None:
    play = a_play(at=Stage.WORKING)

    with pytest.raises(ValueError, match="is not over"):
        proofs(play.incident, play.facts, USUAL)


def test_evidence_without_its_person_keeps_what_it_proves() -> None:
    evidence = f.Evidence(method="link", who="bob@x.example", ip="203.0.113.9", agent="Lynx", wording_sha256="ab")
    fact = f.QuoteAccepted(number="D2010-00001", evidence=evidence)

    assert evidence_of(without_words(fact)) == f.Evidence(method="link", who="", wording_sha256="ab")


def test_what_left_is_known_by_its_hash_alone() -> None:
    sent = f.Sent(message="1.bob@x", sha256="ab", copy_sha256="cd", links=("l1",), signed_by=("host.fr",))
    fact = f.NoticeDelivered(notice="quote_offered", via=f.Channel.MAIL, reply="250 bob@x.example", sent=sent)

    left = without_words(fact)

    bare = f.Sent(message="", sha256="ab", copy_sha256="cd", signed_by=("host.fr",))
    assert left == f.NoticeDelivered(notice="quote_offered", via=f.Channel.MAIL, reply="", sent=bare)


def test_proofs_rest_on_what_was_announced_and_on_what_they_answer() -> None:
    def sent(message: str) -> f.Sent:
        return f.Sent(message=message, sha256="ab", copy_sha256="cd")

    evidence = f.Evidence(method="mail", who="bob@x.example", message="theirs", answers="ours")
    play = a_play(at=Stage.ANNOUNCED)
    announced = f.PriceAnnounced(price=play.incident.price, via=f.Channel.MAIL, reply="250", sent=sent("price"))
    told = f.NoticeDelivered(notice="work_finished", via=f.Channel.MAIL, reply="250", sent=sent("report"))

    found = rested_on((announced, told, f.QuoteAccepted(number="D2010-00001", evidence=evidence)))

    assert found == {"price", "theirs", "ours"}


def test_a_withdrawal_before_any_order_is_no_proof() -> None:
    play = a_play(at=Stage.ANNOUNCED)
    evidence = f.Evidence(method="link", who="bob@x.example")
    play.order(an_order(c.CancelIncident, evidence=evidence))

    assert set(proofs(play.incident, play.facts, USUAL)) == {None}


def _close(play: Play) -> None:
    play.order(an_order(c.Settle))
    play.order(_payment(play.incident))


def _payment(incident: Incident) -> c.Command:
    assert incident.invoice is not None
    return an_order(c.RecordPayment, amount=incident.invoice.open, received_on=MONDAY.date())


def _filled(kind: type[f.Fact]) -> f.Fact:
    """The fact with something in every text of its own."""
    given: dict[str, Any] = {
        field.name: "x" if field.type in (str, str | None) else ()
        for field in fields(kind)
        if field.name not in {"evidence", "sent"}
    }
    if "evidence" in {field.name for field in fields(kind)}:
        given["evidence"] = f.Evidence(method="link", who="x")
    if "sent" in {field.name for field in fields(kind)}:
        given["sent"] = f.Sent(message="x", sha256="ab", copy_sha256="cd", links=("x",))
    return kind(**given)
