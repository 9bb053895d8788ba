"""The home's figures as a picture: uploaded once for the same figures, in characters where Slack takes none."""

import asyncio
import json
from collections.abc import Sequence
from hashlib import sha256

from bot.channels.slack import blocks
from bot.channels.slack.charts import drawn, in_characters
from bot.channels.slack.room import Room
from bot.channels.slack.wire import NoAnswerError, Payload, RateLimitedError, RefusedError
from bot.papers.charts import Chart, render_charts

UPLOADED = "slack_charts"
NAME = "figures.png"
ALT = 2000  # characters that Slack takes as the words for a picture


async def pictured(room: Room, charts: Sequence[Chart]) -> list[Payload]:
    """One block with all of them, and the same in words for whoever does not see it."""
    try:
        file_id = await _uploaded(room, charts)
    except (RefusedError, RateLimitedError, NoAnswerError):
        return in_characters(charts)
    said = "\n".join(f"{chart.title}\n{drawn(chart.bars) or '—'}" for chart in charts)
    return [{"type": "image", "slack_file": {"id": file_id}, "alt_text": blocks.clip(said, ALT)}]


async def _uploaded(room: Room, charts: Sequence[Chart]) -> str:
    """The file with these figures: the last one, where they have not changed since."""
    figures = sha256(repr(tuple(charts)).encode()).hexdigest()
    kept = await room.desk.store.read(lambda tx: tx.setting(UPLOADED))
    known = json.loads(kept) if kept else {}
    if known.get("figures") == figures:
        return str(known["file"])
    content = await asyncio.to_thread(render_charts, charts)
    place = await room.api.call("files.getUploadURLExternal", filename=NAME, length=len(content))
    file_id = str(place["file_id"])
    await room.api.upload(str(place["upload_url"]), content)
    await room.api.call("files.completeUploadExternal", files=[{"id": file_id, "title": NAME}])
    await room.desk.store.run(lambda tx: tx.keep_setting(UPLOADED, json.dumps({"figures": figures, "file": file_id})))
    return file_id
