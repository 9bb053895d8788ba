"""One sample of every notice, with its variants, in both languages: for the gallery and for the tests."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from bot.core import notices as n
from bot.core.facts import Answer, Language, Outcome, Role, WayIn
from bot.core.lives import Stage, Support
from bot.core.money import Line, Money, Price, total
from bot.core.reminders import Tone
from bot.core.terms import Kind
from bot.markup import typeset
from bot.words import Context, Provider

PROVIDER = Provider(
    name="Nuage d’ici",
    legal_name="Nuage d’ici SAS",
    address="12 rue des Ateliers, 59100 Roubaix",
    email="bonjour@host.example",
    siren="732829320",
    vat_number="FR44732829320",
    iban="FR7630006000011234567890189",
    bic="AGRIFRPP",
    feedback_address="avis@host.example",
    mediator="Médiation du numérique, 1 place de la Paix, 75002 Paris, mediation.example",
)

_VAT = Decimal(20)
_DIAGNOSIS = Price.at(Money(cents=2000), _VAT)
_FREE = Price.at(Money(cents=0), _VAT)
_OFFER = date(2026, 6, 30)
_LAPSES = date(2026, 6, 22)
_AT = datetime(2026, 6, 15, 12, 5, tzinfo=UTC)
_UNTIL = datetime(2026, 6, 22, 16, 0, tzinfo=UTC)
_VALID = date(2026, 7, 1)
_DUE = date(2026, 7, 15)
_LIMITED = date(2026, 8, 31)
_QUOTE = "D2026-00017"
_INVOICE = "F2026-00042"
_NEWCOMER = "dominique@atelier-roux.example"
_CREDIT = "A2026-00003"
_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

_PATH = "/www/shop" + "/un-dossier-au-nom-bien-long" * 5

_TITLES = {Language.FR: "Boutique en erreur 500", Language.EN: "Shop answers with error 500"}


def context(language: Language) -> Context:
    """An incident of Camille Durand's, with a link of every purpose."""
    links = {purpose.value: f"https://support.host.example/a/{purpose}-4kQx81ZdR2" for purpose in n.Purpose}
    for number in (_INVOICE, "F2026-00057", "F2026-00061"):
        links[f"invoice:{number}"] = f"https://support.host.example/a/{number}-4kQx81ZdR2"
    return Context(
        reference="INC-42",
        title=_TITLES[language],
        customer="Camille Durand",
        links=links,
        timezone="Europe/Paris",
    )


def nowhere(language: Language) -> Context:
    """What surrounds an answer to somebody who has no incident."""
    return replace(context(language), reference="", title="", links={})


def samples(language: Language) -> Mapping[str, n.Notice]:
    """Every notice under its name; variants as `name-variant`."""
    words = {key: typeset(text, language) for key, text in _WORDS[language].items()}
    return {**_diagnosis(words), **_quote(words), **_consent(words), **_money(words), **_contest(words), **_answers()}


