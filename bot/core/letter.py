"""The letter as tables: what follows what, who may ask, what is owed. Diagrams are drawn from this page."""

from collections.abc import Mapping

from bot.core import commands as c
from bot.core import facts as f
from bot.core.facts import Authority, Outcome, Role
from bot.core.lives import ConsentState, ContestState, Due, InvoiceState, QuoteState, Stage, Support

BILLED: dict[type[f.Fact], Stage] = {f.InvoiceIssued: Stage.INVOICED, f.IncidentClosed: Stage.CLOSED}
CORRECTED: dict[type[f.Fact], Stage] = {f.OutcomeCorrected: Stage.CORRECTED}

# Which stage follows which fact. A fact absent from a stage's row cannot happen there.
FOLLOWS: Mapping[Stage, Mapping[type[f.Fact], Stage]] = {
    Stage.OPENED: {
        f.PriceAnnounced: Stage.ANNOUNCED,
        f.IncidentCancelled: Stage.CANCELLED,
        f.IncidentMoved: Stage.CANCELLED,
        f.SupportEnded: Stage.CLOSED,
    },
    Stage.ANNOUNCED: {
        f.AnnouncementReturned: Stage.OPENED,
        f.DiagnosisOrdered: Stage.ORDERED,
        f.DiagnosisStarted: Stage.DIAGNOSING,  # go_ahead = announce only (letter §2.5)
        f.IncidentCancelled: Stage.CANCELLED,
        f.IncidentMoved: Stage.CANCELLED,
        f.SupportEnded: Stage.CLOSED,
    },
    Stage.ORDERED: {
        f.DecisionUndone: Stage.ANNOUNCED,
        f.DiagnosisStarted: Stage.DIAGNOSING,
        f.IncidentCancelled: Stage.CANCELLED,
        f.SupportEnded: Stage.CLOSED,
    },
    Stage.DIAGNOSING: {
        f.OurFaultFound: Stage.REPAIRING,
        f.ProblemSolved: Stage.SOLVED,
        f.QuoteOffered: Stage.QUOTED,
        f.LeftUnbilled: Stage.UNBILLED,
        f.SupportEnded: Stage.CLOSED,
    },
    Stage.QUOTED: {
        f.QuoteOffered: Stage.QUOTED,
        f.QuoteAccepted: Stage.WORKING,
        f.QuoteDeclined: Stage.QUOTE_REFUSED,
        f.QuoteLapsed: Stage.QUOTE_REFUSED,
        f.QuoteCancelled: Stage.UNBILLED,
        f.SupportEnded: Stage.CLOSED,
    },
    Stage.REPAIRING: {f.WorkFinished: Stage.DONE, f.SupportEnded: Stage.CLOSED},
    Stage.WORKING: {
        f.DecisionUndone: Stage.QUOTED,
        f.WorkFinished: Stage.DONE,
        f.WorkStopped: Stage.STOPPED,
        f.ContractWithdrawn: Stage.WITHDRAWN,
        f.LeftUnbilled: Stage.UNBILLED,
        f.SupportEnded: Stage.CLOSED,
    },
    Stage.WITHDRAWN: {f.WorkStopped: Stage.STOPPED, f.SupportEnded: Stage.CLOSED},
    Stage.SOLVED: BILLED | CORRECTED,
    Stage.QUOTE_REFUSED: BILLED | CORRECTED,
    Stage.DONE: BILLED | CORRECTED,
    Stage.STOPPED: BILLED | CORRECTED,
    Stage.UNBILLED: {f.IncidentClosed: Stage.CLOSED} | CORRECTED,
    Stage.CORRECTED: BILLED | CORRECTED,
    Stage.INVOICED: {f.PaymentReturned: Stage.INVOICED, f.IncidentClosed: Stage.CLOSED} | CORRECTED,
    Stage.CANCELLED: {},
    Stage.CLOSED: {f.PaymentReturned: Stage.INVOICED} | CORRECTED,  # paid, and the bank took it back
}

