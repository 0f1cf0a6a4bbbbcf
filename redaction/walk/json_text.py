"""Free JSON: every string, key and number in it is a text, and so is JSON inside a string."""

import json
import math
from typing import Final

from redaction.errors import InvalidField
from redaction.jsontypes import JsonObject, JsonValue
from redaction.walk.table import Pen, checked

MAX_DEPTH: Final = 64
_AS_JSON: Final = True
# Above this, digits written out are no longer those of the source.
_EXACT: Final = 1e21

# Constant words of JSON Schema hide nothing; leaving them out keeps a schema readable for the model server
# whatever a plan does to texts.
# fmt: off
_KEYWORDS: Final = frozenset(
    {
        "$schema", "$id", "$ref", "$defs", "$comment", "$anchor", "additionalProperties", "allOf", "anyOf",
        "array", "boolean", "const", "contains", "contentEncoding", "contentMediaType", "default",
        "definitions", "dependentRequired", "dependentSchemas", "deprecated", "description", "else", "enum",
        "examples", "exclusiveMaximum", "exclusiveMinimum", "format", "if", "integer", "items", "maxItems",
        "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum",
        "multipleOf", "not", "null", "number", "object", "oneOf", "pattern", "patternProperties",
        "prefixItems", "properties", "propertyNames", "readOnly", "required", "string", "strict", "then",
        "title", "type", "unevaluatedItems", "unevaluatedProperties", "uniqueItems", "writeOnly",
    }
)
# fmt: on


def free_json(value: JsonValue, pen: Pen) -> JsonValue:
    """Any JSON value, of which every string, key and number is scanned.

    A number whose text is replaced becomes that string; otherwise it stays the number it was. Keys that
    become equal are told apart by a suffix. Paths of errors stop here, for keys are the caller's words.
    """
    return _walk(value, pen, MAX_DEPTH)


def free_object(value: JsonValue, pen: Pen) -> JsonValue:
    """A JSON object, scanned like ``free_json``."""
    if type(value) is not dict:
        raise InvalidField("", "an object")
    return _walk(value, pen, MAX_DEPTH)


def json_text(value: JsonValue, pen: Pen) -> JsonValue:
    """JSON inside a string: scanned like ``free_json`` and written anew; as one text when it is not valid.

    It is always written anew, for the source may hold a key twice, and only the last is seen here.
    """
    if type(value) is not str:
        raise InvalidField("", "a string")
    try:
        parsed = _DECODER.decode(checked(value))
    except RecursionError:
        raise InvalidField("", f"nested at most {MAX_DEPTH} deep") from None
    except ValueError:
        return pen(value, _AS_JSON)
    written = _walk(parsed, pen, MAX_DEPTH)
    return json.dumps(written, ensure_ascii=False, separators=(",", ":"))


def _walk(value: JsonValue, pen: Pen, depth: int) -> JsonValue:
    if isinstance(value, str):
        return _text(value, pen)
    if isinstance(value, dict | list):
        if not depth:
            raise InvalidField("", f"nested at most {MAX_DEPTH} deep")
        if isinstance(value, dict):
            return _object(value, pen, depth - 1)
        return [_walk(each, pen, depth - 1) for each in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value, pen)
    return value


def _object(value: JsonObject, pen: Pen, depth: int) -> JsonObject:
    written: JsonObject = {}
    for key, item in value.items():
        put = _text(key, pen)
        # Two keys may get one replacement; neither's value may be lost.
        name, count = put, 2
        while name in written:
            name, count = f"{put}_{count}", count + 1
        written[name] = _walk(item, pen, depth)
    return written


def _text(value: str, pen: Pen) -> str:
    return value if value in _KEYWORDS else pen(checked(value))


def _number(value: float, pen: Pen) -> JsonValue:
    shown = _digits(value)
    put = pen(shown)
    return value if put == shown else put


def _digits(value: float) -> str:
    """The number as a person would write it: a card number must not hide as 4.111e15 or with ``.0``."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT
    return str(int(value)) if whole else str(value)


def _finite(source: str) -> float:
    value = float(source)
    if not math.isfinite(value):
        raise ValueError("not a number that JSON can hold")
    return value


def _no_constant(source: str) -> float:
    del source
    raise ValueError("not JSON")


_DECODER: Final = json.JSONDecoder(parse_float=_finite, parse_constant=_no_constant)
