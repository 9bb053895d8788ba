"""What happened, as staff read it in an incident's thread: one entry for each fact."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot import figures
from bot.app.read import Case, written_earlier
from bot.channels.slack import reasons
from bot.channels.slack.author import author
from bot.channels.slack.echo import echo
from bot.channels.slack.fates import way
from bot.core import facts as f
from bot.core.disown import ORDER
from bot.core.facts import Language
from bot.core.money import Money, Price
from bot.papers.gate import FAULTS


@dataclass(frozen=True, slots=True)
class Entry:
    """Our own words, and below them words somebody wrote."""

    head: str
    quote: str = ""


def entry(case: Case, fact: f.Fact) -> Entry:
    """A fact in words. Raises KeyError for a fact that has none."""
    return _STORY[type(fact)](case, fact)


def amount(value: Money) -> str:
    return figures.money(value, Language.EN)


def price(value: Price) -> str:
    """Net and gross together, or that it is free."""
    return figures.price(value, Language.EN) if value.net else "free"


def moment(at: datetime, timezone: str) -> str:
    """`22 Nov 14:02` in the provider's zone."""
    return at.astimezone(ZoneInfo(timezone)).strftime("%-d %b %H:%M")


def day(value: date) -> str:
    return value.strftime("%-d %b %Y")


def scope(acts: tuple[f.Intervention, ...], places: tuple[str, ...]) -> str:
    return f"{', '.join(act.en for act in acts)} — in {', '.join(places)}"


def faults(names: Iterable[str]) -> list[str]:
    """What keeps an invoice back, each with what to do."""
    return [FAULTS[name] for name in names]


def _opened(_case: Case, fact: f.IncidentOpened) -> Entry:
    return Entry(f"Opened: {fact.title}")


def _announced(_case: Case, fact: f.PriceAnnounced) -> Entry:
    return Entry(f"Price announced by {way(fact.via)}: {price(fact.price)}")


def _failed(_case: Case, fact: f.NoticeFailed) -> Entry:
    what = fact.notice.replace("_", " ")
    instead = f"; sent by mail to {fact.instead} instead" if fact.instead else ""
    why = reasons.said(fact.reply) if fact.via is f.Channel.SLACK else fact.reply
    return Entry(f"Not delivered by {way(fact.via)}: {what}{instead}", why)


def _delayed(case: Case, fact: f.NoticeDelayed) -> Entry:
    what, since = fact.notice.replace("_", " "), moment(fact.since, case.incident.terms.timezone)
    return Entry(
        f"Not delivered by {way(fact.via)} yet: {what} has waited since {since}, and is still tried", fact.reply
    )


_LOST = (
    "Mail to {address} comes back for good: nothing more is sent there by itself, reminders and the days of a quote"
    " stand still. Reach the customer another way, by phone or by post; then press “The address works again”"
)


def _held(_case: Case, fact: f.NoticeHeld) -> Entry:
    return Entry(f"Held back, not sent: {fact.notice.replace('_', ' ')}", fact.why)


def _complained(_case: Case, fact: f.NoticeComplained) -> Entry:
    what = fact.notice.replace("_", " ")
    return Entry(
        f"Somebody at {fact.address} reported a mail of ours as abuse ({what}). This decides nothing; nudges by mail"
        " stop until they write to us",
        fact.reply,
    )


def _returned(_case: Case, fact: f.AnnouncementReturned) -> Entry:
    return Entry("The announcement came back: the price was not announced, so nobody can start", fact.reply)


def _lost(_case: Case, fact: f.AddressLost) -> Entry:
    return Entry(_LOST.format(address=fact.address), fact.reply)


def _paused(case: Case, fact: f.IncidentPaused) -> Entry:
    until = moment(fact.until, case.incident.terms.timezone)
    return Entry(
        f"A mail without proof says stop: stop all work on hosted data now. Paused until {until}, with reminders,"
        " unless the customer answers on the page that was sent to them, or you make sure what they want"
    )