OPEN = frozenset(Stage) - {Stage.CANCELLED, Stage.CLOSED}
ENDINGS = frozenset({Stage.SOLVED, Stage.QUOTE_REFUSED, Stage.DONE, Stage.STOPPED, Stage.UNBILLED, Stage.CORRECTED})
UNDECIDED = frozenset({Stage.OPENED, Stage.ANNOUNCED})
BEFORE_DIAGNOSIS = frozenset({Stage.OPENED, Stage.ANNOUNCED, Stage.ORDERED})
AT_WORK = frozenset({Stage.DIAGNOSING, Stage.QUOTED, Stage.REPAIRING, Stage.WORKING})
SUPPORTED = BEFORE_DIAGNOSIS | AT_WORK | {Stage.WITHDRAWN}
DISOWNABLE = frozenset({Stage.ORDERED, Stage.DIAGNOSING, Stage.WORKING})
# Where something can still be done against the customer.
PAUSABLE = SUPPORTED - {Stage.OPENED, Stage.WITHDRAWN} | {Stage.INVOICED}

# What each ending leaves owed, by what the diagnosis found (letter §3).
OWED: Mapping[tuple[Stage, Outcome], frozenset[Due]] = {
    (Stage.SOLVED, Outcome.SOLVED): frozenset({Due.DIAGNOSIS}),  # §3.2
    (Stage.QUOTE_REFUSED, Outcome.QUOTE): frozenset({Due.DIAGNOSIS}),  # §3.8
    (Stage.DONE, Outcome.QUOTE): frozenset({Due.DIAGNOSIS, Due.WORK}),  # §3.3
    (Stage.STOPPED, Outcome.QUOTE): frozenset({Due.DIAGNOSIS, Due.PART_OF_WORK}),  # §4.3
    (Stage.DONE, Outcome.OUR_FAULT): frozenset(),  # §3.1
    (Stage.UNBILLED, Outcome.NO_QUOTE): frozenset(),  # §3.4
    (Stage.UNBILLED, Outcome.NO_COMPETENCE): frozenset(),  # §3.5
    (Stage.UNBILLED, Outcome.INCONCLUSIVE): frozenset(),  # §3.6
    (Stage.CORRECTED, Outcome.OUR_FAULT): frozenset(),
    (Stage.CORRECTED, Outcome.SOLVED): frozenset({Due.DIAGNOSIS}),
    (Stage.CORRECTED, Outcome.QUOTE): frozenset(
        {Due.DIAGNOSIS, Due.WORK, Due.PART_OF_WORK}
    ),  # whichever was accepted
    (Stage.CORRECTED, Outcome.NO_QUOTE): frozenset(),
    (Stage.CORRECTED, Outcome.NO_COMPETENCE): frozenset(),
    (Stage.CORRECTED, Outcome.INCONCLUSIVE): frozenset(),
}

CUSTOMER = frozenset({Role.CUSTOMER})
STAFF = frozenset({Role.STAFF, Role.MANAGER})
MANAGER = frozenset({Role.MANAGER})
MACHINE = frozenset({Role.BOT})

