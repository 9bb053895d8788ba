"""Words that hinge on what is not signed: the same signed bytes under another header say something else."""

import pytest

from bot.app.proof import Level
from bot.channels.mail.read import parse
from tests.channels.mail.names import Zone
from tests.channels.mail.proofs import ALL, judged, signed

YES = b"J'accepte le devis D2010-00001"
HEAD = (
    b"From: Bob <bob@clientsa.fr>\r\nTo: support@host.fr\r\nSubject: INC-42\r\n"
    b"Date: Mon, 14 Jun 2010 09:30:00 +0200\r\nMessage-ID: <m1@clientsa.fr>\r\nMIME-Version: 1.0\r\n"
)
# A refusal that brings back, attached, a mail with parts of its own that says yes.
REFUSES = (
    HEAD + b'Content-Type: multipart/mixed; boundary="outer"\r\n\r\n--outer\r\n\r\nNous refusons ce devis.\r\n'
    b'--outer\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary="inner"\r\n\r\n'
    b"--inner\r\n\r\n" + YES + b"\r\n--inner--\r\n--outer--\r\n"
)
ALL_OF_IT = (*ALL, "content-type", "content-transfer-encoding", "content-disposition")


def a_mail(*fields: bytes, body: bytes) -> bytes:
    return HEAD + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


MIXED = b'Content-Type: multipart/mixed; boundary="b"'
PART = b"--b\r\n\r\n" + YES + b"\r\n--b--\r\n"


async def test_refusal_that_another_boundary_turns_into_an_acceptance_is_proven_and_not_sure(zone: Zone) -> None:
    raw = signed(REFUSES).replace(b'boundary="outer"', b'boundary="inner"')

    verdict = await judged(raw, zone)

    assert parse(raw).text.strip() == YES.decode()
    assert (verdict.level, verdict.address) == (Level.STRONG, "bob@clientsa.fr")
    assert verdict.unsure == "its words depend on what is not signed: content-type"


async def test_boundary_that_is_signed_cannot_be_another(zone: Zone) -> None:
    raw = signed(REFUSES, headers=ALL_OF_IT)

    assert (await judged(raw, zone)).unsure == ""
    assert (await judged(raw.replace(b'boundary="outer"', b'boundary="inner"'), zone)).level is Level.FAIL


@pytest.mark.parametrize(
    "raw",
    [
        a_mail(body=YES),
        a_mail(b"Content-Type: text/plain; charset=utf-8", body=YES),
        a_mail(b"Content-Transfer-Encoding: 8bit", body=YES),
        a_mail(b"Content-Transfer-Encoding: quoted-printable", body=YES),
        a_mail(b"Content-Type: text/html", body=b"<p>" + YES + b"</p>"),
        a_mail(MIXED, body=PART),
        a_mail(MIXED, body=b"\r\n" + PART + b"\r\n\r\n"),
        a_mail(MIXED, body=b"This is a multi-part message in MIME format.\r\n" + PART),
        a_mail(MIXED, body=b"This is an OpenPGP/MIME signed message (RFC 4880 and 3156)\r\n" + PART),
        a_mail(MIXED, body="Ceci est un message à plusieurs parties au format MIME.\r\n".encode() + PART),
        a_mail(b'Content-Type: multipart/mixed; boundary="c"', body=PART.replace(b"--b", b"--c")),
    ],
)
async def test_mail_as_programs_write_it_is_sure_whatever_is_not_signed(zone: Zone, raw: bytes) -> None:
    verdict = await judged(signed(raw), zone)

    assert (verdict.level, verdict.unsure) == (Level.STRONG, "")


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (a_mail(MIXED, body=b"Nous refusons.\r\n" + PART), "content-type"),
        (a_mail(MIXED, body=PART + b"Nous refusons.\r\n"), "content-type"),
        (a_mail(MIXED, body=b"This is a multi-part message in MIME format. No.\r\n" + PART), "content-type"),
        (
            a_mail(b"Content-Type: multipart/mixed", body=b"--b\r\nContent-Type: text/plain\r\n\r\n" + YES),
            "content-type",
        ),
        (a_mail(b"Content-Type: multipart/mixed; boundary=x", body=b"Non.\r\n" + PART), "content-type"),
        (a_mail(b"Content-Type: text/html", body=YES + b" <sauf la ligne 2>"), "content-type"),
        (a_mail(b"Content-Type: text/enriched", body=YES + b" <sauf la ligne 2>"), "content-type"),
        (a_mail(b"Content-Type: application/pdf", body=YES), "content-type"),
        (a_mail(b"Content-Type: text/calendar", body=YES), "content-type"),
        (a_mail(b"Content-Disposition: attachment; filename=a.txt", body=YES), "content-disposition"),
        (a_mail(b"Content-Transfer-Encoding: quoted-printable", body=YES + b"=20"), "content-transfer-encoding"),
        (a_mail(b"Content-Transfer-Encoding: base64", body=b"SidhY2NlcHRl"), "content-transfer-encoding"),
    ],
)
async def test_words_that_hinge_on_a_field_are_sure_only_where_it_is_signed(
    zone: Zone, raw: bytes, field: str
) -> None:
    assert (await judged(signed(raw), zone)).unsure.endswith(field)
    assert (await judged(signed(raw, headers=ALL_OF_IT), zone)).unsure == ""


async def test_every_signature_of_the_domain_must_cover_what_the_words_hinge_on(zone: Zone) -> None:
    """Whoever changes a field lets the one that does not cover it hold."""
    raw = signed(signed(REFUSES, headers=ALL_OF_IT)).replace(b'boundary="outer"', b'boundary="inner"')

    verdict = await judged(raw, zone)

    assert (verdict.level, verdict.unsure != "") == (Level.STRONG, True)
