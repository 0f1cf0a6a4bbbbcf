import secrets
import time
from collections.abc import Callable


def uuid7(now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> str:
    """A UUID that sorts by the time it was made (RFC 9562 section 5.7), in its text form."""
    stamp, randomness = now_ms() & (1 << 48) - 1, secrets.randbits(74)
    high, low = randomness >> 62, randomness & (1 << 62) - 1
    # 48 bits of milliseconds, version 7, 12 random bits, variant 10, 62 random bits.
    text = f"{(stamp << 16) | (7 << 12) | high:016x}{(2 << 62) | low:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
