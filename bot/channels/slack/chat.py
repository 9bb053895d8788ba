"""A notice as a direct message: its words, the buttons it calls for, and the way to its page."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from bot import figures
from bot.app.deliver import Delivered
from bot.app.desk import Desk
from bot.app.jobs import TellInChat
from bot.app.links import masked
from bot.app.read import Case
from bot.channels.slack import blocks, prose
from bot.channels.slack.wire import Payload
from bot.core import facts as f
from bot.core import notices as n
from bot.core.facts import Language
from bot.core.money import Price
from bot.words import Context, Worded

TITLE: Final = 300  # characters of the subject above the words


@dataclass(frozen=True, slots=True)
class Chat:
    """A message; `text` is what notifications and screen readers say."""

    text: str
    blocks: list[Payload]


@dataclass(frozen=True, slots=True)
class Root:
    """Where the conversation about an incident began: a message in a direct one, or in a shared channel."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What buttons are made from: the notice, the case and the customer's language."""

    desk: Desk
    case: Case
    language: Language

    def say(self, key: str, **values: object) -> str:
        return self.desk.words.phrase(key, self.language, **values)

    def button(self, action_id: str, label: str, question: str = "", style: str = "", **carried: object) -> Payload:
        """A button whose value names the incident, its version, and what exactly was shown."""
        incident = self.case.incident
        value = json.dumps({"incident": incident.id, "version": incident.version, **carried})
        asks = blocks.confirm(label, question, self.say("chat.yes"), self.say("chat.no")) if question else None
        return blocks.button(action_id, label, value, style=style, confirm=asks)


def message(desk: Desk, case: Case, order: TellInChat, *, alone: bool = True) -> Chat:
    """The notice in the customer's language, with what they can answer.

    Where they do not read it `alone` it holds no link: whoever has one decides by it. A button gives it to who may.
    """
    told = order.worded()
    context = Context(
        reference=case.incident.reference,
        title=case.incident.title,
        customer=case.customer.details.name,
        links={purpose: desk.url(link_id) for purpose, link_id in order.links.items()} if alone else {},
        timezone=case.customer.timezone,
        chat=True,
    )
    worded = desk.words.notice(told, order.language, context)
    asked = Asked(desk=desk, case=case, language=order.language)
    title = blocks.rich(blocks.line(blocks.span(blocks.clip(worded.subject, TITLE), strong=True)))
    page = _page(asked, order, worded)
    buttons = [*_buttons(asked, told), *page]
    more = prose.Pointers(
        lines=lambda count: asked.say("chat.more_lines", count=count), rest=asked.say("chat.more_words")
    )
    lines = prose.fitting(worded.lines, more, prose.WHOLE - prose.size([title, *buttons]))
    if isinstance(told, _SCOPES) and lines != list(worded.lines):
        buttons = page
    made = [title, prose.shown(lines)]
    if buttons:
        made.append(blocks.actions("main", buttons))
    return Chat(text=blocks.escape(blocks.clip(worded.subject, TITLE)), blocks=made)


def _page(asked: Asked, order: TellInChat, worded: Worded) -> list[Payload]:
    """The button to their page: a link where they read it alone, else one that asks who presses it."""
    if worded.button_url:
        return [blocks.link("page", worded.button, worded.button_url)]
    link = order.links.get(order.worded().link) or order.links.get(n.Purpose.INCIDENT)
    return [asked.button("open_page", asked.say("button.open_page"), link=link)] if link else []


def delivered(made: Chat, order: TellInChat, place: str, *, alone: bool = True) -> Delivered:
    """That it stands there, by the hash of what was posted, with a copy that can be kept: it opens no page."""
    shown = json.dumps(made.blocks, sort_keys=True)
    copy = masked(shown).encode()
    sent = f.Sent(
        message=place,
        sha256=sha256(shown.encode()).hexdigest(),
        copy_sha256=sha256(copy).hexdigest(),
        links=tuple(order.links.values()) if alone else (),
    )
    return Delivered(place, sent=sent, copy=copy)


