"""What Slack remembers from one run of the sandbox to the next: conversations, files and the count of its ids."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from pydantic import BaseModel, ConfigDict

from bot.sandbox.slack import Change, Channel, Message, StoredFile, Workspace
from storage import Store, Transaction

KEPT = "sandbox.slack"
LASTING = frozenset({"message", "channel", "file"})
GATHER_SECONDS = 0.5


class Remembered(BaseModel):
    """A workspace as it is written down; `files` maps a file's id to the hash of its content."""

    model_config = ConfigDict(frozen=True)

    counts: dict[str, int]
    channels: tuple[Channel, ...]
    messages: tuple[Message, ...]
    files: tuple[StoredFile, ...]
    contents: dict[str, str]


@asynccontextmanager
async def remembering(workspace: Workspace, store: Store) -> AsyncIterator[None]:
    """Brings back what was kept, keeps what changes a moment after it does, and the rest at the end."""
    contents = await _recall(workspace, store)
    changed = asyncio.Event()

    def heard(change: Change) -> None:
        if change.kind in LASTING:
            changed.set()

    end = workspace.subscribe(heard)
    task = asyncio.create_task(_keep_up(workspace, store, contents, changed))
    try:
        yield
    finally:
        end()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await _keep(workspace, store, contents)


async def _keep_up(workspace: Workspace, store: Store, contents: dict[str, str], changed: asyncio.Event) -> None:
    while True:
        await changed.wait()
        await asyncio.sleep(GATHER_SECONDS)
        changed.clear()
        await _keep(workspace, store, contents)


async def _keep(workspace: Workspace, store: Store, contents: dict[str, str]) -> None:
    fresh = {file.id: file.content for file in workspace.files.values() if file.content and file.id not in contents}
    hashes = await store.run(lambda tx: {name: tx.blobs.keep(content) for name, content in fresh.items()})
    contents.update(hashes)
    kept = Remembered(
        counts=dict(workspace.counts),
        channels=tuple(workspace.channels.values()),
        messages=tuple(one for channel in workspace.messages.values() for one in channel.values()),
        files=tuple(replace(file, content=None) for file in workspace.files.values()),
        contents={name: sha256 for name, sha256 in contents.items() if name in workspace.files},
    ).model_dump_json()
    await store.run(lambda tx: tx.keep_setting(KEPT, kept))


async def _recall(workspace: Workspace, store: Store) -> dict[str, str]:
    found = await store.read(_read)
    if found is None:
        return {}
    kept, contents = found
    workspace.counts.update(kept.counts)
    for channel in kept.channels:
        workspace.put_channel(channel)
    for file in kept.files:
        workspace.put_file(replace(file, content=contents.get(file.id)))
    for message in kept.messages:
        workspace.put(message)
    return dict(kept.contents)


def _read(tx: Transaction) -> tuple[Remembered, dict[str, bytes | None]] | None:
    text = tx.setting(KEPT)
    if text is None:
        return None
    kept = Remembered.model_validate_json(text)
    return kept, {name: tx.blobs.content(sha256) for name, sha256 in kept.contents.items()}
