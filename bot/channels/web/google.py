"""Google's word that somebody tapped the button of one of our mails in Gmail: a signed token, for our domain alone.

https://developers.google.com/workspace/gmail/markup/actions/verifying-bearer-tokens
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import jwt
import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout

log = structlog.get_logger("web.google")
GMAIL = "gmail@system.gserviceaccount.com"
ISSUERS = ("https://accounts.google.com", "accounts.google.com")
KEPT = timedelta(hours=1)
ASKED_EVERY = timedelta(minutes=1)
"""Tokens that name keys nobody knows do not make us ask for them each time."""
SECONDS = 5
SKEW = timedelta(minutes=1)
CLAIMS = ["exp", "iat", "iss", "aud", "azp"]


class Google:
    """Checks tokens with the keys of this address (a JWK set); `sender` is our own address, which mails come from."""

    def __init__(self, keys_url: str, sender: str, clock: Callable[[], datetime]) -> None:
        self._keys_url = keys_url
        self._audience = f"https://{sender.rpartition('@')[2].lower()}"
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at: datetime | None = None
        self._asked_at: datetime | None = None
        self._asking = asyncio.Lock()

    async def vouches(self, authorization: str) -> bool:
        """Whether this header's token is Gmail's, about our mail, and still good."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return False
        try:
            key = await self._key(str(jwt.get_unverified_header(token).get("kid", "")))
            claims = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=self._audience,
                issuer=ISSUERS,
                # Times are told by the desk's own clock, below.
                options={"require": CLAIMS, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
            made, until = float(claims["iat"]), float(claims["exp"])
        except (jwt.PyJWTError, LookupError, TypeError, ValueError) as why:
            log.info("token refused", why=type(why).__name__)
            return False
        now, skew = self._clock().timestamp(), SKEW.total_seconds()
        return claims["azp"] == GMAIL and made - skew <= now < until + skew

    async def _key(self, name: str) -> jwt.PyJWK:
        """LookupError where Google has no such key, or does not answer."""
        async with self._asking:
            if self._is_due(name):
                await self._ask()
        return self._keys[name]

    def _is_due(self, name: str) -> bool:
        now = self._clock()
        old = self._fetched_at is None or not timedelta(0) <= now - self._fetched_at < KEPT
        lately = self._asked_at is not None and timedelta(0) <= now - self._asked_at < ASKED_EVERY
        return (old or name not in self._keys) and not lately

    async def _ask(self) -> None:
        """Keys that were known stay good while Google does not answer."""
        self._asked_at = self._clock()
        try:
            async with (
                ClientSession(timeout=ClientTimeout(SECONDS)) as session,
                session.get(self._keys_url) as answer,
            ):
                answer.raise_for_status()
                given = jwt.PyJWKSet.from_dict(await answer.json(content_type=None))
        except (ClientError, TimeoutError, jwt.PyJWTError, ValueError, AttributeError) as error:  # or no JSON object
            log.warning("google's keys could not be fetched", error=f"{type(error).__name__}: {error}")
            return
        self._keys = {key.key_id: key for key in given.keys if key.key_id}
        self._fetched_at = self._asked_at