def _pause_ended(_case: Case, fact: f.PauseEnded) -> Entry:
    by = {f.Role.CUSTOMER: "the customer answered", f.Role.CALENDAR: "nobody confirmed it in time"}
    return Entry(f"The pause is over: {by.get(fact.by, f'by {fact.by}')}", fact.reason)


def _nudged(_case: Case, _fact: f.CustomerNudged) -> Entry:
    return Entry("Customer reminded that an answer is awaited")


def _way_in(_case: Case, fact: f.WayInChosen) -> Entry:
    return Entry(f"Way in chosen: {fact.way_in}")


def _ordered(_case: Case, fact: f.DiagnosisOrdered) -> Entry:
    return Entry(f"Diagnosis ordered: {price(fact.price)}, as a {fact.kind}")


def _undone(_case: Case, fact: f.DecisionUndone) -> Entry:
    return Entry(
        f"The customer says “this was not me”: {_decision(fact.about)} is undone. Nothing may begin under it"
    )


def _disowned(_case: Case, fact: f.DecisionDisowned) -> Entry:
    return Entry(
        f"The customer says “this was not me” about {_decision(fact.about)}: stop all work now."
        " Nothing is billed; a manager speaks to the customer and settles it"
    )


def _disowned_settled(_case: Case, fact: f.DisownedSettled) -> Entry:
    found = "stands: work goes on" if fact.stands else "does not stand: nothing is owed for it"
    return Entry(f"Settled: {_decision(fact.about)} {found}", fact.reason)


def _decision(about: str) -> str:
    return "the order of the diagnosis" if about == ORDER else f"the acceptance of quote {about}"


def _waived(_case: Case, fact: f.DiagnosisWaived) -> Entry:
    return Entry("The diagnosis is free: same problem again", fact.reason)


def _cancelled(_case: Case, fact: f.IncidentCancelled) -> Entry:
    return Entry(f"Cancelled by {fact.by}; nothing is owed", fact.reason)


def _moved_away(_case: Case, fact: f.IncidentMoved) -> Entry:
    return Entry(
        f"Moved to another customer: it goes on in INC-{fact.to}. This one is over, its links are closed, and its"
        " customer is told that it was not theirs",
        fact.reason,
    )


def _taken(_case: Case, _fact: f.IncidentTaken) -> Entry:
    return Entry("Taken")


def _started(_case: Case, _fact: f.DiagnosisStarted) -> Entry:
    return Entry("Diagnosis started")


def _asked(_case: Case, fact: f.CustomerAsked) -> Entry:
    return Entry("Asked the customer", fact.question)


def _wrote(case: Case, fact: f.CustomerWrote) -> Entry:
    """Only the head: the words themselves are a message, shown with its author and files."""
    message = next((m for m in case.messages if str(m.id) == fact.message), None)
    if message is None:
        return Entry("The customer wrote")
    about = f", about “{message.subject}”" if message.subject else ""
    written = written_earlier(message)
    late = f", written {moment(written, case.incident.terms.timezone)}" if written else ""
    return Entry(f"{author(message)} wrote by {way(message.channel)}{about}{late}")


def _other_wrote(case: Case, fact: f.OtherWrote) -> Entry:
    message = next((m for m in case.messages if str(m.id) == fact.message), None)
    who = author(message) if message else "Somebody else"
    if fact.automatic:
        return Entry(
            f"A mail in the name of {who} looks as if a program wrote it. It was not answered and decides nothing;"
            " if a person wrote it, they may need you"
        )
    what = "of the same organisation, but not a contact" if fact.colleague else "who is not the customer on file"
    return Entry(f"{who}, {what}, wrote. This decides nothing")


def _contact_proposed(_case: Case, fact: f.ContactProposed) -> Entry:
    return Entry(f"The address on file was asked who {fact.address} is. Until it answers: answer nothing to them")


_ANSWERS = {
    f.Answer.MINE: "is another address of the customer's own",
    f.Answer.DECIDES: "may write and decide for the customer from now on",
    f.Answer.WRITES: "may write for the customer from now on, and decide nothing",
    f.Answer.NOBODY: "is nobody the customer knows: answer nothing to them",
}


