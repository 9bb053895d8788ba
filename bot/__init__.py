"""Comptoir: the front door of a hosting provider's incident support."""
