"""Finds damage in a SQLite write-ahead log that SQLite itself takes for its end.

SQLite reads frames up to the first whose checksum is wrong, and silently drops that one and all behind it: a
flipped byte there takes durable entries away. A torn last transaction of a crash looks the same at first, but
nothing good comes after it. Format: https://www.sqlite.org/fileformat2.html, section 4.
"""

import fcntl
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_HEADER = struct.Struct(">IIIIIIII")
_FRAME = struct.Struct(">IIIIII")
# The last bit says in which byte order the checksums count words.
_MAGIC = 0x377F0682
_WORD = 0xFFFFFFFF


class _Frame(NamedTuple):
    """A frame's own salts and checksum, and the checksum that its bytes give."""

    salts: tuple[int, int]
    stored: tuple[int, int]
    computed: tuple[int, int]


def check_wal(database: Path) -> list[str]:
    """What is damaged in the WAL of a log that no gateway has open; an open one is not looked at."""
    wal = database.with_name(f"{database.name}-wal")
    if not wal.exists() or _is_open(database):
        return []
    raw = wal.read_bytes()
    if len(raw) <= _HEADER.size:
        return []
    magic, _format, page_size, _sequence, *salts_and_sums = _HEADER.unpack_from(raw)
    order = ">" if magic & 1 else "<"
    seed = _checksum(raw[: _HEADER.size - 8], order, (0, 0))
    if magic & ~1 != _MAGIC or seed != tuple(salts_and_sums[2:]):
        return ["the header of the write-ahead log is damaged, so SQLite passes over all that is in it"]
    salts = (salts_and_sums[0], salts_and_sums[1])
    return _check_frames(_frames(raw, page_size, order, seed), salts)


def _check_frames(frames: Iterator[_Frame], salts: tuple[int, int]) -> list[str]:
    bad: int | None = None
    for number, frame in enumerate(frames):
        good = frame.salts == salts and frame.stored == frame.computed
        if good and bad is not None:
            return [f"frame {bad} of the write-ahead log is damaged, so SQLite drops it and all behind it"]
        if not good and bad is None:
            bad = number
    return []


def _frames(raw: bytes, page_size: int, order: str, seed: tuple[int, int]) -> Iterator[_Frame]:
    """Each frame, its checksum counted on from what the one before it says, not from what that one gives."""
    for at in range(_HEADER.size, len(raw) - _FRAME.size - page_size + 1, _FRAME.size + page_size):
        _page, _commit, *rest = _FRAME.unpack_from(raw, at)
        content = raw[at : at + 8] + raw[at + _FRAME.size : at + _FRAME.size + page_size]
        stored = (rest[2], rest[3])
        yield _Frame((rest[0], rest[1]), stored, _checksum(content, order, seed))
        seed = stored


def _checksum(content: bytes, order: str, seed: tuple[int, int]) -> tuple[int, int]:
    first, second = seed
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & _WORD
        second = (second + odd + first) & _WORD
    return first, second


def _is_open(database: Path) -> bool:
    """Whether a gateway holds the log open for writing."""
    try:
        with database.with_name(f"{database.name}.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