def _contact_settled(_case: Case, fact: f.ContactSettled) -> Entry:
    return Entry(f"{fact.address} {_ANSWERS[fact.answer]}. What they wrote before stays what it was")


def _doubted(_case: Case, fact: f.DecisionDoubted) -> Entry:
    return Entry(
        f"“{fact.choice}” was clicked too, seconds later and on the same page: a robot may have clicked both. "
        "The first one counts; make sure with the customer before you begin"
    )


def _referred(_case: Case, fact: f.DecisionReferred) -> Entry:
    order = re.sub(r"(?<!^)(?=[A-Z])", " ", fact.order).lower()
    return Entry(f"{fact.address} is proven, but as a {fact.authority} contact may not {order}: left to who may")


def _other_named(_case: Case, fact: f.OtherIncidentNamed) -> Entry:
    if fact.here:
        return Entry(f"This mail also names INC-{fact.incident}, where staff are told so")
    return Entry(f"A mail that names this incident too is kept in INC-{fact.incident}: read it there")


def _staff_wrote(_case: Case, fact: f.StaffWrote) -> Entry:
    names = ", ".join(file.name for file in fact.files)
    by = f", who hears from us again by {day(fact.promised_on)}" if fact.promised_on else ""
    return Entry(f"Written to the customer{f', with {names}' if names else ''}{by}", fact.text)


def _our_fault(_case: Case, fact: f.OurFaultFound) -> Entry:
    return Entry("Diagnosis: our fault. Repair under warranty, nothing is owed", fact.report)


def _solved(case: Case, fact: f.ProblemSolved) -> Entry:
    owed = "nothing, the diagnosis is free" if case.incident.waived else price(case.incident.price)
    return Entry(f"Diagnosis: solved. Owed: {owed}", fact.report)


def _reported(_case: Case, fact: f.DiagnosisReported) -> Entry:
    return Entry("Diagnosis: not solved. A quote can be sent now", fact.report)


def _unbilled(_case: Case, fact: f.LeftUnbilled) -> Entry:
    return Entry(f"Ended without a bill: {fact.outcome.replace('_', ' ')}", fact.report)


def _drafted(case: Case, fact: f.QuoteDrafted) -> Entry:
    quote = case.incident.quote_named(fact.number)
    said = [*echo(fact.lines), *([fact.note] if fact.note else [])]
    return Entry(f"Quote {fact.number} being prepared{f': {price(quote.price)}' if quote else ''}", "\n".join(said))


def _offered(case: Case, fact: f.QuoteOffered) -> Entry:
    quote = case.incident.quote_named(fact.number)
    valid = f": {price(quote.price)}, valid until {day(quote.valid_until)}" if quote else ""
    return Entry(f"Quote {fact.number} sent{valid}")


def _superseded(_case: Case, fact: f.QuoteSuperseded) -> Entry:
    return Entry(f"Quote {fact.number} replaced{f' by {fact.by}' if fact.by else ''}")


def _accepted(_case: Case, fact: f.QuoteAccepted) -> Entry:
    return Entry(f"Quote {fact.number} accepted: work starts now, without payment")


def _declined(_case: Case, fact: f.QuoteDeclined) -> Entry:
    return Entry(f"Quote {fact.number} declined; the diagnosis stays owed")


def _lapsed(_case: Case, fact: f.QuoteLapsed) -> Entry:
    return Entry(f"Quote {fact.number} lapsed; the diagnosis stays owed")


def _renewal_asked(_case: Case, fact: f.RenewalAsked) -> Entry:
    return Entry(
        f"The customer asks for quote {fact.number} anew. Nothing is accepted and nothing starts: INC-{fact.incident}"
        " is open for it, its diagnosis free. “Send the quote again” on its card sends the same lines, valid anew"
    )


def _prolonged(_case: Case, fact: f.QuoteProlonged) -> Entry:
    return Entry(f"Quote {fact.number} sent again, valid until {day(fact.valid_until)} now")


