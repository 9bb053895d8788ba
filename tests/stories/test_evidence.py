"""What stands in front of a lawyer: the whole story of each decision, and a bundle that verifies by itself."""

import io
import json
import re
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.app.bundle import pack
from bot.app.chapters import told
from bot.app.check import look_over
from bot.app.evidence import Gathered, gather
from bot.app.retention import sweep
from bot.core import facts as f
from bot.core.erasure import USUAL
from bot.papers.dossier import Chapter, render
from storage import Transaction
from tests.stories.people import BOB, DETAILS, DOWN_FR, JANE
from tests.stories.signing import bring, reply, signed
from tests.stories.steps import order, quote, work
from tests.stories.test_chat import ordered
from tests.stories.test_erasure import erase, plain
from tests.stories.town import ALICE, BOB_IN_SLACK, Town


async def gathered(here: Town, reference: str = "INC-1") -> Gathered:
    """All that is kept of this incident."""
    found = await here.store.read(lambda tx: gather(tx, reference))
    assert found is not None
    return found


async def bundle(here: Town, reference: str = "INC-1") -> dict[str, bytes]:
    """The bundle's files."""
    with zipfile.ZipFile(io.BytesIO(pack(await gathered(here, reference), b"%PDF-"))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def verified(folder: Path, files: dict[str, bytes]) -> tuple[int, str]:
    """What the bundle's own verifier says of these files, by itself, in a folder of its own."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    ended = subprocess.run(
        [sys.executable, "-I", folder / "verify.py"], capture_output=True, text=True, check=False, cwd="/"
    )
    assert ended.stderr == ""
    return ended.returncode, ended.stdout


def chapter(found: Gathered, fact: type[f.Fact]) -> Chapter:
    """The story of this decision."""
    return next(one for one in told(found, "Hébergeur", f.Language.FR).chapters if one.fact == fact.__name__)


async def test_acceptance_is_told_from_the_mail_to_the_work(here: Town) -> None:
    await work(here)
    await here.staff.submit("finish_work", report="Tout marche.")
    taken = next(mail for mail in here.inbox(BOB) if "D2010-00001" in "".join(mail.papers))

    found = await gathered(here)
    steps = {step.name: dict(step.known) for step in chapter(found, f.QuoteAccepted).steps}

    assert steps["asked"]["message"] == taken.message_id
    assert steps["asked"]["reply"].startswith("250")
    assert steps["asked"]["sent_sha256"] == sha256(taken.taken.raw).hexdigest()
    assert steps["link"]["sent_to"] == BOB
    assert steps["shown"]["template"] == "fr/quote"
    assert set(steps["shown"]) == {"shown_at", "template", "wording_sha256", "document_sha256"}
    assert set(steps["answered"]) == {"posted_at", "method", "who", "ip", "agent", "nonce", "signal"}
    assert steps["decided"]["authority"] == "authority.owner"
    assert (steps["decided"]["net"], steps["decided"]["gross"]) == ("200,00\u00a0€", "240,00\u00a0€")
    assert steps["confirmed"]["reply"].startswith("250")
    assert ALICE in steps["followed"]["in_hands"]
    assert ALICE in steps["followed"]["did WorkFinished"]


async def test_acceptance_in_chat_is_told_with_the_message_that_carried_the_button(here: Town) -> None:
    await ordered(here)

    found = await gathered(here)
    steps = {step.name: dict(step.known) for step in chapter(found, f.DiagnosisOrdered).steps}

    assert steps["asked"]["message"] == steps["asked"]["reply"]
    assert steps["shown"]["wording_sha256"] in found.shown
    assert steps["answered"]["who"].endswith(BOB_IN_SLACK)


async def test_bundle_verifies_by_itself_and_opens_no_page(here: Town, tmp_path: Path) -> None:
    await work(here)
    files = await bundle(here)

    code, said = verified(tmp_path / "unpacked", files)

    assert (code, said.splitlines()[-1]) == (0, "Everything is as it was recorded.")
    assert said.splitlines()[1].startswith("INC-1: ")
    tokens = {link.partition("/a/")[2] for mail in here.inbox(BOB) for link in mail.links}
    keys = {key for mail in here.inbox(BOB) for key in re.findall(r"accept\+([a-z0-9]+)@", mail.text)}
    assert tokens
    assert keys
    texts = [plain(content) for content in files.values()]
    assert not [secret for secret in tokens | keys for text in texts if secret in text]


async def test_bundle_is_the_same_bytes_each_time(here: Town) -> None:
    await work(here)
    one, other = await gathered(here), await gathered(here)

    packed = [pack(found, render(told(found, "Hébergeur", f.Language.FR))) for found in (one, other)]

    assert packed[0] == packed[1]


OFF = {
    True: tuple(f"DROP TRIGGER IF EXISTS facts_{what}" for what in ("unchanged", "undeleted")),
    False: ("ALTER TABLE facts DISABLE TRIGGER ALL",),
}
PDF = "(SELECT sha256 FROM documents WHERE number = 'D2010-00001')"
TAMPERED = {
    "a fact": (
        "UPDATE facts SET body = replace(body, 'D2010-00001', 'D2010-00009') WHERE kind = 'QuoteAccepted'",
        "is not what was written",
    ),
    "a document": (
        f"UPDATE blobs SET content = CAST('%PDF-1.7 other' AS {{bytes}}) WHERE sha256 = {PDF}",
        "the document D2010-00001 is not what was sent",
    ),
    "a page": (
        "UPDATE blobs SET content = CAST('<p>other' AS {bytes}) WHERE sha256 = '{wording}'",
        "is not what was shown",
    ),
    "a mail out": (
        "UPDATE blobs SET content = CAST('From: other' AS {bytes}) WHERE sha256 = '{copy}'",
        "is not what was sent",
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
async def test_what_was_changed_is_named_inside_and_outside_alike(here: Town, tmp_path: Path, what: str) -> None:
    await work(here)
    statement, wrong = TAMPERED[what]
    rows = (await gathered(here)).chains["INC-1"]
    accepted = json.loads(next(row.body for row in rows if row.kind == "QuoteAccepted"))
    copies = [json.loads(row.body)["sent"]["copy_sha256"] for row in rows if '"copy_sha256"' in row.body]
    named = {"wording": accepted["evidence"]["wording_sha256"], "copy": copies[-1]}

    await tamper(here, statement, **named)

    here.wrong = await looked_over_alike(here, tmp_path)
    assert wrong in here.wrong


ERASED = {
    "a fact that lost its words": (
        """UPDATE facts SET body = replace(body, '"title":""', '"title":"x"') WHERE kind = 'IncidentOpened'""",
        "INC-1: fact 1 is not what was written",
    ),
    "a proof that stays": (
        "UPDATE facts SET body = replace(body, 'D2010-00001', 'D2010-00009') WHERE kind = 'QuoteAccepted'",
        "is not what was written",
    ),
    "the fact that says what was erased": (
        "UPDATE facts SET body = replace(body, '3 May', '4 May') WHERE kind = 'PersonalDataErased'",
        "C-1: fact 2 is not what was written",
    ),
    "a page that stays": ("DELETE FROM blobs WHERE sha256 = '{wording}'", "is not what was shown"),
    "the document": (
        "DELETE FROM documents WHERE number = 'D2010-00001'",
        "the document D2010-00001 is not what was sent",
    ),
}


async def test_what_was_erased_leaves_a_bundle_that_verifies_by_itself(here: Town, tmp_path: Path) -> None:
    await finished(here)
    before = await bundle(here)
    await erase(here)

    found, files = await gathered(here), await bundle(here)

    assert found.wrong == ""
    code, said = verified(tmp_path / "unpacked", files)
    assert (code, said.splitlines()[-1]) == (0, "Everything is as it was recorded.")
    sent = [{name for name in each if name.startswith("sent/")} for each in (before, files)]
    assert sent[1] < sent[0], "no more than what the decisions rest on, and what confirmed them"
    assert {name for name in before if name.startswith("pages/")} <= files.keys()
    steps = {step.name: dict(step.known) for step in chapter(found, f.QuoteAccepted).steps}
    assert steps["asked"]["reply"] == steps["confirmed"]["reply"] == "250 2.0.0 Ok: queued"
    assert steps["link"]["token_sha256"] == "who.erased"
    assert "erased_at" in dict(told(found, "Hébergeur", f.Language.FR).known)


async def test_ten_years_later_the_bundle_verifies_without_what_was_erased(here: Town, tmp_path: Path) -> None:
    await finished(here)
    here.clock.forward(days=366 * 11)
    await sweep(here.store, USUAL, here.clock)

    files = await bundle(here)

    code, said = verified(tmp_path / "unpacked", files)
    assert (code, said.splitlines()[-1]) == (0, "Everything is as it was recorded.")
    folders = {name.partition("/")[0] for name in files if "/" in name}
    assert folders == {"facts"}
    assert not [name for name, content in files.items() if BOB.encode() in content and name.startswith("facts/INC")]


@pytest.mark.parametrize("what", ERASED)
async def test_what_was_changed_after_an_erasure_is_named_alike(here: Town, tmp_path: Path, what: str) -> None:
    await finished(here)
    await erase(here)
    statement, wrong = ERASED[what]
    rows = (await gathered(here)).chains["INC-1"]
    accepted = json.loads(next(row.body for row in rows if row.kind == "QuoteAccepted"))

    await tamper(here, statement, wording=accepted["evidence"]["wording_sha256"])

    here.wrong = await looked_over_alike(here, tmp_path)
    assert wrong in here.wrong


async def test_cut_end_is_named_inside_and_outside_alike(here: Town, tmp_path: Path) -> None:
    await work(here)

    await tamper(here, "DELETE FROM facts WHERE id = (SELECT max(id) FROM facts WHERE subject = 'INC-1')")

    here.wrong = await looked_over_alike(here, tmp_path)
    assert here.wrong == "INC-1: its last facts are missing"


async def test_bundle_shows_what_no_longer_stands_under_its_anchor(here: Town, tmp_path: Path) -> None:
    await work(here)
    await here.store.run(lambda tx: tx.anchors.drop(here.clock()) and None)

    await tamper(here, "UPDATE facts SET chain = 'x' WHERE kind = 'QuoteDrafted'", "UPDATE incidents SET seq = 3")
    await tamper(here, "DELETE FROM facts WHERE subject = 'INC-1' AND seq > 3")
    found, here.wrong = await gathered(here), (await look_over(here.store)).wrong
    code, said = verified(tmp_path / "unpacked", await bundle(here))

    assert here.wrong == "the journal is not the one that the anchor of 2010-06-14 stands over"
    assert found.wrong == "C-1 is not under its anchor"
    assert (code, said.splitlines()[-1]) == (1, f"WRONG: {found.wrong}")


async def test_withdrawal_from_the_contract_is_told_like_what_it_ends(here: Town, tmp_path: Path) -> None:
    await work(here, JANE)
    await here.press(await here.open(here.newest(JANE).links[-1]), "stop")

    steps = {step.name: dict(step.known) for step in chapter(await gathered(here), f.ContractWithdrawn).steps}

    assert steps["asked"]["reply"].startswith("250")
    assert steps["link"]["sent_to"] == steps["answered"]["who"] == JANE
    assert {"shown_at", "template", "wording_sha256"} <= steps["shown"].keys()
    assert steps["confirmed"]["reply"].startswith("250")
    assert verified(tmp_path / "unpacked", await bundle(here))[0] == 0


async def test_what_concerns_another_incident_of_theirs_is_withheld(here: Town, tmp_path: Path) -> None:
    await here.mail(BOB, "Autre panne", DOWN_FR)
    await here.press(await here.open(here.newest(BOB).link), "withdraw")
    await here.mail(BOB, "Panne", DOWN_FR)
    await erase(here)

    files = await bundle(here, "inc-2")

    rows = [json.loads(line) for line in files["facts/C-1.jsonl"].decode().splitlines()]
    assert [row["body"] for row in rows if row["kind"] == "PersonalDataErased"] == [None]
    assert verified(tmp_path / "unpacked", files)[0] == 0


async def test_namesakes_see_nothing_of_each_other(here: Town) -> None:
    """Two customers whose companies have one name, about the same words."""
    await order(here, BOB)
    await order(here, JANE, name=DETAILS[BOB]["name"])

    theirs = [b"".join((await bundle(here, reference)).values()) for reference in ("INC-1", "INC-2")]

    for own, other, content in zip((BOB, JANE), (JANE, BOB), theirs, strict=True):
        assert own.encode() in content
        assert other.encode() not in content


async def finished(here: Town) -> None:
    """From the quote to its payment, which closes the incident."""
    await work(here)
    await here.staff.submit("finish_work", report="Tout marche.")
    await here.staff.submit("record_payment", amount="264,00", received_on="2010-06-14")


async def tamper(here: Town, *statements: str, **named: str) -> None:
    """Changes the database as whoever rules it can."""

    def change(tx: Transaction) -> None:
        for each in (*OFF[tx.alone], *statements):
            written = each.format(bytes="blob" if tx.alone else "bytea", **named)
            tx._connection.execute(sa.text(written))

    await here.store.run(change)


async def looked_over_alike(here: Town, folder: Path) -> str:
    """What is wrong, which `verify`, the evidence, and its own verifier say in the same words."""
    found, wrong = await gathered(here), (await look_over(here.store)).wrong
    code, said = verified(folder / "unpacked", await bundle(here))
    assert found.wrong == wrong
    assert (code, said.splitlines()[-1]) == (1, f"WRONG: {wrong}")
    return wrong


async def test_acceptance_by_mail_is_told_with_our_mail_that_it_answers(here: Town, tmp_path: Path) -> None:
    await quote(here)
    asked = here.newest(BOB)
    mail = reply("J'accepte le devis D2010-00001", asked)
    raw = signed(mail)
    await bring(here, mail, raw)

    steps = {step.name: dict(step.known) for step in chapter(await gathered(here), f.QuoteAccepted).steps}
    files = await bundle(here)

    assert steps["asked"]["message"] == asked.message_id
    assert steps["answered"]["mail_sha256"] == sha256(raw).hexdigest()
    assert (steps["answered"]["proof"], steps["answered"]["signatures"]) == ("proof.strong", "clientsa.fr (pass)")
    assert steps["shown"]["wording_sha256"] == steps["asked"]["copy_sha256"]
    assert raw in files.values()
    assert verified(tmp_path / "unpacked", files)[0] == 0