def root(case: Case) -> Root | None:
    """The thread in a shared channel where it was opened; else where its first notice was posted, if it was."""
    if case.incident.thread:
        return Root(*case.incident.thread.split("/", 1))
    for entry in case.history:
        fact = entry.fact
        if isinstance(fact, f.PriceAnnounced | f.NoticeDelivered) and fact.via is f.Channel.SLACK:
            channel, _, ts = fact.reply.partition("/")
            return Root(channel, ts) if channel and ts else None
    return None


def order_label(asked: Asked, price: Price) -> str:
    """What the button says it costs (letter §2.5)."""
    return (
        asked.say("button.order", **_amounts(price, asked.language)) if price.net else asked.say("button.order_free")
    )


def accept_label(asked: Asked, price: Price) -> str:
    return asked.say("button.accept_quote", **_amounts(price, asked.language))


def _amounts(price: Price, language: Language) -> Mapping[str, str]:
    return {"net": figures.net(price.net, language), "gross": figures.gross(price.gross, language)}


def _buttons(asked: Asked, told: n.Notice) -> Iterator[Payload]:
    make = _BUTTONS.get(type(told))
    if make is not None:
        yield from make(asked, told)


def _order(asked: Asked, told: n.IncidentOpened | n.OrderNudged) -> Iterator[Payload]:
    if isinstance(told, n.IncidentOpened) and not told.must_order:
        return
    label = order_label(asked, told.price)
    question = asked.say("chat.order_question")
    yield asked.button("order", label, question, "primary", price=told.price.net.cents)


def _quote(asked: Asked, told: n.QuoteOffered | n.QuoteNudged) -> Iterator[Payload]:
    quote = asked.case.incident.quote_named(told.number)
    shown = {"number": told.number, "sha256": quote.document_sha256 if quote else ""}
    yield asked.button(
        "accept_quote", accept_label(asked, told.price), asked.say("chat.accept_question"), "primary", **shown
    )
    yield asked.button(
        "decline_quote", asked.say("button.decline_quote"), asked.say("chat.decline_question"), **shown
    )


def _leave(asked: Asked, told: n.ConsentRequested | n.ConsentNudged) -> Iterator[Payload]:
    question = asked.say("chat.consent_question", acts=", ".join(told.acts), places=", ".join(told.places))
    if len(question) > blocks.CONFIRM:  # half a scope is not asked about
        question = asked.say("chat.consent_question_long")
    yield asked.button("give_consent", asked.say("button.give_consent"), question, "primary", number=told.number)
    if len(told.acts) > 1:
        yield asked.button("allow_part", asked.say("button.allow_part"), number=told.number)
    yield asked.button("refuse_consent", asked.say("button.refuse_consent"), number=told.number)


def _given(asked: Asked, told: n.ConsentGranted) -> Iterator[Payload]:
    yield asked.button("revoke_consent", asked.say("button.revoke_consent"), number=told.number)


def _invoice(asked: Asked, _told: n.Notice) -> Iterator[Payload]:
    yield asked.button("contest", asked.say("button.contest"))


def _contested(asked: Asked, _told: n.ContestSaid) -> Iterator[Payload]:
    yield asked.button("withdraw_contest", asked.say("button.withdraw_contest"))
    yield asked.button("confirm_contest", asked.say("button.confirm_contest"), style="danger")


_BUTTONS: Mapping[type[n.Notice], Callable[..., Iterator[Payload]]] = {
    n.IncidentOpened: _order,
    n.OrderNudged: _order,
    n.QuoteOffered: _quote,
    n.QuoteNudged: _quote,
    n.ConsentRequested: _leave,
    n.ConsentNudged: _leave,
    n.ConsentGranted: _given,
    n.InvoiceIssued: _invoice,
    n.ReminderBeforeDue: _invoice,
    n.ReminderOverdue: _invoice,
    n.FormalNotice: _invoice,
    n.InvoiceLongOverdue: _invoice,
    n.ContestWithdrawn: _invoice,
    n.ContestLapsed: _invoice,
    n.ContestSaid: _contested,
}

_SCOPES = (n.ConsentRequested, n.ConsentNudged)
"""What is allowed on its page alone where not all of it fits here."""
