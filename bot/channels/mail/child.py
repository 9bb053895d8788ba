"""The child process that parses mails: little memory, little time, no files to write, nothing inherited."""

import contextlib
import resource
import struct
import sys
from typing import BinaryIO

from bot.channels.mail.parcel import pack
from bot.channels.mail.parse import parse

HEAD = struct.Struct("!?QQ")  # whether the envelope sender is known, its length, the length of the mail


def ask(raw: bytes, mail_from: str | None) -> bytes:
    """One mail as the child reads it from its input."""
    sender = (mail_from or "").encode("utf-8", "replace")
    return HEAD.pack(mail_from is not None, len(sender), len(raw)) + sender + raw


def main(memory: int, cpu_seconds: int, source: BinaryIO, sink: BinaryIO) -> None:
    """Parses mails until the input ends. A mail that takes more than `cpu_seconds` kills the process."""
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    while head := source.read(HEAD.size):
        known, sender_size, size = HEAD.unpack(head)
        sender = source.read(sender_size).decode()
        used = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + cpu_seconds)
        sink.write(pack(parse(source.read(size), sender if known else None)))
        sink.flush()


def _limit(which: int, most: int) -> None:
    _, hard = resource.getrlimit(which)
    # Some systems do not know every limit; the parent's clock stays.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(which, (most, hard))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.stdin.buffer, sys.stdout.buffer)
