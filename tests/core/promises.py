"""What the letter promises whatever happens, read off an incident's facts alone."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise

from pydantic import TypeAdapter

from bot.core import facts as f
from bot.core.fold import fold
from bot.core.letter import AT_WORK, FOLLOWS, QUIET
from bot.core.lives import ConsentState, InvoiceState, QuoteState, Stage
from bot.core.money import Money, total
from bot.core.terms import GoAhead, Kind
from tests.play import Play

Promise = Callable[[Play], None]

WRITTEN: Mapping[type[f.Fact], TypeAdapter[f.Fact]] = {kind: TypeAdapter(kind) for kind in f.FACTS.values()}


def dated(play: Play) -> Iterator[tuple[datetime, f.Fact]]:
    return ((scene.at, fact) for scene in play.scenes for fact in scene.facts)


def the_incident_is_the_fold_of_its_facts(play: Play) -> None:
    assert fold((fact, at) for at, fact in dated(play)) == play.incident


def facts_survive_being_written_down(play: Play) -> None:
    for fact in play.facts:
        adapter = WRITTEN[type(fact)]
        assert adapter.validate_json(adapter.dump_json(fact)) == fact


def versions_count_what_changes_what_may_be_done(play: Play) -> None:
    _opened, *later = play.happened
    assert play.incident.seq == len(play.facts)
    assert play.incident.version == 1 + sum(kind not in QUIET for kind in later)


def no_diagnosis_before_a_delivered_announcement_and_an_order(play: Play) -> None:
    """§2.4, §2.5."""
    if f.DiagnosisStarted not in play.happened:
        return
    before = play.happened[: play.happened.index(f.DiagnosisStarted)]
    agreed = play.incident.terms.go_ahead is GoAhead.ANNOUNCE and play.incident.kind is Kind.BUSINESS
    assert f.PriceAnnounced in before
    assert f.DiagnosisOrdered in before or agreed


def no_work_before_an_accepted_quote(play: Play) -> None:
    """§4.1, §4.2; a warranty repair apart."""
    for at, kind in enumerate(play.happened):
        if kind in {f.WorkFinished, f.WorkStopped}:
            assert {f.QuoteAccepted, f.OurFaultFound} & set(play.happened[:at])


def no_act_on_hosted_data_outside_a_live_leave(play: Play) -> None:
    """§1.1, §1.3."""
    asked: dict[int, f.ConsentRequested] = {}
    live: dict[int, f.ConsentGranted] = {}
    for at, fact in dated(play):
        match fact:
            case f.ConsentRequested():
                asked[fact.number] = fact
            case f.ConsentGranted():
                live[fact.number] = fact
            case f.ConsentRevoked() | f.ConsentExpired() | f.ConsentReplaced() | f.ConsentClosed():
                live.pop(fact.number, None)
            case f.ActRecorded(act=f.Intervention(rule=f.Rule.CONSENT)):
                assert fact.consent is not None
                scope = asked[fact.consent]
                assert fact.act.id in live[fact.consent].acts
                assert fact.act in scope.acts
                assert fact.place in scope.places
                assert at < scope.until
            case f.ActRecorded():
                assert fact.act.rule is not f.Rule.NEVER


def no_leave_outlives_the_work(play: Play) -> None:
    if play.incident.stage not in AT_WORK:
        states = {consent.state for consent in play.incident.consents}
        assert not states & {ConsentState.REQUESTED, ConsentState.GRANTED}


def no_more_is_owed_than_was_announced_and_accepted(play: Play) -> None:
    """§3.9, §4.1: and nothing twice."""
    invoices = [fact for fact in play.facts if isinstance(fact, f.InvoiceIssued)]
    assert len(invoices) <= 1 + play.happened.count(f.OutcomeCorrected)
    agreed = play.incident.terms.usual_price.net
    for fact in play.facts:
        if isinstance(fact, f.PriceAnnounced | f.DiagnosisOrdered):
            assert fact.price.net <= play.incident.terms.usual_price.net
            agreed = fact.price.net
        if isinstance(fact, f.QuoteAccepted):
            quote = play.incident.quote_named(fact.number)
            assert quote is not None
            agreed += quote.price.net
        if isinstance(fact, f.InvoiceIssued):
            assert 0 < fact.price.net.cents <= agreed.cents


def nobody_pays_more_than_the_invoice(play: Play) -> None:
    invoice = play.incident.invoice
    if invoice is not None:
        assert 0 <= invoice.paid.cents <= invoice.price.gross.cents
        assert invoice.open.cents in {0, invoice.owed.cents - invoice.paid.cents}


def what_is_taken_back_is_a_part_of_what_was_billed(play: Play) -> None:
    """§6.1: under each rate no more than stood on the invoice, and what rounding leaves is a matter of cents."""
    for invoice in (*play.incident.former_invoices, *([play.incident.invoice] if play.incident.invoice else [])):
        for billed in invoice.price.parts:
            taken = [part for credit in invoice.credits for part in credit.price.parts if part.rate == billed.rate]
            assert sum(part.net.cents for part in taken) <= billed.net.cents
            assert sum(part.net.cents + part.vat.cents for part in taken) <= billed.net.cents + billed.vat.cents
        for credit in invoice.credits:
            assert credit.price == total(credit.lines)
            assert credit.price.gross.cents > 0
        dropped = sum(credit.dropped.cents for credit in invoice.credits if credit.dropped)
        assert not dropped or invoice.state is InvoiceState.CREDITED
        assert 0 <= dropped < 10


def what_was_issued_is_open_paid_or_credited(play: Play) -> None:
    """To the cent; what was paid before all of it was credited or written off is due back or kept."""
    invoice = play.incident.invoice
    if invoice is None:
        return
    paid = Money(cents=0)
    for fact in play.facts:
        match fact:
            case f.PaymentReceived(number=invoice.number):
                paid += fact.amount
            case f.PaymentReturned(number=invoice.number) | f.PaymentRefunded(number=invoice.number):
                paid -= fact.amount
    credited = Money(cents=0)
    for fact in play.facts:
        if isinstance(fact, f.InvoiceCredited) and fact.invoice == invoice.number:
            credited += fact.price.gross + (fact.dropped or Money(cents=0))
    written_off = invoice.state is InvoiceState.WRITTEN_OFF
    assert invoice.paid == paid
    assert credited <= invoice.price.gross
    over = max(paid + credited - invoice.price.gross, Money(cents=0))
    assert invoice.open + paid + credited - over == invoice.price.gross or written_off
    assert not (over and invoice.open)


def only_what_came_in_is_paid_back(play: Play) -> None:
    """Of credited invoices alone, and no more than was paid."""
    billed = (*play.incident.former_invoices, *([play.incident.invoice] if play.incident.invoice else []))
    credited: set[str] = set()
    for fact in play.facts:
        match fact:
            case f.InvoiceCredited():
                credited.add(fact.invoice)
            case f.PaymentRefunded():
                assert fact.number in credited
                assert fact.still_owed.cents >= 0
    assert all(invoice.paid.cents >= 0 for invoice in billed)


def one_quote_at_most_waits_and_one_is_accepted(play: Play) -> None:
    states = [quote.state for quote in play.incident.quotes]
    assert states.count(QuoteState.SENT) <= 1
    assert states.count(QuoteState.DRAFT) <= 1
    assert states.count(QuoteState.ACCEPTED) + states.count(QuoteState.REVOKED) <= 1


def a_contest_takes_its_invoice_back_and_nothing_else(play: Play) -> None:
    """§6.1, §6.3: support is lost on the customer's record, from this fact alone."""
    for scene in play.scenes:
        if isinstance(scene.facts[0], f.ContestConfirmed):
            what = [f.ContestConfirmed, f.InvoiceCredited, f.IncidentClosed]
            credited = next(fact for fact in scene.facts if isinstance(fact, f.InvoiceCredited))
            assert [type(fact) for fact in scene.facts] == (what[:2] if credited.due_on else what)


