"""A certificate that is renewed while the desk runs, as a client sees it."""

import ssl
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.channels.mail.certificate import Certificate
from tests.channels.mail.door import MAIL, Box, Client, a_door
from tests.channels.mail.keys import LOCALHOST, RENEWED


def trusting(*certificates: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata="".join(each[each.index("-----BEGIN CERT") :] for each in certificates))


async def encrypted(client: Client) -> bytes:
    """The certificate that this session is encrypted with."""
    await client.ask(b"STARTTLS\r\n")
    await client.writer.start_tls(trusting(LOCALHOST, RENEWED), server_hostname="localhost")
    await client.ask(b"EHLO client.example\r\n")
    shown: bytes = client.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return shown


def der(pem: str) -> bytes:
    return ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN CERT") :])


async def test_renewed_certificate_is_the_next_sessions(tmp_path: Path) -> None:
    file = tmp_path / "localhost.pem"
    file.write_text(LOCALHOST)
    async with a_door(Box(), tls=Certificate(file).context) as (_, connect):
        early, before = await connect(), await encrypted(await connect())

        file.write_text(RENEWED)
        after = await encrypted(await connect())
        of_the_early_one = await encrypted(early)
        still_taken = await early.hand_in(MAIL)

    assert (before, after, of_the_early_one) == (der(LOCALHOST), der(RENEWED), der(LOCALHOST))
    assert still_taken == "250 2.0.0 Kept"


async def test_half_a_renewal_changes_nothing_until_it_is_whole(tmp_path: Path) -> None:
    file, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    for part in (file, key):
        part.write_text(LOCALHOST)
    async with a_door(Box(), tls=Certificate(file, key).context) as (_, connect):
        file.write_text(RENEWED)
        with capture_logs() as records:
            halfway = [await encrypted(await connect()) for _ in range(3)]
        file.unlink()
        without = await encrypted(await connect())
        key.write_text(RENEWED)
        file.write_text(RENEWED)
        whole = await encrypted(await connect())

    assert [*halfway, without, whole] == [der(LOCALHOST)] * 4 + [der(RENEWED)]
    assert [record["event"] for record in records] == ["certificate_not_read"]


def test_certificate_that_cannot_be_used_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        Certificate(tmp_path / "nowhere.pem")
    (tmp_path / "empty.pem").touch()
    with pytest.raises(ssl.SSLError):
        Certificate(tmp_path / "empty.pem")
