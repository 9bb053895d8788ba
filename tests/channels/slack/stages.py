"""An incident brought to any stage by real orders, and what staff fill in there."""

from collections.abc import Mapping

from bot.core import commands as c
from bot.core import facts as f
from bot.core.lives import Stage
from bot.sandbox.slack.inputs import Entry
from tests.builders import READ, an_order
from tests.channels.slack.town import Town

REPORTED = an_order(c.ConcludeDiagnosis, outcome=f.Outcome.QUOTE)
STAGES: Mapping[Stage, tuple[c.Command, ...]] = {
    Stage.ANNOUNCED: (),
    Stage.ORDERED: (an_order(c.OrderDiagnosis),),
    Stage.DIAGNOSING: (an_order(c.OrderDiagnosis), an_order(c.StartDiagnosis)),
    Stage.REPAIRING: (
        an_order(c.OrderDiagnosis),
        an_order(c.StartDiagnosis),
        an_order(c.ConcludeDiagnosis, outcome=f.Outcome.OUR_FAULT),
    ),
    Stage.QUOTED: (
        an_order(c.OrderDiagnosis),
        an_order(c.StartDiagnosis),
        REPORTED,
        an_order(c.DraftQuote, number=""),
    ),
    Stage.INVOICED: (
        an_order(c.OrderDiagnosis),
        an_order(c.StartDiagnosis),
        an_order(c.ConcludeDiagnosis, outcome=f.Outcome.SOLVED),
    ),
    Stage.CLOSED: (
        an_order(c.OrderDiagnosis),
        an_order(c.StartDiagnosis),
        an_order(c.ConcludeDiagnosis, outcome=f.Outcome.NO_COMPETENCE),
    ),
    Stage.CANCELLED: (an_order(c.CancelIncident),),
}
OTHER = "contact@client-sa.example"
FILLED: Mapping[str, Mapping[str, Entry]] = {
    "conclude": {"outcome": "no_quote", "report": "Nothing we can offer."},
    "send_quote": {"lines": "Rebuild the index | 2 | 80,00", "validity_days": "10", "note": "Soon."},
    "ask_consent": {"acts": [READ.id], "places": "shop", "until": "2010-06-20", "why": "to see"},
    "record_act": {"act": "reboot", "place": "web1", "note": "done"},
    "ask_customer": {"text": "Since when?"},
    "reply": {"text": "We are looking."},
    "finish_work": {"report": "Rebuilt."},
    "record_payment": {"amount": "24,00 €", "received_on": "2010-06-14"},
    "note_promise": {"until": "2010-07-10", "words": "by phone"},
    "hold_reminders": {"until": "2010-07-10", "reason": "the director is ill"},
    "cancel_quote": {"reason": "we were wrong"},
    "correct_outcome": {"outcome": "our_fault", "reason": "it was our router"},
    "move": {
        "customer": "C-2",
        "address": OTHER,
        "title": "Shop down",
        "description": "Your shop is down.",
        "reason": "they called",
    },
    "close": {"reason": "opened by mistake"},
}


async def reach(town: Town, stage: Stage) -> None:
    """Incident 1 at this stage."""
    if stage is Stage.WORKING:
        await reach(town, Stage.QUOTED)
        await accept(town)
        return
    await town.open()
    await town.give(1, *STAGES[stage])
    assert (await town.case()).incident.stage is stage


async def accept(town: Town) -> None:
    quote = (await town.case()).incident.quote
    assert quote is not None
    shown = an_order(c.AcceptQuote, number=quote.number, document_sha256=quote.document_sha256)
    await town.give(1, shown)
