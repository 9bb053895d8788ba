"""Sending, against a relay on a real socket: what each of its moods means for the mail."""

import asyncio
import base64
import hashlib
import ssl
import time
from pathlib import Path

import dkim  # type: ignore[import-untyped]  # ships no types
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.channels.mail.receive import serve
from bot.channels.mail.reception import Arrival, Reception
from bot.channels.mail.send import Accepted, Deferred, Refused, Relay, Unknown, build, load_signer
from bot.channels.mail.sign import sign
from tests.channels.mail.keys import EDWARDS, LOCALHOST, STRONG, Key
from tests.channels.mail.test_compose import LETTER
from tests.relay import Sink, Taken, a_relay

RAW = build(LETTER)
ACCEPTED = Accepted("250 2.0.0 Ok: queued", sha256=hashlib.sha256(RAW).hexdigest())


async def send(relay: Relay, to: str = "bob@clientsa.fr", raw: bytes = RAW) -> object:
    return await relay.send("bounce+k1@host.fr", to, raw)


async def test_mail_is_taken_with_its_envelope() -> None:
    async with a_relay() as sink:
        relay = Relay(sink.url)

        outcome = await send(relay)

        await relay.close()
    assert outcome == ACCEPTED
    assert sink.mails == [Taken("bounce+k1@host.fr", ("bob@clientsa.fr",), RAW)]


async def test_connections_are_kept_and_bounded() -> None:
    async with a_relay() as sink:
        relay = Relay(sink.url, connections=3)

        outcomes = await asyncio.gather(*(send(relay) for _ in range(30)))

        await relay.close()
    assert {type(outcome) for outcome in outcomes} == {Accepted}
    assert (len(sink.mails), sink.connections) == (30, 2)


async def test_domain_whose_server_hangs_leaves_a_connection_to_the_others() -> None:
    async with a_relay() as sink:
        sink.at_recipient["bob@clientsa.fr"] = "hang"
        relay = Relay(sink.url, connections=2, timeout=60)
        hanging = [asyncio.create_task(send(relay)) for _ in range(5)]
        await asyncio.sleep(0.1)

        outcome = await asyncio.wait_for(relay.send("bounce+k1@host.fr", "jane@customer.co.uk", RAW), 30)

        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
        await relay.close()
    assert outcome == ACCEPTED


async def test_connection_that_died_is_replaced_at_once() -> None:
    async with a_relay() as sink:
        relay = Relay(sink.url)
        await send(relay)

        sink.cut()
        outcomes = [await send(relay), await send(relay)]

        await relay.close()
    assert outcomes == [ACCEPTED] * 2
    assert (len(sink.mails), sink.connections) == (3, 2)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("451 4.7.1 Greylisted", Deferred(451, "4.7.1 Greylisted")),
        ("550 5.1.1 No such user", Refused(550, "5.1.1 No such user", gone=True)),
        ("552 5.2.2 Mailbox full", Refused(552, "5.2.2 Mailbox full")),
        ("550 5.7.1 Relaying denied", Refused(550, "5.7.1 Relaying denied")),
        ("550 Relay not permitted", Refused(550, "Relay not permitted")),
        ("550 Unrouteable address", Refused(550, "Unrouteable address", gone=True)),
        ("530 5.7.0 Authenticate first", Deferred(530, "5.7.0 Authenticate first")),
    ],
)
async def test_refused_recipient_costs_nobody_else(answer: str, outcome: object) -> None:
    async with a_relay() as sink:
        sink.at_recipient["eve@clientsa.fr"] = answer
        relay = Relay(sink.url)

        outcomes = [await send(relay, "eve@clientsa.fr"), await send(relay)]

        await relay.close()
    assert outcomes == [outcome, ACCEPTED]
    assert (len(sink.mails), sink.connections) == (1, 1)


async def test_refusal_of_the_text_is_told_apart() -> None:
    async with a_relay() as sink:
        relay = Relay(sink.url)

        sink.at_text = "452 4.3.1 Full"
        later = await send(relay)
        sink.at_text = "554 5.6.0 Content rejected"
        never = await send(relay)

        await relay.close()
    assert (later, never) == (Deferred(452, "4.3.1 Full"), Refused(554, "5.6.0 Content rejected"))
    assert sink.mails == []


async def test_refused_sender_is_told() -> None:
    async with a_relay() as sink:
        sink.at_mail = "553 5.1.8 Sender refused"
        relay = Relay(sink.url)

        assert await send(relay) == Refused(553, "5.1.8 Sender refused")

        await relay.close()


