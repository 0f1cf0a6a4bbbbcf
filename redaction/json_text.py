"""JSON as text: read and written whole, and read piece by piece while it streams."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import orjson

JsonValue: TypeAlias = "str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = dict[str, JsonValue]

_INSIDE = re.compile(r'[^"\\]+|\\u[0-9a-fA-F]{4}|\\.|"', re.DOTALL)
_OUTSIDE = re.compile(r'[^"]+|"')
# An escape of which more may come, or the first half of a surrogate pair without its second.
_UNFINISHED = re.compile(r"(?:\\u[dD][89abAB][0-9a-fA-F]{2})?(?:\\(?:u[0-9a-fA-F]{0,3})?)?\Z")
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def parse(text: str) -> JsonValue:
    """The JSON value in ``text``; raises ``ValueError`` when it is not JSON."""
    value: JsonValue = orjson.loads(text)
    return value


def escape(text: str) -> str:
    """The text as it stands between the quotes of a JSON string."""
    return orjson.dumps(text).decode()[1:-1]


@dataclass(frozen=True, slots=True, repr=False)
class Piece:
    """A stretch of JSON: a quote at either end of a string, decoded text inside one, or what is between."""

    text: str
    inside: bool = False
    quote: bool = False


class JsonPieces:
    """Tells strings from what stands between them, with escapes decoded, whatever the pieces are."""

    def __init__(self) -> None:
        self._held = ""
        self._inside = False

    def push(self, text: str, *, final: bool = False) -> list[Piece]:
        """The pieces known by now; an unfinished escape waits unless ``final``."""
        return list(self._pieces(self._held + text, final=final))

    def _pieces(self, text: str, *, final: bool) -> Iterator[Piece]:
        self._held = ""
        position = 0
        while position < len(text):
            if not self._inside:
                match = _OUTSIDE.match(text, position)
            else:
                unfinished = None if final else _UNFINISHED.match(text, position)
                if unfinished and unfinished.end() > unfinished.start():
                    self._held = text[position:]
                    return
                match = _INSIDE.match(text, position)
            found = match[0] if match else text[position:]
            position += len(found)
            if found == '"':
                self._inside = not self._inside
                yield Piece(found, quote=True)
            else:
                yield Piece(_decode(found) if self._inside else found, inside=self._inside)


def _decode(found: str) -> str:
    if found[0] != "\\" or len(found) == 1:
        return found
    if len(found) == 6:  # noqa: PLR2004 - backslash, u and four digits
        return chr(int(found.removeprefix("\\u"), 16))
    # An escape that JSON does not know keeps its backslash, so that nothing is lost.
    return _SHORT.get(found[1]) or (found[1] if found[1] in '"\\/' else found)