def _quote_cancelled(_case: Case, fact: f.QuoteCancelled) -> Entry:
    return Entry(f"Quote {fact.number} taken back; nothing is owed", fact.reason)


def _finished(_case: Case, fact: f.WorkFinished) -> Entry:
    return Entry("Work finished", fact.report)


def _withdrawn(case: Case, fact: f.ContractWithdrawn) -> Entry:
    until = day(case.incident.terms.day_of(fact.settles_by))
    return Entry(
        f"The customer withdrew from quote {fact.number}, as consumers may: stop work now. Say until {until} "
        "how much was done by then; else it counts as nothing"
    )


def _stopped(_case: Case, fact: f.WorkStopped) -> Entry:
    return Entry(
        f"Work stopped by {fact.by}; owed for the work: {price(fact.owed) if fact.owed.net else 'nothing'}",
        fact.reason,
    )


def _leave_asked(case: Case, fact: f.ConsentRequested) -> Entry:
    until = moment(fact.until, case.incident.terms.timezone)
    return Entry(f"Leave {fact.number} asked until {until}: {scope(fact.acts, fact.places)}", fact.why)


def _leave(words: str) -> Callable[..., Entry]:
    def told(case: Case, fact: f.ConsentGranted) -> Entry:
        consent = case.incident.consent_named(fact.number)
        about = f": {scope(consent.given or consent.acts, consent.places)}" if consent else ""
        return Entry(f"Leave {fact.number} {words}{about}")

    return told


def _leave_granted(case: Case, fact: f.ConsentGranted) -> Entry:
    consent = case.incident.consent_named(fact.number)
    given = tuple(act for act in consent.acts if act.id in fact.acts) if consent else ()
    return Entry(f"Leave {fact.number} given{f': {scope(given, consent.places)}' if consent else ''}")


def _runs_out(case: Case, fact: f.ConsentRunsOut) -> Entry:
    consent = case.incident.consent_named(fact.number)
    if consent is None:
        return Entry(f"Leave {fact.number} ends within hours")
    until = moment(consent.until, case.incident.terms.timezone)
    return Entry(f"Leave {fact.number} ends at {until}, and the work goes on: {scope(consent.given, consent.places)}")


def _leave_withdrawn(_case: Case, fact: f.ConsentWithdrawn) -> Entry:
    return Entry(f"Request for leave {fact.number} taken back", fact.reason)


def _act(_case: Case, fact: f.ActRecorded) -> Entry:
    under = f", under leave {fact.consent}" if fact.consent else f", rule: {fact.act.rule}"
    return Entry(f"Act recorded: {fact.act.en} — {fact.place}{under}", fact.note)


def _invoiced(_case: Case, fact: f.InvoiceIssued) -> Entry:
    return Entry(f"Invoice {fact.number} issued: {price(fact.price)}, due {day(fact.due_on)}")


def _invoice_held(_case: Case, fact: f.InvoiceHeld) -> Entry:
    return Entry(
        "The invoice is not issued yet; nothing is lost, and it is tried again once this is right:",
        "\n".join(faults(fact.faults)),
    )


def _corrected(_case: Case, fact: f.OutcomeCorrected) -> Entry:
    kept = f". {amount(fact.paid)} came in already: pay it back, or carry it over" if fact.paid else ""
    return Entry(f"The outcome is corrected: {fact.outcome.replace('_', ' ')}{kept}", fact.reason)


def _filed(_case: Case, fact: f.PaperFiled) -> Entry:
    return Entry(f"Document {fact.number} filed")


def _paid(_case: Case, fact: f.PaymentReceived) -> Entry:
    rest = f"; {amount(fact.still_open)} still open" if fact.still_open else "; paid in full"
    said = f", says the bank (entry {fact.entry})" if fact.entry else ""
    return Entry(f"{amount(fact.amount)} received on {day(fact.received_on)} for {fact.number}{rest}{said}")


def _payment_returned(_case: Case, fact: f.PaymentReturned) -> Entry:
    why = f" ({fact.reason})" if fact.reason else ""
    return Entry(
        f"The bank took {amount(fact.amount)} for {fact.number} back{why}: {amount(fact.still_open)} is open again."
        " The customer is told; reminders go on after a pause"
    )


