"""Imported by the fork server alone: what each desk would otherwise load again, a second or two each time."""

from bot.app.language import warm_up
from bot.settings import read_settings
from bot.words import Words
from tests.faults import launch

__all__ = ["launch"]

warm_up()
Words(read_settings({}).provider)
