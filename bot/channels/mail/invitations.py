"""Calendar invitations (iCalendar, RFC 5545) as the few lines a person would want to read."""

import re
from datetime import datetime

from bot.channels.mail.text import one_line

MOST_LINES = 2000
_LINE = re.compile(
    r"(SUMMARY|DTSTART|DTEND|LOCATION|ORGANIZER|STATUS)((?:;[^:\n]{0,300})?):(.{1,1000})", re.IGNORECASE
)
_ZONE = re.compile(r"TZID=\"?([^;:\"]{1,60})", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([\\;,nN])")
_SHAPES = {8: "%Y%m%d", 15: "%Y%m%dT%H%M%S"}


def invitation(calendar: str) -> str:
    """What, when, where and by whom of the first event; empty where there is none."""
    unfolded = calendar.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "")
    event = unfolded.partition("BEGIN:VEVENT")[2].partition("END:VEVENT")[0]
    fields: dict[str, tuple[str, str]] = {}
    for line in event.split("\n")[:MOST_LINES]:
        if found := _LINE.fullmatch(line.strip()):
            fields.setdefault(found[1].upper(), (found[2], found[3]))
    lines = (_words(fields, "SUMMARY"), _when(fields), _words(fields, "LOCATION"), _organiser(fields))
    return "\n".join(filter(None, lines))


def _words(fields: dict[str, tuple[str, str]], name: str) -> str:
    written = fields.get(name, ("", ""))[1]
    return one_line(_ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], written), 300)


def _when(fields: dict[str, tuple[str, str]]) -> str:
    """`2026-03-03 10:00 – 11:00 (Europe/Paris)`; what is no date is shown as it was written."""
    parameters, start = fields.get("DTSTART", ("", ""))
    end = fields.get("DTEND", ("", ""))[1]
    if not start:
        return ""
    zone = _ZONE.search(parameters)
    named = " (UTC)" if start.endswith("Z") else f" ({one_line(zone[1])})" if zone else ""
    first, last = _moment(start), _moment(end)
    last = last.removeprefix(f"{first[:10]} ")
    return f"{first} – {last}{named}" if last and last != first else f"{first}{named}"


def _moment(written: str) -> str:
    bare = written.strip().removesuffix("Z")
    try:
        read = datetime.strptime(bare, _SHAPES[len(bare)])  # noqa: DTZ007 - the zone stands beside it, as written
    except (ValueError, KeyError):
        return one_line(written, 40)
    return f"{read:%Y-%m-%d %H:%M}" if "T" in bare else f"{read:%Y-%m-%d}"


def _organiser(fields: dict[str, tuple[str, str]]) -> str:
    return re.sub(r"^mailto:", "", _words(fields, "ORGANIZER"), flags=re.IGNORECASE)
