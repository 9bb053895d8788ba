"""Which facts the customer is told of, and which concern staff alone (letter §1.3, §2.3, §3.3)."""

from bot.core import facts as f
from bot.core import notices as n
from bot.core import told
from bot.core.lives import Stage
from tests.builders import a_play

SILENT = {
    f.PriceAnnounced,  # the announcement itself was the notice
    f.NoticeDelivered,
    f.NoticeDelayed,
    f.NoticeFailed,
    f.NoticeHeld,
    f.NoticeComplained,
    f.AnnouncementReturned,
    f.AddressLost,
    f.AddressRestored,
    f.PauseEnded,  # whoever ended it knows; from the calendar, the next reminder says it
    f.WayInChosen,
    f.IncidentMoved,
    f.IncidentTaken,
    f.CustomerWrote,
    f.OtherWrote,
    f.DecisionDoubted,  # the page says it
    f.DecisionReferred,  # the page is told
    f.OtherIncidentNamed,
    f.ContactAdded,  # its settlement is told
    f.ContactRemoved,
    f.DiagnosisReported,  # told with its quote
    f.QuoteDrafted,
    f.QuoteSuperseded,  # the newer quote says which it replaces
    f.ConsentReplaced,  # the newer request is told
    f.ConsentRunsOut,  # for staff
    f.ConsentClosed,  # the end of the work is told
    f.InvoiceIssued,  # told once its document is frozen
    f.InvoiceCredited,  # told once its document is frozen
    f.ReminderMoved,
    f.RemindersHeld,  # by staff, for reasons of their own
    f.IncidentClosed,  # what closed it is told
    f.CustomerMet,
    f.DetailsGiven,
    f.ChatLinked,
    f.CourtesyStopped,  # the page says it
    f.CourtesyResumed,
    f.SupportForfeited,  # the confirmed contest is told
    f.SupportLimited,  # the long unpaid invoice is told
    f.SupportReinstated,  # the payment, the concession or the reversal is told
    f.RenewalAsked,  # the incident that is opened for it is announced
    f.PaymentRefunded,  # their bank shows it, and the page
    f.PersonalDataErased,  # whoever asked is answered by a person
}

# What is told under another name than the fact's.
OTHERWISE = {
    f.CustomerNudged: {n.OrderNudged, n.AnswerNudged, n.QuoteNudged, n.ConsentNudged},
    f.AnnouncementRepeated: {n.IncidentOpened},
    f.QuoteProlonged: {n.QuoteOffered},
    f.PaperFiled: {n.InvoiceIssued, n.InvoiceCredited},
    f.InvoiceReminded: {n.ReminderBeforeDue, n.ReminderOverdue, n.FormalNotice},  # several together: by remind
}


def test_every_fact_is_told_or_known_to_be_silent() -> None:
    assert set(told._TOLD) == set(f.FACTS.values()) - SILENT


def test_what_is_told_bears_the_name_of_its_fact() -> None:
    """One word per concept; what has several notices, or says something again, apart."""
    names = {notice.__name__ for notice in n.NOTICES.values()}

    assert {fact for fact in told._TOLD if fact.__name__ not in names} == set(OTHERWISE)


def test_life_of_an_accepted_quote_as_the_customer_reads_it() -> None:
    play = a_play(at=Stage.DONE)

    assert [type(notice) for notice in play.told] == [
        n.IncidentOpened,
        n.DiagnosisOrdered,
        n.DiagnosisStarted,
        n.QuoteOffered,
        n.QuoteAccepted,
        n.WorkFinished,
    ]


def test_incident_reopened_says_which_it_follows() -> None:
    (opened,) = a_play(previous=41).told

    assert isinstance(opened, n.IncidentOpened)
    assert opened.previous == "INC-41"


def test_cancelled_incident_is_told_by_whom() -> None:
    assert a_play(at=Stage.CANCELLED).told[-1] == n.IncidentCancelled(by=f.Role.CUSTOMER, reason="found it myself")
