"""What customers must not have sent, and what nobody needs to know, is shown to nobody who did not ask for it."""

import sqlalchemy as sa

from bot.core.terms import Kind
from storage import Transaction
from tests.stories.people import BOB
from tests.stories.steps import order
from tests.stories.town import STAFF_CHANNEL, Town

PEM = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----"
WORDS = f"Bonjour,\n\nLe site affiche une erreur 500.\nmot de passe : hunter2\n\n{PEM}\n\nBob"
SECRETS = ("hunter2", "b3BlbnNzaC1rZXk", "S0leil99")
WHERE_FROM = ("127.0.0.1", "Lynx")


def in_slack(here: Town) -> str:
    """All that Slack holds: messages, files, modals, homes."""
    workspace = here.slack.workspace
    files = [file.content for file in workspace.files.values()]
    return str((workspace.messages, workspace.ephemerals, workspace.views, workspace.homes, files))


async def test_secrets_in_a_mail_are_masked_until_staff_ask_for_all_of_it(here: Town) -> None:
    await here.register(BOB, Kind.BUSINESS)
    await here.mail(BOB, "Panne, mdp : S0leil99", WORDS)

    assert [secret for secret in SECRETS if secret in in_slack(here)] == []
    assert [secret for mail in here.inbox(BOB) for secret in SECRETS if secret in f"{mail.subject} {mail.text}"] == []
    assert "erreur 500" in in_slack(here)

    thread = here.slack.workspace.replies(STAFF_CHANNEL, here.staff.card().ts)
    said = next(message for message in thread if "erreur 500" in str(message.blocks))
    await here.people.click(here.staff.user, STAFF_CHANNEL, said.ts, "original")
    await here.settled()

    assert all(secret in in_slack(here) for secret in SECRETS)


async def test_customers_see_their_own_words_whole(here: Town) -> None:
    await here.register(BOB, Kind.BUSINESS)
    await here.mail(BOB, "Panne", WORDS)
    incident = next(link for link in here.newest(BOB).links if link != here.newest(BOB).link)

    page = await here.open(incident)

    assert "hunter2" in page.text


async def test_where_a_decision_came_from_is_in_its_evidence_and_nowhere_else(here: Town) -> None:
    await order(here)
    await here.staff.click("start_diagnosis")
    metrics = await here.open("http://desk.host.example/metrics")

    def elsewhere(tx: Transaction) -> list[str]:
        """Every table but the journal, and what came in and how: that is needed to judge who wrote it."""
        names = sa.inspect(tx._connection).get_table_names()
        rows = [str(row) for name in names if name not in {"facts", "inbox"} for row in _rows(tx, name)]
        facts = [row for row in map(str, _rows(tx, "facts")) if "DiagnosisOrdered" not in row]
        return [row for row in rows + facts for word in WHERE_FROM if word in row]

    assert await here.store.read(elsewhere) == []
    everywhere = in_slack(here) + metrics.text + "".join(str(mail) for mail in here.relay.mails)
    assert [word for word in WHERE_FROM if word in everywhere] == []


def _rows(tx: Transaction, table: str) -> list[object]:
    return list(tx._connection.execute(sa.text(f"SELECT * FROM {table}")))