# Who may order what, and at which stages. Everything else is refused.
ALLOWED: Mapping[type[c.Command], tuple[frozenset[Role], frozenset[Stage]]] = {
    c.ReportDelivery: (MACHINE, frozenset(Stage)),
    c.ReportDelay: (MACHINE, frozenset(Stage)),
    c.ReportBounce: (MACHINE, frozenset(Stage)),
    c.ReportComplaint: (MACHINE, frozenset(Stage)),
    c.LoseAddress: (MACHINE, OPEN),
    c.RestoreAddress: (CUSTOMER | STAFF | MACHINE, frozenset(Stage)),
    c.HoldNotice: (MACHINE, frozenset(Stage)),
    c.AnnounceAgain: (STAFF, frozenset({Stage.OPENED})),
    c.PauseIncident: (MACHINE, PAUSABLE),
    c.EndPause: (CUSTOMER | STAFF, PAUSABLE),
    c.ChooseWayIn: (CUSTOMER | STAFF, BEFORE_DIAGNOSIS),
    c.OrderDiagnosis: (CUSTOMER, frozenset({Stage.ANNOUNCED})),
    c.CancelIncident: (CUSTOMER | STAFF, BEFORE_DIAGNOSIS),
    c.Disown: (CUSTOMER, DISOWNABLE),
    c.SettleDisowned: (MANAGER, frozenset({Stage.DIAGNOSING, Stage.WORKING})),
    c.TakeIncident: (STAFF, OPEN),
    c.MoveIncident: (STAFF, OPEN),  # refused with the reason once the customer has decided
    c.WaiveDiagnosis: (STAFF, SUPPORTED),
    c.StartDiagnosis: (STAFF, frozenset({Stage.ANNOUNCED, Stage.ORDERED})),
    c.AskCustomer: (STAFF, frozenset({Stage.DIAGNOSING, Stage.WORKING, Stage.REPAIRING})),
    c.NoteCustomerWords: (CUSTOMER | MACHINE, frozenset(Stage)),
    c.ProposeContact: (MACHINE, OPEN),
    c.SettleContact: (CUSTOMER, frozenset(Stage)),
    c.DoubtDecision: (MACHINE, frozenset(Stage)),
    c.ReferDecision: (MACHINE, frozenset(Stage)),
    c.NameOtherIncident: (MACHINE, frozenset(Stage)),
    c.WriteToCustomer: (STAFF, frozenset(Stage)),
    c.ConcludeDiagnosis: (STAFF, frozenset({Stage.DIAGNOSING})),
    c.DraftQuote: (STAFF, frozenset({Stage.DIAGNOSING, Stage.QUOTED})),
    c.OfferQuote: (MACHINE, frozenset({Stage.DIAGNOSING, Stage.QUOTED})),
    c.AcceptQuote: (CUSTOMER, frozenset({Stage.QUOTED})),
    c.DeclineQuote: (CUSTOMER, frozenset({Stage.QUOTED})),
    c.AskRenewal: (CUSTOMER, frozenset({Stage.QUOTE_REFUSED, Stage.INVOICED, Stage.CLOSED})),
    c.CancelQuote: (STAFF, frozenset({Stage.QUOTED})),
    c.FinishWork: (STAFF, frozenset({Stage.REPAIRING, Stage.WORKING})),
    c.StopWork: (STAFF, frozenset({Stage.WORKING})),
    c.WithdrawFromContract: (CUSTOMER, frozenset({Stage.WORKING})),
    c.SettleWithdrawal: (STAFF, frozenset({Stage.WITHDRAWN})),
    c.RequestConsent: (STAFF, AT_WORK),
    c.GrantConsent: (CUSTOMER, AT_WORK),
    c.RefuseConsent: (CUSTOMER, AT_WORK),
    c.RevokeConsent: (CUSTOMER, OPEN),
    c.WithdrawConsentRequest: (STAFF, AT_WORK),
    c.RecordAct: (STAFF, AT_WORK),
    c.Settle: (MACHINE | STAFF, ENDINGS),
    c.CorrectOutcome: (MANAGER, ENDINGS | {Stage.INVOICED, Stage.CLOSED}),
    c.FilePaper: (MACHINE, frozenset(Stage)),
    c.RecordPayment: (STAFF | MACHINE, frozenset({Stage.INVOICED})),
    c.ReturnPayment: (MACHINE, frozenset({Stage.INVOICED, Stage.CLOSED})),
    c.HoldReminders: (STAFF, frozenset({Stage.INVOICED})),
    c.PromisePayment: (CUSTOMER | STAFF, frozenset({Stage.INVOICED})),
    c.RecordRefund: (STAFF | MACHINE, ENDINGS | {Stage.INVOICED, Stage.CLOSED}),
    c.WriteOff: (MANAGER, frozenset({Stage.INVOICED})),
    c.SayContest: (CUSTOMER, frozenset({Stage.INVOICED})),
    c.WithdrawContest: (CUSTOMER, frozenset({Stage.INVOICED})),
    c.ConfirmContest: (CUSTOMER, frozenset({Stage.INVOICED})),
    c.Concede: (MANAGER, frozenset({Stage.INVOICED})),
    c.ReverseContest: (MANAGER, frozenset({Stage.INVOICED, Stage.CLOSED})),
    c.EndSupport: (MACHINE, SUPPORTED),
    c.FallDue: (frozenset({Role.CALENDAR}), frozenset(Stage)),
}

