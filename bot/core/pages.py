"""The pages behind mailed links: what each is for, and what is decided on it."""

from collections.abc import Mapping
from enum import StrEnum

from bot.core import commands as c


class Purpose(StrEnum):
    """What a mailed link is for; a token is good for one purpose only."""

    ORDER = "order"
    INCIDENT = "incident"
    QUOTE = "quote"
    CONSENT = "consent"
    INVOICE = "invoice"
    CONTEST = "contest"
    CONTACT = "contact"
    COURTESY = "courtesy"


# What is decided on each page: its link goes to a contact who may.
DECIDED_ON: Mapping[Purpose, type[c.Command]] = {
    Purpose.ORDER: c.OrderDiagnosis,
    Purpose.INCIDENT: c.NoteCustomerWords,
    Purpose.QUOTE: c.AcceptQuote,
    Purpose.CONSENT: c.GrantConsent,
    Purpose.INVOICE: c.SayContest,
    Purpose.CONTEST: c.ConfirmContest,
    Purpose.CONTACT: c.SettleContact,
    Purpose.COURTESY: c.NoteCustomerWords,  # whoever may write may say it
}
