"""A database that takes connections and says nothing: frozen, or behind a network that lost it."""

from pathlib import Path

from tests.faults.program import a_program
from tests.faults.silence import between
from tests.relay import a_relay


async def test_it_stops_at_sigterm_with_0_while_the_database_says_nothing(tmp_path: Path, postgres_url: str) -> None:
    async with (
        a_relay() as relay,
        between(postgres_url, tmp_path) as silence,
        a_program(tmp_path, silence.url, relay) as desk,
    ):
        silence.fall_silent()
        await silence.asked.wait()

        assert await desk.stop() == 0
