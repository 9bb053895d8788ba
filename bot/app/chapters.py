"""Evidence told as a story: for each decision what was asked and shown, what came back, and what followed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.app import proof
from bot.app.evidence import Gathered, file_name
from bot.core import facts as f
from bot.core.erasure import evidence_of, sent_of
from bot.core.money import Price
from bot.core.terms import Kind
from bot.papers import figures
from bot.papers.dossier import Chapter, Dossier, Entry, Step
from storage import ERASED, Direction, Row

Known = tuple[tuple[str, str], ...]
DOES = frozenset(
    {
        *("IncidentTaken", "DiagnosisStarted", "DecisionDoubted", "ActRecorded", "DiagnosisReported"),
        *("WorkFinished", "WorkStopped"),
    }
)
NOTED = ("number", "about", "address", "reply", "reason")
WORDED = ("outcome", "way_in")
NOTE_LENGTH = 140


@dataclass(frozen=True, slots=True)
class Read:
    """A fact with its row; what cannot be read any more is left out of the story, not of the history."""

    row: Row
    fact: f.Fact


def told(gathered: Gathered, seller: str, language: f.Language) -> Dossier:
    """The dossier of all that was gathered, in this language."""
    rows = gathered.chains[gathered.reference]
    read = [Read(row, fact) for row in rows if (fact := _fact(row)) is not None]
    tells = {one.rfc_message_id or one.reply: one.fact for one in gathered.messages if one.fact is not None}
    return Dossier(
        language=language,
        reference=gathered.reference,
        title=gathered.row.title,
        seller=seller,
        until=max((row.moment for row in rows), default=gathered.row.updated_at).replace(microsecond=0),
        known=_head(gathered),
        wrong=gathered.wrong,
        chapters=tuple(_chapter(gathered, read, one, language) for one in read if _decides(one.fact)),
        history=tuple(_entry(row, tells) for row in rows),
        documents=tuple((file_name(one), one.sha256) for one, _ in gathered.documents),
    )


def _head(gathered: Gathered) -> Known:
    customer, anchor = gathered.customer, gathered.anchor
    ends = tuple((f"head {name}", rows[-1].chain) for name, rows in gathered.chains.items() if rows)
    facts = (Read(row, fact) for row in gathered.chains[customer.reference] if (fact := _fact(row)) is not None)
    erased = tuple(("erased_at", utc(one.row.moment)) for one in facts if _erases(one.fact, gathered.reference))
    anchored = (("anchor", anchor.hash), ("anchored_at", utc(anchor.at))) if anchor else ()
    return _filled(
        ("customer", f"{customer.reference} {customer.details.name}".strip()),
        ("address", customer.address),
        ("kind", f"kind.{gathered.customer.kind}"),
        *ends,
        *anchored,
        *erased,
    )


def _erases(fact: f.Fact, reference: str) -> bool:
    return isinstance(fact, f.PersonalDataErased) and fact.about == reference


def _chapter(gathered: Gathered, read: list[Read], one: Read, language: f.Language) -> Chapter:
    evidence = evidence_of(one.fact)
    if evidence is None:
        raise ValueError(f"fact {one.row.seq} decides nothing")
    steps = (
        Step(name="asked", known=_asked(read, evidence)),
        Step(name="link", known=_link(gathered, evidence)),
        Step(name="shown", known=_shown(evidence)),
        Step(name="answered", known=_answered(evidence)),
        Step(name="decided", known=_decided(gathered, one, evidence, language)),
        Step(name="confirmed", known=_confirmed(gathered, read, one)),
        Step(name="followed", known=tuple(_followed(read, one))),
    )
    return Chapter(
        fact=one.row.kind,
        seq=one.row.seq,
        at=utc(one.row.moment),
        by=one.row.actor,
        about=_about(one.fact),
        steps=tuple(step for step in steps if step.known),
    )


def _asked(read: list[Read], evidence: f.Evidence) -> Known:
    """Our message that carried the link or the button, or that the mail answers."""
    carried = ((one, sent) for one in read if (sent := sent_of(one.fact)) is not None)
    for one, sent in carried:
        if evidence.answers and evidence.answers == sent.message:
            return _left(one, sent)
    return _filled(("message", evidence.answers), ("reply", evidence.reply))


def _left(one: Read, sent: f.Sent) -> Known:
    return _filled(
        ("sent_at", utc(one.row.moment)),
        ("message", sent.message),
        ("sent_sha256", sent.sha256),
        ("copy_sha256", sent.copy_sha256),
        ("signed_by", ", ".join(sent.signed_by) or "signed.no" * ("@" in sent.message)),
        ("reply", getattr(one.fact, "reply", "")),
        ("fact", str(one.row.seq)),
    )


def _link(gathered: Gathered, evidence: f.Evidence) -> Known:
    link = next((each for each in gathered.links if each.id == evidence.link), None)
    if link is None:
        return ()
    return _filled(
        ("link", link.id),
        ("token_sha256", "who.erased" if link.token_sha256.startswith(ERASED) else link.token_sha256),
        ("sent_to", link.address),
        ("made_at", utc(link.created_at)),
        ("expires_at", utc(link.expires_at)),
    )


def _shown(evidence: f.Evidence) -> Known:
    return _filled(
        ("shown_at", utc(evidence.shown_at)),
        ("template", evidence.template),
        ("wording_sha256", evidence.wording_sha256),
        ("document_sha256", evidence.document_sha256),
    )


def _answered(evidence: f.Evidence) -> Known:
    found = proof.decode(evidence.proof)
    signed = [f"{one.domain} ({one.result})" for one in found.signatures] if found else []
    return _filled(
        ("posted_at", utc(evidence.posted_at)),
        ("method", f"method.{evidence.method}"),
        ("who", evidence.who or "who.erased"),
        ("ip", evidence.ip),
        ("agent", evidence.agent),
        ("nonce", evidence.nonce),
        *(("signal", f"signal.{name}") for name in evidence.signals),
        ("message", evidence.message if evidence.message != evidence.answers else ""),
        ("mail_sha256", evidence.mail_sha256),
        ("proof", f"proof.{found.level}" if found else ""),
        ("signatures", ", ".join(signed)),
    )


def _decided(gathered: Gathered, one: Read, evidence: f.Evidence, language: f.Language) -> Known:
    """Only consumers must ask expressly that what they order begins at once (L221-25 C. conso.)."""
    price = getattr(one.fact, "price", None)
    asks = evidence.express_request or (isinstance(price, Price) and gathered.customer.kind is Kind.CONSUMER)
    return _filled(
        ("recorded_at", utc(one.row.moment)),
        ("actor", one.row.actor.partition(":")[2]),
        ("authority", f"authority.{evidence.authority}" if evidence.authority else ""),
        *(_amounts(price, language) if isinstance(price, Price) else ()),
        ("express_request", f"answer.{'yes' if evidence.express_request else 'no'}" * asks),
        ("fact", str(one.row.seq)),
        ("chain", one.row.chain),
    )


def _amounts(price: Price, language: f.Language) -> Known:
    return (
        ("net", figures.money(price.net, language)),
        ("gross", figures.money(price.gross, language)),
    )


def _confirmed(gathered: Gathered, read: list[Read], one: Read) -> Known:
    """The message that tells of this very fact, and what became of it."""
    told_of = [
        each
        for each in gathered.messages
        if each.direction is Direction.OUT and each.fact == one.row.seq and each.rfc_message_id
    ]
    known: list[tuple[str, str]] = []
    for message in told_of:
        left = [
            (each, sent) for each in read if (sent := sent_of(each.fact)) and sent.message == message.rfc_message_id
        ]
        known += _left(*left[0]) if left else _filled(("message", message.rfc_message_id or ""))
        known += _filled(
            ("sent_to", message.author), ("fate", f"fate.{message.delivery}" if message.delivery else "")
        )
    return tuple(known)


def _followed(read: list[Read], one: Read) -> Iterator[tuple[str, str]]:
    """Whose hands it was in, and who did what until the customer decided again."""
    before = [each for each in read if each.row.seq < one.row.seq and isinstance(each.fact, f.IncidentTaken)]
    if before:
        yield "in_hands", f"{_name(before[-1].row)} ({utc(before[-1].row.moment)})"
    for each in (each for each in read if each.row.seq > one.row.seq):
        if _decides(each.fact):
            return
        if each.row.kind in DOES:
            yield f"did {each.row.kind}", f"{utc(each.row.moment)} — {_name(each.row)}"


def _entry(row: Row, tells: Mapping[str, int]) -> Entry:
    fact = _fact(row)
    sent = sent_of(fact) if fact else None
    told = tells.get(sent.message) if sent else None
    return Entry(
        seq=row.seq,
        at=utc(row.moment),
        fact=row.kind,
        actor=row.actor,
        tells=str(told or ""),
        notes=tuple(_notes(fact, named=told is None)),
        chain=row.chain[:16],
    )


def _notes(fact: f.Fact | None, *, named: bool) -> Iterator[str]:
    """What the fact says most shortly; `named`: of a message, its name."""
    yield from (f"{name}.{said}" for name in WORDED if (said := getattr(fact, name, None)))
    said = (getattr(fact, name, None) for name in (*("notice",) * named, *NOTED))
    yield from (value[:NOTE_LENGTH] for value in said if isinstance(value, str) and value)


def _about(fact: f.Fact) -> str:
    return str(getattr(fact, "number", "") or getattr(fact, "about", ""))


def _name(row: Row) -> str:
    return row.actor.partition(":")[2] or row.actor


def _fact(row: Row) -> f.Fact | None:
    """None for a body that was tampered with until it is no fact; the history still lists it."""
    try:
        return row.fact
    except (KeyError, ValueError):
        return None


def _decides(fact: f.Fact) -> bool:
    """A doubt shows what it rests on as well, but follows from a decision."""
    return evidence_of(fact) is not None and not isinstance(fact, f.DecisionDoubted)


def _filled(*known: tuple[str, str]) -> Known:
    return tuple((label, value) for label, value in known if value)


def utc(moment: datetime | None) -> str:
    """`2010-06-14 08:00:00 UTC`; empty where nobody knows."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""
