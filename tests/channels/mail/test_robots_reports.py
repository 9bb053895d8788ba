"""Delivery reports in the standard's form and in others; what a person passes on stays that person's."""

import pytest

from bot.channels.mail.mail import DeliveryReport
from bot.channels.mail.parse import parse
from tests.timing import taking_less_than

STATUS = (
    b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.clientsa.fr\r\n\r\n"
    b"Final-Recipient: rfc822; bob@clientsa.fr\r\nAction: %s\r\nStatus: %s\r\n"
)
RETURNED = b"Content-Type: message/rfc822\r\n\r\nMessage-ID: <abc@host.example>\r\nSubject: INC-1\r\n\r\nHello\r\n"


def standard(action: bytes = b"failed", status: bytes = b"5.1.1") -> bytes:
    return (
        b"From: MAILER-DAEMON@clientsa.fr\r\nSubject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\n\r\nI'm sorry to have to inform you.\r\n--b\r\n" + STATUS % (action, status) + b"--b\r\n"
        b"" + RETURNED + b"--b--\r\n"
    )


def report(raw: bytes, mail_from: str | None = "") -> DeliveryReport | None:
    return parse(raw, mail_from).delivery_report


def test_standard_report_names_recipient_status_and_the_mail_that_came_back() -> None:
    assert report(standard()) == DeliveryReport(
        recipients=("bob@clientsa.fr",), action="failed", status="5.1.1", original_message_id="abc@host.example"
    )


def test_delayed_is_not_failed() -> None:
    found = report(standard(b"delayed", b"4.4.1"))

    assert found is not None
    assert (found.action, found.status) == ("delayed", "4.4.1")


def several(*blocks: tuple[bytes, bytes, bytes]) -> bytes:
    """A standard report on several recipients: each with what befell them, and its status."""
    told = b"".join(b"\r\nFinal-Recipient: rfc822; %s\r\nAction: %s\r\nStatus: %s\r\n" % block for block in blocks)
    return standard().replace(
        b"\r\nFinal-Recipient: rfc822; bob@clientsa.fr\r\nAction: failed\r\nStatus: 5.1.1\r\n", told
    )


ALICE, BOB, EVE = b"alice@clientsa.fr", b"bob@clientsa.fr", b"eve@clientsa.fr"


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        (
            [(ALICE, b"delivered", b"2.0.0"), (BOB, b"failed", b"5.1.1")],
            (("bob@clientsa.fr",), "failed", "5.1.1"),
        ),
        (
            [(BOB, b"failed", b"5.2.2"), (ALICE, b"delayed", b"4.4.1"), (EVE, b"failed", b"5.1.1")],
            (("bob@clientsa.fr", "eve@clientsa.fr"), "failed", "5.2.2"),
        ),
        (
            [(ALICE, b"relayed", b"2.0.0"), (BOB, b"delayed", b"4.4.1")],
            (("bob@clientsa.fr",), "delayed", "4.4.1"),
        ),
        ([(ALICE, b"delivered", b"2.0.0")], (("alice@clientsa.fr",), "delivered", "2.0.0")),
    ],
)
def test_report_on_several_names_those_whom_the_worst_befell(
    blocks: list[tuple[bytes, bytes, bytes]], expected: tuple[tuple[str, ...], str, str]
) -> None:
    found = report(several(*blocks))

    assert found is not None
    assert (found.recipients, found.action, found.status) == expected


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (
            b"failure notice",
            b"Hi. This is the qmail-send program at mx.example.\r\nI was not able to deliver your message to"
            b" the following addresses.\r\nThis is a permanent error; I have given up. Sorry.\r\n\r\n"
            b"<bob@clientsa.fr>:\r\nSorry, no mailbox here by that name. [5.1.1]\r\n\r\n"
            b"--- Below this line is a copy of the message.\r\n\r\nReturn-Path: <other@host.example>\r\n",
        ),
        (
            b"Mail delivery failed: returning message to sender",
            b"This message was created automatically by mail delivery software.\r\n\r\nA message that you sent could"
            b" not be delivered to one or more of its\r\nrecipients. This is a permanent error. These"
            b" address(es) failed:\r\n\r\n  bob@clientsa.fr\r\n    Unrouteable address\r\n\r\n"
            b"--- This is a copy of the message, including all the headers. ---\r\n\r\nTo: other@host.example\r\n",
        ),
        (
            b"Message non remis",
            b"Votre message n'a pas pu \xc3\xaatre remis \xc3\xa0 <bob@clientsa.fr> : 550 5.1.1 inconnu.\r\n\r\n"
            b"Message-ID: <x@other.example>\r\nFrom: other@host.example\r\n",
        ),
    ],
    ids=["qmail", "exim", "nobody's format, in French"],
)
def test_what_others_write_names_whom_it_could_not_reach_and_nobody_else(subject: bytes, text: bytes) -> None:
    raw = (
        b"From: mailer-daemon@mx.example\r\nSubject: " + subject + b"\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text
    )

    found = report(raw)

    assert found is not None
    assert (found.recipients, found.action) == (("bob@clientsa.fr",), "failed")


def test_standard_report_that_names_nobody_is_completed_by_its_words() -> None:
    words = b"The following addresses had permanent fatal errors\r\n<bob@clientsa.fr>\r\n"
    raw = standard().replace(b"rfc822; bob@clientsa.fr", b"RFC822; @mx.clientsa.fr")

    found = report(raw.replace(b"I'm sorry to have to inform you.", words))

    assert found == DeliveryReport(
        recipients=("bob@clientsa.fr",), action="failed", status="5.1.1", original_message_id="abc@host.example"
    )


def test_report_that_brings_the_mail_back_as_text_names_neither_its_sender_nor_its_id() -> None:
    raw = (
        b"From: mailer-daemon@mail.example\r\nTo: bounces+k@host.example\r\nSubject: Undelivered Mail\r\n\r\n"
        b"A message that you sent could not be delivered.\r\n\r\nbob@clientsa.fr Invalid Address, ERROR_CODE :550\r\n"
        b"\r\n\r\nMessage-ID:<k1.o7@host.example>\r\nFrom:Support <support@host.example>\r\nTo:<bob@clientsa.fr>\r\n"
    )

    found = report(raw)

    assert found is not None
    assert (found.recipients, found.original_message_id) == (("bob@clientsa.fr",), "k1.o7@host.example")


def test_report_that_a_customer_passes_on_is_the_customers_mail() -> None:
    """They ask what it means: nothing of ours came back."""
    raw = (
        b"From: Bob <bob@clientsa.fr>\r\nSubject: Fwd: Undelivered Mail\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="m"\r\n\r\n--m\r\n\r\nWhat does this mean?\r\n--m\r\n'
        b"Content-Type: message/rfc822\r\n\r\n" + standard() + b"--m--\r\n"
    )

    mail = parse(raw, "bob@clientsa.fr")

    assert mail.delivery_report is None
    assert mail.automatic is None
    assert "What does this mean?" in mail.text


@pytest.mark.parametrize("filler", [b"\n", b"<a@b.fr>: \n", b"a ", b"<", b"copy of the ", b"550 5.1.1 "])
def test_hostile_report_is_read_in_time(filler: bytes) -> None:
    raw = b"From: mailer-daemon@x.example\r\nSubject: Undelivered\r\n\r\n" + filler * (200_000 // len(filler))

    with taking_less_than(0.5):
        parse(raw, "")
