"""Files into Slack and out of it: each uploaded once, each fetched only from Slack itself."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.app.files import FileRules, Trouble
from bot.app.read import kept
from bot.channels.slack import uploads
from bot.channels.slack.room import Room
from bot.channels.slack.wire import NoAnswerError, Payload, RateLimitedError, RefusedError
from storage import Job, Message, Transaction

log = logging.getLogger(__name__)

HOSTS = frozenset({"files.slack.com"})
NOT_THERE = frozenset({"file_not_found", "file_deleted"})
"""What Slack says of a file that was announced, and whose bytes or the word that it is whole never came."""
WHY: Mapping[Trouble, str] = {
    Trouble.TOO_BIG: "it is too big",
    Trouble.TOO_MANY: "there are too many",
    Trouble.MAY_RUN: "it could run as a program",
    Trouble.EMPTY: "it is empty",
    Trouble.UNREACHABLE: "Slack does not hand it out",
}


class UncertainError(RefusedError):
    """Slack does not say whether a file is shown: showing it now might be the second time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A file somebody posted: its bytes, or why it is not taken."""

    name: str
    media_type: str
    content: bytes = b""
    trouble: Trouble | None = None


def size(octets: int) -> str:
    """`812 B`, `14 kB`, `2.3 MB`."""
    if octets < 1000:
        return f"{octets} B"
    return f"{octets / 1000:.0f} kB" if octets < 999_500 else f"{octets / 1_000_000:.1f} MB"


# --- into Slack ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a file is shown: a channel, and the thread in it."""

    channel: str
    thread_ts: str


async def share(room: Room, job: Job, place: Place, name: str, content: bytes, part: int = 0) -> None:
    """Uploads a file and shows it, once however often this job is tried; `part` tells several files of a job apart.

    Messages with files carry no metadata to be found by. The file's id is therefore kept before it is shown: a later
    try asks Slack what became of that file. Raises UncertainError where Slack does not say, RefusedError,
    RateLimitedError, NoAnswerError.
    """
    known = await room.desk.store.read(lambda tx: uploads.announced(tx, job).get(str(part)))
    if known is not None and await _is_shown(room, known, place.channel):
        return
    upload = await room.api.call("files.getUploadURLExternal", filename=name, length=len(content))
    file_id = str(upload["file_id"])
    await room.desk.store.run(lambda tx: uploads.note(tx, job, part, file_id))
    await room.api.upload(str(upload["upload_url"]), content)
    await room.api.call(
        "files.completeUploadExternal",
        files=[{"id": file_id, "title": name}],
        channel_id=place.channel,
        thread_ts=place.thread_ts,
    )


async def as_it_came(room: Room, message: Message) -> bytes | None:
    """The bytes of a mail that could not be read, and therefore came in as a file of its own; else None."""
    files = await room.desk.store.read(lambda tx: tx.messages.attachments_of(message.id))
    file = next((one for one in files if one.sha256 == message.raw), None)
    return await kept(room.desk.store, file.sha256) if file else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A file that Slack refused below its words, with Slack's word for why; `unsure`: perhaps it is there."""

    name: str
    code: str
    unsure: bool


async def hand_over(room: Room, job: Job, place: Place, document: str = "") -> tuple[Missing, ...]:
    """The files of this job's words, below them: what staff sent along, then the document with this number.

    Those that Slack refuses are returned.

    Raises NoAnswerError where it is tried again: the words above are then looked up, not posted twice.
    """
    store, refused = room.desk.store, []
    for part, (name, sha256) in enumerate(await store.read(lambda tx: _carried(tx, job, document))):
        content = await kept(store, sha256)
        if content is None:
            continue
        try:
            await _share_below_words(room, job, place, name, content, part)
        except RefusedError as why:
            log.warning("a file did not go with its words: %s", why)
            refused.append(Missing(name=name, code=why.code, unsure=isinstance(why, UncertainError)))
    return tuple(refused)


