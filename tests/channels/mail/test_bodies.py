"""What there is to read in a mail, however its parts, encodings and charsets were put together; nothing is lost."""

import random
from email.message import EmailMessage
from pathlib import Path

import pytest

from bot.channels.mail.read import parse
from bot.channels.mail.strip import strip
from tests.timing import taking_less_than

SAMPLES = Path(__file__).parents[4] / "shared" / "mail-samples"
PIXEL = "Content-Type: image/png; name=photo.png\nContent-Disposition: inline; filename=photo.png\n\nx"


def a_part(kind: str, body: str, *headers: str) -> str:
    return "\n".join([f"Content-Type: {kind}", *headers, "", body])


def a_mail(kind: str, *parts: str, boundary: str = "b") -> bytes:
    inside = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f"From: bob@x.fr\nContent-Type: {kind}; boundary={boundary}\n\n{inside}--{boundary}--\n".encode()


def within(kind: str, *parts: str, boundary: str = "inner") -> str:
    inside = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f"Content-Type: {kind}; boundary={boundary}\n\n{inside}--{boundary}--\n"


PLAIN, MARKUP = a_part("text/plain", "Bonjour Loïc"), a_part("text/html; charset=utf-8", "<p>Bonjour <b>Loïc</b></p>")
SHORT = a_part("text/html", "<p>Le site est mort.</p>")
BOTH = within("multipart/alternative", PLAIN, MARKUP)
STUB = a_part("text/plain", "This message is in HTML. Please use a mail program that shows it.")
CLEAR = """-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

Bonjour
- -- 
Loïc
-----BEGIN PGP SIGNATURE-----

iQEz
-----END PGP SIGNATURE-----
"""  # noqa: W291 - the mark of a signature ends in a space
LETTER = a_part(
    "text/html",
    "<p>Le site est en panne depuis hier matin, et rien n'y fait de ce qui nous est venu à l'idée.</p>" * 2,
)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (a_mail("multipart/alternative", PLAIN, MARKUP), "Bonjour Loïc"),
        (a_mail("multipart/alternative", a_part("text/plain", " \n"), MARKUP), "Bonjour Loïc"),
        (a_mail("multipart/alternative", STUB, LETTER), parse(LETTER.encode()).text),
        (a_mail("multipart/alternative", STUB, SHORT), "Le site est mort.\n\n" + parse(STUB.encode()).text),
        (a_mail("multipart/alternative", a_part("text/plain", "OK!"), a_part("text/html", "<p>OK !</p>")), "OK!"),
        (a_mail("multipart/mixed", PLAIN, PIXEL, a_part("text/plain", "et ceci")), "Bonjour Loïc\net ceci"),
        (a_mail("multipart/mixed", MARKUP, PIXEL, a_part("text/html", "<p>et ceci</p>")), "Bonjour Loïc\net ceci"),
        (a_mail("multipart/mixed", PLAIN, PIXEL, a_part("text/html", "<p>et ceci</p>")), "Bonjour Loïc\net ceci"),
        (a_mail("multipart/mixed", PLAIN, MARKUP), "Bonjour Loïc"),
        (a_mail("multipart/mixed", BOTH, a_part("text/html", "<i>Mail vérifié</i>")), "Bonjour Loïc\nMail vérifié"),
        (a_mail("multipart/mixed", BOTH, a_part("text/plain", "Message vérifié")), "Bonjour Loïc\nMessage vérifié"),
        (a_mail("multipart/alternative", PLAIN, within("multipart/related", MARKUP, PIXEL)), "Bonjour Loïc"),
        (a_mail("multipart/mixed", a_part("text", "Bonjour")), "Bonjour"),
        (a_part("text/plain; name=message.txt", "Bonjour").encode(), "Bonjour"),
        (a_part("text/markdown", "**Bonjour**").encode(), "**Bonjour**"),
        (a_part("plain/text", "Bonjour").encode(), "Bonjour"),
        (a_part("text/plain", CLEAR).encode(), "Bonjour\n-- \nLoïc"),
        (a_part("text/enriched", "<bold>Bon</bold>jour\nLoïc\n\n<<3").encode(), "Bonjour Loïc\n<3"),
        (a_mail("multipart/alternative", PLAIN, a_part("text/enriched", "<bold>Bonjour</bold>")), "Bonjour Loïc"),
        (b"Content-Type: multipart/mixed; boundary=b\n\nBonjour\n--b--\n", "Bonjour"),
        (a_mail("multipart/mixed", within("multipart/mixed", boundary="b--"), boundary="b") + b"Bonjour", "Bonjour"),
        (b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nBonjour", "Bonjour"),
        (b"Content-Type: multipart/mixed; boundary=b\n\nBonjour", "Bonjour"),
    ],
)  # fmt: skip
def test_every_text_is_read_once_and_in_order(raw: bytes, text: str) -> None:
    assert parse(raw).text.strip() == text


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("quoted-printable   ", "caf=C3=A9"),
        ("Quoted-Printable (as usual)", "caf=C3=A9"),
        ('"base64"', "Y2Fmw6k="),
        ("base64;", "Y2Fm\n\nw6k"),
        ("8bit; x=y", "café"),
        ("quoted-printable", "ca=\nf=C3=\n=A9"),
        ("quoted-printable", "ca=\r\nf=c3=a9="),
        ("x-unknown", "café"),
        ("", "café"),
    ],
)
def test_encoding_in_any_spelling_is_undone(encoding: str, body: str) -> None:
    raw = f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n{body}".encode()

    assert parse(raw).text.strip() == "café"