def _diagnosis(words: Mapping[str, str]) -> dict[str, n.Notice]:
    opened = n.IncidentOpened(
        price=_DIAGNOSIS,
        usual=_DIAGNOSIS,
        offer_until=None,
        way_in=WayIn.DIAGNOSE,
        must_order=True,
        lapse_days=7,
        previous="",
    )
    ordered = n.DiagnosisOrdered(price=_DIAGNOSIS, ordered_at=_AT, kind=Kind.BUSINESS)
    unbilled = n.LeftUnbilled(outcome=Outcome.NO_COMPETENCE, report=words["report"])
    return {
        "incident_opened": opened,
        "incident_opened-warranty": replace(opened, way_in=WayIn.WARRANTY, previous="INC-37"),
        "incident_opened-late": replace(opened, previous="INC-37", recent=False),
        "incident_opened-offer": replace(opened, price=_FREE, offer_until=_OFFER),
        "incident_opened-free": replace(opened, price=_FREE, usual=_FREE),
        "incident_opened-renewal": replace(opened, price=_FREE, usual=_FREE, previous="INC-37", renews=_QUOTE),
        "incident_opened-announced": replace(opened, must_order=False),
        "order_nudged": n.OrderNudged(price=_DIAGNOSIS, lapses_on=_LAPSES),
        "order_nudged-offer": n.OrderNudged(price=_FREE, lapses_on=_LAPSES),
        "diagnosis_ordered": ordered,
        "diagnosis_ordered-consumer": replace(ordered, kind=Kind.CONSUMER),
        "diagnosis_ordered-offer": replace(ordered, kind=Kind.CONSUMER, price=_FREE),
        "decision_undone": n.DecisionUndone(),
        "decision_undone-quote": n.DecisionUndone(quote=_QUOTE),
        "decision_disowned": n.DecisionDisowned(),
        "decision_disowned-quote": n.DecisionDisowned(quote=_QUOTE),
        "disowned_settled": n.DisownedSettled(reason=words["note"]),
        "disowned_settled-quote": n.DisownedSettled(quote=_QUOTE, reason=words["note"]),
        "incident_cancelled": n.IncidentCancelled(by=Role.CUSTOMER, reason=""),
        "incident_cancelled-lapsed": n.IncidentCancelled(by=Role.CALENDAR, reason="no_answer"),
        "incident_cancelled-staff": n.IncidentCancelled(by=Role.STAFF, reason=words["doubled"]),
        "diagnosis_started": n.DiagnosisStarted(price=_DIAGNOSIS),
        "diagnosis_started-offer": n.DiagnosisStarted(price=_FREE),
        "diagnosis_waived": n.DiagnosisWaived(reason=words["again"]),
        "customer_asked": n.CustomerAsked(question=words["question"]),
        "answer_nudged": n.AnswerNudged(question=words["question"], lapses_on=_LAPSES),
        "staff_wrote": n.StaffWrote(text=words["letter"]),
        "staff_wrote-files": n.StaffWrote(text=words["letter"], files=("journal.txt", "plan.pdf")),
        "staff_wrote-long": n.StaffWrote(text=f"{words['letter']}\n{_PATH}"),
        "our_fault_found": n.OurFaultFound(report=words["report"]),
        "problem_solved": n.ProblemSolved(report=words["report"], price=_DIAGNOSIS),
        "problem_solved-offer": n.ProblemSolved(report=words["report"], price=_FREE),
        "left_unbilled": unbilled,
        "left_unbilled-no_quote": replace(unbilled, outcome=Outcome.NO_QUOTE),
        "left_unbilled-inconclusive": n.LeftUnbilled(outcome=Outcome.INCONCLUSIVE, report=""),
    }


