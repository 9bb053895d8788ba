"""One incident after another, brought by real commands to where each page has something to show."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bot.app.read import Case
from bot.channels.web.choices import Opened
from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Customer, Details
from bot.core.decide import decide
from bot.core.facts import Language
from bot.core.fold import apply
from bot.core.incident import Incident
from bot.core.letter import ENDINGS
from bot.core.lives import Support
from bot.core.money import Line, Money
from bot.core.notices import Purpose
from bot.core.refusals import Refused
from bot.core.terms import Kind, Terms
from storage import Direction, Document, IncidentRow, Link, Message, Recorded, Via

START = datetime(2026, 6, 15, 12, 5, tzinfo=UTC)
STEP = timedelta(minutes=37)
ADDRESS, NEWCOMER = "camille@atelier-roux.example", "dominique@atelier-roux.example"
QUOTES = ("D2026-00017", "D2026-00018")
INVOICE, CREDIT_NOTE = "F2026-00042", "A2026-00003"
CUSTOMER = f.Actor(role=f.Role.CUSTOMER, name=ADDRESS)
STAFF = f.Actor(role=f.Role.STAFF, name="U0NADIA")
EVIDENCE = f.Evidence(method="link", who=ADDRESS, express_request=True)
READ = f.Intervention(
    id="read", rule=f.Rule.CONSENT, fr="Lire la base de données de la boutique", en="Read the shop's database"
)
EDIT = f.Intervention(
    id="edit", rule=f.Rule.CONSENT, fr="Modifier les fichiers de configuration", en="Change configuration files"
)


@dataclass(kw_only=True)
class Story:
    """One incident being played; each command comes a little later than the last. `faults` keep its invoice back."""

    language: Language
    kind: Kind = Kind.BUSINESS
    terms: Terms = field(default_factory=Terms)
    faults: tuple[str, ...] = ()
    now: datetime = START
    incident: Incident | None = None
    history: list[Recorded] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)

    def give(self, *commands: c.Command) -> "Story":
        for command in commands:
            self._write(command)
            if self.incident is not None and self.incident.stage in ENDINGS:
                self._write(
                    c.Settle(
                        actor=f.BOT,
                        number=INVOICE,
                        diagnosis_label=self.words["diagnosis"],
                        part_label="",
                        faults=self.faults,
                    )
                )
            self.now += STEP
        return self

    def _write(self, command: c.Command) -> None:
        decided = decide(self.incident, command, self.now)
        if isinstance(decided, Refused):
            raise ValueError(f"{type(command).__name__}: {decided.reason}")
        for fact in decided:
            self.incident = apply(self.incident, fact, self.now)
            self.history.append(self._recorded(fact))

    def _recorded(self, fact: f.Fact) -> Recorded:
        seq = len(self.history) + 1
        return Recorded(
            id=seq, subject="INC-42", seq=seq, kind=type(fact).__name__, fact=fact, at=self.now, actor="sandbox"
        )

    @property
    def words(self) -> Mapping[str, str]:
        return _WORDS[self.language]

    def file(self, number: str) -> str:
        sha256 = hashlib.sha256(number.encode()).hexdigest()
        self.documents.append(
            Document(
                number=number,
                kind="pdf",
                incident_id=42,
                sha256=sha256,
                media_type="application/pdf",
                created_at=self.now,
            )
        )
        return sha256

    def opened(self, purpose: Purpose, about: str = "", *, after: timedelta = timedelta()) -> Opened:
        """A link to it, looked at now or `after`."""
        if self.incident is None:
            raise ValueError("nothing was opened")
        link = Link(
            id="showcase",
            token_sha256="",
            purpose=purpose,
            customer_id=7,
            address=ADDRESS,
            created_at=START,
            expires_at=START + timedelta(days=60),
            incident_id=42,
            object=about,
        )
        return Opened(link=link, case=self._case(self.incident), authority=f.Authority.OWNER, now=self.now + after)

    def _case(self, incident: Incident) -> Case:
        details = Details(name="Camille Roux", postal_address="12 rue des Tanneurs\n59000 Lille", siren="123456782")
        if self.faults:
            details = Details(name=details.name, siren=details.siren)
        customer = Customer(id=7, kind=self.kind, language=self.language, address=ADDRESS, details=details)
        return Case(
            incident=incident,
            row=_row(incident),
            customer=customer,
            history=tuple(self.history),
            messages=(self._first_words(),),
            attachments=(),
            documents=tuple(self.documents),
        )

    def _first_words(self) -> Message:
        return Message(
            id=1,
            incident_id=42,
            direction=Direction.IN,
            channel=Via.MAIL,
            author=ADDRESS,
            subject=self.words["title"],
            text=self.words["wrote"],
            at=START,
        )

    # Where the stories stop.

    def announced(self) -> "Story":
        opening = c.OpenIncident(
            actor=CUSTOMER,
            incident=42,
            customer=7,
            kind=self.kind,
            support=Support.FULL,
            title=self.words["title"],
            language=self.language,
            channel=f.Channel.MAIL,
            way_in=f.WayIn.DIAGNOSE,
            terms=self.terms,
            message="1",
        )
        told = c.ReportDelivery(
            actor=f.BOT, notice="incident_opened", via=f.Channel.MAIL, delivered=True, reply="250"
        )
        return self.give(opening, told)

    def ordered(self) -> "Story":
        self.announced()
        net = self.terms.price_at(self.now).net.cents
        return self.give(c.OrderDiagnosis(actor=CUSTOMER, price_cents=net, kind=self.kind, evidence=EVIDENCE))

    def diagnosing(self) -> "Story":
        return self.ordered().give(c.StartDiagnosis(actor=STAFF))

    def asked(self) -> "Story":
        asks = c.RequestConsent(
            actor=STAFF,
            acts=(READ, EDIT),
            places=("/www/shop", "shop_prod"),
            until=START + timedelta(days=5),
            why=self.words["why"],
        )
        return self.diagnosing().give(asks)

    def allowed(self) -> "Story":
        return self.asked().give(
            c.GrantConsent(actor=CUSTOMER, number=1, acts=(READ.id,), evidence=EVIDENCE),
            c.RecordAct(actor=STAFF, act=READ, place="shop_prod", note=""),
        )

    def quoted(self) -> "Story":
        """From any story that has come to the diagnosis."""
        found = c.ConcludeDiagnosis(actor=STAFF, outcome=f.Outcome.QUOTE, report=self.words["report"])
        return self.give(found).offered(QUOTES[0])

    def offered(self, number: str) -> "Story":
        drafted = c.DraftQuote(
            actor=STAFF, number=number, lines=self.lines, validity_days=15, note=self.words["note"]
        )
        self.give(drafted)
        return self.give(c.OfferQuote(actor=f.BOT, number=number, document_sha256=self.file(number)))

    def accepted(self) -> "Story":
        quote = self.incident.quote if self.incident else None
        sha256 = quote.document_sha256 if quote else ""
        return self.give(c.AcceptQuote(actor=CUSTOMER, number=QUOTES[0], document_sha256=sha256, evidence=EVIDENCE))

    def billed(self) -> "Story":
        done = c.FinishWork(actor=STAFF, report=self.words["work"])
        self.diagnosing().quoted().accepted().give(done)
        return self.give(c.FilePaper(actor=f.BOT, number=INVOICE, document_sha256=self.file(INVOICE)))

    def contested(self) -> "Story":
        return self.billed().give(c.SayContest(actor=CUSTOMER, evidence=EVIDENCE, reason=self.words["disagrees"]))

    @property
    def lines(self) -> tuple[Line, ...]:
        return (
            Line(label=self.words["repair"], quantity=Decimal(3), unit=Money(cents=6000)),
            Line(label=self.words["update"], quantity=Decimal("1.5"), unit=Money(cents=4500)),
        )


def showcase(language: Language) -> Mapping[str, Opened]:
    """Every page in its states, by name."""
    return {
        **_orders(language),
        **_quotes(language),
        **_leaves(language),
        **_bills(language),
        **_incidents(language),
        **_contacts(language),
    }


def _orders(language: Language) -> dict[str, Opened]:
    free = Terms(offer_until=START.date() + timedelta(days=15))
    consumer = Story(language=language, kind=Kind.CONSUMER).announced()
    cancelled = Story(language=language).announced().give(c.CancelIncident(actor=CUSTOMER))
    return {
        "order": Story(language=language).announced().opened(Purpose.ORDER),
        "order-consumer": consumer.opened(Purpose.ORDER),
        "order-offer": Story(language=language, terms=free).announced().opened(Purpose.ORDER),
        "order-done": Story(language=language).ordered().opened(Purpose.ORDER),
        "order-cancelled": cancelled.opened(Purpose.ORDER),
    }


def _quotes(language: Language) -> dict[str, Opened]:
    def quoted(kind: Kind = Kind.BUSINESS) -> Story:
        return Story(language=language, kind=kind).diagnosing().quoted()

    declined = quoted().give(c.DeclineQuote(actor=CUSTOMER, number=QUOTES[0], evidence=EVIDENCE))
    with_leave = Story(language=language, kind=Kind.CONSUMER).asked().quoted()
    return {
        "quote": quoted().opened(Purpose.QUOTE, QUOTES[0]),
        "quote-consumer": with_leave.opened(Purpose.QUOTE, QUOTES[0]),
        "quote-replaced": quoted().offered(QUOTES[1]).opened(Purpose.QUOTE, QUOTES[0]),
        "quote-accepted": quoted().accepted().opened(Purpose.QUOTE, QUOTES[0]),
        "quote-declined": declined.opened(Purpose.QUOTE, QUOTES[0]),
        "quote-expired": quoted().opened(Purpose.QUOTE, QUOTES[0], after=timedelta(days=20)),
    }


def _leaves(language: Language) -> dict[str, Opened]:
    refused = Story(language=language).asked()
    refused.give(c.RefuseConsent(actor=CUSTOMER, number=1, evidence=EVIDENCE))
    return {
        "consent": Story(language=language).asked().opened(Purpose.CONSENT, "1"),
        "consent-given": Story(language=language).allowed().opened(Purpose.CONSENT, "1"),
        "consent-refused": refused.opened(Purpose.CONSENT, "1"),
    }


def _bills(language: Language) -> dict[str, Opened]:
    confirmed = Story(language=language).contested()
    confirmed.give(c.ConfirmContest(actor=CUSTOMER, number=CREDIT_NOTE, evidence=EVIDENCE))
    kept = Story(language=language).contested().give(c.WithdrawContest(actor=CUSTOMER, evidence=EVIDENCE))
    return {
        "invoice": Story(language=language).billed().opened(Purpose.INVOICE, INVOICE),
        "invoice-contested": Story(language=language).contested().opened(Purpose.INVOICE, INVOICE),
        "invoice-overdue": Story(language=language)
        .billed()
        .opened(Purpose.INVOICE, INVOICE, after=timedelta(days=40)),
        "contest": Story(language=language).contested().opened(Purpose.CONTEST, INVOICE),
        "contest-confirmed": confirmed.opened(Purpose.CONTEST, INVOICE),
        "contest-withdrawn": kept.opened(Purpose.CONTEST, INVOICE),
    }


def _incidents(language: Language) -> dict[str, Opened]:
    working = Story(language=language, kind=Kind.CONSUMER).allowed().quoted().accepted()
    held = Story(language=language, faults=("buyer_address",)).diagnosing()
    held.give(c.ConcludeDiagnosis(actor=STAFF, outcome=f.Outcome.SOLVED, report=held.words["work"]))
    return {
        "incident": Story(language=language).announced().opened(Purpose.INCIDENT),
        "incident-working": working.opened(Purpose.INCIDENT),
        "incident-details": held.opened(Purpose.INCIDENT),
        "incident-billed": Story(language=language).billed().opened(Purpose.INCIDENT),
    }


def _contacts(language: Language) -> dict[str, Opened]:
    def asked() -> Story:
        return Story(language=language).announced().give(c.ProposeContact(actor=f.BOT, address=NEWCOMER, message="1"))

    def settled(answer: f.Answer) -> Story:
        settle = c.SettleContact(actor=CUSTOMER, address=NEWCOMER, answer=answer, evidence=EVIDENCE)
        return asked().give(settle)

    return {
        "contact": asked().opened(Purpose.CONTACT, NEWCOMER),
        "contact-writes": settled(f.Answer.WRITES).opened(Purpose.CONTACT, NEWCOMER),
        "contact-nobody": settled(f.Answer.NOBODY).opened(Purpose.CONTACT, NEWCOMER),
        "courtesy": Story(language=language).announced().opened(Purpose.COURTESY),
    }


def expired(language: Language) -> Opened:
    """A link past its end."""
    return Story(language=language).announced().opened(Purpose.ORDER, after=timedelta(days=61))


def _row(incident: Incident) -> IncidentRow:
    return IncidentRow(
        id=incident.id,
        customer_id=incident.customer,
        title=incident.title,
        language=incident.language,
        stage=incident.stage,
        way_in=incident.way_in,
        version=incident.version,
        seq=incident.seq,
        reply_key="showcase",
        opened_at=incident.opened_at,
        updated_at=incident.opened_at,
        assignee=incident.assignee,
        waiting=incident.waiting is not None,
        previous=None,
        slack_channel=None,
        slack_ts=None,
    )


_WORDS: Mapping[Language, Mapping[str, str]] = {
    Language.FR: {
        "title": "Boutique en erreur 500",
        "wrote": "Bonjour,\n\nnotre boutique affiche « erreur 500 » depuis ce matin.\n\nCamille",
        "why": "La page de commande échoue en lisant la table des paniers : nous devons voir ce qu’elle contient.",
        "report": "La table des paniers est corrompue depuis que le disque a été plein, dimanche à 3 h.\n\n"
        "Le disque est plein parce que le journal de la boutique n’est jamais effacé.",
        "note": "La boutique restera en ligne pendant les travaux.",
        "work": "Table reconstruite, aucune commande perdue. Le journal est effacé chaque semaine.",
        "repair": "Reconstruire la table des paniers",
        "update": "Faire effacer le journal chaque semaine",
        "diagnosis": "Diagnostic de l’incident INC-42",
        "disagrees": "Le disque était plein à cause de vos sauvegardes.",
    },
    Language.EN: {
        "title": "Shop answers with error 500",
        "wrote": "Hello,\n\nour shop has shown “error 500” since this morning.\n\nCamille",
        "why": "The checkout fails while reading the table of baskets: we need to see what it contains.",
        "report": "The table of baskets has been corrupt since the disk was full, on Sunday at 3 a.m.\n\n"
        "The disk is full because the shop's log is never emptied.",
        "note": "The shop stays online during the work.",
        "work": "Table rebuilt, no order lost. The log is now emptied every week.",
        "repair": "Rebuild the table of baskets",
        "update": "Have the log emptied every week",
        "diagnosis": "Diagnosis of incident INC-42",
        "disagrees": "The disk was full because of your backups.",
    },
}
