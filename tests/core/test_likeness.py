"""Domains that people take for one another are found, and others are not."""

import pytest

from bot.core.likeness import likeness, likenesses


@pytest.mark.parametrize(
    "domain",
    [
        "clientsa-fr.com",
        "ciientsa.fr",
        "c1ientsa.fr",
        "client-sa.fr",
        "clientsa.net",
        "mail.clientsa.net",
        "сlientsa.fr",
        "xn--lientsa-xjg.fr",
        "clientsá.fr",
    ],
)
def test_domain_that_looks_like_a_customers_is_taken_for_it(domain: str) -> None:
    assert likeness("clientsa.fr") in likenesses(domain)


@pytest.mark.parametrize("domain", ["client.fr", "clientsb.fr", "customer.co.uk", "a.fr", "fr", "", "xn--\u00e9.fr"])
def test_other_domain_is_not(domain: str) -> None:
    assert likeness("clientsa.fr") not in likenesses(domain)


def test_domain_too_short_to_be_mistaken_looks_like_nothing() -> None:
    assert (likeness("ovh.fr"), likenesses("0vh.fr")) == ("", ())
