"""Random values by a short notation of their own, which no rule and no test of a rule shares."""

import random
import re
import string
from collections.abc import Sequence
from typing import Final, TypeVar

_LETTERS, _DIGITS = string.ascii_letters, string.digits
_ALPHABETS: Final = {
    "a": _LETTERS + _DIGITS,
    "b": _LETTERS + _DIGITS + "+/",
    "c": string.ascii_uppercase,
    "d": _DIGITS,
    "h": "0123456789abcdef",
    "l": string.ascii_lowercase + _DIGITS,
    "s": _LETTERS,
    "u": string.ascii_uppercase + _DIGITS,
    "v": string.ascii_uppercase + "234567",
    "w": _LETTERS + _DIGITS + "_-",
}
_SLOT = re.compile(r"<([abcdhlsuvw])(\d{1,4})(?:-(\d{1,4}))?>")
Item = TypeVar("Item")


class Draw:
    """Draws values; the same seed draws the same ones."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - invented values, which protect nothing

    def shaped(self, form: str) -> str:
        """``form`` with each ``<class size>`` filled; ``a`` is a letter or digit, ``h`` hexadecimal."""
        return _SLOT.sub(self._fill, form)

    def one(self, items: Sequence[Item]) -> Item:
        """One of these."""
        return self._random.choice(items)

    def number(self, low: int, high: int) -> int:
        """A number of ``low..high``."""
        return self._random.randint(low, high)

    def octets(self, size: int) -> bytes:
        """So many octets."""
        return self._random.randbytes(size)

    def shuffle(self, items: list[Item]) -> None:
        """Puts a list in another order."""
        self._random.shuffle(items)

    def _fill(self, slot: re.Match[str]) -> str:
        alphabet, low, high = slot[1], int(slot[2]), int(slot[3] or slot[2])
        # Its first sign is no joint, as issuers' are not.
        first = self._random.choice(_ALPHABETS[alphabet].rstrip("+/_-"))
        rest = self._random.choices(_ALPHABETS[alphabet], k=self._random.randint(low, high) - 1)
        return first + "".join(rest)
