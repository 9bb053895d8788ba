"""Debian's Dovecot with a mailbox of its own on a free port; it ends with the test."""

import asyncio
import getpass
import grp
import imaplib
import os
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 60
NOBODY = 65534  # who owns the mails where the tests run as root: the server gives nobody root's
USER, PASSWORD = "support@host.example", "s3cret/word"
CONFIG = """
protocols = imap
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
{users}
first_valid_uid = 0
first_valid_gid = 0
mail_location = maildir:{folder}/mail
mail_uid = {uid}
mail_gid = {gid}
mbox_write_locks = fcntl
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass(slots=True, kw_only=True)
class Dovecot:
    """A running server with one user and one INBOX."""

    port: int
    folder: Path
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """The mailbox, as MAIL_IMAP_URL has it."""
        return f"imap://support%40host.example:s3cret%2Fword@127.0.0.1:{self.port}/INBOX"

    async def start(self) -> None:
        """Starts the server and waits until it answers."""
        self.process = await asyncio.create_subprocess_exec(
            "/usr/sbin/dovecot", "-F", "-c", str(self.folder / "dovecot.conf"), stderr=asyncio.subprocess.DEVNULL
        )
        await asyncio.to_thread(self._wait)

    async def stop(self) -> None:
        """Ends the server and every connection to it."""
        if self.process is not None:
            self.process.terminate()
            await self.process.wait()
            self.process = None

    def _wait(self) -> None:
        """Until it greets; TimeoutError when it does not."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            try:
                with self._client():
                    return
            except (OSError, imaplib.IMAP4.error):
                time.sleep(0.05)
        raise TimeoutError((self.folder / "log").read_text())

    async def deliver(self, *raws: bytes) -> None:
        """Puts mails into the INBOX."""
        await asyncio.to_thread(self._deliver, raws)

    def _deliver(self, raws: tuple[bytes, ...]) -> None:
        with self._client() as client:
            for raw in raws:
                client.append("INBOX", "", imaplib.Time2Internaldate(1_276_500_000), raw)

    async def flags(self) -> list[str]:
        """The flags of each mail in the INBOX."""
        return await asyncio.to_thread(self._flags)

    def _flags(self) -> list[str]:
        with self._client() as client:
            client.select("INBOX", readonly=True)
            _, found = client.fetch("1:*", "(FLAGS)")
            return [one.decode() for one in found if isinstance(one, bytes)]

    def _client(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        client.login(USER, PASSWORD)
        return client


@asynccontextmanager
async def a_dovecot() -> AsyncIterator[Dovecot]:
    """A server that runs as long as the block."""
    server = _settle()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


def _settle() -> Dovecot:
    """A folder with a configuration in it, and a free port."""
    folder = Path(tempfile.mkdtemp(prefix="dovecot"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    uid, gid, users = (os.getuid(), os.getgid(), _ourselves()) if os.getuid() else (NOBODY, NOBODY, "")
    configuration = CONFIG.format(folder=folder, port=port, password=PASSWORD, uid=uid, gid=gid, users=users)
    (folder / "dovecot.conf").write_text(configuration)
    folder.chmod(0o755)
    os.chown(folder, uid, gid)
    return Dovecot(port=port, folder=folder)


def _ourselves() -> str:
    """Nobody but root may be several users."""
    me, group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
    return f"default_internal_user = {me}\ndefault_login_user = {me}\ndefault_internal_group = {group}"
