"""What a domain asks of those who receive its mail: a record that is wrong in part is used, and logged."""

import pytest
from structlog.testing import capture_logs

from bot.channels.mail.lookup import Resolver
from bot.channels.mail.policy import Policy, find_policy
from tests.channels.mail.names import a_zone

REJECT = Policy(action="reject", strict=False)


@pytest.mark.parametrize(
    ("records", "policy", "logged"),
    [
        (("v=DMARC1; p=reject",), REJECT, 0),
        (("v=DMARC1; p=reject; sp=none; rua=mailto:d@clientsa.fr; ",), REJECT, 0),
        (("v=DMARC1; p=reject; oops; x",), REJECT, 1),
        (("v=DMARC1; p=nonsense\x1b[2J",), None, 1),
        (("v=DMARC1",), None, 1),
        (("v=DMARC1; p=reject", "v=DMARC1; p=none"), None, 2),
        (("v=DMARC1; p=reject", "v=DMARC1;  p=reject"), None, 2),
        (("v=spf1 -all", "v=DMARC1; p=reject"), REJECT, 0),
        ((), None, 0),
    ],
)
async def test_record_is_used_as_far_as_it_goes_and_what_is_wrong_is_logged(
    records: tuple[str, ...], policy: Policy | None, logged: int
) -> None:
    async with a_zone() as zone:
        zone.texts = {"_dmarc.clientsa.fr": records} if records else {}
        with capture_logs() as events:
            found = await find_policy(Resolver((zone.server,)), "clientsa.fr")

    assert found == policy
    assert [event["event"] for event in events] == ["policy_malformed"] * logged
    assert all(event["record"].isprintable() for event in events)
