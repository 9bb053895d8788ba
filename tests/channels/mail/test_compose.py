"""Letters become bytes: the same ones each time, and no value opens a header."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.channels.mail.read import Attachment, parse
from bot.channels.mail.send import Letter, build

LETTER = Letter(
    message_id="k1.o7@host.fr",
    sender_name="Hébergeur",
    sender="support@host.fr",
    to="Bob@clientsa.fr",
    envelope_sender="bounce+k1@host.fr",
    reply_to="support+K1@host.fr",
    subject="[INC-42] Votre diagnostic coûte 20,00 € HT, soit 24,00 € TTC : commandez-le quand vous voulez",
    text="Bonjour,\n\nÇa coûte 20,00 € HT.\n.\nFrom here\n" + "mot " * 100 + "\n-- \nHébergeur\n",
    html="<p>Ça coûte 20,00 € HT.</p>",
    in_reply_to="CAF1@mail.clientsa.fr",
    references=("a@host.fr", "CAF1@mail.clientsa.fr"),
    date=datetime(2010, 6, 14, 7, 30, tzinfo=UTC),
)


def test_letter_reads_back_as_it_was_meant() -> None:
    pdf = Attachment(name="D2026-00017 - é.pdf", media_type="application/pdf", content=bytes(range(256)) * 40)

    read = parse(build(replace(LETTER, attachments=(pdf,))))

    assert (read.message_id, read.in_reply_to, read.references) == (
        "k1.o7@host.fr",
        "CAF1@mail.clientsa.fr",
        ("a@host.fr", "CAF1@mail.clientsa.fr"),
    )
    assert read.sender is not None
    assert (str(read.sender), read.sender.name) == ("support@host.fr", "Hébergeur")
    assert [str(address) for address in read.to] == ["bob@clientsa.fr"]
    assert (read.subject, read.date) == (LETTER.subject, LETTER.date)
    assert read.text == LETTER.text
    assert (read.html or "").strip() == LETTER.html
    assert read.attachments == (pdf,)
    assert read.automatic == "auto-submitted"


def test_headers_are_the_ones_others_rely_on() -> None:
    message = email.message_from_bytes(build(replace(LETTER, html=None)), policy=email.policy.default)

    assert dict(message.items()) == {
        "Date": "Mon, 14 Jun 2010 07:30:00 +0000",
        "From": "Hébergeur <support@host.fr>",
        "To": "Bob@clientsa.fr",
        "Reply-To": "support+K1@host.fr",
        "Subject": LETTER.subject,
        "Message-ID": "<k1.o7@host.fr>",
        "In-Reply-To": "<CAF1@mail.clientsa.fr>",
        "References": "<a@host.fr> <CAF1@mail.clientsa.fr>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "X-Comptoir-Loop": "host.fr",
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
    }
    assert not message.defects


def test_what_a_person_wrote_is_not_marked_automatic() -> None:
    assert b"Auto-" not in build(replace(LETTER, automatic=False))


def test_same_letter_gives_the_same_bytes() -> None:
    assert build(LETTER) == build(replace(LETTER))


def test_lines_are_short_seven_bit_and_end_in_crlf() -> None:
    raw = build(replace(LETTER, subject="x" * 300, references=tuple(f"{n}@host.fr" for n in range(300))))

    assert raw.isascii()
    assert raw.replace(b"\r\n", b"").count(b"\n") == raw.replace(b"\r\n", b"").count(b"\r") == 0
    assert max(map(len, raw.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    "hostile",
    ["x\r\nBcc: v@z.fr", "x\nBcc: v@z.fr", "x\r\n\r\nbody", "=?utf-8?q?x=0d=0aBcc:_v@z.fr?=", "x\u2028y\0z"],
)
def test_no_value_opens_a_header(hostile: str) -> None:
    letter = replace(
        LETTER,
        sender_name=hostile,
        subject=hostile,
        in_reply_to=hostile,
        references=(hostile, "a@host.fr\r\nBcc: v@z.fr"),
        attachments=(Attachment(name=hostile, media_type=f"text/plain; {hostile}", content=b"x"),),
    )

    message = email.message_from_bytes(build(letter), policy=email.policy.compat32)

    assert "Bcc" not in {name for part in message.walk() for name in part}
    assert message["References"] is None


HOSTILE = "v@z.fr\r\nBcc: w@z.fr"


@pytest.mark.parametrize(
    "letter",
    [
        replace(LETTER, to=HOSTILE),
        replace(LETTER, sender=HOSTILE),
        replace(LETTER, reply_to=HOSTILE),
        replace(LETTER, message_id=HOSTILE),
    ],
)
def test_malformed_address_is_refused(letter: Letter) -> None:
    with pytest.raises(ValueError, match="not a"):
        build(letter)


def test_text_that_looks_like_a_boundary_stays_text() -> None:
    boundary = build(LETTER).partition(b'boundary="')[2].partition(b'"')[0].decode()

    said = replace(LETTER, text=f"--{boundary}--\n\nend", html=f"<p>--{boundary}--</p><p>end</p>")
    read = parse(build(said))

    assert read.text == f"--{boundary}--\n\nend\n"
