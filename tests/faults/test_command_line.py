"""The processes as operators start and stop them: exit codes, one line, ten seconds."""

import asyncio
from pathlib import Path

import aiosmtplib

from tests.channels.bank.paper import entry, statement
from tests.faults.program import a_program, comptoir, ended
from tests.relay import Sink, a_relay
from tests.stories.people import BOB
from tests.stories.town import SUPPORT

MAIL = f"From: {BOB}\r\nSubject: Panne\r\nMessage-ID: <1.{BOB}>\r\n\r\nRien ne marche.\r\n".encode()


async def test_it_stops_at_sigterm_with_0_even_while_the_relay_hangs(tmp_path: Path, sqlite_url: str) -> None:
    async with a_relay() as relay, a_program(tmp_path, sqlite_url, relay) as desk:
        relay.after_text = "hang"
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=desk.mail_port, start_tls=False) as client:
            await client.sendmail(BOB, [SUPPORT], MAIL)
        await relay.wait_for(1)

        assert await desk.stop() == 0

        relay.after_text = "answer"
        async with a_program(tmp_path, sqlite_url, relay):
            mails = await relay.wait_for(2)
    assert mails[0].raw == mails[1].raw


async def test_each_process_starts_and_stops_alone(tmp_path: Path, sqlite_url: str) -> None:
    async def start_and_stop(part: str, relay: Sink) -> int | None:
        async with a_program(tmp_path, sqlite_url, relay, part) as desk:
            return await desk.stop()

    parts = ("web", "mail", "worker", "clock")
    async with a_relay() as relay:
        assert await asyncio.gather(*(start_and_stop(part, relay) for part in parts)) == [0] * len(parts)


Case = tuple[tuple[str, ...], dict[str, str], str]
NO_TABLES = {"DATABASE_URL": "sqlite:///empty.db"}
REFUSED: tuple[Case, ...] = (
    (("bot", "all"), {"DATABASE_URL": "mysql://x"}, "neither sqlite nor postgresql"),
    (("bot", "all"), NO_TABLES, "upgrade"),
    (("bot", "verify"), {"COMPTOIR_CONFIG": "nowhere.toml"}, "nowhere.toml"),
    (("bot", "slack"), {}, "SLACK"),
    (("bot", "customers", "add", "not-an-address"), {}, "not-an-address"),
    (("bot", "evidence", "INC-1"), NO_TABLES, "upgrade"),
)


async def test_what_is_refused_says_why_in_one_line(tmp_path: Path) -> None:
    async def run(arguments: tuple[str, ...], environment: dict[str, str]) -> tuple[int | None, str, str]:
        return await ended(await comptoir(tmp_path, *arguments, **environment))

    results = await asyncio.gather(*(run(arguments, environment) for arguments, environment, _ in REFUSED))

    for (arguments, _, why), (code, out, err) in zip(REFUSED, results, strict=True):
        assert (code, out, len(err.splitlines())) == (1, "", 1), (arguments, err)
        assert why in err


async def test_a_wrong_command_is_2(tmp_path: Path) -> None:
    wrong = (("bot", "fly"), ("storage", "fly"))

    results = await asyncio.gather(*[ended(await comptoir(tmp_path, *arguments)) for arguments in wrong])

    assert [(code, out, "usage" in err.lower()) for code, out, err in results] == [(2, "", True)] * len(wrong)


async def test_what_is_done_is_0(tmp_path: Path) -> None:
    for arguments in (
        ("storage", "upgrade"),
        ("bot", "customers", "add", BOB, "--name", "Client SA"),
        ("bot", "customers", "contacts", "add", "C-1", "zoe@clientsa.fr", "--authority", "billing"),
        ("bot", "customers", "contacts", "list", BOB),
        ("bot", "customers", "contacts", "remove", BOB, "zoe@clientsa.fr"),
        ("bot", "customers", "export", BOB, "-o", "bob.zip"),
        ("bot", "customers", "erase", BOB, "--reason", "asked on 3 May", "--yes"),
        ("bot", "retention", "--dry-run"),
        ("bot", "retention"),
        ("bot", "verify"),
    ):
        code, out, err = await ended(await comptoir(tmp_path, *arguments, DATABASE_URL="sqlite:///desk.db"))
        assert (code, err) == (0, ""), (arguments, out)


