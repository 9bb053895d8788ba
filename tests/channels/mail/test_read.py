"""Bytes to a mail: what people send, what machines send, and what is meant to break a parser."""

import base64
import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.channels.mail.addresses import Address
from bot.channels.mail.read import Attachment, DeliveryReport, Mail, Reader, parse
from tests.timing import taking_less_than

SAMPLES = Path(__file__).parents[4] / "shared" / "mail-samples"

REPLY = """\
Return-Path: <bob@clientsa.fr>
Message-ID: <CAF1@mail.clientsa.fr>
In-Reply-To: <k1.o7@host.fr>
References: <a@host.fr> <k1.o7@host.fr>
From: =?utf-8?q?Bob_L=C3=A9vy?= <Bob@ClientSA.fr>
To: support+k1@host.fr, "Host, Support" <support@host.fr>
Cc: alice@clientsa.fr
Date: Mon, 14 Jun 2010 09:30:00 +0200
Subject: =?iso-8859-1?Q?Re:_[INC-42]_panne_=E0?=
 =?iso-8859-1?Q?_r=E9parer?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b1"

--b1
Content-Type: multipart/alternative; boundary="b2"

--b2
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Bonjour, =E7a marche =80 5.
--b2
Content-Type: text/html; charset=utf-8

<p>Bonjour, ça marche</p>
--b2--
--b1
Content-Type: image/png; name*=utf-8''%C3%A9cran.png
Content-Transfer-Encoding: base64
Content-ID: <img1>
Content-Disposition: inline; filename*=utf-8''%C3%A9cran.png

iVBORw==
--b1--
"""


def a_mail(*headers: str, body: str | bytes = "Bonjour") -> bytes:
    head = "\r\n".join(["From: bob@clientsa.fr", *headers]) + "\r\n\r\n"
    return head.encode("utf-8", "surrogateescape") + (body if isinstance(body, bytes) else body.encode())


def test_ordinary_reply_is_read_whole() -> None:
    assert parse(REPLY.replace("\n", "\r\n").encode()) == Mail(
        message_id="CAF1@mail.clientsa.fr",
        in_reply_to="k1.o7@host.fr",
        references=("a@host.fr", "k1.o7@host.fr"),
        sender=Address(local="bob", domain="clientsa.fr", name="Bob Lévy"),
        to=(
            Address(local="support+k1", domain="host.fr"),
            Address(local="support", domain="host.fr", name="Host, Support"),
        ),
        cc=(Address(local="alice", domain="clientsa.fr"),),
        subject="Re: [INC-42] panne à réparer",
        date=datetime(2010, 6, 14, 7, 30, tzinfo=UTC),
        text="Bonjour, ça marche € 5.",
        html="<p>Bonjour, ça marche</p>",
        attachments=(
            Attachment(name="écran.png", media_type="image/png", content=b"\x89PNG", inline=True, content_id="img1"),
        ),
    )


def test_mail_with_nothing_but_an_author_is_read() -> None:
    assert parse(a_mail()) == Mail(sender=Address(local="bob", domain="clientsa.fr"), text="Bonjour")


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (b"To: a@b.fr\r\n\r\nx", "no From"),
        (b"From: bob\r\n\r\nx", "malformed address"),
        (b"From : bob@clientsa.fr\r\n\r\nx", "a space before the colon of a header"),
        (b" folded\r\nFrom: bob@clientsa.fr\r\n\r\nx", "a header line without a colon"),
        (b"From: bob@clientsa.fr\rFrom: eve@pirate.net\r\n\r\nx", "a bare carriage return in the headers"),
        (b"From: bob@clientsa.fr\r\nFrom: eve@pirate.net\r\n\r\nx", "several From headers"),
        (b"From: bob@clientsa.fr, eve@pirate.net\r\n\r\nx", "several addresses in From"),
        (b"From: bob@clientsa.fr <eve@pirate.net>\r\n\r\nx", "an address stands where the name should"),
        (b"", "no From"),
    ],
)
def test_author_that_is_not_one_is_named_as_the_problem(headers: bytes, reason: str) -> None:
    read = parse(headers)

    assert (read.sender, read.sender_problem) == (None, reason)


