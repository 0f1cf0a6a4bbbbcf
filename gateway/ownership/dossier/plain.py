from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum

import orjson

from gateway.domain import JsonValue

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


def plain(value: object) -> JsonValue:
    """A value of ours as JSON holds it; sets are sorted, so that the same value is the same JSON."""
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, set | frozenset):
        return _list(sorted(value))
    return _list(value) if isinstance(value, tuple | list) else _object(value)


def document(value: object) -> bytes:
    """A value as one JSON file: sorted, indented, the same bytes each time."""
    return orjson.dumps(plain(value), option=_OPTIONS)


def _list(values: Iterable[object]) -> JsonValue:
    return [plain(item) for item in values]


def _object(value: object) -> JsonValue:
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} is no value of a dossier")
