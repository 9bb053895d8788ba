"""Mails within envelopes: Outlook's, S/MIME's, forwarded ones, and invitations."""

import base64
import struct

import compressed_rtf  # type: ignore[import-untyped]  # ships no types
import pytest
from asn1crypto import cms, core  # type: ignore[import-untyped]  # ships no types

from bot.channels.mail.invitations import invitation
from bot.channels.mail.read import Mail, parse

HEAD = b"From: Bob <bob@clientsa.fr>\r\nSubject: Panne\r\nMIME-Version: 1.0\r\n"
INNER = b"Content-Type: text/plain; charset=utf-8\r\n\r\nLe site est tomb\xc3\xa9.\r\n"


def carried(content: bytes, content_type: str) -> Mail:
    """A mail whose one part holds this."""
    encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    fields = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()
    return parse(HEAD + fields + encoded)


def signed_data(entity: bytes) -> bytes:
    """A signed-only S/MIME envelope around a MIME entity."""
    inside = {"content_type": "data", "content": core.OctetString(entity)}
    body = cms.SignedData(
        {"version": "v1", "digest_algorithms": [], "encap_content_info": inside, "signer_infos": []}
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": body}).dump())


def tnef(*properties: tuple[int, bytes]) -> bytes:
    """An Outlook envelope with these binary MAPI properties."""
    packed = struct.pack("<I", len(properties))
    for name, value in properties:
        padding = b"\0" * (-len(value) % 4)
        packed += struct.pack("<HHII", 0x0102, name, 1, len(value)) + value + padding
    attribute = struct.pack("<BII", 1, 0x00069003, len(packed)) + packed + struct.pack("<H", sum(packed) & 0xFFFF)
    return struct.pack("<IH", 0x223E9F78, 1) + attribute


def test_mail_that_is_only_signed_is_read() -> None:
    read = carried(signed_data(INNER), "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m")

    assert read.text.strip() == "Le site est tombé."
    assert (read.signed, read.encrypted, read.attachments) == (True, False, ())


def test_signed_envelope_without_its_proper_type_is_read_by_its_name() -> None:
    read = carried(signed_data(INNER), 'application/octet-stream; name="smime.p7m"')

    assert read.text.strip() == "Le site est tombé."


def test_envelopes_within_envelopes_stay_closed() -> None:
    entity = b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    nested = entity + base64.encodebytes(signed_data(INNER))

    read = carried(signed_data(nested), "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m")

    assert [file.name for file in read.attachments] == ["smime.p7m"]


@pytest.mark.parametrize(
    "content", [b"", b"\x30\x80", b"\xff" * 60, b"\x30\x84\xff\xff\xff\xff", signed_data(INNER)[:40]]
)
def test_sealed_or_broken_envelope_is_kept_and_said(content: bytes) -> None:
    read = carried(content, "application/pkcs7-mime; name=smime.p7m")

    assert read.encrypted
    assert [file.content for file in read.attachments] == [content]


def test_rich_text_of_an_outlook_envelope_is_read() -> None:
    rich = compressed_rtf.compress(rb"{\rtf1\ansi\ansicpg1252 Le site est tomb\'e9.\par Bob}", compressed=True)

    read = carried(tnef((0x1009, rich)), "application/ms-tnef; name=winmail.dat")

    assert read.text == "Le site est tombé.\nBob"
    assert [file.name for file in read.attachments] == ["winmail.dat"]


def test_mail_that_only_forwards_shows_what_it_forwards_as_a_quotation() -> None:
    forwarded = (
        b"From: eve@pirate.net\r\nSubject: J'accepte\r\nDate: Mon, 14 Jun 2010 09:30:00 +0200\r\n\r\n"
        b"J'accepte le devis D2010-00001\r\n"
    )
    read = parse(HEAD + b"Content-Type: message/rfc822\r\n\r\n" + forwarded)

    assert read.text.split("\n")[:6] == [
        "> eve@pirate.net",
        "> Mon, 14 Jun 2010 09:30:00 +0200",
        "> J'accepte",
        ">",
        "> J'accepte le devis D2010-00001",
        ">",
    ]
    assert [file.media_type for file in read.attachments] == ["message/rfc822"]


def test_boundary_folded_over_two_lines_is_one() -> None:
    body = b"--foo bar\r\nContent-Type: text/plain\r\n\r\nBonjour\r\n--foo bar--\r\n"
    read = parse(HEAD + b'Content-Type: multipart/mixed; boundary="foo\r\n bar"\r\n\r\n' + body)

    assert read.text.strip() == "Bonjour"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ("SUMMARY:Point\\, panne", "DTSTART;TZID=Europe/Paris:20100614T100000",
             "DTEND;TZID=Europe/Paris:20100614T110000",
             "LOCATION:Salle B", "ORGANIZER;CN=Bob:mailto:bob@clientsa.fr"),
            "Point, panne\n2010-06-14 10:00 – 11:00 (Europe/Paris)\nSalle B\nbob@clientsa.fr",
        ),
        (("SUMMARY:Fermé", "DTSTART;VALUE=DATE:20100614"), "Fermé\n2010-06-14"),
        (("DTSTART:20100614T080000Z", "DTEND:20100615T080000Z"), "2010-06-14 08:00 – 2010-06-15 08:00 (UTC)"),
        (("DTSTART:demain",), "demain"),
        ((), ""),
    ],
)  # fmt: skip
def test_invitation_says_what_when_and_where(lines: tuple[str, ...], expected: str) -> None:
    event = "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"])

    assert invitation(event) == expected
