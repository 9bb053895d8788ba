"""How well mails are read: python benchmarks/mail_quality.py FOLDER

FOLDER holds `reply.jsonl` (id, corpus, fr, input, expected: replies and the person's own words in them) and
`expected.jsonl` (file, kind, expected: mails, bounces, winmail.dat files and what is in them).
"""

import collections
import json
import sys
import time
from pathlib import Path

from bot.channels.mail.read import Mail, parse
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


def main(folder: Path) -> None:
    """Prints the table."""
    _replies(folder / "reply.jsonl")
    _hostile()
    _mails(folder)


def _replies(listed: Path) -> None:
    rows: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for line in listed.read_text().splitlines():
        case = json.loads(line)
        got = _words(strip(case["input"], case.get("html")).reply)
        expected = _words(case["expected"])
        language = "French" if case["fr"] else "other"
        for row in (f"{language}: {case['corpus']}", f"{language}: all"):
            rows[row]["cases"] += 1
            rows[row]["exact"] += got == expected
            rows[row]["lossy"] += _loses(expected, got)
    print(f"{'replies':<24}{'cases':>8}{'exact':>8}{'lossy':>8}")
    for row, counted in sorted(rows.items()):
        cases = counted["cases"]
        print(f"{row:<24}{cases:>8}{counted['exact'] / cases:>8.2f}{counted['lossy'] / cases:>8.1%}")


def _hostile() -> None:
    slowest = max((_timed(text), name) for name, text in HOSTILE.items())
    print(f"\nslowest hostile text: {slowest[0]:.3f} s ({slowest[1]})")


def _mails(folder: Path) -> None:
    counted: collections.Counter[str] = collections.Counter()
    began = time.process_time()
    for line in (folder / "expected.jsonl").read_text().splitlines():
        case = json.loads(line)
        _count(case, (folder / case["file"]).read_bytes(), counted)
    print(f"\nmails read in {time.process_time() - began:.1f} s of CPU")
    for name in sorted(counted):
        print(f"{name:<40}{counted[name]:>8}")


def _count(case: dict[str, object], raw: bytes, counted: collections.Counter[str]) -> None:
    kind = str(case["kind"])
    counted[f"{kind}: files"] += 1
    if kind == "tnef":
        counted["tnef: opened"] += open_winmail(raw) is not None
        return
    mail = parse(raw)
    counted[f"{kind}: exceptions"] += "could not be read" in (mail.unreadable or "")
    counted[f"{kind}: set aside"] += mail.unreadable is not None
    counted[f"{kind}: automatic"] += mail.automatic is not None
    expected = case.get("expected")
    if kind == "bounce":
        counted["bounce: report"] += mail.delivery_report is not None
        _count_recipients(expected, mail, counted)
    elif isinstance(expected, dict) and "subject" in expected:
        counted["mime: subjects known"] += 1
        counted["mime: subjects right"] += (expected["subject"] or "").strip() == mail.subject


def _count_recipients(expected: object, mail: Mail, counted: collections.Counter[str]) -> None:
    """Whether exactly those are named whom the mail did not reach."""
    known = expected.get("oracle") if isinstance(expected, dict) else None
    if known:
        found = mail.delivery_report.recipients if mail.delivery_report else ()
        counted["bounce: recipients known"] += 1
        counted["bounce: recipients right"] += {one["recipient"].lower() for one in known} == set(found)


def _timed(text: str) -> float:
    began = time.perf_counter()
    strip(text, text)
    return time.perf_counter() - began


def _words(text: str) -> list[str]:
    return text.replace("\xa0", " ").split()


def _loses(expected: list[str], got: list[str]) -> bool:
    """Whether a line's worth of the person's words is missing from what was kept."""
    left = collections.Counter(expected) - collections.Counter(got)
    return sum(left.values()) > max(2, len(expected) // 50)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
