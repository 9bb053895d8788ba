"""Statements are read in every version, and what is none is refused in words."""

import zipfile
from contextlib import suppress
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest

from bot.channels.bank.camt import read_statements
from bot.channels.bank.files import read_file
from bot.core.bank import BankEntry, Side
from tests.builders import euros
from tests.channels.bank.paper import IBAN, OURS, batch, entry, statement

BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><Stmt><Id>&x;</Id></Stmt></Document>"""


def entries(*written: str, version: str = "02") -> tuple[BankEntry, ...]:
    (read,) = read_statements(statement(*written, version=version))
    return read.entries


@pytest.mark.parametrize(
    ("version", "party", "status"),
    [
        ("02", "", "<Sts>BOOK</Sts>"),
        ("04", "", "<Sts>BOOK</Sts>"),
        ("06", "", "<Sts>BOOK</Sts>"),
        ("08", "Pty", "<Sts><Cd>BOOK</Cd></Sts>"),
    ],
)
def test_every_version_says_the_same(version: str, party: str, status: str) -> None:
    written = entry("24.00", "facture juin", ref="RF93F201000042", party=party, status=status, end_to_end="E1")

    (read,) = read_statements(statement(written, version=version))

    assert (read.name, read.account, read.day, read.pending) == ("S1", OURS, date(2010, 6, 14), 0)
    assert [replace(one, identity="") for one in read.entries] == [
        BankEntry(
            identity="",
            statement="S1",
            side=Side.CREDIT,
            amount=euros("24.00"),
            booked_on=date(2010, 6, 14),
            name="Client SA",
            iban=IBAN,
            structured=("RF93F201000042",),
            texts=("facture juin",),
            end_to_end="E1",
        )
    ]


def test_entry_is_the_same_in_whichever_statement_it_stands() -> None:
    first, second = entry("24.00", "one"), entry("24.00", "two")

    (alone,) = read_statements(statement(second, name="S2", day="2010-06-15"))

    assert alone.entries[0].identity == entries(first, second)[1].identity


def test_two_payments_alike_are_two() -> None:
    one, other = entries(entry(), entry())

    assert one.identity != other.identity


def test_entry_of_several_payments_is_divided_where_they_add_up() -> None:
    divided = entries(batch("30.00", [("24.00", "F2010-00001"), ("6.00", "F2010-00002")]))
    whole = entries(batch("30.00", [("24.00", "F2010-00001"), ("5.00", "F2010-00002")]))

    assert [(one.amount, one.texts, one.whole) for one in divided] == [
        (euros("24.00"), ("F2010-00001",), True),
        (euros("6.00"), ("F2010-00002",), True),
    ]
    assert [(one.amount, one.whole) for one in whole] == [(euros("30.00"), False)]


@pytest.mark.parametrize("status", ["<Sts>PDNG</Sts>", "<Sts><Cd>PDNG</Cd></Sts>", "<Sts>INFO</Sts>"])
def test_what_is_not_final_is_only_counted(status: str) -> None:
    (read,) = read_statements(statement(entry(status=status)))

    assert (read.entries, read.pending) == ((), 1)


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("-5.00", "negative"),
        ("0", "zero"),
        ("0.00", "zero"),
        ("1e9", "not a number"),
        ("NaN", "not a number"),
        ("Infinity", "not a number"),
        ("12,34", "not a number"),
        ("", "not a number"),
        (".", "not a number"),
        ("12.345", "finer than a cent"),
        ("9" * 18, "beyond all measure"),
        ("9" * 5000, "beyond all measure"),
    ],
)
def test_absurd_amount_is_said_to_be_one(amount: str, said: str) -> None:
    (read,) = entries(entry(amount))

    assert said in read.wrong
    assert not read.amount


@pytest.mark.parametrize(
    ("amount", "read"), [("24", "24.00"), ("24.0", "24.00"), ("24.00000", "24.00"), ("+24", "24.00")]
)
def test_amount_may_be_written_with_more_or_less_digits(amount: str, read: str) -> None:
    assert entries(entry(amount))[0].amount == euros(read)


@pytest.mark.parametrize("currency", ["", "eur", "EURO"])
def test_amount_needs_a_currency(currency: str) -> None:
    assert "currency" in entries(entry(currency=currency))[0].wrong


def test_comment_inside_an_amount_does_not_shorten_it() -> None:
    assert entries(entry("1<!-- -->24.00"))[0].amount == euros("124.00")


def test_reversal_and_return_say_so() -> None:
    reversal = entry(side="DBIT", more="<RvslInd>true</RvslInd>")
    returned = entry(side="DBIT", inner="<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf>")
    coded = entry(
        side="DBIT", more="<BkTxCd><Domn><Fmly><Cd>RCDT</Cd><SubFmlyCd>RRTN</SubFmlyCd></Fmly></Domn></BkTxCd>"
    )

    assert [(one.takes_back, one.reason) for one in entries(reversal, returned, coded, entry(side="DBIT"))] == [
        (True, ""),
        (True, "AM04"),
        (True, "RRTN"),
        (False, ""),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not XML"),
        (b"not XML", "not XML"),
        (b"<a/>", "a is not a statement"),
        (BOMB, "document type"),
        (statement(version="02").replace(b"camt.053", b"camt.054"), "camt.054 is not a statement"),
        (statement().replace(b"Stmt>", b"Rpt>"), "no statement"),
        (statement(day="soon"), "of which day"),
        (statement()[:200], "not XML"),
    ],
)
def test_what_is_no_statement_is_refused_in_words(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_file("file.xml", content)


def test_archive_is_read_in_memory() -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../b.xml", statement(name="B"))
        archive.writestr("a.XML", statement(name="A"))
        archive.writestr("readme.txt", "hello")

    assert [one.name for one in read_file("week.zip", packed.getvalue())] == ["B", "A"]


def test_archive_that_is_a_bomb_is_refused() -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", b" " * 100_000_001)

    with pytest.raises(ValueError, match=r"week.zip: larger"):
        read_file("week.zip", packed.getvalue())


def test_bank_writes_in_any_encoding() -> None:
    written = (
        statement(entry(name="Société Générale"))
        .decode()
        .replace('version="1.0"', 'version="1.0" encoding="iso-8859-1"')
    )

    (read,) = read_statements(written.encode("iso-8859-1"))

    assert read.entries[0].name == "Société Générale"


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damaged_archive_is_refused_in_words_wherever_the_damage_is(method: int) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("june.xml", statement(entry("24.00", "hosting")))
    whole = packed.getvalue()

    for at in range(len(whole)):
        damaged = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        with suppress(ValueError):
            read_file("week.zip", damaged)
