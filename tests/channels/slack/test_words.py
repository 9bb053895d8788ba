"""Words on their way in and out: Slack's notation, and secrets that are not shown in a chat."""

import pytest

from bot.app.masks import mask
from bot.channels.slack.payloads import words_of
from tests.timing import taking_less_than

SEEN = {
    "a &lt;b&gt; &amp;amp; c": "a <b> &amp; c",
    "<https://x.example>": "https://x.example",
    "<https://x.example|the site>": "the site (https://x.example)",
    "<mailto:bob@x.example|bob@x.example>": "bob@x.example",
    "<@U1> <#C1|town> <!here> <!subteam^S1|@desk>": "@U1 #town @here @@desk",
}
MASKED = {
    "mot de passe : hunter2": "hunter2",
    "password=abc123 please": "abc123",
    "my password is abc123": "abc123",
    "ftp://bob:s3cret@ftp.example/": "s3cret",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----": "MIIE",
}


@pytest.mark.parametrize(("noted", "seen"), SEEN.items())
def test_notation_becomes_the_words_that_were_seen(noted: str, seen: str) -> None:
    assert words_of(noted) == seen


@pytest.mark.parametrize(("text", "secret"), MASKED.items())
def test_secret_is_hidden(text: str, secret: str) -> None:
    assert secret not in mask(text)


@pytest.mark.parametrize(
    "text", ["password " * 5_000, "a://" * 20_000, "-----BEGIN PRIVATE KEY-----" * 2_000, "<" * 50_000]
)
def test_hostile_text_takes_no_time(text: str) -> None:
    with taking_less_than(1):
        mask(words_of(text))
