"""The secret that link tokens are derived from: given, or made on first use."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from bot.settings import Environment, Misconfigured

SECRET_FILE = Path("comptoir.secret")


def read_secret(environment: Environment, file: Path = SECRET_FILE) -> bytes:
    """`COMPTOIR_SECRET`, else a file made on first use (0600)."""
    if environment.comptoir_secret is not None:
        return _long_enough(environment.comptoir_secret.get_secret_value(), "COMPTOIR_SECRET")
    if not file.exists():
        _make_secret(file)
    return _long_enough(file.read_text(encoding="ascii").strip(), str(file))


def _make_secret(file: Path) -> None:
    """Written whole under another name first: of two processes that start together, one wins and both read it."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(secrets.token_hex(32))
    with suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()


def _long_enough(secret: str, where: str) -> bytes:
    if len(secret) < 32:
        raise Misconfigured(f"{where}: at least 32 characters are needed")
    return secret.encode()
