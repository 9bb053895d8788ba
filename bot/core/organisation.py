"""Whether two addresses belong to one organisation: the same domain, unless anybody may have an address there."""

from collections.abc import Iterable

# Where people have mailboxes that share a domain and nothing else.
_PROVIDERS = """
163.com aol.com aol.fr bbox.fr bluewin.ch cegetel.net club-internet.fr fastmail.com free.fr gmail.com gmx.com gmx.de
gmx.fr gmx.net googlemail.com hey.com hotmail.be hotmail.co.uk hotmail.com hotmail.fr icloud.com laposte.net live.be
live.com live.fr mac.com mail.com mail.ru mailo.com me.com msn.com neuf.fr noos.fr nordnet.fr numericable.fr orange.fr
outlook.be outlook.com outlook.fr pm.me proton.me protonmail.ch protonmail.com qq.com rocketmail.com sfr.fr skynet.be
t-online.de tutanota.com voila.fr wanadoo.fr web.de yahoo.co.uk yahoo.com yahoo.fr yandex.com yandex.ru ymail.com
zaclys.net
"""
_SHARED = frozenset(_PROVIDERS.split())


def is_colleague(address: str, known: Iterable[str]) -> bool:
    """Whether this address is in the domain of one that is known, and that domain is one organisation's own."""
    domain = _domain(address)
    return bool(domain) and domain not in _SHARED and any(_domain(one) == domain for one in known)


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
