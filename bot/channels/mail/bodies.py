"""The MIME tree of a mail flattened: what to read, what to attach, what was signed or sealed."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.channels.mail.attachments import distinct, safe_name
from bot.channels.mail.bounds import excess
from bot.channels.mail.headers import MediaType, media_type, split_headers
from bot.channels.mail.invitations import invitation
from bot.channels.mail.mail import Attachment
from bot.channels.mail.markup import charset_of, from_enriched, text_of
from bot.channels.mail.parts import (
    as_it_came,
    children,
    content,
    content_type,
    end,
    is_cut,
    is_guessed,
    octets,
    parsed,
    raw_field,
    split_by_sight,
    stored,
    text_content,
    undecoded,
)
from bot.channels.mail.smime import is_opaque, signed_content
from bot.channels.mail.text import decode, one_line, readable
from bot.channels.mail.winmail import is_winmail, open_winmail

if TYPE_CHECKING:
    from email.message import Message

MOST_TEXT = 1_000_000
_SEALED = {"application/pgp-encrypted", "multipart/encrypted"}
_SIGNATURES = {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
_ENRICHED = {"text/enriched", "text/richtext"}
_WHOLE = {"text/plain", "text/html"}
_TEXTS = _WHOLE | _ENRICHED
MOST_FORWARDED = 20_000
_WORD = re.compile(r"\w+")
LONGEST_STUB = 400
LEAST_SAME = 0.5
MOST_SAME = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Bodies:
    """What a mail says and carries."""

    text: str
    html: str | None
    attachments: tuple[Attachment, ...]
    signed: bool
    encrypted: bool


def flatten(message: "Message[str, str]") -> Bodies:
    """Walks a parsed mail. The readable text is the plain one where there is one, else what the HTML shows."""
    found = _Found(root=message)
    _walk(message, found)
    _open_envelopes(found)
    html = "\n".join(form.html for form in found.forms if form.html)[:MOST_TEXT] or None
    text = _text(found) or _outside(message, found)
    said = _unsigned(text)
    return Bodies(
        text=said,
        html=html,
        attachments=distinct(found.attachments),
        signed=found.signed or said is not text,
        encrypted=found.encrypted or text.lstrip().startswith("-----BEGIN PGP MESSAGE-----"),
    )


def _unsigned(text: str) -> str:
    """The words within a text that is signed in itself (RFC 9580 §7), and what stands around them; else the same."""
    before, mark, rest = text.partition("-----BEGIN PGP SIGNED MESSAGE-----\n")
    signed, signature, after = rest.partition("\n-----BEGIN PGP SIGNATURE-----\n")
    if not mark or not signature:
        return text
    words = signed.partition("\n\n")[2]
    return before + re.sub("^- ", "", words, flags=re.MULTILINE) + after.partition("-----END PGP SIGNATURE-----")[2]


def _text(found: "_Found") -> str:
    """What there is to read, the person's own words first; a mail that holds only another one shows that, quoted."""
    plain = "\n".join(form.plain for form in found.forms if form.plain.strip())
    own = readable("\n".join(filter(str.strip, (_shown(form, plain) for form in found.forms)))[:MOST_TEXT])
    said = "\n\n".join(filter(None, (own, *found.invitations)))
    forwarded = next((one.content for one in found.attachments if one.media_type == "message/rfc822"), b"")
    return said if said.strip() or not forwarded else _quoted(forwarded)


def _shown(form: "_Form", plain: str) -> str:
    """The plain form, or what the HTML shows where there is none, or only one that stands in for it.

    Where each says what the other does not, both are shown. So is HTML beside `plain`, not in its place: some servers
    add a part of their own, some say all twice.
    """
    if not form.html or len(form.plain) > LONGEST_STUB:
        return form.plain
    shown = text_of(form.html[:MOST_TEXT])
    if not form.plain.strip():
        return "" if _share(shown, plain) > MOST_SAME else shown
    if not shown or _share(form.plain, shown) >= LEAST_SAME:
        return form.plain
    if len(shown) > 2 * len(form.plain):
        return shown
    return form.plain if _share(shown, form.plain) >= LEAST_SAME else f"{shown}\n\n{form.plain}"


def _share(text: str, other: str) -> float:
    """How much of the words of a text stand in another."""
    words, among = _words(text), set(_words(other))
    return sum(word in among for word in words) / len(words) if words else 0.0


def _words(text: str) -> list[str]:
    """Without the marks around them, which the two forms of a mail set as they like; marks where there is no word."""
    return _WORD.findall(text) or text.split()


def _outside(message: "Message[str, str]", found: "_Found") -> str:
    """What stands around the parts of a mail whose parts hold nothing: something was meant to be read."""
    if found.attachments:
        return ""
    around = (getattr(message, name, None) or "" for name in ("preamble", "epilogue"))
    return readable("\n".join(filter(str.strip, map(undecoded, around)))[:MOST_TEXT])