async def test_statement_is_imported_once_and_each_outcome_is_said(tmp_path: Path) -> None:
    (tmp_path / "june.xml").write_bytes(statement(entry("24.00", "hosting"), entry("-1"), entry(side="DBIT")))
    await ended(await comptoir(tmp_path, "storage", "upgrade", DATABASE_URL="sqlite:///desk.db"))

    said = [
        await ended(await comptoir(tmp_path, "bot", "bank", *arguments, DATABASE_URL="sqlite:///desk.db"))
        for arguments in (("import", "june.xml"), ("import", "june.xml", "june.xml"), ("list",), ("stop",))
    ]

    refused = await ended(await comptoir(tmp_path, "bot", "bank", "import", "june.xml", "desk.db"))
    assert (refused[0], refused[1]) == (1, "")
    assert refused[2].startswith("comptoir: desk.db: not XML")
    assert [(code, err) for code, _, err in said] == [(0, "")] * 4
    assert [out.splitlines() for _, out, _ in said] == [
        [
            "refused: S1, 2010-06-14, Client SA: the amount -1 is negative",
            "      1  left in the queue for a person  24.00 EUR",
            "      1  refused  0.00 EUR",
            "      1  going out",
        ],
        ["      4  known already", "      2  going out"],
        ["bank-1  2010-06-14  24.00 EUR  kept 24.00  unallocated  no_reference  Client SA  hosting"],
        [],
    ]


async def test_settings_that_would_keep_every_invoice_back_are_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text('[provider]\nsiren = "1"\nvat_number = ""\n')

    right = await ended(await comptoir(tmp_path, "bot", "check"))
    wrong = await ended(await comptoir(tmp_path, "bot", "check", COMPTOIR_CONFIG="wrong.toml"))

    assert right[0] == 0
    assert wrong[0] == 1
    assert "siren is not a SIREN" in wrong[-1]
    assert "art. 293 B CGI" in wrong[-1]


async def test_evidence_is_written_once_for_its_owner_alone(tmp_path: Path) -> None:
    environment = {"DATABASE_URL": "sqlite:///desk.db"}

    async def run(*arguments: str) -> tuple[int | None, str, str]:
        return await ended(await comptoir(tmp_path, *arguments, **environment))

    await run("storage", "upgrade")
    async with a_relay() as relay, a_program(tmp_path, environment["DATABASE_URL"], relay) as desk:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=desk.mail_port, start_tls=False) as client:
            await client.sendmail(BOB, [SUPPORT], MAIL)
        await relay.wait_for(1)
        await desk.stop()

    written = await run("bot", "evidence", "INC-1", "-o", "out", "--language", "en")
    checked = await run("bot", "verify")

    files = {file.name: oct(file.stat().st_mode & 0o777) for file in (tmp_path / "out").iterdir()}
    assert written == (0, "out/INC-1.pdf\nout/INC-1.zip\n", "")
    assert files == {"INC-1.pdf": "0o600", "INC-1.zip": "0o600"}
    assert (checked[0], checked[2]) == (0, "")
    assert checked[1].startswith("everything is as it was written: ")
    (tmp_path / "file").write_text("mine")
    for arguments, why in (
        (("INC-9", "-o", "new"), "no incident is known as INC-9"),
        (("C-1", "-o", "new"), "no incident is known as C-1"),
        ((f"INC-{10**30}", "-o", "new"), "no incident is known as INC-1000"),
        (("INC-1", "-o", "out"), "out/INC-1.pdf is there already, and nothing is written over it"),
        (("INC-1", "-o", "file/below"), "file"),
    ):
        code, out, err = await run("bot", "evidence", *arguments)
        assert (code, out, len(err.splitlines())) == (1, "", 1), err
        assert why in err
    assert not (tmp_path / "new").exists()
    other = await run("bot", "verify", "--anchor", "0" * 64)
    assert other[::2] == (
        1,
        f"comptoir: no anchor of this journal is {'0' * 64}: it is not the one that was anchored\n",
    )