@pytest.mark.parametrize(
    ("charset", "content", "text"),
    [
        ("iso-2022-jp", "テスト①".encode("iso2022_jp_2", "replace").replace(b"?", b"\x1b$B-!\x1b(B"), "テスト"),
        ("gb2312", "镕基".encode("gb18030"), "镕基"),
        ("koi8-r", "Привет".encode("koi8-r"), "Привет"),
        ("euc-kr", "똠방각하".encode("cp949"), "똠방각하"),
        ("utf-8", "été".encode("utf-16"), "été"),
        ("utf-16be", "été".encode("utf-16be"), "été"),
        ("iso-8859-8-i", "שלום".encode("iso-8859-8"), "שלום"),
        ("iso-8859-9", "İş".encode("cp1254"), "İş"),
        ("macintosh", "été".encode("mac_roman"), "été"),
        ("iso-8859-15", "10 € d’œufs".encode("cp1252"), "10 € d’œufs"),
        ("iso-8859-15", "10 € d'œufs".encode("iso-8859-15"), "10 € d'œufs"),
        ("iso-8859-2", "žlutý – kůň".encode("cp1250"), "žlutý – kůň"),
        ("iso-8859-2", "É".encode(), "É"),
    ],
)
def test_charset_is_read_as_its_senders_mean_it(charset: str, content: bytes, text: str) -> None:
    read = parse(
        f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n".encode() + content
    )

    assert read.text.startswith(text)


GLUED = "R3JhY2ggw6AgTG/Dr2MsCg==\nw6Fib25uw6kuCg=="
FOOTER = "____\nListe clients, à x.fr\nPour partir : x"
FOLDED = "Y2FmZSBj" * 20 + "!\n " + "Y2FmZSBj" * 9


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(GLUED, "Grach à Loïc,\nábonné.", id="pieces"),
        pytest.param(f"{GLUED}\n{FOOTER}", f"Grach à Loïc,\nábonné.\n\n{FOOTER}", id="footer"),
        pytest.param("Bonjour,\nà voir.", "Bonjour,\nà voir.", id="only said to be"),
        pytest.param("Le site est en panne", "Le site est en panne", id="words alone"),
        pytest.param("Bonjour\nle site, à voir", "Bonjour\nle site, à voir", id="words that look like it"),
        pytest.param(FOLDED, "cafe c" * 29, id="folded with a mark"),
        pytest.param("Y2Fmw6kgZXQgdGjDq", "café et th\N{REPLACEMENT CHARACTER}", id="odd end"),
        pytest.param("Y2Fmw6k", "café", id="no padding"),
        pytest.param("", "", id="empty"),
    ],
)
def test_text_in_base64_is_read_however_it_was_put_together(body: str, text: str) -> None:
    fields = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64"

    assert parse(f"{fields}\n\n{body}".encode()).text.strip() == text


