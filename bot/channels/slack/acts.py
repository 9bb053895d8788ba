"""What staff can do from a card: each act's button, what it orders, and when it is there to be pressed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.app.read import Case
from bot.channels.slack import story
from bot.core import commands as c
from bot.core.contest import contested_part
from bot.core.correction import is_correctable
from bot.core.diagnosis import may_start_unordered
from bot.core.invoice import price_owed
from bot.core.letter import ALLOWED, ENDINGS, UNDECIDED
from bot.core.lives import ConsentState, ContestState, Stage, Support
from bot.core.refusals import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act. The letter's own table says at which stages, `guard` what else it takes and `instead` what is said
    without it; `asks` is the question before it counts. `binds` False: it commits no money and touches no leave.
    """

    id: str
    label: str
    command: type[c.Command]
    guard: Callable[[Case], bool] = lambda _case: True
    asks: Callable[[Case], str] | None = None
    style: str = ""
    modal: bool = True
    versioned: bool = True
    instead: Reason = Reason.NOT_NOW
    stages: frozenset[Stage] | None = None
    binds: bool = True

    def open_to(self, case: Case) -> bool:
        """Whether it can be done now, by somebody with the right role."""
        return self.is_stage_for(case) and self.guard(case)

    def is_stage_for(self, case: Case) -> bool:
        stages = ALLOWED[self.command][1] if self.stages is None else self.stages
        return case.incident.stage in stages

    def refusal(self, case: Case) -> Reason:
        """Why it is not open now."""
        return self.instead if self.is_stage_for(case) else Reason.NOT_NOW


def _may_start(case: Case) -> bool:
    ordered = case.incident.stage is Stage.ORDERED or may_start_unordered(case.incident)
    return ordered and not case.incident.paused


def _may_renew(case: Case) -> bool:
    """The customer wants a lapsed quote anew, and has ordered (letter §2.5)."""
    incident = case.incident
    begun = incident.stage is Stage.DIAGNOSING and incident.quote is None
    return bool(incident.renews) and (begun or _may_start(case))


def _is_reported(case: Case) -> bool:
    return bool(case.incident.report)


def _is_contested(case: Case) -> bool:
    return case.incident.contested


def _is_open(case: Case) -> bool:
    return case.incident.invoice is not None and bool(case.incident.invoice.open)


def _may_promise(case: Case) -> bool:
    return _is_open(case) and not case.incident.contested


def _is_without_support(case: Case) -> bool:
    contest = case.incident.contest
    lost_here = contest is not None and contest.state is ContestState.EFFECTIVE
    return lost_here or case.customer.support is not Support.FULL


def _asks_leave(case: Case) -> bool:
    return any(consent.state is ConsentState.REQUESTED for consent in case.incident.consents)


def _came_back(case: Case) -> bool:
    return case.incident.previous is not None and not case.incident.waived


def _diagnosis(case: Case) -> str:
    incident = case.incident
    return "nothing (free)" if incident.waived else story.price(incident.price)


def _asks_start(case: Case) -> str:
    return f"From here on the customer can no longer cancel. If it is solved they owe {_diagnosis(case)}."


def _asks_finish(case: Case) -> str:
    accepted = case.incident.accepted
    if accepted is None:
        return "The repair is under warranty: nothing will be billed."
    quote = story.price(accepted.price)
    return f"The customer will be billed at once: the quote, {quote}; the diagnosis, {_diagnosis(case)}."


def _asks_invoice(case: Case) -> str:
    owed = price_owed(case.incident)
    return f"The customer is billed at once: {story.price(owed) if owed else 'nothing'}."


def _asks_cancel_quote(case: Case) -> str:
    quote = case.incident.quote
    of = f" of {story.price(quote.price)}" if quote else ""
    return f"The quote{of} is taken back. Nothing is owed, not even the diagnosis."


def _asks_concede(case: Case) -> str:
    part = contested_part(case.incident)
    most = story.price(part.price) if part else "nothing"
    return f"A credit note of {most}, or what you agreed on, is issued, and the customer keeps their support."


