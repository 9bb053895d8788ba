"""A log tells operators what happened, not who somebody is."""

import json
import subprocess
import sys

import pytest

from bot.logs import discreet, network

NETWORKS = {
    "203.0.113.9": "203.0.113.0/24",
    "[203.0.113.9]": "203.0.113.0/24",
    "127.0.0.1": "127.0.0.0/24",
    "2001:db8:1:2::7": "2001:db8:1::/48",
    "[IPv6:2001:db8:1:2::7]": "2001:db8:1::/48",
    "mail.example": "mail.example",
    "": "",
}
LEFT = (
    "127.0.0.1:8025",
    "connect to 10.0.0.5:5432 refused",
    "12:30:45",
    'File "/srv/bot/loops.py", line 12',
)
LINES = """
import logging
from bot.logs import set_up
import structlog
set_up("json")
try:
    raise ValueError("password=hunter2 from 8.8.8.8")
except ValueError:
    structlog.get_logger("x").exception("failed", peer="198.51.100.7", helo="[198.51.100.7]", error="mdp: hunter2")
    logging.getLogger("library").exception("request of 8.8.8.8")
"""


@pytest.mark.parametrize(("address", "coarse"), NETWORKS.items())
def test_address_says_no_more_than_its_network(address: str, coarse: str) -> None:
    assert network(address) == coarse


@pytest.mark.parametrize("text", LEFT)
def test_what_is_no_address_of_a_person_is_left_alone(text: str) -> None:
    assert discreet(text) == text


def test_text_loses_the_addresses_in_it() -> None:
    assert (
        discreet("from 8.8.8.8, 2a00:1450:4007::1 and 8.8.4.4.")
        == "from 8.8.8.0/24, 2a00:1450:4007::/48 and 8.8.4.0/24."
    )


def test_no_line_has_an_address_or_a_secret_wherever_it_came_from() -> None:
    done = subprocess.run([sys.executable, "-c", LINES], capture_output=True, text=True, check=True, timeout=60)

    assert "failed" in done.stderr
    assert "library" in done.stderr
    assert "198.51.100.0/24" in done.stderr
    assert [word for word in ("hunter2", "8.8.8.8", "198.51.100.7") if word in done.stderr] == []


def test_each_line_is_one_event_wherever_it_came_from() -> None:
    done = subprocess.run([sys.executable, "-c", LINES], capture_output=True, text=True, check=True, timeout=60)

    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(one["level"], one["event"]) for one in events] == [
        ("error", "failed"),
        ("error", "request of 8.8.8.0/24"),
    ]
    assert events[1]["logger"] == "library"
    assert "ValueError" in events[1]["exception"]