def _quote(words: Mapping[str, str]) -> dict[str, n.Notice]:
    lines = _lines(words)
    price = total(lines)
    long = (
        Line(label=f"{words['restore']} {_PATH}", quantity=Decimal("12.25"), unit=Money(cents=123456)),
        *lines * 9,
    )
    offered = n.QuoteOffered(
        number=_QUOTE,
        report=words["report"],
        lines=lines,
        price=price,
        diagnosis=_DIAGNOSIS,
        valid_until=_VALID,
        note=words["note"],
        replaces="",
    )
    accepted = n.QuoteAccepted(
        number=_QUOTE, price=price, accepted_at=_AT, kind=Kind.BUSINESS, document_sha256=_SHA256
    )
    half = price.share(50)
    return {
        "quote_offered": offered,
        "quote_offered-long": replace(
            offered, report=f"{words['report']}\n\n{_PATH}\n\n" * 4, lines=long, price=total(long)
        ),
        "quote_offered-again": replace(offered, note="", replaces="D2026-00016", diagnosis=_FREE),
        "quote_nudged": n.QuoteNudged(number=_QUOTE, price=price, diagnosis=_DIAGNOSIS, valid_until=_VALID),
        "quote_nudged-offer": n.QuoteNudged(number=_QUOTE, price=price, diagnosis=_FREE, valid_until=_VALID),
        "quote_accepted": accepted,
        "quote_accepted-consumer": replace(accepted, kind=Kind.CONSUMER),
        "quote_declined": n.QuoteDeclined(quote=_QUOTE, diagnosis=_DIAGNOSIS),
        "quote_declined-offer": n.QuoteDeclined(quote=_QUOTE, diagnosis=_FREE),
        "quote_lapsed": n.QuoteLapsed(quote=_QUOTE, diagnosis=_DIAGNOSIS),
        "quote_lapsed-offer": n.QuoteLapsed(quote=_QUOTE, diagnosis=_FREE),
        "quote_cancelled": n.QuoteCancelled(quote=_QUOTE, reason=words["needless"]),
        "work_finished": n.WorkFinished(report=words["work"], warranty=False),
        "work_finished-warranty": n.WorkFinished(report=words["work"], warranty=True),
        "contract_withdrawn": n.ContractWithdrawn(
            quote=_QUOTE, price=price, accepted_at=_AT, withdrawn_at=_AT, settles_by=_UNTIL, diagnosis=_DIAGNOSIS
        ),
        "work_stopped": n.WorkStopped(by=Role.STAFF, reason=words["stuck"], owed=_FREE, diagnosis=_DIAGNOSIS),
        "work_stopped-withdrawn": n.WorkStopped(
            by=Role.CUSTOMER, reason=words["work"], owed=half, diagnosis=_DIAGNOSIS, work=price
        ),
        "work_stopped-nothing": n.WorkStopped(by=Role.STAFF, reason="", owed=_FREE, diagnosis=_FREE),
    }


def _consent(words: Mapping[str, str]) -> dict[str, n.Notice]:
    acts = (words["act"], words["other_act"])
    places = ("/www/shop", "shop_prod")
    asked = n.ConsentRequested(number="1", acts=acts, places=places, until=_UNTIL, why=words["why"], lapses_at=_UNTIL)
    act = n.ActRecorded(act=words["told"], place=places[0], note="", clause="art. 4.1", emergency=False)
    return {
        "consent_requested": asked,
        "consent_nudged": n.ConsentNudged(
            number="1", acts=acts, places=places, until=_UNTIL, why=words["why"], lapses_at=_UNTIL
        ),
        "consent_granted": n.ConsentGranted(number="1", acts=acts[:1], places=places, until=_UNTIL),
        "consent_refused": n.ConsentRefused(acts=acts, places=places),
        "consent_lapsed": n.ConsentLapsed(acts=acts, places=places),
        "consent_revoked": n.ConsentRevoked(acts=acts[:1], places=places),
        "consent_expired": n.ConsentExpired(acts=acts[:1], places=places),
        "consent_withdrawn": n.ConsentWithdrawn(acts=acts, places=places, reason=words["found"]),
        "act_recorded": act,
        "act_recorded-emergency": replace(
            act, act=words["emergency"], note=words["danger"], clause="art. 6.1", emergency=True
        ),
    }