def what_was_billed_is_taken_back_before_it_is_billed_anew(play: Play) -> None:
    """§5.1: one invoice at a time, and every other one has its credit note."""
    invoices = [*play.incident.former_invoices, *([play.incident.invoice] if play.incident.invoice else [])]
    issued = [fact.number for fact in play.facts if isinstance(fact, f.InvoiceIssued)]
    assert [invoice.number for invoice in invoices] == issued
    assert all(invoice.credits and not invoice.open for invoice in play.incident.former_invoices)


def a_contest_takes_two_steps(play: Play) -> None:
    """§6.4."""
    contests = [kind for kind in play.happened if kind.__name__.startswith("Contest")]
    for before, kind in pairwise([None, *contests]):
        if kind in {f.ContestConfirmed, f.ContestConceded, f.ContestWithdrawn, f.ContestLapsed}:
            assert before is f.ContestSaid


def reminders_are_spaced_rising_and_in_working_hours(play: Play) -> None:
    """§5.2."""
    sent = [(at, fact) for at, fact in dated(play) if isinstance(fact, f.InvoiceReminded)]
    promised = [fact.until for fact in play.facts if isinstance(fact, f.PaymentPromised)]
    for (earlier, one), (later, other) in pairwise(sent):
        days = play.incident.terms.day_of(earlier), play.incident.terms.day_of(later)
        rising = one.number != other.number or one.level < other.level
        assert rising or any(days[0] <= until < days[1] for until in promised)
        assert later - earlier >= timedelta(days=7)
    for at, _reminder in sent:
        assert play.incident.office.open_at(at) == at


