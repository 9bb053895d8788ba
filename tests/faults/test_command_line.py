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