def _carried(tx: Transaction, job: Job, document: str) -> list[tuple[str, str]]:
    """Names and hashes, in an order that never changes."""
    carried = [(file.name, file.sha256) for file in tx.messages.attachments_carried_by(job.id)]
    found = tx.blobs.document(document, "pdf") if document else None
    return [*carried, (named(document), found.sha256)] if found else carried


def named(document: str) -> str:
    """The file of the document with this number."""
    return f"{document}.pdf"


async def _share_below_words(room: Room, job: Job, place: Place, name: str, content: bytes, part: int) -> None:
    try:
        await share(room, job, place, name, content, part)
    except RateLimitedError as limited:
        raise NoAnswerError(str(limited)) from limited


async def _is_shown(room: Room, file_id: str, channel: str) -> bool:
    """Whether an earlier try showed it there and nobody heard of it. Raises UncertainError where nobody can say."""
    try:
        file = (await room.api.call("files.info", file=file_id)).get("file") or {}
    except RefusedError as refused:
        if refused.code in NOT_THERE:
            return False
        raise UncertainError(refused.code) from refused
    shares = file.get("shares") or {}
    places = {*file.get("channels", ()), *file.get("groups", ()), *file.get("ims", ())}
    return channel in places.union(*(shares.get(kind, {}) for kind in ("public", "private")))


# --- out of Slack ---


async def fetch(room: Room, posted: Payload, rules: FileRules) -> Fetched:
    """What somebody posted, if it passes. Raises NoAnswerError where it may be there another time.

    Without `files:read` Slack answers 200 with a page to sign in: a page where none was posted is no file.
    """
    if not posted.get("url_private") and posted.get("id"):
        posted = await _looked_up(room, posted)
    name, kind = str(posted.get("name") or "file"), str(posted.get("mimetype") or "")
    octets = int(posted.get("size") or 0)
    fetched = Fetched(name=name, media_type=kind or "application/octet-stream")
    trouble = rules.trouble(name, octets)
    url = str(posted.get("url_private_download") or posted.get("url_private") or "")
    if trouble is None and not _is_slacks(room, url):
        trouble = Trouble.UNREACHABLE
    if trouble is not None:
        return _refused(fetched, trouble)
    answer = await room.api.download(url, rules.most_bytes)
    if answer is None or (answer.media_type == "text/html" and kind != "text/html"):
        return _refused(fetched, Trouble.UNREACHABLE)
    trouble = rules.trouble(name, len(answer.content), answer.content[:16])
    return _refused(fetched, trouble) if trouble else Fetched(name=name, media_type=kind, content=answer.content)


def unreachable(posted: Payload) -> Fetched:
    """A file that Slack did not hand out, however often it was asked."""
    return Fetched(name=str(posted.get("name") or "file"), media_type="", trouble=Trouble.UNREACHABLE)


def posted_trouble(posted: Payload, rules: FileRules) -> Trouble | None:
    """What is wrong with a posted file by what Slack says of it."""
    return rules.trouble(str(posted.get("name") or ""), int(posted.get("size") or 0))


def _refused(fetched: Fetched, trouble: Trouble) -> Fetched:
    return Fetched(name=fetched.name, media_type=fetched.media_type, trouble=trouble)


async def _looked_up(room: Room, posted: Payload) -> Payload:
    """A file of another workspace comes as a bare id (`file_access: check_file_info`)."""
    try:
        file = (await room.api.call("files.info", file=str(posted["id"]))).get("file")
    except RefusedError:
        return posted
    return file if isinstance(file, dict) else posted


def _is_slacks(room: Room, url: str) -> bool:
    """The bot's token goes to Slack and to nobody else."""
    wanted, ours = urlsplit(url), urlsplit(room.api.url)
    return (wanted.scheme, wanted.netloc) == (ours.scheme, ours.netloc) or (
        wanted.scheme == "https" and wanted.netloc in HOSTS
    )