def test_file_whose_delimiter_is_spelled_wrong_ends_at_its_padding() -> None:
    file = a_part("application/pdf; name=a.pdf", "JVBERi0=", "Content-Transfer-Encoding: base64")
    raw = a_mail("multipart/mixed", PLAIN, file).removesuffix(b"--\n") + b"-->\nBonjour"

    assert [one.content for one in parse(raw).attachments] == [b"%PDF-"]


UNSPLIT = b"Content-Type: multipart/mixed; boundary=b\n\nBonjour"


RUN_IN = "Content-Type: text/plain\nNom: Loïc\nBonjour"
FALSE = a_part("text/plain", "Oui !", "Content-Transfer-Encoding: base64")


@pytest.mark.parametrize(
    ("raw", "text", "kept"),
    [
        pytest.param(UNSPLIT, "Bonjour", UNSPLIT, id="not split"),
        pytest.param(a_mail("multipart/mixed", UNSPLIT.decode()), "Bonjour", UNSPLIT, id="not split within"),
        pytest.param(
            a_mail("multipart/mixed", RUN_IN),
            "Bonjour",
            RUN_IN.replace("\nBon", "\n\nBon").encode(),
            id="fields run into words",
        ),
        pytest.param(
            a_mail("multipart/mixed", PLAIN).removesuffix(b"\n--b--\n"), "Bonjour Loïc", PLAIN.encode(), id="cut off"
        ),
        pytest.param(a_mail("multipart/mixed", FALSE), "Oui !", FALSE.encode(), id="not in base64"),
    ],
)
def test_what_had_to_be_guessed_at_is_also_a_file_as_it_came(raw: bytes, text: str, kept: bytes) -> None:
    read = parse(raw)

    assert read.text.strip() == text
    assert [(one.name, one.content.strip()) for one in read.attachments] == [("attachment.txt", kept)]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param(
            a_mail("multipart/mixed", PLAIN).removesuffix(b"--\n") + b"\n", "Bonjour Loïc", id="never closed"
        ),
        pytest.param(
            a_mail("multipart/mixed", PLAIN).replace(b"\n--b--", b"--b--"),
            "Bonjour Loïc",
            id="its delimiter glued on",
        ),
        pytest.param(
            a_mail("multipart/mixed", within("multipart/alternative", PLAIN).removesuffix("--inner--\n")),
            "Bonjour Loïc",
            id="ended from without",
        ),
        pytest.param(UNSPLIT.removesuffix(b"Bonjour"), "", id="empty"),
    ],
)
def test_what_is_whole_is_no_file_beside_itself(raw: bytes, text: str) -> None:
    read = parse(raw)

    assert (read.text.strip(), read.attachments) == (text, ())


@pytest.mark.parametrize(
    "field",
    [
        "multipart/mixed boundary=b",
        "multipart/mixed\n\tboundary=b",
        'multipart/mixed; charset="utf-8" boundary="b"',
        "multipart/mixed;\nboundary=b",
        "multipart/mixed; type=text/html;\nBoundary=b\nMIME-Version: 1.0",
    ],
)
def test_parameters_are_found_without_their_semicolon_or_indent(field: str) -> None:
    file = "Content-Type: application/pdf name=facture.pdf\nContent-Disposition: attachment\n\n%PDF"
    raw = f"From: bob@x.fr\nContent-Type: {field}\n\n--b\n{PLAIN}\n--b\n{file}\n--b--\n".encode()

    read = parse(raw)

    assert read.text == "Bonjour Loïc"
    assert [(one.name, one.media_type) for one in read.attachments] == [("facture.pdf", "application/pdf")]


@pytest.mark.parametrize("field", ["multipart/mixed", "multipart/mixed; boundary=X", "multipart/mixed; boundary='x'"])
def test_parts_are_told_apart_by_the_delimiter_that_is_there(field: str) -> None:
    file = a_part("application/pdf", "%PDF", "Content-Disposition: attachment; filename=facture.pdf")
    raw = f"From: bob@x.fr\nContent-Type: {field}\n\n--x\n{PLAIN}\n--x\n{file}\n--x--\n".encode()

    read = parse(raw)

    assert read.text == "Bonjour Loïc"
    assert [one.name for one in read.attachments] == ["attachment.txt", "facture.pdf"]
    assert read.attachments[0].content == raw


