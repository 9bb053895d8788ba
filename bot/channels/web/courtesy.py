"""Stopping the reminders before the due date: one POST, as mail programs send it for their reader (RFC 8058)."""

from enum import StrEnum

from bot.channels.web.forms import ONE_CLICK, Form


class Wish(StrEnum):
    """What the field says; the second is ours, for those who change their mind."""

    STOP = "One-Click"
    RESUME = "Resume"


def wish(form: Form) -> Wish | None:
    """What this form wishes; None where it is about something else."""
    said = form.text(ONE_CLICK)
    return Wish(said) if said in set(Wish) else None