def _money(words: Mapping[str, str]) -> dict[str, n.Notice]:
    lines = (Line(label=words["diagnosis"], quantity=Decimal(1), unit=_DIAGNOSIS.net), *_lines(words))
    price = total(lines)
    left = price.gross - Money(cents=5000)
    overdue = n.ReminderOverdue(number=_INVOICE, price=price, open=price.gross, due_on=_DUE, level=2)
    formal = n.FormalNotice(number=_INVOICE, price=price, open=price.gross, due_on=_DUE, limited_on=_LIMITED)
    paid = n.PaymentReceived(invoice=_INVOICE, price=price, amount=price.gross, still_open=_FREE.net)
    return {
        "invoice_held": n.InvoiceHeld(price=price, missing=("buyer_name", "buyer_address")),
        "invoice_held-numbers": n.InvoiceHeld(
            price=price,
            missing=("buyer_country", "buyer_siren", "buyer_vat_number", "buyer_vat_number_missing"),
        ),
        "invoice_issued": n.InvoiceIssued(number=_INVOICE, lines=lines, price=price, due_on=_DUE),
        "reminder_before_due": n.ReminderBeforeDue(number=_INVOICE, price=price, open=price.gross, due_on=_DUE),
        "reminder_overdue": overdue,
        "reminder_overdue-part": replace(overdue, open=left, level=3),
        "formal_notice": formal,
        "formal_notice-business": replace(formal, kind=Kind.BUSINESS),
        **_several(price, left),
        "reminder_overdue-promised": replace(overdue, promised=_LIMITED),
        "formal_notice-promised": replace(formal, promised=_LIMITED),
        "payment_promised": n.PaymentPromised(number=_INVOICE, price=price, open=price.gross, until=_LIMITED),
        "invoice_long_overdue": n.InvoiceLongOverdue(number=_INVOICE, price=price, open=left, due_on=_DUE),
        "payment_received": paid,
        "payment_received-part": replace(paid, amount=Money(cents=5000), still_open=left),
        "payment_returned": n.PaymentReturned(number=_INVOICE, price=price, amount=price.gross, open=price.gross),
        "invoice_written_off": n.InvoiceWrittenOff(invoice=_INVOICE),
        "invoice_credited": n.InvoiceCredited(number=_CREDIT, invoice=_INVOICE, price=price),
        "invoice_credited-part": n.InvoiceCredited(
            number=_CREDIT, invoice=_INVOICE, price=_DIAGNOSIS, part=True, rest=left, due_on=_VALID
        ),
        "invoice_credited-paid": n.InvoiceCredited(number=_CREDIT, invoice=_INVOICE, price=_DIAGNOSIS, part=True),
    }


def _contest(words: Mapping[str, str]) -> dict[str, n.Notice]:
    gross, part = _DIAGNOSIS.gross, _DIAGNOSIS.share(25)
    corrected = n.OutcomeCorrected(
        outcome=Outcome.OUR_FAULT,
        reason=words["ours"],
        number=_CREDIT,
        invoice=_INVOICE,
        price=_DIAGNOSIS,
        owed=None,
        paid=None,
    )
    return {
        "contest_said": n.ContestSaid(number=_INVOICE, price=_DIAGNOSIS, open=gross, until=_VALID),
        "contest_said-part": n.ContestSaid(
            number=_INVOICE,
            price=_DIAGNOSIS,
            open=gross,
            until=_VALID,
            part=(words["diagnosis"],),
            contested=part,
            rest=gross - part.gross,
        ),
        "contest_said-lost": n.ContestSaid(number=_INVOICE, price=_DIAGNOSIS, open=gross, until=_VALID, lost=True),
        "contest_withdrawn-lost": n.ContestWithdrawn(number=_INVOICE, price=_DIAGNOSIS, open=gross, lost=True),
        "contest_lapsed-lost": n.ContestLapsed(number=_INVOICE, price=_DIAGNOSIS, open=gross, lost=True),
        "contest_conceded-lost": n.ContestConceded(invoice=_INVOICE, reason=words["ours"], lost=True),
        "contest_withdrawn": n.ContestWithdrawn(number=_INVOICE, price=_DIAGNOSIS, open=gross),
        "contest_lapsed": n.ContestLapsed(number=_INVOICE, price=_DIAGNOSIS, open=Money(cents=1000)),
        "outcome_corrected": corrected,
        "outcome_corrected-paid": replace(corrected, paid=gross),
        "outcome_corrected-owed": replace(
            corrected, outcome=Outcome.SOLVED, number="", invoice="", price=None, owed=_DIAGNOSIS, paid=None
        ),
        "outcome_corrected-quote": replace(corrected, outcome=Outcome.QUOTE, owed=_DIAGNOSIS, paid=gross),
        "outcome_corrected-nothing": replace(corrected, outcome=Outcome.NO_COMPETENCE, reason=words["stuck"]),
        "contest_conceded": n.ContestConceded(invoice=_INVOICE, reason=words["ours"]),
        "contest_conceded-part": n.ContestConceded(
            invoice=_INVOICE, reason=words["ours"], credited=part, rest=gross - part.gross, due_on=_VALID
        ),
        "contest_confirmed": n.ContestConfirmed(invoice=_INVOICE),
        "contest_confirmed-part": n.ContestConfirmed(
            invoice=_INVOICE, credited=part, rest=gross - part.gross, due_on=_VALID
        ),
        "contest_reversed": n.ContestReversed(reason=words["paid"]),
        "support_ended": n.SupportEnded(),
        "incident_moved": n.IncidentMoved(reference="INC-42", opened_at=_AT),
        "support_unavailable": n.SupportUnavailable(support=Support.FORFEITED, invoice=""),
        "support_unavailable-limited": n.SupportUnavailable(support=Support.LIMITED, invoice=_INVOICE),
    }


