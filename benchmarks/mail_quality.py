"""How well mails are read: python benchmarks/mail_quality.py FOLDER

FOLDER holds `reply.jsonl` (id, corpus, fr, input, expected: replies and the person's own words in them) and
`expected.jsonl` (file, kind, expected: mails, bounces, winmail.dat files and what is in them).

The replies go through talon and quotequail too where they can be imported: `pip install talon quotequail`.
"""

import collections
import hashlib
import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.channels.mail.read import Attachment, Mail, parse
from bot.channels.mail.strip import strip
from bot.channels.mail.winmail import open_winmail

HOSTILE = {
    "one long line": "a" * 1_000_000,
    "quote marks": ">" * 500_000,
    "quoted lines": "> a\n" * 100_000,
    "introductions": "Le 12/03/2026 10:00 a@b.fr\n" * 20_000,
    "colons": "De : a <a@b.fr>\n" * 20_000,
    "dashes": "-" * 300_000 + "\n" + "- " * 100_000,
    "underscores": "_" * 60_000,
    "spaces": " " * 500_000 + ":",
    "dates": "12/03/2026 " * 50_000 + ":",
    "addresses": "a@b.fr <" * 50_000,
    "dots": "a.b-c+" * 50_000 + "@",
    "markers": "## a above this line " * 20_000,
    "blank lines": "\n" * 500_000,
}


Row = collections.Counter[str]
Table = dict[str, Row]
Stripper = Callable[[str], str]
REPLY_BARS = {"French: all": (0.90, 0.01), "other: all": (0.75, 0.02)}  # at least exact, at most lossy
BARS = {
    "mime subject": 0.95,
    "mime sender": 0.95,
    "mime text": 0.95,
    "mime attachments": 0.95,
    "bounce recipients": 0.85,
    "tnef opened": 1.0,
}


def main(folder: Path) -> None:
    """Prints the table, each bar beside its figure."""
    _replies(folder / "reply.jsonl")
    _hostile()
    _mails(folder)


def _replies(listed: Path) -> None:
    cases = [json.loads(line) for line in listed.read_text().splitlines()]
    for name, stripper in (("ours", None), ("talon", _talon()), ("quotequail", _quotequail())):
        if name != "ours" and stripper is None:
            print(f"{name}: not installed (pip install {name})\n")
            continue
        rows = _count_replies(cases, stripper)
        print(f"{'replies through ' + name:<28}{'cases':>8}{'exact':>8}{'bar':>8}{'lossy':>8}{'bar':>8}")
        for row, counted in sorted(rows.items()):
            bar = REPLY_BARS.get(row)
            bars = (f"≥{bar[0]:.2f}", f"≤{bar[1]:.0%}") if bar else ("", "")
            exact, lossy = (counted[measure] / counted["cases"] for measure in ("exact", "lossy"))
            print(f"{row:<28}{counted['cases']:>8}{exact:>8.2f}{bars[0]:>8}{lossy:>8.1%}{bars[1]:>8}")
        print()


def _count_replies(cases: list[dict[str, Any]], stripper: Stripper | None) -> Table:
    rows: Table = collections.defaultdict(collections.Counter)
    for case in cases:
        text = case["input"]
        got = _words(stripper(text) if stripper else strip(text, case.get("html")).reply)
        expected = _words(case["expected"])
        language = "French" if case["fr"] else "other"
        for row in (f"{language}: {case['corpus']}", f"{language}: all"):
            rows[row]["cases"] += 1
            rows[row]["exact"] += got == expected
            rows[row]["lossy"] += _loses(expected, got)
    return rows


def _talon() -> Stripper | None:
    try:
        quotations = importlib.import_module("talon.quotations")
        signature = importlib.import_module("talon.signature.bruteforce")
    except ImportError:
        return None
    return lambda text: str(signature.extract_signature(quotations.extract_from_plain(text))[0])


def _quotequail() -> Stripper | None:
    try:
        quotequail = importlib.import_module("quotequail")
    except ImportError:
        return None
    return lambda text: "\n".join(part for shown, part in quotequail.quote(text, quote_intro_line=True) if shown)


def _hostile() -> None:
    slowest = max((_timed(text), name) for name, text in HOSTILE.items())
    print(f"slowest hostile text: {slowest[0]:.3f} s ({slowest[1]}), bar <0.5\n")