async def test_connection_lost_after_the_text_is_unknown() -> None:
    async with a_relay() as sink:
        sink.after_text = "drop"
        relay = Relay(sink.url)

        lost = await send(relay)
        sink.after_text = "answer"
        again = await send(relay)

        await relay.close()
    assert isinstance(lost, Unknown)
    assert again == ACCEPTED
    assert [mail.raw for mail in sink.mails] == [RAW, RAW]


@pytest.mark.parametrize("answer", ["Welcome", "354 Go ahead", "\x80\x81", "250 " + 100_000 * "k"])
async def test_what_is_no_answer_to_a_text_leaves_it_unknown(answer: str) -> None:
    async with a_relay() as sink:
        relay = Relay(sink.url)
        sink.at_text = answer

        unknown = await send(relay)

        sink.at_text = "250 2.0.0 Ok: queued"
        again = await send(relay)
        await relay.close()
    assert isinstance(unknown, Unknown)
    assert (again, sink.connections) == (ACCEPTED, 2)


async def test_what_is_no_refusal_refuses_nobody_for_good() -> None:
    async with a_relay() as sink:
        sink.at_recipient["bob@clientsa.fr"] = "600 Lost"
        relay = Relay(sink.url)

        outcome = await send(relay)

        await relay.close()
    assert outcome == Deferred(600, "Lost")


async def test_relay_that_hangs_is_left_in_time() -> None:
    async with a_relay() as sink:
        sink.after_text = "hang"
        relay = Relay(sink.url, timeout=0.2)
        began = time.monotonic()

        outcome = await send(relay)

        await relay.close()
    assert isinstance(outcome, Unknown)
    assert time.monotonic() - began < 30


async def test_relay_that_is_not_there_is_for_later() -> None:
    async with a_relay() as sink:
        url = sink.url
    relay = Relay(url)

    outcome = await send(relay)

    assert isinstance(outcome, Deferred)
    assert outcome.code == 0


async def test_something_else_than_a_relay_is_for_later() -> None:
    async def greets(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"554 5.3.2 Not today\r\n")
        writer.close()

    server = await asyncio.start_server(greets, "127.0.0.1", 0)
    relay = Relay(f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}")

    outcome = await send(relay)

    assert isinstance(outcome, Deferred)
    server.close()


async def test_what_is_no_address_is_refused_here() -> None:
    relay = Relay("smtp://127.0.0.1:1")

    assert await send(relay, "v@z.fr>\r\nRCPT TO:<w@z.fr") == Refused(
        553, "5.1.3 the recipient is not a mail address", gone=True
    )


