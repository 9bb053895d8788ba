"""A DNS server of our own, with the keys and policies of the domains that mails come from."""

from collections.abc import AsyncIterator

import pytest

from tests.channels.mail.keys import EDWARDS, OTHER, SHORT, STRONG
from tests.channels.mail.names import Zone, a_zone


@pytest.fixture
async def zone() -> AsyncIterator[Zone]:
    async with a_zone() as zone:
        zone.texts = {
            "s1._domainkey.clientsa.fr": (STRONG.record,),
            "other._domainkey.clientsa.fr": (OTHER.record,),
            "short._domainkey.clientsa.fr": (SHORT.record,),
            "revoked._domainkey.clientsa.fr": ("v=DKIM1; p=",),
            "testing._domainkey.clientsa.fr": (STRONG.record + "; t=y",),
            "two._domainkey.clientsa.fr": (STRONG.record, OTHER.record),
            "ed._domainkey.clientsa.fr": (EDWARDS.record,),
            "brisbane._domainkey.football.example.com": (EDWARDS.record,),
            "s1._domainkey.client-sa.fr": (STRONG.record,),
            "s1._domainkey.mail.clientsa.fr": (STRONG.record,),
            "s1._domainkey.pirate.net": (OTHER.record,),
            "s1._domainkey.victim.test": (STRONG.record,),
            "_dmarc.strict.fr": ("v=DMARC1; p=reject; adkim=s",),
            "_dmarc.pirate.net": ("v=DMARC1; p=reject",),
        }
        yield zone
