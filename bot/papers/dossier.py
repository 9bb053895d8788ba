"""The story of an incident's decisions as PDF, for people who were not there."""

import json
from dataclasses import dataclass
from datetime import datetime

import typst

from bot.core.facts import Language
from bot.papers import glyphs
from bot.papers.paper import TEMPLATES
from bot.papers.pdf import Json, fonts


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A part of a decision's story, by its name: what is known of it, each by its label."""

    name: str
    known: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One decision, by the name of its fact."""

    fact: str
    seq: int
    at: str
    by: str
    about: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the whole history; `notes` say in short what its fact does, `tells` of which one a message told."""

    seq: int
    at: str
    fact: str
    actor: str
    tells: str
    notes: tuple[str, ...]
    chain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What the PDF says. `until` is the moment of the last fact, `known` what stands at its head."""

    language: Language
    reference: str
    title: str
    seller: str
    until: datetime
    known: tuple[tuple[str, str], ...]
    wrong: str
    chapters: tuple[Chapter, ...]
    history: tuple[Entry, ...]
    documents: tuple[tuple[str, str], ...]


def render(dossier: Dossier) -> bytes:
    """The PDF (A4, tagged, PDF/A-3a and PDF/UA-1); equal dossiers give equal bytes. Blocks some 100 ms."""
    return typst.compile(
        str(TEMPLATES / "dossier.typ"),
        root=str(TEMPLATES),
        font_paths=fonts(),
        ignore_system_fonts=True,
        sys_inputs={"dossier": json.dumps(_said(dossier))},
        pdf_standards=["a-3a", "ua-1"],
        timestamp=dossier.until,
    )


def _said(dossier: Dossier) -> dict[str, Json]:
    until = dossier.until
    return {
        "language": str(dossier.language),
        "reference": dossier.reference,
        "title": glyphs.one_line(dossier.title),
        "seller": glyphs.one_line(dossier.seller),
        "day": [until.year, until.month, until.day],
        "known": _pairs(dossier.known),
        "wrong": glyphs.one_line(dossier.wrong),
        "chapters": [_chapter(chapter) for chapter in dossier.chapters],
        "history": [_entry(entry) for entry in dossier.history],
        "documents": _pairs(dossier.documents),
    }


def _chapter(chapter: Chapter) -> dict[str, Json]:
    return {
        "fact": chapter.fact,
        "seq": str(chapter.seq),
        "at": chapter.at,
        "by": glyphs.one_line(chapter.by),
        "about": glyphs.one_line(chapter.about),
        "steps": [{"name": step.name, "known": _pairs(step.known)} for step in chapter.steps],
    }


def _entry(entry: Entry) -> dict[str, Json]:
    return {
        "seq": str(entry.seq),
        "at": entry.at,
        "fact": entry.fact,
        "actor": glyphs.one_line(entry.actor),
        "tells": entry.tells,
        "notes": [glyphs.one_line(note) for note in entry.notes],
        "chain": entry.chain,
    }


def _pairs(known: tuple[tuple[str, str], ...]) -> list[Json]:
    return [[label, glyphs.one_line(value)] for label, value in known]
