"""Quotes, invoices and credit notes as PDF, rendered once and never changed."""

from bot.papers.cii import ubl
from bot.papers.facturx import attached
from bot.papers.paper import Paper, PaperKind, Party, filename
from bot.papers.pdf import render
from bot.papers.printer import Printer

__all__ = ["Paper", "PaperKind", "Party", "Printer", "attached", "filename", "render", "ubl"]