def _refunded(_case: Case, fact: f.PaymentRefunded) -> Entry:
    rest = f"; {amount(fact.still_owed)} still to pay back" if fact.still_owed else ""
    said = f", says the bank (entry {fact.entry})" if fact.entry else ""
    return Entry(f"{amount(fact.amount)} of {fact.number} paid back on {day(fact.refunded_on)}{rest}{said}")


def _credited(_case: Case, fact: f.InvoiceCredited) -> Entry:
    of = "a part of " if fact.of else ""
    by = f"; the rest is due {day(fact.due_on)}" if fact.due_on else ""
    dropped = f"; {amount(fact.dropped)} of rounding is dropped" if fact.dropped else ""
    return Entry(f"Credit note {fact.number} for {of}{fact.invoice}: {price(fact.price)}{by}{dropped}")


def _written_off(_case: Case, fact: f.InvoiceWrittenOff) -> Entry:
    return Entry(f"Invoice {fact.number} written off", fact.reason)


def _reminded(_case: Case, fact: f.InvoiceReminded) -> Entry:
    within = f", in one mail with others ({fact.together})" if fact.together else ""
    return Entry(f"Reminder {fact.level} for {fact.number}: {amount(fact.open)} open{within}")


def _moved(case: Case, fact: f.ReminderMoved) -> Entry:
    return Entry(f"Reminder {fact.level} waits until {moment(fact.to, case.incident.terms.timezone)}")


def _reminders_held(_case: Case, fact: f.RemindersHeld) -> Entry:
    return Entry(f"No reminders of {fact.number} up to and including {day(fact.until)}", fact.reason)


def _promised(_case: Case, fact: f.PaymentPromised) -> Entry:
    by = "The customer says" if fact.by is f.Role.CUSTOMER else "Noted"
    return Entry(f"{by}: {fact.number} will be paid by {day(fact.until)}. No reminders until then", fact.words)


def _overdue(_case: Case, fact: f.InvoiceLongOverdue) -> Entry:
    return Entry(
        f"{fact.number} is long unpaid ({amount(fact.open)}): no new incidents until paid. A person must look"
    )


def _contested(_case: Case, fact: f.ContestSaid) -> Entry:
    what = f"lines {', '.join(map(str, fact.lines))} of the invoice" if fact.lines else "the invoice"
    return Entry(f"The customer contests {what}: reminders stop until they confirm or withdraw", fact.reason)


def _confirmed(_case: Case, _fact: f.ContestConfirmed) -> Entry:
    return Entry("Contest confirmed: what they contest is not owed, and this customer's support has ended")


def _conceded(_case: Case, fact: f.ContestConceded) -> Entry:
    return Entry("We concede: the credit note says what is not owed, and no support is lost by it", fact.reason)


def _reversed(_case: Case, fact: f.ContestReversed) -> Entry:
    return Entry("Support given back", fact.reason)


def _closed(_case: Case, fact: f.IncidentClosed) -> Entry:
    return Entry(f"Closed: {fact.why.replace('_', ' ')}")


def _always(words: str) -> Callable[..., Entry]:
    return lambda _case, _fact: Entry(words)