# What waits while a customer says that the decision behind it was not theirs.
HELD: frozenset[type[c.Command]] = frozenset(
    {c.ConcludeDiagnosis, c.DraftQuote, c.FinishWork, c.RequestConsent, c.GrantConsent}
)

# What a contact may order for their customer, by their authority. Stopping takes less than starting; a quote is for
# who keeps the money, hosted data for who keeps the machines, everybody's support (letter §6.2) for the owner.
_SPEAKS = frozenset(
    {
        c.OpenIncident,
        c.NoteCustomerWords,
        c.ChooseWayIn,
        c.AskRenewal,
        c.RestoreAddress,
        c.RefuseConsent,
        c.RevokeConsent,
        c.Disown,
    }
)
_EVERYTHING = frozenset(order for order, (roles, _) in ALLOWED.items() if Role.CUSTOMER in roles) | _SPEAKS
MAY: Mapping[Authority, frozenset[type[c.Command]]] = {
    Authority.OWNER: _EVERYTHING,
    Authority.ADMIN: _EVERYTHING,
    Authority.TECHNICAL: _SPEAKS | {c.OrderDiagnosis, c.CancelIncident, c.GrantConsent, c.EndPause},
    Authority.BILLING: _SPEAKS
    | {c.AcceptQuote, c.DeclineQuote, c.WithdrawFromContract, c.PromisePayment}
    | {c.SayContest, c.WithdrawContest, c.EndPause},
    Authority.WRITE: _SPEAKS,
}

QUOTE_FOLLOWS: Mapping[QuoteState, Mapping[type[f.Fact], QuoteState]] = {
    QuoteState.DRAFT: {f.QuoteOffered: QuoteState.SENT, f.QuoteSuperseded: QuoteState.SUPERSEDED},
    QuoteState.SENT: {
        f.QuoteAccepted: QuoteState.ACCEPTED,
        f.QuoteDeclined: QuoteState.DECLINED,
        f.QuoteLapsed: QuoteState.LAPSED,
        f.QuoteSuperseded: QuoteState.SUPERSEDED,
        f.QuoteCancelled: QuoteState.CANCELLED,
    },
    QuoteState.ACCEPTED: {
        f.WorkStopped: QuoteState.REVOKED,
        f.ContractWithdrawn: QuoteState.REVOKED,
        f.DecisionUndone: QuoteState.SENT,
    },
    QuoteState.DECLINED: {},
    QuoteState.LAPSED: {},
    QuoteState.SUPERSEDED: {},
    QuoteState.CANCELLED: {},
    QuoteState.REVOKED: {},
}

CONSENT_FOLLOWS: Mapping[ConsentState, Mapping[type[f.Fact], ConsentState]] = {
    ConsentState.REQUESTED: {
        f.ConsentGranted: ConsentState.GRANTED,
        f.ConsentRefused: ConsentState.REFUSED,
        f.ConsentLapsed: ConsentState.LAPSED,
        f.ConsentReplaced: ConsentState.REPLACED,
        f.ConsentWithdrawn: ConsentState.WITHDRAWN,
        f.ConsentClosed: ConsentState.CLOSED,
    },
    ConsentState.GRANTED: {
        f.ConsentRevoked: ConsentState.REVOKED,
        f.ConsentExpired: ConsentState.EXPIRED,
        f.ConsentReplaced: ConsentState.REPLACED,
        f.ConsentClosed: ConsentState.CLOSED,
    },
    ConsentState.REFUSED: {},
    ConsentState.LAPSED: {},
    ConsentState.REPLACED: {},
    ConsentState.WITHDRAWN: {},
    ConsentState.REVOKED: {},
    ConsentState.EXPIRED: {},
    ConsentState.CLOSED: {},
}

