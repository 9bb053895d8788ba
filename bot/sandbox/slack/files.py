"""files.*: the three steps of an upload, and what a file is."""

import mimetypes
from dataclasses import replace

from bot.sandbox.slack.chat import postable
from bot.sandbox.slack.records import Message, StoredFile, file_payload
from bot.sandbox.slack.wire import Arguments, Payload, SlackError
from bot.sandbox.slack.workspace import Workspace


def announce(workspace: Workspace, call: Arguments) -> Payload:
    """files.getUploadURLExternal: a name and a length in bytes give an address to send the bytes to."""
    length = call.number("length", 0)
    if length <= 0:
        raise SlackError("missing_argument")
    name = call.text("filename")
    file = workspace.put_file(new_file(workspace, name, length, workspace.bot_user))
    return {"ok": True, "file_id": file.id, "upload_url": f"{workspace.base_url}upload/v1/{file.id}"}


def complete(workspace: Workspace, call: Arguments) -> Payload:
    """files.completeUploadExternal: the uploaded files become one message, or stay private."""
    given = call.structure("files", "invalid_arguments")
    if not isinstance(given, list) or not given:
        raise SlackError("invalid_arguments", ("must provide an array [json-pointer:/files]",))
    files = [_uploaded(workspace, one) for one in given]
    channel_id = call.text("channel_id") or call.text("channels")
    if channel_id:
        _share(workspace, call, channel_id, files)
    done = [workspace.put_file(replace(workspace.files[file.id], complete=True)) for file in files]
    return {"ok": True, "files": [file_payload(file, workspace.base_url) for file in done]}


def info(workspace: Workspace, call: Arguments) -> Payload:
    """files.info."""
    file = workspace.files.get(call.text("file"))
    if file is None or not file.complete:
        raise SlackError("file_not_found")
    return {"ok": True, "file": file_payload(file, workspace.base_url)}


def new_file(workspace: Workspace, name: str, length: int, user: str) -> StoredFile:
    """A file that is announced; nothing is stored yet."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return StoredFile(id=workspace.new_id("F"), name=name, title=name, mimetype=kind, length=length, user=user)


def _uploaded(workspace: Workspace, given: Payload) -> StoredFile:
    file = workspace.files.get(given.get("id", ""))
    if file is None or file.content is None or file.complete:
        raise SlackError("file_not_found")
    return workspace.put_file(replace(file, title=given.get("title") or file.title))


def _share(workspace: Workspace, call: Arguments, channel_id: str, files: list[StoredFile]) -> None:
    try:
        channel = postable(workspace, channel_id)
    except SlackError:
        raise SlackError("invalid_channel") from None
    thread_ts = call.text("thread_ts") or None
    if thread_ts and thread_ts not in workspace.messages[channel.id]:
        raise SlackError("thread_not_found")
    for file in files:
        workspace.put_file(replace(file, channels=(*file.channels, channel.id)))
    workspace.put(
        Message(
            channel=channel.id,
            ts=workspace.new_ts(),
            user=workspace.bot_user,
            bot_id=workspace.bot_id,
            text=call.text("initial_comment"),
            thread_ts=thread_ts,
            files=tuple(file.id for file in files),
            subtype="file_share",
        )
    )
