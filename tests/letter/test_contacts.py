"""Who may order what for a customer, and who counts as a colleague ("Who does what")."""

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core import letter
from bot.core.customer import may
from bot.core.decide import decide
from bot.core.organisation import is_colleague
from bot.core.refusals import Reason, Refused
from tests.builders import MONDAY, a_play, an_incident, an_order

CUSTOMERS = {order for order, (roles, _) in letter.ALLOWED.items() if f.Role.CUSTOMER in roles} | {c.OpenIncident}


def test_every_authority_has_its_row_and_the_owner_may_all_that_a_customer_may() -> None:
    assert set(letter.MAY) == set(f.Authority)
    assert letter.MAY[f.Authority.OWNER] == CUSTOMERS
    assert all(orders <= CUSTOMERS for orders in letter.MAY.values())


@pytest.mark.parametrize("order", sorted(CUSTOMERS, key=str))
def test_nobodys_contact_may_nothing(order: type[c.Command]) -> None:
    assert not may(None, order)


@pytest.mark.parametrize("order", [c.OrderDiagnosis, c.AcceptQuote, c.GrantConsent, c.SayContest, c.SettleContact])
def test_who_may_only_write_decides_nothing(order: type[c.Command]) -> None:
    assert not may(f.Authority.WRITE, order)


@pytest.mark.parametrize(
    ("address", "known", "so"),
    [
        ("alice@clientsa.fr", "bob@clientsa.fr", True),
        ("alice@ClientSA.fr", "bob@clientsa.fr", True),
        ("alice@mail.clientsa.fr", "bob@clientsa.fr", False),
        ("alice@gmail.com", "bob@gmail.com", False),
        ("alice@orange.fr", "bob@orange.fr", False),
        ("", "", False),
    ],
)
def test_colleagues_share_a_domain_that_is_their_own(address: str, known: str, so: bool) -> None:
    assert is_colleague(address, [known]) is so


def test_owner_is_asked_once_and_may_change_their_mind() -> None:
    play = a_play()
    propose = an_order(c.ProposeContact)
    play.order(propose)
    play.order(an_order(c.SettleContact))

    assert decide(play.incident, propose, MONDAY) == Refused(Reason.ALREADY)
    assert decide(play.incident, an_order(c.SettleContact), MONDAY) == Refused(Reason.ALREADY)
    assert isinstance(decide(play.incident, an_order(c.SettleContact, answer=f.Answer.NOBODY), MONDAY), tuple)


def test_nobody_is_settled_who_was_not_asked_about() -> None:
    assert decide(an_incident(), an_order(c.SettleContact), MONDAY) == Refused(Reason.NOT_NOW)
