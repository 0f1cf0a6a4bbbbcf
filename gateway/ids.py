import secrets
import time
from collections.abc import Callable, Iterator

_IDS_A_DRAW = 128
_BYTES_AN_ID = 10


class Uuid7:
    """Makes UUIDs that sort by the time they were made (RFC 9562 section 5.7), in their text form.

    Randomness is drawn for many at once: a system call for each would give up the interpreter lock each time.
    """

    def __init__(self, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        self._now_ms = now_ms
        self._drawn: Iterator[int] = iter(())

    def __call__(self) -> str:
        """The next id."""
        randomness = next(self._drawn, None)
        if randomness is None:
            self._drawn = _drawn()
            randomness = next(self._drawn)
        high, low = randomness >> 62 & 0xFFF, randomness & (1 << 62) - 1
        # 48 bits of milliseconds, version 7, 12 random bits, variant 10, 62 random bits.
        stamp = self._now_ms() & (1 << 48) - 1
        text = f"{(stamp << 80) | (7 << 76) | (high << 64) | (2 << 62) | low:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _drawn() -> Iterator[int]:
    pool = secrets.token_bytes(_IDS_A_DRAW * _BYTES_AN_ID)
    # A list's iterator gives each item once, whatever threads ask.
    return iter([int.from_bytes(pool[at : at + _BYTES_AN_ID]) for at in range(0, len(pool), _BYTES_AN_ID)])
