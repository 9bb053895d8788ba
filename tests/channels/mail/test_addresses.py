"""One parser judges and shows: it never picks the victim, and says what it could not read."""

import pytest

from bot.channels.mail.addresses import (
    Address,
    DeskAddress,
    Kind,
    Mailboxes,
    desk_address,
    foreign_address_in_name,
    mailboxes,
    parse_address,
    sole_mailbox,
)
from tests.timing import taking_less_than

MALLORY = Address(local="mallory", domain="pirate.net")
DESK = desk_address("support@host.fr", "incidents.host.fr")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Bob@ClientSA.fr", Address(local="bob", domain="clientsa.fr")),
        ("Bob Martin <bob@clientsa.fr>", Address(local="bob", domain="clientsa.fr", name="Bob Martin")),
        ('"Martin, Bob" <bob@clientsa.fr>', Address(local="bob", domain="clientsa.fr", name="Martin, Bob")),
        ("bob@clientsa.fr (Bob Martin)", Address(local="bob", domain="clientsa.fr", name="Bob Martin")),
        ("=?utf-8?q?Ren=C3=A9?= <r@x.fr>", Address(local="r", domain="x.fr", name="René")),
        ("r@Éclair.fr", Address(local="r", domain="xn--clair-9ra.fr")),
        (
            "bob@clientsa.fr <bob@clientsa.fr>",
            Address(local="bob", domain="clientsa.fr", name="bob@clientsa.fr"),
        ),
        (
            '"bob@clientsa.fr" <mallory@pirate.net>',
            Address(local="mallory", domain="pirate.net", name="bob@clientsa.fr"),
        ),
        ("A\r\n\tB <a@b.fr>", Address(local="a", domain="b.fr", name="A B")),
        ("=?utf-8?q?x=0d=0aBcc:_v_z.fr?= <a@b.fr>", Address(local="a", domain="b.fr", name="x Bcc: v z.fr")),
        ("=?utf-8?q?x=0d=0aBcc:_v@z.fr?= <a@b.fr>", Address(local="a", domain="b.fr", name="x Bcc: v@z.fr")),
        ("=?utf-8?q?x=0d?= =?utf-8?q?=0aBcc:_v@z.fr?= <a@b.fr>",
         Address(local="a", domain="b.fr", name="x Bcc: v@z.fr")),
        ("Jean @ ACME <j@acme.fr>", Address(local="j", domain="acme.fr", name="Jean @ ACME")),
        ("Jean @ACME <j@acme.fr>", Address(local="j", domain="acme.fr", name="Jean @ACME")),
        ("Jean (j@acme.fr) <j@acme.fr>", Address(local="j", domain="acme.fr", name="Jean")),
        ("Jean < j@acme.fr >", Address(local="j", domain="acme.fr", name="Jean")),
        ("Jean <\r\n j@acme.fr>", Address(local="j", domain="acme.fr", name="Jean")),
        ("Dupont, Jean <j@acme.fr>", Address(local="j", domain="acme.fr", name="Dupont, Jean")),
        ("ACME, Dupont, Jean <j@acme.fr>", Address(local="j", domain="acme.fr", name="ACME, Dupont, Jean")),
        ("=?utf-8?q?Andr=C3=A9?=, Jean <j@acme.fr>", Address(local="j", domain="acme.fr", name="André, Jean")),
        ("J@Acme.fr <j@acme.fr>", Address(local="j", domain="acme.fr", name="J@Acme.fr")),
        ("mallory@pirate.net alias bob@clientsa.fr <mallory@pirate.net>",
         Address(local="mallory", domain="pirate.net", name="mallory@pirate.net alias bob@clientsa.fr")),
        ("=?utf-8?q?bob@clientsa.fr?= <mallory@pirate.net>", "an address stands where the name should"),
        ("'bob@clientsa.fr' <mallory@pirate.net>", "an address stands where the name should"),
        ("Bob, bob@clientsa.fr <mallory@pirate.net>", "malformed address"),
        ("bob@clientsa.fr, Bob <mallory@pirate.net>", "several addresses in From"),
        ("Dupont, j@acme.fr", "malformed address"),
        ("Jean <j@acme.fr>, Dupont", "malformed address"),
        ("Dupont <bob@clientsa.fr>, Jean <j@acme.fr>", "several addresses in From"),
        ("Jean <j @acme.fr>", "malformed address"),
        ("bob@clientsa.fr <mallory@pirate.net>", "an address stands where the name should"),
        ("bob@clientsa.fr, mallory@pirate.net", "several addresses in From"),
        ("<bob@clientsa.fr> <mallory@pirate.net>", "malformed address"),
        ("<bob@clientsa.fr>mallory@pirate.net", "malformed address"),
        ("<@pirate.net:bob@clientsa.fr>", "malformed address"),
        ("Friends: bob@clientsa.fr;", "a group instead of an address"),
        ("bob@[127.0.0.1]", "malformed address"),
        ("bob", "malformed address"),
        ("bob@localhost", "malformed address"),
        ('"', "malformed address list"),
        ("bob@clientsa.fr\0", "malformed address"),
        ("(" * 4000 + "bob@clientsa.fr", "malformed comment"),
        ("", "no address in From"),
        ("=?utf-8?q?bob=40clientsa.fr?=", "malformed address"),
        ("<=?utf-8?q?bob=40clientsa.fr?=>", "malformed address"),
        ("=?utf-8?q?bob=40clientsa.fr?= <mallory@pirate.net>",
         Address(local="mallory", domain="pirate.net", name="bob@clientsa.fr")),
        ('"bob@clientsa.fr"@pirate.net', "malformed address"),
        ('"bob@clientsa.fr "@pirate.net', "malformed address"),
        ('"bob"@clientsa.fr', Address(local="bob", domain="clientsa.fr")),
        ("bob(@pirate.net)@clientsa.fr", Address(local="bob", domain="clientsa.fr", name="@pirate.net")),
        ("mallory@pirate.net(,bob@clientsa.fr)",
         Address(local="mallory", domain="pirate.net", name=",bob@clientsa.fr")),
        ("bob@clientsa.fr;", "malformed address list"),
        (":bob@clientsa.fr;", "a group instead of an address"),
        ("bob@clientsa.fr.", Address(local="bob", domain="clientsa.fr")),
        ("bob@.clientsa.fr", "malformed address"),
        ("bob@clientsa..fr", "malformed address"),
        ("bob@127.0.0.11", "malformed address"),
        ("bob@clientsa.-fr", "malformed address"),
        ("bob@clientsa.f-", "malformed address"),
        ("bob@clientsa.xn--p1ai", Address(local="bob", domain="clientsa.xn--p1ai")),
        ("=?utf-8?q?bob?=@clientsa.fr", "malformed address"),
        ('"=?utf-8?q?bob=40x.fr?="@clientsa.fr', "malformed address"),
        ('"b\\ob"@clientsa.fr', "malformed address"),
        ("bob@[IPv6:2001:db8::1]", "a group instead of an address"),
        ("b\u0585b@clientsa.fr", Address(local="b\u0585b", domain="clientsa.fr")),
        ("\u212aarl@clientsa.fr", "malformed address"),
        ("\uff42ob@clientsa.fr", "malformed address"),
        ("bob\u202e@clientsa.fr", "malformed address"),
        ("b\u200bob@clientsa.fr", "malformed address"),
        ("bob@\uff43lientsa.fr", Address(local="bob", domain="clientsa.fr")),
        ("bob@clientsa\u3002fr", Address(local="bob", domain="clientsa.fr")),
        ("bob@\u0441lientsa.fr", Address(local="bob", domain="xn--lientsa-xjg.fr")),
    ],
)  # fmt: skip
def test_author_is_read_strictly(written: str, expected: Address | str) -> None:
    assert sole_mailbox((written,)) == expected