def _answers() -> dict[str, n.Notice]:
    about = {
        n.Purpose.QUOTE: _QUOTE,
        n.Purpose.INVOICE: _INVOICE,
        n.Purpose.CONTEST: _INVOICE,
        n.Purpose.CONTACT: _NEWCOMER,
    }
    renewed = {
        f"link_renewed-{purpose}": n.LinkRenewed(purpose=purpose, number=about.get(purpose, ""))
        for purpose in n.Purpose
    }
    return {
        "decide_by_link": n.DecideByLink(stage=Stage.ANNOUNCED),
        "decide_by_link-quoted": n.DecideByLink(stage=Stage.QUOTED, number=_QUOTE),
        "decide_by_link-invoiced": n.DecideByLink(stage=Stage.INVOICED, number=_INVOICE),
        "decide_by_link-working": n.DecideByLink(stage=Stage.WORKING),
        "incident_paused": n.IncidentPaused(stage=Stage.WORKING, until=_UNTIL),
        "incident_paused-invoiced": n.IncidentPaused(stage=Stage.INVOICED, until=_UNTIL, number=_INVOICE),
        "mail_unread": n.MailUnread(received_at=_AT, encrypted=False),
        "mail_unread-encrypted": n.MailUnread(received_at=_AT, encrypted=True),
        "contact_proposed": n.ContactProposed(address=_NEWCOMER),
        **{f"contact_settled-{answer}": n.ContactSettled(address=_NEWCOMER, answer=answer) for answer in Answer},
        **renewed,
        "chat_code_sent": n.ChatCodeSent(code="739 204"),
    }


def _several(price: Price, left: Money) -> dict[str, n.Notice]:
    """One mail for three invoices, in each tone."""
    first = n.Bill(
        number=_INVOICE,
        reference="INC-42",
        issued_on=_AT.date(),
        due_on=_DUE,
        price=price,
        open=left,
        tone=Tone.OVERDUE,
    )
    later = replace(first, number="F2026-00057", reference="INC-51", price=_DIAGNOSIS, open=_DIAGNOSIS.gross)
    bills = (first, later, replace(later, number="F2026-00061", reference="INC-54", tone=Tone.COURTESY))
    several = n.SeveralReminders(
        number=_INVOICE,
        bills=bills,
        total=left + _DIAGNOSIS.gross + _DIAGNOSIS.gross,
        tone=Tone.OVERDUE,
        limited_on=_LIMITED,
        kind=Kind.BUSINESS,
    )
    return {
        "several_reminders": several,
        **{f"several_reminders-{tone}": _in_tone(several, tone) for tone in Tone},
        "several_reminders-consumer": replace(_in_tone(several, Tone.FORMAL), kind=Kind.CONSUMER),
    }