def _mails(folder: Path) -> None:
    counted: Row = collections.Counter()
    right: Table = collections.defaultdict(collections.Counter)
    slowest = (0.0, "")
    began = time.process_time()
    for line in (folder / "expected.jsonl").read_text().splitlines():
        case = json.loads(line)
        started = time.perf_counter()
        _count(case, (folder / case["file"]).read_bytes(), counted, right)
        slowest = max(slowest, (time.perf_counter() - started, case["file"]))
    spent = time.process_time() - began
    print(f"{'as expected':<28}{'known':>8}{'right':>8}{'share':>8}{'bar':>8}")
    for name, row in sorted(right.items()):
        bar = f"≥{BARS[name]:.2f}"
        print(f"{name:<28}{row['known']:>8}{row['right']:>8}{row['right'] / row['known']:>8.3f}{bar:>8}")
    print(f"\n{'mails':<28}{'count':>8}")
    for name in sorted(counted):
        print(f"{name:<28}{counted[name]:>8}")
    print(f"read in {spent:.1f} s of CPU, the slowest in {slowest[0]:.3f} s ({slowest[1]}), bar <0.5")


def _count(case: dict[str, Any], raw: bytes, counted: Row, right: Table) -> None:
    kind = str(case["kind"])
    counted[f"{kind}: files"] += 1
    if kind == "tnef":
        _tally(right["tnef opened"], open_winmail(raw) is not None)
        return
    mail = parse(raw)
    counted[f"{kind}: exceptions"] += "could not be read" in (mail.unreadable or "")
    counted[f"{kind}: set aside"] += mail.unreadable is not None
    counted[f"{kind}: automatic"] += mail.automatic is not None
    expected = case.get("expected") or {}
    if kind == "bounce":
        counted["bounce: report"] += mail.delivery_report is not None
        _count_recipients(expected, mail, right)
    else:
        for field, is_right in FIELDS.items():
            if field in expected:
                _tally(right[f"{kind} {field}"], is_right(expected[field], mail))


def _count_recipients(expected: dict[str, Any], mail: Mail, right: Table) -> None:
    """Whether exactly those are named whom the mail did not reach."""
    if known := expected.get("oracle"):
        found = mail.delivery_report.recipients if mail.delivery_report else ()
        _tally(right["bounce recipients"], {one["recipient"].lower() for one in known} == set(found))


def _tally(row: Row, is_right: bool) -> None:
    row["known"] += 1
    row["right"] += is_right


def _subject_is_right(expected: str | None, mail: Mail) -> bool:
    return _words(expected or "") == _words(mail.subject)


def _sender_is_right(expected: Any, mail: Mail) -> bool:
    """`expected` is an address or a list of one; a mail that names nobody must have no sender."""
    addresses = expected if isinstance(expected, list) else [expected]
    known = [str(address.get("address") if isinstance(address, dict) else address).lower() for address in addresses]
    return str(mail.sender or "").lower() in (known if expected else [""])


def _text_is_right(expected: Any, mail: Mail) -> bool:
    """Whether every word of every readable part is there, in order. A part only HTML could show is not listed."""
    parts = expected if isinstance(expected, list) else [expected]
    shown = " ".join(_words(mail.text))
    return all(" ".join(_words(part)) in shown for part in parts if part)


def _attachments_are_right(expected: Any, mail: Mail) -> bool:
    """`expected` is how many there are, or a list of names, or of objects with name, type, size or sha256."""
    if isinstance(expected, int):
        return len(mail.attachments) == expected
    return len(mail.attachments) == len(expected) and all(
        any(_is_the_file(one, file) for file in mail.attachments) for one in expected
    )


def _is_the_file(expected: Any, file: Attachment) -> bool:
    known = expected if isinstance(expected, dict) else {"name": expected}
    ours = {
        "name": file.name,
        "type": file.media_type,
        "size": len(file.content),
        "sha256": hashlib.sha256(file.content).hexdigest(),
    }
    return all(ours[key] == known[key] for key in ours.keys() & known.keys() if known[key] is not None)


FIELDS: dict[str, Callable[[Any, Mail], bool]] = {
    "subject": _subject_is_right,
    "sender": _sender_is_right,
    "text": _text_is_right,
    "attachments": _attachments_are_right,
}


def _timed(text: str) -> float:
    began = time.perf_counter()
    strip(text, text)
    return time.perf_counter() - began


def _words(text: str) -> list[str]:
    return text.replace("\0", "").split()


def _loses(expected: list[str], got: list[str]) -> bool:
    """Whether a line's worth of the person's words is missing from what was kept."""
    left = collections.Counter(expected) - collections.Counter(got)
    return sum(left.values()) > max(2, len(expected) // 50)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
