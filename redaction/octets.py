"""A text's shadow, one octet a code point, and sets of octets as integers of 256 bits.

An offset in the shadow is an offset in the text, so nothing needs to be mapped back. What Latin-1 can write
stands for itself, a digit of any script for its value; everything else is ``OTHER``, which every set that
could mean it holds.
"""

import codecs
import unicodedata
from functools import lru_cache

OTHER = 0xFF
_LAST = "\xff"  # of Latin-1
_FEW = 64
ALL = (1 << 256) - 1
HIGH = ALL & ~((1 << 128) - 1)
_FIRST_OF_TWO_CASES, _LAST_OF_TWO_CASES = 0xC0, 0xDE
# Where case is ignored these are the same as an ASCII letter, and so are their shadows.
_ASCII_KIN = {"\u212a": "k", "\u017f": "s", "\u0130": "i", "\u0131": "i"}
_KIN = "".join(_ASCII_KIN)


def octets_of(low: int, high: int | None = None) -> int:
    """The octets that stand for the code points from ``low`` to ``high``, both included."""
    high = low if high is None else high
    bits = (1 << min(high, OTHER) + 1) - (1 << min(low, OTHER))
    for char in _KIN:
        if low <= ord(char) <= high:
            bits |= 1 << ord(_ASCII_KIN[char])
    # The digits of a script stand together, so ten or more code points may hold some.
    if high > OTHER and (high - low >= 9 or any(map(str.isdecimal, map(chr, range(low, high + 1))))):  # noqa: PLR2004
        bits |= ((1 << 10) - 1) << 0x30
    return bits


DIGITS = octets_of(0x30, 0x39)
LETTERS = octets_of(0x41, 0x5A) | octets_of(0x61, 0x7A)
WORD = LETTERS | DIGITS | octets_of(0x5F)  # what all agree on; letters beyond ASCII are HIGH
SPACES = octets_of(9, 13) | octets_of(28, 32) | octets_of(0x85) | octets_of(0xA0) | 1 << OTHER


def folded(bits: int, chars: str) -> int:
    """The set with the other case of each of its letters; ``chars`` are those that it was written with."""
    upper = octets_of(0x41, 0x5A)
    both = bits | (bits & upper) << 32 | (bits >> 32) & upper
    if chars.isascii():
        return both
    cased = octets_of(_FIRST_OF_TWO_CASES, _LAST_OF_TWO_CASES)
    return both | (both & cased) << 32 | (both >> 32) & cased | 1 << OTHER


def negated(bits: int, *, ignore_case: bool) -> int:
    """What may stand where none of ``bits`` may."""
    kin = 0 if ignore_case else sum(1 << ord(char) for char in set(_ASCII_KIN.values()))
    return ALL & ~bits | HIGH | kin


def shadow(text: str) -> bytes:
    """One octet for each code point; lone surrogates too."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        beyond = [char for char in set(text) if char > _LAST]
    if len(beyond) <= _FEW:
        # An alphabet has few letters, and to replace each costs less than a call for each place.
        for char in beyond:
            text = text.replace(char, _instead(char))
    return text.encode("latin-1", "custody-shadow")


def _other(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101  the codec machinery raises no other
    return "".join(map(_instead, error.object[error.start : error.end])), error.end


@lru_cache(maxsize=4_096)
def _instead(char: str) -> str:
    value = unicodedata.decimal(char, None)
    return _ASCII_KIN.get(char, chr(OTHER)) if value is None else chr(0x30 + value)


codecs.register_error("custody-shadow", _other)
