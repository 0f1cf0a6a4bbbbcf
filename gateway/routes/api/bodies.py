"""Bodies of calls to governance: JSON that means one thing, whoever reads it."""

from collections.abc import Mapping
from typing import TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from gateway.body import parse_object
from gateway.domain import JsonObject, JsonValue
from gateway.errors import BadRequest, InvalidBody
from gateway.routes.api.pairs import doubled_name

_Model = TypeVar("_Model", bound=BaseModel)

# No operation nests deeper than a handful; a reader without such a bound can be made to run out of stack.
_DEEPEST = 32
# Faults that are told at once; a body can have millions.
_TOLD = 5


def read_object(raw: bytes, headers: Mapping[str, str]) -> JsonObject:
    """The object in a body; nothing is an empty one. Raises ``InvalidBody`` or ``BadRequest``.

    Refused besides what is no JSON: another media type, a name that stands twice in an object (readers differ
    on which counts), too deep nesting, and U+0000, which PostgreSQL cannot keep.
    """
    if not raw:
        return {}
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise BadRequest("The body must be JSON, sent as content-type application/json.")
    document = parse_object(raw)
    _check(document)
    if doubled_name(raw):
        raise InvalidBody("The body names a member of an object twice; name it once.")
    return document


def validated(model: type[_Model], document: JsonObject) -> _Model:
    """The model of a body, without guessing at types; raises ``InvalidBody`` that tells where, never what."""
    try:
        return model.model_validate_json(orjson.dumps(document), strict=True)
    except ValidationError as error:
        raise unfit(error) from None
    except orjson.JSONEncodeError:  # of command lines: a body was JSON before
        raise InvalidBody("This holds a text that is not Unicode.") from None


def unfit(error: ValidationError) -> InvalidBody:
    """What a caller is told of a body, or of command-line options, that does not fit."""
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    places = [".".join(str(step) for step in fault["loc"]) for fault in faults]
    told = [f"{place or 'the whole'}: {fault['msg']}" for place, fault in zip(places, faults, strict=True)]
    more = f" and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
    return InvalidBody(f"This does not fit: {'; '.join(told[:_TOLD])}{more}.", param=places[0] or None)


def _check(document: JsonObject) -> None:
    waiting: list[tuple[JsonValue, int]] = [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _DEEPEST:
            raise InvalidBody(f"The body nests deeper than {_DEEPEST} levels.")
        if isinstance(value, dict):
            waiting += [(each, depth + 1) for pair in value.items() for each in pair]
        elif isinstance(value, list):
            waiting += [(each, depth + 1) for each in value]
        elif isinstance(value, str) and "\0" in value:
            raise InvalidBody("The body holds the character U+0000, which cannot be kept.")