def _quoted(forwarded: bytes) -> str:
    shown = readable(decode(forwarded[:MOST_FORWARDED], None)) if excess(forwarded, split_headers(forwarded)) else ""
    if not shown:
        headers = split_headers(forwarded)
        about = (headers.line(name) for name in ("from", "date", "subject"))
        inner = flatten(parsed(forwarded)).text
        shown = "\n".join([*filter(None, about), "", *inner[:MOST_FORWARDED].split("\n")])
    return "\n".join(f"> {line}".rstrip() for line in shown.split("\n"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """One text of a mail, in one or both of its forms."""

    plain: str = ""
    html: str = ""


@dataclass(slots=True)
class _Found:
    """What the walk has come across so far. `is_kept`: a part around it is listed as it came already."""

    root: "Message[str, str]"
    forms: list[_Form] = field(default_factory=list)
    invitations: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    signed: bool = False
    encrypted: bool = False
    is_kept: bool = False


def _walk(part: "Message[str, str]", found: _Found, *, cut: bool | None = None) -> None:
    """Reads a part and what is in it. `cut`: nothing ends it, so some may be missing; None for what is a whole."""
    kind = content_type(part)
    found.encrypted |= kind.value in _SEALED
    found.signed |= kind.value in _SIGNATURES | {"multipart/signed"}
    if not kind.value.startswith("multipart/"):
        _leaf(part, kind, found, is_cut=bool(cut))
    elif part.is_multipart():
        first = len(found.forms)
        *others, last = children(part)
        for child in others:
            _walk(child, found, cut=False)
        _walk(last, found, cut=cut is not False and is_cut(part) and not end(part, last))
        if kind.value == "multipart/alternative":
            found.forms[first:] = [_as_one(found.forms[first:])]
        if is_guessed(part) and part is not found.root:
            _keep(part, found)
    elif not found.is_kept and (split := split_by_sight(part, kind.value)):
        _keep(part, found)
        found.is_kept = True
        _walk(split, found)
        found.is_kept = False
    else:  # no part could be told from another: all of it is text
        found.forms.append(_Form(plain=decode(content(part), kind.parameters.get("charset"))))
        _keep(part, found)


def _keep(part: "Message[str, str]", found: _Found) -> None:
    """Lists as a file what had to be guessed at, as it came: what was read of it may not be all that was meant."""
    if not found.is_kept and (children(part) or stored(part).strip()):
        as_came = octets(as_it_came(part))
        found.attachments.append(
            Attachment(name=safe_name("", "text/plain"), media_type="text/plain", content=as_came)
        )


def _as_one(forms: list[_Form]) -> _Form:
    """The forms of one text."""
    return _Form(
        plain="\n".join(form.plain for form in forms if form.plain.strip()),
        html="\n".join(form.html for form in forms if form.html.strip()),
    )


def _leaf(part: "Message[str, str]", kind: MediaType, found: _Found, *, is_cut: bool) -> None:
    disposition = media_type(raw_field(part, "content-disposition"))
    name = disposition.parameters.get("filename") or kind.parameters.get("name") or ""
    # A mail that is one text may be named after the file that its program keeps it in.
    attached = disposition.value == "attachment" or (bool(name) and part is not found.root)
    is_text = kind.value in _TEXTS or (part is found.root and _is_other_text(kind.value))
    if not attached and is_text:
        decoded = text_content(part)
        found.forms.append(_form(octets(stored(part)) if decoded is None else decoded, kind))
        if decoded is None or is_cut or (is_guessed(part) and part is not found.root):
            _keep(part, found)
        if kind.value in _WHOLE:  # others are shown for their words alone: as it came, it stays a file
            return
    held = content(part)
    if is_opaque(kind.value, name) and _opened(held, kind, found):
        return
    if kind.value == "text/calendar":
        calendar = readable(decode(held, kind.parameters.get("charset") or "utf-8"))[:100_000]
        found.invitations += [summed] if (summed := invitation(calendar)) else []
    found.attachments.append(
        Attachment(
            name=safe_name(name, kind.value),
            media_type=kind.value,
            content=held,
            inline=disposition.value == "inline" or (not attached and "content-id" in part),
            content_id=one_line(raw_field(part, "content-id"), 300).strip("<> ") or None,
        )
    )


def _is_other_text(kind: str) -> bool:
    """Whether a mail that is nothing else is to be read as plain words: Markdown, or what nobody has heard of."""
    return kind.startswith("text/") and kind != "text/calendar"


def _form(content: bytes, kind: MediaType) -> _Form:
    charset = kind.parameters.get("charset")
    if kind.value == "text/html":
        return _Form(html=decode(content, charset or charset_of(content)))
    if kind.value in _ENRICHED:
        return _Form(html=from_enriched(decode(content, charset)))
    return _Form(plain=_unflowed(decode(content, charset), kind.parameters))


def _opened(envelope: bytes, kind: MediaType, found: _Found) -> bool:
    """Reads what an S/MIME envelope that is only signed holds; one within another stays closed."""
    entity = None if found.signed else signed_content(envelope)
    sealed = entity is None and kind.parameters.get("smime-type", "").lower() != "signed-data"
    found.encrypted, found.signed = found.encrypted or sealed, found.signed or not sealed
    if entity is None or excess(entity, split_headers(entity)):
        return False
    _walk(parsed(entity), found)
    return True


def _unflowed(text: str, parameters: dict[str, str]) -> str:
    """Joins the lines that format=flowed broke (RFC 3676), within one depth of quoting."""
    if parameters.get("format", "").lower() != "flowed":
        return text
    joint = "" if parameters.get("delsp", "").lower() == "yes" else " "
    lines: list[str] = []
    open_depth: int | None = None
    for line in text.replace("\r\n", "\n").split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        rest = line[depth:].removeprefix(" ")
        if open_depth == depth and rest != "-- ":
            lines[-1] = lines[-1].removesuffix(" ") + joint + rest
        else:
            lines.append(f"{'>' * depth} {rest}" if depth else rest)
        open_depth = depth if rest.endswith(" ") and rest != "-- " else None
    return "\n".join(lines)


def _open_envelopes(found: _Found) -> None:
    """Outlook's envelopes give way to what they hold; one without any words or files stays beside it."""
    left: list[Attachment] = []
    for attachment in found.attachments:
        opened = open_winmail(attachment.content) if is_winmail(attachment) else None
        left += opened.files if opened and opened.files else (attachment,)
        if opened and not any((form.plain + form.html).strip() for form in found.forms):
            found.forms.append(_Form(plain=opened.text, html=opened.html))
    found.attachments = left