@pytest.mark.parametrize(
    ("charset", "content", "text"),
    [
        ("x-unknown", "é".encode(), "é"),
        ("zlib", b"caf\xe9", "café"),
        ("idna", b"caf\xe9", "café"),
        ("utf-7", b"+AGEAYg-", "+AGEAYg-"),
        ("", b"a\x80b", "a€b"),
        ("x" * 300, b"a", "a"),
        ("utf-8", b"caf\xe9", "café"),
        ("utf-8", b"\xc3\xa9t\xc3", "ét\ufffd"),
        ("us-ascii", "é".encode(), "é"),
        ("iso-2022-jp", b"\x1b$B%F%9%H\x1b(B", "テスト"),
        ("utf-8", b"a\0b\x1b[31m", "ab[31m"),
        ("utf-16", "été".encode("utf-16"), "été"),
    ],
)
def test_any_charset_gives_text(charset: str, content: bytes, text: str) -> None:
    read = parse(
        a_mail(f'Content-Type: text/plain; charset="{charset}"', "Content-Transfer-Encoding: 8bit", body=content)
    )

    assert (read.text, read.unreadable) == (text, None)


def test_encoded_line_breaks_stay_in_their_line() -> None:
    read = parse(a_mail("Subject: =?utf-8?q?x=0d=0aBcc:_v@z.fr?=", "To: =?utf-8?q?y=0d=0aBcc:_v?= <a@b.fr>"))

    assert read.subject == "x Bcc: v@z.fr"
    assert read.to == (Address(local="a", domain="b.fr", name="y Bcc: v"),)


def test_direction_and_control_characters_leave_the_subject() -> None:
    assert parse(a_mail("Subject: a\u202egnp.exe\x1b[2J\u200bb\0c")).subject == "agnp.exe [2Jb c"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\a.txt", "a.txt"),
        ("/abs/olute.pdf", "olute.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("\u200b.htaccess", "htaccess"),
        ("\uff0e\uff0e\uff0fboot.ini", "boot.ini"),
        ("NUL.txt", "_NUL.txt"),
        ("com1", "_com1"),
        ("", "attachment.pdf"),
        ("..", "attachment.pdf"),
        ('a"b;c.pdf', "a_b_c.pdf"),
        ("=?utf-8?q?r=C3=A9sum=C3=A9.pdf?=", "résumé.pdf"),
        ("a=?utf-8?q?=0d=0aX:_y?=.pdf", "a X_ y.pdf"),
    ],
)
def test_attachment_names_are_made_safe(written: str, shown: str) -> None:
    escaped = written.replace("\\", "\\\\").replace('"', '\\"')
    read = parse(a_mail("Content-Type: application/pdf", f'Content-Disposition: attachment; filename="{escaped}"'))

    assert [attachment.name for attachment in read.attachments] == [shown]


@pytest.mark.parametrize(
    "written",
    [
        "filename*=utf-8''r%C3%A9sum%C3%A9.pdf",
        "filename*=\"utf-8''r%C3%A9sum%C3%A9.pdf\"",
        "filename*=r%C3%A9sum%C3%A9.pdf",
        "filename*=iso-8859-1''r%E9sum%E9.pdf",
        "filename=resume.pdf; filename*=utf-8''r%C3%A9sum%C3%A9.pdf",
        "filename*0*=utf-8''r%C3%A9s;\r\n filename*1=um; filename*2*=%C3%A9.pdf",
        'filename*0="=?utf-8?q?r=C3=A9s"; filename*1="um=C3=A9.pdf?="',
        'filename="=?utf-8?q?r=C3=A9s?=\r\n =?utf-8?b?dW3DqS5wZGY=?="',
        "filename==?utf-8?q?r=C3=A9sum=C3=A9.pdf?=",
        "filename='résumé.pdf'",
        "filename=résumé.pdf",
    ],
)
def test_name_is_read_in_every_spelling(written: str) -> None:
    read = parse(a_mail("Content-Type: application/pdf", f"Content-Disposition: attachment; {written}"))

    assert [attachment.name for attachment in read.attachments] == ["résumé.pdf"]