_WHILE_OPEN: Mapping[type[f.Fact], frozenset[InvoiceState]] = {
    f.PaymentReceived: frozenset({InvoiceState.PART_PAID, InvoiceState.PAID}),
    f.InvoiceWrittenOff: frozenset({InvoiceState.WRITTEN_OFF}),
}
_TAKEN_BACK: Mapping[type[f.Fact], frozenset[InvoiceState]] = {
    f.PaymentReturned: frozenset({InvoiceState.PART_PAID, InvoiceState.ISSUED, InvoiceState.PAID})
}

# A payment, its return or a credit note leads to the one or the other by what is still open; see `fold.apply`.
INVOICE_FOLLOWS: Mapping[InvoiceState, Mapping[type[f.Fact], frozenset[InvoiceState]]] = {
    InvoiceState.ISSUED: {
        **_WHILE_OPEN,
        f.InvoiceCredited: frozenset({InvoiceState.ISSUED, InvoiceState.CREDITED}),
    },
    InvoiceState.PART_PAID: {
        **_WHILE_OPEN,
        **_TAKEN_BACK,
        f.InvoiceCredited: frozenset({InvoiceState.PART_PAID, InvoiceState.PAID, InvoiceState.CREDITED}),
    },
    InvoiceState.PAID: {**_TAKEN_BACK, f.InvoiceCredited: frozenset({InvoiceState.CREDITED})},  # a corrected outcome
    InvoiceState.CREDITED: {},
    InvoiceState.WRITTEN_OFF: {},
}

_AGAIN: Mapping[type[f.Fact], ContestState] = {f.ContestSaid: ContestState.SAID}  # of what is still open

CONTEST_FOLLOWS: Mapping[ContestState, Mapping[type[f.Fact], ContestState]] = {
    ContestState.SAID: {
        f.ContestWithdrawn: ContestState.WITHDRAWN,
        f.ContestLapsed: ContestState.LAPSED,
        f.ContestConceded: ContestState.CONCEDED,
        f.ContestConfirmed: ContestState.EFFECTIVE,
    },
    ContestState.WITHDRAWN: _AGAIN,
    ContestState.LAPSED: _AGAIN,
    ContestState.CONCEDED: _AGAIN,
    ContestState.EFFECTIVE: {f.ContestReversed: ContestState.REVERSED, **_AGAIN},
    ContestState.REVERSED: _AGAIN,
}

SUPPORT_FOLLOWS: Mapping[Support, Mapping[type[f.Fact], Support]] = {
    Support.FULL: {f.SupportForfeited: Support.FORFEITED, f.SupportLimited: Support.LIMITED},
    Support.LIMITED: {f.SupportForfeited: Support.FORFEITED, f.SupportReinstated: Support.FULL},
    Support.FORFEITED: {f.SupportReinstated: Support.FULL},
}

# Facts that leave every button on the staff's card as good as it was: they do not make a click stale.
QUIET: frozenset[type[f.Fact]] = frozenset(
    {
        f.NoticeDelivered,
        f.NoticeDelayed,
        f.NoticeFailed,
        f.NoticeHeld,
        f.NoticeComplained,
        f.AnnouncementRepeated,
        f.AddressLost,
        f.AddressRestored,
        f.CustomerNudged,
        f.CustomerWrote,
        f.OtherWrote,
        f.ContactProposed,
        f.ContactSettled,
        f.DecisionDoubted,
        f.DecisionReferred,
        f.OtherIncidentNamed,
        f.StaffWrote,
        f.IncidentTaken,
        f.PriceAnnounced,
        f.ActRecorded,
        f.ConsentRunsOut,
        f.PaperFiled,
        f.ReminderMoved,
        f.InvoiceReminded,
        f.RemindersHeld,
        f.PaymentPromised,
    }
)