def no_reminder_while_contested_or_after_the_end(play: Play) -> None:
    """§6.4."""
    contested = over = False
    for fact in play.facts:
        match fact:
            case f.ContestSaid():
                contested = True
            case f.ContestWithdrawn() | f.ContestLapsed() | f.InvoiceCredited():
                contested = False
            case f.IncidentClosed():
                over = True
            case f.PaymentReturned():
                over = False
            case f.OutcomeCorrected():
                over = contested = False
            case f.InvoiceReminded() | f.InvoiceLongOverdue():
                assert not contested
                assert not over


def no_claim_while_payment_is_promised_or_reminders_are_held(play: Play) -> None:
    """§5.2: up to and including that day."""
    held = promised = date.min
    for at, fact in dated(play):
        match fact:
            case f.RemindersHeld():
                held = fact.until
            case f.PaymentPromised():
                promised = fact.until
            case f.InvoiceReminded() | f.InvoiceLongOverdue():
                assert play.incident.terms.day_of(at) > max(held, promised)


def no_claim_and_no_act_while_stop_may_have_been_said(play: Play) -> None:
    """Stopping needs less proof than starting."""
    paused = False
    for fact in play.facts:
        match fact:
            case f.IncidentPaused():
                assert not paused
                paused = True
            case f.PauseEnded():
                assert paused
                paused = False
            case (
                f.InvoiceReminded()
                | f.InvoiceLongOverdue()
                | f.CustomerNudged()
                | f.DiagnosisStarted()
                | f.ActRecorded(act=f.Intervention(rule=f.Rule.CONSENT))
            ):
                assert not paused
    assert paused == play.incident.paused


def every_pause_ends_by_itself(play: Play) -> None:
    """As soon as the calendar asks again, however long nobody did."""
    if play.incident.pause is not None and play.incident.pause.until <= play.now:
        play.wait(hours=0)
        assert not play.incident.paused


def nobody_is_urged_at_an_address_that_is_lost(play: Play) -> None:
    lost = False
    for fact in play.facts:
        match fact:
            case f.AddressLost():
                assert not lost
                lost = True
            case f.AddressRestored():
                lost = False
            case f.InvoiceReminded() | f.InvoiceLongOverdue() | f.CustomerNudged() | f.QuoteLapsed():
                assert not lost


def every_step_is_in_the_table(play: Play) -> None:
    stage = Stage.OPENED
    for fact in play.facts:
        if any(type(fact) in row for row in FOLLOWS.values()):
            stage = FOLLOWS[stage][type(fact)]
    assert play.incident.stage is stage


def nothing_falls_due_in_the_past(play: Play) -> None:
    opened = play.scenes[0].at
    assert all(deadline.at > opened for deadline in play.deadlines)


PROMISES: tuple[Promise, ...] = (
    the_incident_is_the_fold_of_its_facts,
    facts_survive_being_written_down,
    versions_count_what_changes_what_may_be_done,
    no_diagnosis_before_a_delivered_announcement_and_an_order,
    no_work_before_an_accepted_quote,
    no_act_on_hosted_data_outside_a_live_leave,
    no_leave_outlives_the_work,
    no_more_is_owed_than_was_announced_and_accepted,
    nobody_pays_more_than_the_invoice,
    what_is_taken_back_is_a_part_of_what_was_billed,
    what_was_issued_is_open_paid_or_credited,
    only_what_came_in_is_paid_back,
    one_quote_at_most_waits_and_one_is_accepted,
    a_contest_takes_its_invoice_back_and_nothing_else,
    what_was_billed_is_taken_back_before_it_is_billed_anew,
    a_contest_takes_two_steps,
    reminders_are_spaced_rising_and_in_working_hours,
    no_reminder_while_contested_or_after_the_end,
    no_claim_while_payment_is_promised_or_reminders_are_held,
    no_claim_and_no_act_while_stop_may_have_been_said,
    every_pause_ends_by_itself,
    nobody_is_urged_at_an_address_that_is_lost,
    every_step_is_in_the_table,
    nothing_falls_due_in_the_past,
)
