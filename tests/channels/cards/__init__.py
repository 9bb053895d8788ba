"""Paying by card, against a stand-in of Stripe."""
