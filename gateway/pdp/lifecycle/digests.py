"""The digest of one file as OPA's bundle signatures want it: of JSON its value, of all else its bytes."""

import json
from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from typing import Self

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.datafiles import read_data_file

ALGORITHM = "SHA-256"

_SMALLEST_PLAIN, _LARGEST_PLAIN = 1e-6, 1e21  # between these Go writes a number without an exponent


class _Literal(float):
    """A number that remembers how it was written: OPA hashes the digits that stand in the file."""

    text: str

    def __new__(cls, text: str) -> Self:
        value = super().__new__(cls, text)
        value.text = text
        return value


def file_digest(name: str, content: bytes) -> str:
    """Hex SHA-256 of one file of a bundle.

    Raises ``ValueError`` or ``DataFileBroken`` where a file that must hold JSON or YAML does not.
    """
    base = name.rsplit("/", 1)[-1]
    if base in {"data.json", ".manifest"}:
        value: JsonValue = json.loads(content, parse_int=_Literal, parse_float=_Literal)
    elif base == "data.yaml":
        value = read_data_file(base, content)
    else:
        return sha256(content).hexdigest()
    return sha256("".join(_canonical(value)).encode()).hexdigest()


def canonical(value: JsonObject) -> bytes:
    """A JSON object as bytes whose own SHA-256 is the digest."""
    return "".join(_canonical(value)).encode()


def _canonical(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict):
        yield "{"
        for number, key in enumerate(sorted(value)):
            yield f"{',' if number else ''}{_string(key)}:"
            yield from _canonical(value[key])
        yield "}"
    elif isinstance(value, list):
        yield "["
        for number, item in enumerate(value):
            yield "," if number else ""
            yield from _canonical(item)
        yield "]"
    else:
        yield _scalar(value)


def _scalar(value: JsonValue) -> str:
    if isinstance(value, _Literal):
        return value.text
    if isinstance(value, float):
        return _float(value)
    return _string(value) if isinstance(value, str) else json.dumps(value)


def _string(value: str) -> str:
    # Go's encoder writes these two escaped, whatever it is told.
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _float(value: float) -> str:
    text = repr(value)
    if value == 0 or _SMALLEST_PLAIN <= abs(value) < _LARGEST_PLAIN:
        return format(Decimal(text), "f").removesuffix(".0")
    mantissa, _, exponent = text.partition("e")
    sign, digits = exponent[0], exponent[1:].lstrip("0")
    return f"{mantissa}e{sign}{digits if sign == '-' else digits.zfill(2)}"