async def test_relay_without_international_addresses_refuses_them() -> None:
    async def speaks_ascii(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 relay\r\n")
        while await reader.readline():
            writer.write(b"250 ok\r\n")

    server = await asyncio.start_server(speaks_ascii, "127.0.0.1", 0)
    relay = Relay(f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}")

    outcome = await send(relay, "rené@clientsa.fr")

    assert outcome == Refused(553, "5.6.7 the relay takes no international addresses")
    await relay.close()
    server.close()


async def test_encryption_that_is_required_is_used_or_nothing_is_sent(tmp_path: Path) -> None:
    (tmp_path / "localhost.pem").write_text(LOCALHOST)
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(tmp_path / "localhost.pem")
    theirs = ssl.create_default_context(cadata=LOCALHOST[LOCALHOST.index("-----BEGIN CERT") :])
    kept: list[Arrival] = []

    async def keep(arrival: Arrival) -> None:
        kept.append(arrival)

    reception = Reception(domain="relay.example", accepts=lambda _: True, keep=keep, tls=lambda: ours)
    listener = await serve("127.0.0.1", 0, reception)
    secure = Relay(f"smtp://localhost:{listener.port}?starttls=required", tls=theirs)
    async with a_relay() as sink:
        plain = Relay(f"{sink.url}?starttls=required", tls=theirs)

        outcomes = [await send(secure), await send(plain)]

        await plain.close()
    await secure.close()
    listener.close()
    await listener.wait_closed()
    assert isinstance(outcomes[0], Accepted)
    assert isinstance(outcomes[1], Deferred)
    assert ([arrival.raw for arrival in kept], sink.mails) == ([RAW], [])


class Insists:
    """A relay that takes mail over TLS alone, with a certificate that only we know."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self.mails: list[bytes] = []

    def session(self) -> SMTP:
        loop = asyncio.get_running_loop()
        return SMTP(self, hostname="relay.example", tls_context=self._tls, require_starttls=True, loop=loop)

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert session.ssl
        self.mails.append(envelope.original_content or b"")
        return "250 Ok"


@pytest.mark.parametrize(
    ("query", "trusted", "taken"),
    [
        ("", False, True),  # whoever it is: better than in the clear
        ("?starttls=required", True, True),
        ("?starttls=required", False, False),
        ("?starttls=never", True, False),
    ],
)
async def test_certificate_is_verified_where_encryption_is_required(
    tmp_path: Path, query: str, *, trusted: bool, taken: bool
) -> None:
    (tmp_path / "localhost.pem").write_text(LOCALHOST)
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(tmp_path / "localhost.pem")
    theirs = ssl.create_default_context(cadata=LOCALHOST[LOCALHOST.index("-----BEGIN CERT") :])
    insists = Insists(ours)
    server = await asyncio.get_running_loop().create_server(insists.session, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    relay = Relay(f"smtp://localhost:{port}{query}", tls=theirs if trusted else None)

    outcome = await send(relay)

    await relay.close()
    server.close()
    assert isinstance(outcome, Accepted if taken else Deferred)
    assert insists.mails == ([RAW] if taken else [])


@pytest.mark.parametrize("trusted", [True, False])
async def test_encryption_from_the_first_byte_is_verified_too(tmp_path: Path, *, trusted: bool) -> None:
    (tmp_path / "localhost.pem").write_text(LOCALHOST)
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(tmp_path / "localhost.pem")
    theirs = ssl.create_default_context(cadata=LOCALHOST[LOCALHOST.index("-----BEGIN CERT") :])
    sink = Sink()
    server = await asyncio.get_running_loop().create_server(sink.session, "127.0.0.1", 0, ssl=ours)
    port = server.sockets[0].getsockname()[1]
    relay = Relay(f"smtps://localhost:{port}", tls=theirs if trusted else None)

    outcome = await send(relay)

    await relay.close()
    server.close()
    assert isinstance(outcome, Accepted if trusted else Deferred)
    assert len(sink.mails) == trusted


async def test_signature_verifies(tmp_path: Path) -> None:
    key_file = tmp_path / "dkim.pem"
    key_file.write_bytes(STRONG.private)

    def record(_name: bytes, timeout: int) -> str:
        return STRONG.record

    async with a_relay() as sink:
        relay = Relay(sink.url, signers=[load_signer(key_file, "host.fr", "s1")])

        await send(relay)

        await relay.close()
    raw = sink.mails[0].raw
    assert raw.endswith(RAW)
    assert dkim.verify(raw, dnsfunc=record)
    assert not dkim.verify(raw.replace(b"INC", b"INK").replace(b"Bob@", b"Eve@"), dnsfunc=record)


PKCS8 = bytes.fromhex("302e020100300506032b657004220420")


def as_openssl_writes(key: Key) -> bytes:
    """`openssl genpkey -algorithm ed25519`"""
    armoured = base64.b64encode(PKCS8 + base64.b64decode(key.private))
    return b"-----BEGIN PRIVATE KEY-----\n" + armoured + b"\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    "written", [as_openssl_writes(EDWARDS), EDWARDS.private + b"\n"], ids=["openssl", "dknewkey"]
)
async def test_both_kinds_of_signature_stand_beside_each_other(tmp_path: Path, written: bytes) -> None:
    """Each verifies by itself, signs each header once more than it occurs, and is the same the next time."""
    (tmp_path / "rsa.pem").write_bytes(STRONG.private)
    (tmp_path / "ed.pem").write_bytes(written)
    records = {b"s1._domainkey.host.fr.": STRONG.record, b"ed._domainkey.host.fr.": EDWARDS.record}

    def record(name: bytes, timeout: int) -> str:
        return records[name]

    signers = [load_signer(tmp_path / f"{kind}.pem", "host.fr", name) for kind, name in (("rsa", "s1"), ("ed", "ed"))]
    raw = sign(RAW, signers)

    assert [dkim.DKIM(raw).verify(idx=index, dnsfunc=record) for index in (0, 1)] == [True, True]
    twice = raw.replace(b"From: ", b"From: eve@evil.example\r\nFrom: ", 1)
    assert [dkim.DKIM(twice).verify(idx=index, dnsfunc=record) for index in (0, 1)] == [False, False]
    assert sign(RAW, signers) == raw


def test_key_without_its_selector_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dkim.pem").write_bytes(STRONG.private)

    with pytest.raises(ValueError, match="selector"):
        load_signer(tmp_path / "dkim.pem", "host.fr", "")


def test_key_that_cannot_sign_is_refused_when_it_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "dkim.pem").write_text("nonsense")

    with pytest.raises(ValueError, match="no usable DKIM key"):
        load_signer(tmp_path / "dkim.pem", "host.fr", "s1")


@pytest.mark.parametrize(
    "url",
    [
        "http://relay",
        "smtp://",
        "smtp://relay?tls=yes",
        "smtp://relay?starttls=maybe",
        "relay:25",
        "smtp://user:secret@relay.example?starttls=never",
    ],
)
async def test_url_that_is_no_relay_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"smtp://|starttls"):
        Relay(url)