def test_html_that_alone_names_its_charset_is_read_by_it() -> None:
    head = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=koi8-r"></head>'

    assert parse(b"Content-Type: text/html\n\n" + f"{head}<p>Привет</p>".encode("koi8-r")).text == "Привет"


def test_flowed_lines_of_a_language_without_spaces_are_joined_without_any() -> None:
    assert parse("Content-Type: text/plain; format=flowed; delsp=yes\n\nテス \nト".encode()).text == "テスト"


ENCODED = b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
NESTED = b"".join(b"--x%d\nContent-Type: multipart/mixed\n\n" % number for number in range(38))
HOSTILE = {
    "padding alone": ENCODED + b"=" * 1_000_000,
    "padding apart": ENCODED + b"=!" * 500_000,
    "padding between letters": ENCODED + b"=a" * 500_000,
    "quotes without an end": b"Content-Type: text/plain; name=" + b'\\"' * 4000 + b"\n\nx",
    "delimiters within delimiters": b"Content-Type: multipart/mixed\n\n" + NESTED + b"x\n" * 100_000,
    "delimiters of spaces": b"Content-Type: multipart/mixed\n\n" + (b"--" + b" " * 200_000 + b"\n") * 10,
    "a delimiter that cannot be written": b"Content-Type: multipart/mixed\n\n--\xe9\nContent-Type: text/plain\n\nx",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_broken_on_purpose_is_read_in_time_that_grows_with_it(name: str) -> None:
    with taking_less_than(5):
        assert parse(HOSTILE[name]).unreadable is None


def test_huge_picture_within_html_costs_no_time_and_no_words() -> None:
    picture = f'<img src="data:image/png;base64,{"QUJD" * 1_000_000}">'
    raw = f"Content-Type: text/html\n\n<p>Avant</p>{picture}<p>Après</p>".encode()

    with taking_less_than(0.5):
        assert parse(raw).text.startswith("Avant")


def test_mails_broken_at_random_neither_raise_nor_take_long_nor_lose_all_words() -> None:
    """Grown from mails of many shapes, and from the samples where they lie beside the checkout."""
    chance = random.Random(20100614)
    grown = [path.read_bytes() for path in sorted(SAMPLES.rglob("*.eml")) if path.stat().st_size < 20_000]
    seeds = [a_mail("multipart/mixed", BOTH, PIXEL, a_part("text/calendar", "BEGIN:VEVENT")), _written(), *grown]
    for _ in range(400):
        raw = _broken(chance.choice(seeds), chance)
        with taking_less_than(0.5):
            read = parse(raw)
            stripped = strip(read.text, read.html)
        assert not (read.unreadable or "").startswith("the mail could not be read")
        assert bool(stripped.reply) == bool(read.text.strip())


def _written() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "René <rene@x.fr>", "Panne à réparer"
    mail.set_content("Bonjour,\n\nLe 14/06/2010 09:30, S a écrit :\n> ça marche ?\n\nNon.")
    mail.add_alternative("<p>Bonjour</p><blockquote type=cite>ça marche ?</blockquote><p>Non.</p>", subtype="html")
    mail.add_attachment(b"\x78\x9f\x3e\x22" * 20, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    return mail.as_bytes()


PIECES = [
    *(b"\n\n", b"\n--", b"=", b";", b'"', b"\0", b"\xff\xfe", b"=?utf-8?b?", b"?=", b"\x1b$B", b"&#xD800;", b"<!--"),
    *(b"<blockquote type=cite>", b"<table><td>", b"name*0*=", b"filename*=utf-8''%", b"charset=utf-16", b"text/html"),
    *(b"Content-Type: multipart/mixed; boundary=a\n\n--a\n", b"Content-Type: message/delivery-status\n\n"),
    *(b"Content-Transfer-Encoding: base64\n", b"Content-Type: application/pkcs7-mime\n\n"),
]


def _broken(raw: bytes, chance: random.Random) -> bytes:
    """The same with a few pieces cut out, repeated or put in."""
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(raw) + 1)
        piece = raw[at : at + chance.randint(1, 200)]
        put = chance.choice([b"", piece * chance.choice((2, 50)), chance.choice(PIECES) * chance.choice((1, 30))])
        raw = raw[:at] + put + raw[at + (0 if put else len(piece)) :]
    return raw