ACTS: Mapping[str, Act] = {
    act.id: act
    for act in (
        Act(id="take", label="Take", command=c.TakeIncident, modal=False, versioned=False, binds=False),
        Act(
            id="start_diagnosis",
            label="Start the diagnosis",
            command=c.StartDiagnosis,
            guard=_may_start,
            asks=_asks_start,
            style="primary",
            modal=False,
        ),
        Act(
            id="renew_quote",
            label="Send the quote again",
            command=c.StartDiagnosis,
            guard=_may_renew,
            asks=lambda case: f"The report and the lines of {case.incident.renews} go out once more, valid anew.",
            style="primary",
            modal=False,
            stages=ALLOWED[c.StartDiagnosis][1] | {Stage.DIAGNOSING},
        ),
        Act(id="conclude", label="Conclude", command=c.ConcludeDiagnosis, style="primary"),
        Act(
            id="send_quote",
            label="Send a quote",
            command=c.DraftQuote,
            guard=_is_reported,
            instead=Reason.REPORT_FIRST,
            style="primary",
        ),
        Act(id="finish_work", label="Finish the work", command=c.FinishWork, asks=_asks_finish, style="primary"),
        Act(
            id="issue_invoice",
            label="Issue the invoice",
            command=c.Settle,
            guard=lambda case: bool(case.incident.invoice_faults),
            asks=_asks_invoice,
            style="primary",
            modal=False,
        ),
        Act(id="record_payment", label="Record a payment", command=c.RecordPayment, style="primary"),
        Act(
            id="record_refund",
            label="Record a refund",
            command=c.RecordRefund,
            guard=lambda case: bool(case.incident.owed_back),
            instead=Reason.NOTHING_OWED_BACK,
        ),
        Act(
            id="concede",
            label="Concede",
            command=c.Concede,
            guard=_is_contested,
            instead=Reason.NOT_CONTESTED,
            asks=_asks_concede,
        ),
        Act(
            id="reinstate",
            label="Give support back",
            command=c.ReverseContest,
            guard=_is_without_support,
            instead=Reason.ALREADY,
            stages=frozenset(Stage),  # a long unpaid invoice limits support while it is open
        ),
        Act(
            id="note_promise",
            label="They will pay by…",
            command=c.PromisePayment,
            guard=_may_promise,
            binds=False,
        ),
        Act(
            id="hold_reminders",
            label="Hold the reminders",
            command=c.HoldReminders,
            guard=_is_open,
            binds=False,
        ),
        Act(
            id="reply",
            label="Reply to the customer",
            command=c.WriteToCustomer,
            guard=lambda case: case.incident.moved_to is None,
            versioned=False,
            binds=False,
        ),
        Act(id="ask_customer", label="Ask the customer", command=c.AskCustomer, binds=False),
        Act(id="ask_consent", label="Ask for leave", command=c.RequestConsent),
        Act(id="record_act", label="Record an act", command=c.RecordAct),
        Act(id="cancel_quote", label="Take the quote back", command=c.CancelQuote, asks=_asks_cancel_quote),
        Act(
            id="withdraw_consent",
            label="Take the request back",
            command=c.WithdrawConsentRequest,
            guard=_asks_leave,
        ),
        Act(
            id="settle_disowned",
            label="Does the decision stand?",
            command=c.SettleDisowned,
            guard=lambda case: case.incident.held,
            instead=Reason.NOT_DISOWNED,
            style="primary",
        ),
        Act(
            id="settle_withdrawal",
            label="Say what was done",
            command=c.SettleWithdrawal,
            style="primary",
        ),
        Act(id="go_on", label="Lift the pause", command=c.EndPause, guard=lambda case: case.incident.paused),
        Act(
            id="announce_again",
            label="Announce again",
            command=c.AnnounceAgain,
            guard=lambda case: case.incident.unannounced_at is not None and case.incident.lost is None,
            modal=False,
            binds=False,
        ),
        Act(
            id="restore_address",
            label="The address works again",
            command=c.RestoreAddress,
            guard=lambda case: case.incident.lost is not None,
            modal=False,
            versioned=False,
            binds=False,
        ),
        Act(
            id="correct_outcome",
            label="Correct the outcome",
            command=c.CorrectOutcome,
            guard=lambda case: is_correctable(case.incident),
        ),
        Act(
            id="move",
            label="Move to another customer",
            command=c.MoveIncident,
            guard=lambda case: case.incident.stage in UNDECIDED,
            instead=Reason.DECIDED_HERE,
        ),
        Act(id="same_problem", label="Same problem: free", command=c.WaiveDiagnosis, guard=_came_back),
        Act(
            id="close",
            label="Close",
            command=c.TakeIncident,  # open to staff as long as the incident is: what it orders depends on the stage
            guard=lambda case: case.incident.stage not in ENDINGS | {Stage.WITHDRAWN},
            style="danger",
        ),
    )
}

# The three that come first at each stage; the others follow in the order above.
FIRST: Mapping[Stage, tuple[str, ...]] = {
    Stage.OPENED: ("take", "reply", "close"),
    Stage.ANNOUNCED: ("renew_quote", "start_diagnosis", "take", "reply"),
    Stage.ORDERED: ("renew_quote", "start_diagnosis", "take", "reply"),
    Stage.DIAGNOSING: ("settle_disowned", "renew_quote", "send_quote", "conclude", "ask_customer", "ask_consent"),
    Stage.REPAIRING: ("finish_work", "record_act", "reply"),
    Stage.QUOTED: ("reply", "send_quote", "cancel_quote"),
    Stage.WORKING: ("settle_disowned", "finish_work", "record_act", "ask_customer"),
    Stage.WITHDRAWN: ("settle_withdrawal", "reply"),
    **dict.fromkeys(ENDINGS, ("issue_invoice", "record_refund", "reply")),
    Stage.INVOICED: ("record_payment", "concede", "reply"),
    Stage.CLOSED: ("record_refund", "reinstate", "reply"),
}


def offered(case: Case) -> tuple[tuple[Act, ...], tuple[Act, ...]]:
    """The main acts of this stage, three at most, and the others that are possible."""
    possible = [act for act in ACTS.values() if act.open_to(case)]
    ranks = FIRST.get(case.incident.stage, ())
    main = sorted((act for act in possible if act.id in ranks), key=lambda act: ranks.index(act.id))[:3]
    return tuple(main), tuple(act for act in possible if act not in main)