def test_two_from_headers_are_a_problem() -> None:
    assert sole_mailbox(("bob@clientsa.fr", "mallory@pirate.net")) == "several From headers"
    assert sole_mailbox(()) == "no From"


def test_list_keeps_what_can_be_read() -> None:
    read = mailboxes("a@b.fr, nonsense, Team: c@d.fr, e@f.fr;, undisclosed: ;")

    assert read == Mailboxes(
        found=(
            Address(local="a", domain="b.fr"),
            Address(local="c", domain="d.fr"),
            Address(local="e", domain="f.fr"),
        ),
        problem="malformed address",
    )


@pytest.mark.parametrize(
    "hostile", ["a " * 20_000, '"' * 40_001, "<" * 40_000, '<"' * 20_000, "a@b.fr," * 9_000, "\\" * 40_000]
)
def test_hostile_list_is_read_at_once(hostile: str) -> None:
    with taking_less_than(0.5):
        mailboxes(hostile)


def test_name_that_shows_another_address_is_pointed_out() -> None:
    assert (
        foreign_address_in_name(Address(local="mallory", domain="pirate.net", name="bob@clientsa.fr"))
        == "bob@clientsa.fr"
    )
    assert foreign_address_in_name(Address(local="mallory", domain="pirate.net", name="Mallory@Pirate.net")) is None


@pytest.mark.parametrize(
    "name",
    ["mallory@pirate.net bob@clientsa.fr", "bob\uff20clientsa.fr", "Bob <bob@clientsa.fr>", "(bob@clientsa.fr)"],
)
def test_no_writing_of_another_address_in_a_name_is_missed(name: str) -> None:
    pretended = foreign_address_in_name(Address(local="mallory", domain="pirate.net", name=name)) or ""

    assert "bob@clientsa.fr" in pretended


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Support@Host.FR", DeskAddress(kind=Kind.OPEN)),
        ("support+aBc123@host.fr", DeskAddress(kind=Kind.REPLY, key="aBc123")),
        ("bounce+k9@incidents.host.fr", DeskAddress(kind=Kind.BOUNCE, key="k9")),
        ("<postmaster@host.fr>", DeskAddress(kind=Kind.OPERATOR)),
        ("postmaster", DeskAddress(kind=Kind.OPERATOR)),
        ("abuse@host.fr", DeskAddress(kind=Kind.OPERATOR)),
        ("support+@host.fr", None),
        ("sales@host.fr", None),
        ("support@pirate.net", None),
        ("support@host.fr.pirate.net", None),
        ("support@host.fr@pirate.net", None),
    ],
)
def test_own_addresses_are_recognised(written: str, expected: DeskAddress | None) -> None:
    assert DESK.recognise(written) == expected


def test_own_addresses_are_built_and_read_back() -> None:
    assert DESK.recognise(DESK.reply_to("k1")) == DeskAddress(kind=Kind.REPLY, key="k1")
    assert DESK.recognise(DESK.bounce("k2")) == DeskAddress(kind=Kind.BOUNCE, key="k2")


def test_only_a_mail_address_makes_a_desk() -> None:
    with pytest.raises(ValueError, match="not a mail address"):
        desk_address("support")
    assert parse_address("<mallory@pirate.net>") == MALLORY