def test_equal_names_are_told_apart() -> None:
    part = '--b\r\nContent-Type: text/plain; name="a.txt"\r\n\r\nx\r\n'
    read = parse(a_mail("Content-Type: multipart/mixed; boundary=b", body=part * 3 + "--b--"))

    assert [attachment.name for attachment in read.attachments] == ["a.txt", "a (2).txt", "a (3).txt"]


def test_html_alone_becomes_text() -> None:
    markup = "<html><head><style>p{color:red}</style><script>alert(1)</script></head><p>Bonjour&nbsp;!<br>ça va</p>"
    read = parse(a_mail("Content-Type: text/html; charset=utf-8", body=markup))

    assert (read.text, read.html) == ("Bonjour !\nça va", markup)


def test_html_too_deep_to_lay_out_still_gives_its_text() -> None:
    assert parse(a_mail("Content-Type: text/html", body="<div>" * 5000 + "Bonjour")).text == "Bonjour"


def test_flowed_lines_are_joined() -> None:
    read = parse(a_mail("Content-Type: text/plain; format=flowed", body="one \r\ntwo\r\n> q1 \r\n> q2\r\n-- \r\nBob"))

    assert read.text == "one two\n> q1 q2\n-- \nBob"


def test_forwarded_mail_stays_an_attachment() -> None:
    inner = "From: eve@pirate.net\r\nSubject: secret\r\n\r\nFrom here\r\n"
    body = f"--b\r\n\r\nSee below\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n{inner}--b--"
    read = parse(a_mail("Content-Type: multipart/mixed; boundary=b", body=body))

    assert read.text == "See below"
    assert read.attachments == (
        Attachment(
            name="attachment.eml",
            media_type="message/rfc822",
            content=b"From: eve@pirate.net\r\nSubject: secret\r\n\r\nFrom here",
        ),
    )


def test_invitation_is_summed_up() -> None:
    event = "SUMMARY:Point sur\r\n  la panne\r\nDTSTART:20100614T080000Z\r\n"
    calendar = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{event}END:VEVENT\r\n"
    read = parse(a_mail("Content-Type: text/calendar; method=REQUEST", body=calendar))

    assert read.text == "Point sur la panne\n2010-06-14 08:00 (UTC)"
    assert [attachment.name for attachment in read.attachments] == ["attachment.ics"]


@pytest.mark.parametrize(
    ("content_type", "signed", "encrypted"),
    [
        ("multipart/signed; boundary=b", True, False),
        ("multipart/encrypted; boundary=b", False, True),
        ("application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", True, False),
        ("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", False, True),
    ],
)
def test_signed_and_sealed_mails_are_flagged(content_type: str, signed: bool, encrypted: bool) -> None:
    read = parse(a_mail(f"Content-Type: {content_type}", body="--b\r\n\r\nx\r\n--b--"))

    assert (read.signed, read.encrypted) == (signed, encrypted)