def _in_tone(several: n.SeveralReminders, tone: Tone) -> n.SeveralReminders:
    first, *others = several.bills
    return replace(several, tone=tone, bills=(replace(first, tone=tone), *others))


def _lines(words: Mapping[str, str]) -> tuple[Line, ...]:
    return (
        Line(label=words["repair"], quantity=Decimal("1.5"), unit=Money(cents=6000)),
        Line(label=words["restore"], quantity=Decimal(1), unit=Money(cents=3550)),
    )


_WORDS: Mapping[Language, Mapping[str, str]] = {
    Language.FR: {
        "report": "Une extension installée le 12 juin demande une version de PHP plus récente que la vôtre.\n\n"
        "Le reste du site n’est pas touché, et aucune commande n’a été perdue.",
        "work": "Extension mise à jour, version de PHP passée en 8.3, trois pages vérifiées une à une.",
        "note": "La boutique restera en ligne pendant les travaux.",
        "again": "C’est le même problème que la semaine dernière.",
        "doubled": "Votre message du matin a déjà ouvert l’incident INC-41 : nous y répondons.",
        "needless": "La version de l’extension parue ce matin corrige l’erreur : une simple mise à jour suffit.",
        "stuck": "L’extension n’est plus suivie par son auteur : la réparer reviendrait à la réécrire.",
        "found": "Le journal du serveur a suffi : lire vos fichiers n’est plus nécessaire.",
        "ours": "La cause était bien une mise à jour faite de notre côté.",
        "paid": "Vous avez finalement réglé la facture, merci.",
        "question": "Depuis quand la page d’accueil répond-elle ainsi, et qu’est-ce qui a changé juste avant ?",
        "letter": "Nous avons trouvé une piste et la vérifions ce soir, à une heure où la boutique est calme.\n\n"
        "Vous n’avez rien à faire d’ici là.\nBonne soirée !",
        "why": "Le journal ne dit pas laquelle des extensions échoue : il faut lire leurs fichiers.",
        "act": "lire les fichiers du site",
        "other_act": "restaurer une sauvegarde",
        "told": "redémarrer le serveur en mode secours",
        "emergency": "neutraliser un script qui nuit à autrui",
        "danger": "Un script déposé à votre insu envoyait du courrier indésirable.",
        "diagnosis": "Diagnostic de l’incident INC-42",
        "repair": "Mise à jour de l’extension de paiement (heures)",
        "restore": "Restauration de la page d’accueil",
    },
    Language.EN: {
        "report": "An extension installed on 12 June needs a newer version of PHP than yours.\n\n"
        "The rest of the site is not affected, and no order was lost.",
        "work": "Extension updated, PHP moved to version 8.3, three pages checked one by one.",
        "note": "The shop will stay online during the work.",
        "again": "It is the same problem as last week.",
        "doubled": "Your message of this morning has already opened incident INC-41: we answer there.",
        "needless": "The extension’s version of this morning corrects the error: an update is enough.",
        "stuck": "The extension is no longer kept up by its author: repairing it would mean rewriting it.",
        "found": "The server’s log was enough: reading your files is no longer needed.",
        "ours": "The cause was indeed an update made on our side.",
        "paid": "You have paid the invoice after all, thank you.",
        "question": "Since when has the home page answered like this, and what changed just before?",
        "letter": "We have found a lead and will check it tonight, at an hour when the shop is quiet.\n\n"
        "There is nothing for you to do until then.\nHave a good evening!",
        "why": "The log does not say which of the extensions fails: we have to read their files.",
        "act": "read the site’s files",
        "other_act": "restore a backup",
        "told": "restart the server in rescue mode",
        "emergency": "disable a script that harms others",
        "danger": "A script placed without your knowledge was sending spam.",
        "diagnosis": "Diagnosis of incident INC-42",
        "repair": "Update of the payment extension (hours)",
        "restore": "Restoring the home page",
    },
}
