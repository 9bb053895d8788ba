"""A desk that starts from a backup: what had left by then does not leave again, and it goes on from there."""

from pathlib import Path

from storage import backup
from tests.stories.people import BOB, JANE, WORDS
from tests.stories.town import town


async def test_nothing_that_left_before_the_backup_leaves_again(sqlite_url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    async with town(sqlite_url, chat=False) as here:
        await here.mail(BOB, "Panne", WORDS[BOB])
        await backup(sqlite_url, copy)
        await here.mail(JANE, "Down", WORDS[JANE])
        link = here.newest(BOB).link

    async with town(f"sqlite:///{copy}", chat=False) as again:
        await again.settled()
        assert again.relay.mails == []
        assert not await again.exists(2)
        assert (await again.open(link)).status == 200
        await again.mail(JANE, "Down", WORDS[JANE])
        assert await again.told(JANE) == ["incident_opened"]
        await again.wait(days=4)
        assert await again.told(BOB) == ["order_nudged"]