_STORY: Mapping[type[f.Fact], Callable[..., Entry]] = {
    f.IncidentOpened: _opened,
    f.PriceAnnounced: _announced,
    f.NoticeDelivered: _always("A notice was delivered"),
    f.NoticeDelayed: _delayed,
    f.NoticeFailed: _failed,
    f.NoticeHeld: _held,
    f.NoticeComplained: _complained,
    f.AnnouncementReturned: _returned,
    f.AnnouncementRepeated: _always("The announcement is sent again"),
    f.AddressLost: _lost,
    f.AddressRestored: _always("The customer's address works again"),
    f.IncidentPaused: _paused,
    f.PauseEnded: _pause_ended,
    f.CustomerNudged: _nudged,
    f.WayInChosen: _way_in,
    f.DiagnosisOrdered: _ordered,
    f.DecisionUndone: _undone,
    f.DecisionDisowned: _disowned,
    f.DisownedSettled: _disowned_settled,
    f.DiagnosisWaived: _waived,
    f.IncidentCancelled: _cancelled,
    f.IncidentMoved: _moved_away,
    f.IncidentTaken: _taken,
    f.DiagnosisStarted: _started,
    f.CustomerAsked: _asked,
    f.CustomerWrote: _wrote,
    f.OtherWrote: _other_wrote,
    f.ContactProposed: _contact_proposed,
    f.ContactSettled: _contact_settled,
    f.DecisionDoubted: _doubted,
    f.DecisionReferred: _referred,
    f.OtherIncidentNamed: _other_named,
    f.StaffWrote: _staff_wrote,
    f.OurFaultFound: _our_fault,
    f.ProblemSolved: _solved,
    f.DiagnosisReported: _reported,
    f.LeftUnbilled: _unbilled,
    f.QuoteDrafted: _drafted,
    f.QuoteOffered: _offered,
    f.QuoteSuperseded: _superseded,
    f.QuoteAccepted: _accepted,
    f.QuoteDeclined: _declined,
    f.QuoteLapsed: _lapsed,
    f.QuoteCancelled: _quote_cancelled,
    f.RenewalAsked: _renewal_asked,
    f.QuoteProlonged: _prolonged,
    f.WorkFinished: _finished,
    f.ContractWithdrawn: _withdrawn,
    f.WorkStopped: _stopped,
    f.ConsentRequested: _leave_asked,
    f.ConsentGranted: _leave_granted,
    f.ConsentRefused: _leave("refused by the customer"),
    f.ConsentLapsed: _leave("left unanswered: no leave was given"),
    f.ConsentReplaced: _leave("replaced by another request"),
    f.ConsentWithdrawn: _leave_withdrawn,
    f.ConsentRunsOut: _runs_out,
    f.ConsentRevoked: _leave("taken back by the customer: stop now"),
    f.ConsentExpired: _leave("at its end"),
    f.ConsentClosed: _leave("closed with the work"),
    f.ActRecorded: _act,
    f.InvoiceIssued: _invoiced,
    f.InvoiceHeld: _invoice_held,
    f.OutcomeCorrected: _corrected,
    f.PaperFiled: _filed,
    f.PaymentReceived: _paid,
    f.PaymentReturned: _payment_returned,
    f.PaymentRefunded: _refunded,
    f.InvoiceCredited: _credited,
    f.InvoiceWrittenOff: _written_off,
    f.InvoiceReminded: _reminded,
    f.ReminderMoved: _moved,
    f.RemindersHeld: _reminders_held,
    f.PaymentPromised: _promised,
    f.InvoiceLongOverdue: _overdue,
    f.ContestSaid: _contested,
    f.ContestWithdrawn: _always("Contest withdrawn: the invoice is to be paid, reminders go on after a pause"),
    f.ContestLapsed: _always("Contest never confirmed: as withdrawn"),
    f.ContestConceded: _conceded,
    f.ContestConfirmed: _confirmed,
    f.ContestReversed: _reversed,
    f.IncidentClosed: _closed,
    f.SupportEnded: _always("Closed: this customer contested another invoice"),
    f.CustomerMet: _always("First contact with this customer"),
    f.DetailsGiven: _always("The customer gave their name and address"),
    f.ChatLinked: _always("The customer linked their Slack account"),
    f.ContactAdded: _always("A contact was put on file"),
    f.ContactRemoved: _always("A contact was taken off the file"),
    f.CourtesyStopped: _always("The customer wants no reminders before the due date"),
    f.CourtesyResumed: _always("The customer wants reminders before the due date again"),
    f.SupportForfeited: _always("Support ended after a contest"),
    f.SupportLimited: _always("Support limited until paid"),
    f.SupportReinstated: _always("Support given back"),
    f.PersonalDataErased: _always("Words and names were erased"),
}
