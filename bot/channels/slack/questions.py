"""The customers' modals, in their language: each says what it costs or changes before it is sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bot import figures
from bot.app.desk import Desk
from bot.app.read import Case
from bot.channels.slack import blocks
from bot.channels.slack.wire import Payload
from bot.core.contest import contested_part
from bot.core.facts import Language, WayIn
from bot.core.incident import Consent, Incident, Quote
from bot.core.money import Price
from bot.core.part import left, rest
from bot.core.terms import Kind

TICKED = "yes"


@dataclass(frozen=True, slots=True)
class Questions:
    """Makes modals in one language."""

    desk: Desk
    language: Language

    def address(self) -> Payload:
        """Who are you: the address to send a code to."""
        field = blocks.field("address", self._say("link_address"), {"type": "email_text_input"})
        return self._modal("link_address", "link", [blocks.section(self._say("link_text")), field], {})

    def code(self) -> Payload:
        field = blocks.field("code", self._say("code_label"), blocks.typed(most=20))
        return self._modal("link_code", "code", [blocks.section(self._say("code_text")), field], {})

    def told(self, title: str, text: str) -> Payload:
        """Words alone, nothing to fill in."""
        return blocks.modal("told", title, [blocks.section(text)], metadata="{}", close="OK")

    def linked(self) -> Payload:
        return self.told(self._say("linked_title"), self._say("linked_text"))

    def incident(self, price: Price) -> Payload:
        """What is wrong; the price stands above it (letter §2.3)."""
        words = self._say("open_price", **self._amounts(price)) if price.net else self._say("open_price_free")
        made = [
            blocks.section(words),
            blocks.field("title", self._say("open_field_title"), blocks.typed(most=120)),
            blocks.field("description", self._say("open_field_description"), blocks.typed(lines=True)),
            blocks.field("way_in", self._say("open_field_way_in"), self._ways(WayIn.DIAGNOSE)),
        ]
        return self._modal("open_incident", "open", made, {})

    def order(self, case: Case, price: Price, carried: Mapping[str, object]) -> Payload:
        """Who the invoice would go to, and the order with its price beside it (letter §2.5)."""
        key = "order_text" if price.net else "order_text_free"
        made = [
            blocks.section(self._say(key, **self._amounts(price))),
            *self._details(case),
            self._kind(case.incident.kind),
            blocks.field("way_in", self._say("open_field_way_in"), self._ways(case.incident.way_in)),
        ]
        if price.net:
            made.extend(self._express())
        submit = self._say("order_submit" if price.net else "order_submit_free")
        return self._modal("order", "order", made, carried, submit)

    def accept(self, case: Case, quote: Quote, carried: Mapping[str, object]) -> Payload:
        """What acceptance needs beyond a press: a consumer's express request, a name for the invoice."""
        text = self._say("accept_text", number=quote.number, **self._amounts(quote.price))
        made = [blocks.section(text)]
        if not case.customer.details.complete:
            made.extend(self._details(case))
        if case.incident.kind is Kind.CONSUMER:
            made.extend(self._express())
        return self._modal("accept_quote", "accept", made, carried)

    def part(self, incident: Incident, consent: Consent, carried: Mapping[str, object]) -> Payload:
        """What of a request is allowed: its acts as boxes, none of them ticked."""
        in_french = self.language is Language.FR
        boxes = [blocks.option(act.id, act.fr if in_french else act.en) for act in consent.acts]
        until = figures.moment(consent.until, self.language, incident.terms.timezone)
        text = self._say("part_text", places=", ".join(consent.places), until=until)
        field = blocks.field("acts", self._say("part_acts"), blocks.boxes(boxes))
        return self._modal("allow_part", "part", [blocks.section(text), field], carried)

    def contest(self, incident: Incident, carried: Mapping[str, object]) -> Payload:
        """The first step, with what the second would mean (letter §6.4)."""
        text = self._say("contest_text", number=_invoice(incident))
        reason = blocks.field("reason", self._say("contest_reason"), blocks.typed(lines=True), optional=True)
        return self._modal("contest", "contest", [blocks.section(text), *self._lines(incident), reason], carried)

    def _lines(self, incident: Incident) -> list[Payload]:
        """With which lines they do not agree, where there are several: none chosen is with all of them."""
        invoice = incident.invoice
        if invoice is None or len(left(invoice)) < 2:
            return []
        options = [
            blocks.priced(at, invoice.lines[at - 1].label, figures.net(net, self.language))
            for at, net in list(left(invoice).items())[:100]
        ]
        hint = self._say("contest_lines_hint")
        return [blocks.field("lines", self._say("contest_lines"), blocks.some_of(options), hint=hint, optional=True)]

    def confirm(self, incident: Incident, carried: Mapping[str, object]) -> Payload:
        """The second step: the consequences, and a box that is not ticked."""
        text = self._means(incident)
        box = blocks.boxes([blocks.option(TICKED, self._say("confirm_box"))])
        field = blocks.field("understood", self._say("confirm_label"), box, optional=True)
        return self._modal("confirm_contest", "confirm", [blocks.section(text), field], carried)

    def _means(self, incident: Incident) -> str:
        part, invoice = contested_part(incident), incident.invoice
        if part is None or invoice is None or not rest(invoice, part):
            return self._say("confirm_text", number=_invoice(incident))
        still = figures.gross(rest(invoice, part), self.language)
        return self._say("confirm_part", number=invoice.number, rest=still, **self._amounts(part.price))

    def _details(self, case: Case) -> list[Payload]:
        details = case.customer.details
        return [
            blocks.field("name", self._say("name"), blocks.typed(initial=details.name, most=200)),
            blocks.field(
                "postal_address",
                self._say("postal_address"),
                blocks.typed(lines=True, initial=details.postal_address, most=500),
            ),
        ]

    def _kind(self, kind: Kind) -> Payload:
        options = [blocks.option(one, self._say(one)) for one in Kind]
        return blocks.field("kind", self._say("kind"), blocks.one_of(options, kind))

    def _express(self) -> list[Payload]:
        box = blocks.boxes([blocks.option(TICKED, self._say("express_box"))])
        field = blocks.field("express_request", self._say("express_request"), box, optional=True)
        return [field, blocks.context(self._say("express_text"))]

    def _ways(self, initial: WayIn) -> Payload:
        options = [blocks.option(way, self.desk.words.phrase(f"way_in.{way}", self.language)) for way in WayIn]
        return blocks.one_of(options, initial)

    def _amounts(self, price: Price) -> dict[str, str]:
        return {"net": figures.net(price.net, self.language), "gross": figures.gross(price.gross, self.language)}

    def _say(self, key: str, **values: object) -> str:
        return self.desk.words.phrase(f"chat.{key}", self.language, **values)

    def _modal(
        self, name: str, words: str, made: list[Payload], carried: Mapping[str, object], submit: str = ""
    ) -> Payload:
        return blocks.modal(
            name,
            self._say(f"{words}_title"),
            made,
            metadata=json.dumps(dict(carried)),
            submit=submit or self._say(f"{words}_submit"),
            close=self._say("close"),
        )


def _invoice(incident: Incident) -> str:
    return incident.invoice.number if incident.invoice else ""