def test_broken_winmail_is_kept_as_it_is() -> None:
    content = base64.b64encode(b"\x78\x9f\x3e\x22" + b"\xff" * 50).decode()
    read = parse(
        a_mail(
            "Content-Type: application/ms-tnef; name=winmail.dat", "Content-Transfer-Encoding: base64", body=content
        )
    )

    assert [attachment.name for attachment in read.attachments] == ["winmail.dat"]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Auto-Submitted: auto-replied", "auto-submitted"),
        ("Auto-Submitted: no", None),
        ("Precedence: bulk", "precedence"),
        ("List-Id: <l.example>", "list-id"),
        ("X-Auto-Response-Suppress: DR, OOF", "x-auto-response-suppress"),
        ("X-Auto-Response-Suppress: RN", None),
        ("X-Comptoir-Loop: host.fr", "x-comptoir-loop"),
        ("Return-Path: <>", "null sender"),
        ("Subject: Réponse automatique : absent", "subject"),
        ("Subject: Absence du bureau", "subject"),
        ("Subject: Out of Office: back Monday", "subject"),
        ("Subject: Absence : Bob", "subject"),
        ("Subject: Absence de réseau sur le serveur", None),
        ("Subject: Re: panne automatique", None),
        ("Subject: Automobile en panne", None),
        ("Subject: Absolument rien ne marche", None),
    ],
)
def test_robots_are_recognised(header: str, reason: str | None) -> None:
    assert parse(a_mail(header)).automatic == reason


def test_robot_senders_and_null_envelopes_are_recognised() -> None:
    assert parse(b"From: No-Reply@slack.com\r\n\r\nYour code").automatic == "robot sender"
    assert parse(b"From: norbert@slack.com\r\n\r\nHello").automatic is None
    assert parse(a_mail(), mail_from="").automatic == "null sender"
    assert parse(a_mail(), mail_from="bob@clientsa.fr").automatic is None


DSN = """\
From: MAILER-DAEMON@mx.client.fr
To: bounce+k9@host.fr
Subject: Undelivered Mail Returned to Sender
Message-ID: <dsn1@mx.client.fr>
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.client.fr

Final-Recipient: rfc822; Bob@ClientSA.fr
Action: failed
Status: 5.1.1

--b
Content-Type: message/rfc822

From: support@host.fr
Message-ID: <k1.o7@host.fr>

Hello
--b--
"""


def test_delivery_report_is_read() -> None:
    read = parse(DSN.encode(), mail_from="")

    assert read.delivery_report == DeliveryReport(
        recipients=("bob@clientsa.fr",), action="failed", status="5.1.1", original_message_id="k1.o7@host.fr"
    )
    assert (read.automatic, read.text) == ("delivery report", "It could not be delivered.")


def test_report_in_no_standard_form_is_read() -> None:
    body = (
        "Your message could not be delivered.\r\n<bob@clientsa.fr>: 550 user unknown\r\n\r\nMessage-Id: <k1@host.fr>"
    )
    read = parse(b"From: Mailer-Daemon@mx.fr\r\nSubject: failure notice\r\n\r\n" + body.encode())

    assert read.delivery_report == DeliveryReport(
        recipients=("bob@clientsa.fr",), action="failed", status=None, original_message_id="k1@host.fr"
    )


def test_person_who_writes_about_a_bounce_is_no_report() -> None:
    read = parse(a_mail("Subject: mail", body="My mail to eve@x.fr could not be delivered: 550 5.1.1 user unknown"))

    assert (read.delivery_report, read.automatic) == (None, None)


