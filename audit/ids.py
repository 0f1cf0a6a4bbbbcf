"""Where entry ids and times come from; injected, so that tests decide them."""

import os
import time
from collections.abc import Callable
from typing import Protocol, TypeAlias

EntryIds: TypeAlias = Callable[[], str]


_DRAWN = 64


class Clock(Protocol):
    """Tells two times."""

    def wall_us(self) -> int:
        """Microseconds since 1970 UTC; may jump."""
        ...

    def monotonic_us(self) -> int:
        """Microseconds that never go back within one process."""
        ...


class SystemClock:
    """The machine's clocks."""

    def wall_us(self) -> int:
        """Microseconds since 1970 UTC."""
        return time.time_ns() // 1000

    def monotonic_us(self) -> int:
        """Microseconds since some moment before the process started."""
        return time.monotonic_ns() // 1000


class Uuid7:
    """UUIDs of version 7 (RFC 9562 section 5.7) that grow within one generator; for one thread.

    Within a millisecond, and if the clock goes back, the 12 bits of rand_a count on (section 6.2, method 1).
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0
        self._drawn = b""

    def __call__(self) -> str:
        """The next id, in lower case with dashes."""
        self._last = max(self._last + 1, self._clock.wall_us() // 1000 << 12)
        if not self._drawn:
            # A system call gives up the interpreter lock: one for many ids.
            self._drawn = os.urandom(_DRAWN * 8)
        random = int.from_bytes(self._drawn[:8], "big") >> 2
        self._drawn = self._drawn[8:]
        value = (self._last >> 12) << 80 | 0x7 << 76 | (self._last & 0xFFF) << 64 | 0b10 << 62 | random
        digits = f"{value:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
