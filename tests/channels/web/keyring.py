"""Google as tests have it: keys of their own behind an address of their own, and the tokens that they sign."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

GMAIL = "gmail@system.gserviceaccount.com"


def a_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Keyring:
    """Publishes its keys by name; `asked` counts how often they were fetched, `away` says that it does not answer,
    `instead` what somebody else answers in its place.
    """

    keys: dict[str, RSAPrivateKey] = field(default_factory=lambda: {"one": a_key()})
    asked: int = 0
    away: bool = False
    instead: bytes | None = None
    url: str = ""

    def token(self, now: datetime, *, kid: str = "one", key: RSAPrivateKey | None = None, **claims: object) -> str:
        """As Gmail's are, but for these claims; None leaves one out."""
        usual: dict[str, object] = {
            "iss": "https://accounts.google.com",
            "aud": "https://host.example",
            "azp": GMAIL,
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(hours=1)).timestamp()),
        }
        told = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode(told, key or self.keys[kid], algorithm="RS256", headers={"kid": kid})

    async def serve(self, _request: web.Request) -> web.Response:
        self.asked += 1
        if self.away:
            return web.Response(status=503)
        if self.instead is not None:
            return web.Response(body=self.instead, content_type="application/json")
        published = [
            RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": name, "alg": "RS256", "use": "sig"}
            for name, key in self.keys.items()
        ]
        return web.json_response({"keys": published})


@asynccontextmanager
async def a_keyring() -> AsyncIterator[Keyring]:
    """One that answers on 127.0.0.1."""
    ring = Keyring()
    app = web.Application()
    app.router.add_get("/certs", ring.serve)
    async with TestServer(app) as server:
        ring.url = str(server.make_url("/certs"))
        yield ring