BOMBS = {
    "semicolons": a_mail("Content-Type: text/plain" + ";" * 40_000),
    "folded semicolons": a_mail("Content-Type: text/plain" + ";\r\n " * 13_000),
    "parameters": a_mail("Content-Type: text/plain" + "; a=b" * 20_000),
    "quotes": a_mail('Content-Type: text/plain; a="' + '\\"' * 20_000),
    "comments": b"From: " + b"(" * 4000 + b" bob@clientsa.fr\r\n\r\nx",
    "words in To": a_mail("To: " + "a " * 20_000),
    "nested 400": b"From: a@b.fr\r\n"
    + b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(400)),
    "nested 1500": b"From: a@b.fr\r\n" + b"".join(b"Content-Type: message/rfc822\r\n\r\n" for n in range(1500)),
    "empty parts": a_mail("Content-Type: multipart/mixed; boundary=b", body="--b\r\n\r\n" * 20_000),
    "part header": a_mail("Content-Type: multipart/mixed; boundary=b",
    body="--b\r\nContent-Type: a/b" + ";" * 40_000),
    "headers": a_mail(*["X: y"] * 50_000),
    "encoded words": a_mail("Subject: " + "=?utf-8?q?a?= " * 4000),
    "open encoded words": a_mail("Subject: " + "=?utf-8?q?" * 6000),
    "tags": a_mail("Content-Type: text/html", body="<" * 60_000),
    "open tags": a_mail("Content-Type: text/html", body="<table><tr><td>" * 4000),
    "dots": a_mail("Content-Type: application/pdf; name=" + "." * 5000),
    "message-ids": a_mail("References: " + "<a" * 30_000),
    "lone quote": b'From: "\r\nTo: "\r\nMessage-ID: <@>\r\n\r\n',
    "odd ids": a_mail("Message-ID: <@@>", "In-Reply-To:", "References: <>"),
    "odd date": a_mail("Date: " + "9" * 90_000),
    "no end": b"\r" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_read_or_set_aside_at_once(name: str) -> None:
    with taking_less_than(1):
        read = parse(BOMBS[name])
    assert json.dumps([read.subject, read.text]).encode()


def test_what_is_set_aside_says_why_and_keeps_its_author() -> None:
    read = parse(BOMBS["semicolons"])

    assert read == Mail(
        sender=Address(local="bob", domain="clientsa.fr"), unreadable="a part has an oversized header"
    )


def test_random_headers_never_raise() -> None:
    chance = random.Random(20100611)
    names = ("From", "To", "Subject", "Date", "Message-ID", "References", "Content-Type", "Content-Disposition")
    alphabet = "\"<>@()[]\\;:,=?*%'. \t\r\nab\x00\x80\xff\u202e"
    for _ in range(10_000):
        value = "".join(chance.choices(alphabet, k=chance.randrange(40)))
        raw = f"{chance.choice(names)}: {value}\n\nx".encode()
        read = parse(raw)
        assert read.unreadable is None
        assert "\n" not in read.subject


async def test_large_mail_is_read_by_a_child_and_equals() -> None:
    body = "--b\r\n\r\nRené\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n" + "x" * 300_000 + "\r\n--b--"
    raw = a_mail(
        "Content-Type: multipart/mixed; boundary=b", "Date: Mon, 14 Jun 2010 09:30:00 +0200", "To: a@b.fr", body=body
    )
    reader = Reader()

    read = [await reader.read(raw, ""), await reader.read(raw, "")]

    await reader.close()
    assert read == [parse(raw, "")] * 2


async def test_report_comes_back_whole_from_a_child() -> None:
    raw = DSN.encode() + b" " * 70_000
    reader = Reader()

    read = await reader.read(raw)

    await reader.close()
    assert read == parse(raw)
    assert read.delivery_report is not None


async def test_child_that_takes_too_long_is_replaced() -> None:
    reader = Reader(seconds=0.01)
    raw = a_mail(body="x" * 200_000)

    read = await reader.read(raw)

    assert read == Mail(
        sender=Address(local="bob", domain="clientsa.fr"), unreadable="reading the mail took too long"
    )
    await reader.close()


async def test_child_with_too_little_memory_costs_one_mail() -> None:
    reader = Reader(memory=1_000_000)

    read = await reader.read(a_mail(body="x" * 5_000_000))

    assert read.unreadable is not None
    await reader.close()


def test_samples_beside_the_checkout_are_read_without_exception() -> None:
    """Where there are none, the mails written for these tests stand alone."""
    mails = [parse(path.read_bytes()) for path in SAMPLES.rglob("*") if path.is_file()]

    assert not [mail.unreadable for mail in mails if mail.unreadable and "could not be read" in mail.unreadable]
