"""The modals in which staff write to a customer: a question, or a reply with files and a promise."""

from collections.abc import Mapping

from bot.app.read import Case
from bot.app.tell import is_in_chat
from bot.channels.slack import blocks, files
from bot.channels.slack.payloads import choice
from bot.channels.slack.room import Room
from bot.channels.slack.wire import Payload
from bot.core.facts import Language

Given = Mapping[str, str]

PREVIEW = "preview_reply"
WORDS, CONTINUED = "text", "text_"


def question(room: Room, case: Case, given: Given) -> list[Payload]:
    """One question, in the customer's language."""
    return [
        blocks.context(f"{_goes_to(room, case)} The incident waits for the answer."),
        blocks.field("text", "The question", blocks.typed(lines=True, initial=given.get("text", ""))),
    ]


def reply(room: Room, case: Case, given: Given) -> list[Payload]:
    """The words, or some kept ready; what the customer will read is shown before it goes."""
    language = _chosen(case, given)
    made = [
        blocks.context(f"{_goes_to(room, case)} It goes as it is written here."),
        *_written(given),
    ]
    if given.get("files"):
        made.append(blocks.context(f"With it go: {given['files']}"))
    if room.canned:
        options = [
            blocks.option(kept.id, kept.fr if language is Language.FR else kept.en) for kept in room.canned[:100]
        ]
        canned = blocks.one_of(options, given.get("canned", ""))
        made.append(blocks.field("canned", "Or a reply kept ready", canned, optional=True))
        made.append(blocks.field("language", "Language of what is kept ready", blocks.one_of(_LANGUAGES, language)))
    most = files.size(room.desk.files.mail_bytes)
    hint = f"They go along with the words; {most} at most together"
    made.append(blocks.field("files", "Files", blocks.files(room.desk.files.most), hint=hint, optional=True))
    made.append(
        blocks.field(
            "promised_on",
            "They hear from us again by",
            blocks.day(given.get("promised_on", "")),
            hint="The customer reads this day; you are reminded on it, and after it",
            optional=True,
        )
    )
    made.append(blocks.actions("preview", [blocks.button(PREVIEW, "Show what the customer reads", "{}")]))
    if given.get("preview"):
        made.append(blocks.rich(blocks.quote(blocks.clip(given["preview"], 3000))))
    if given.get("warning"):
        made.append(blocks.context(given["warning"]))
    return made


def _written(given: Given) -> list[Payload]:
    """The field for the words; a long note's go on in fields of their own, since Slack takes 3,000 in one."""
    return [
        blocks.field(
            name,
            "The words" if name == WORDS else "The words, continued",
            blocks.typed(lines=True, initial=piece),
            optional=True,
        )
        for name, piece in _pieces(given).items()
    ]


def _pieces(given: Given) -> dict[str, str]:
    text = given.get(WORDS, "")
    if len(text) <= blocks.TYPED:
        return {WORDS: text} | {
            name: given[name] for name in sorted(given, key=_in_order) if name.startswith(CONTINUED)
        }
    pieces = [piece.strip() for piece in blocks.pieces(text, blocks.TYPED)]
    names = [WORDS, *(f"{CONTINUED}{at}" for at in range(len(pieces) - 1))]
    return dict(zip(names, pieces, strict=True))


def _in_order(name: str) -> tuple[int, str]:
    return len(name), name


def words(entries: Given) -> str:
    """All that was written, the pieces of a long note one below the other."""
    return "\n".join(piece.strip() for piece in _pieces(entries).values()).strip()


_LANGUAGES = [blocks.option(Language.FR, "French"), blocks.option(Language.EN, "English")]


def _chosen(case: Case, given: Given) -> Language:
    """The language of what is kept ready: the customer's until another is chosen."""
    return choice(Language, given.get("language"), case.incident.language)


def _goes_to(room: Room, case: Case) -> str:
    """Who gets it and how, as it will leave."""
    in_chat = is_in_chat(room.desk, case.incident, case.customer)
    shared = "in their channel in Slack, which colleagues of theirs read"
    where = shared if case.incident.thread else "in their conversation in Slack"
    by = f"{case.customer.address} {where}" if in_chat else f"{case.answered} by mail"
    lost = " BEWARE: mail to this address comes back." if case.incident.lost is not None and not in_chat else ""
    return f"Goes to {by}. {reads(case)}{lost}"


def reads(case: Case) -> str:
    """Which language the words are for."""
    return "They read French." if case.incident.language is Language.FR else "They read English."
