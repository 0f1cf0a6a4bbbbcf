import orjson

from gateway.domain import JsonObject
from gateway.errors import InvalidBody


def parse_object(body: bytes) -> JsonObject:
    """The JSON object in ``body`` (RFC 8259).

    Raises ``InvalidBody`` for everything else: orjson refuses bytes that are not UTF-8, lone surrogates,
    NaN, and nesting deeper than 1,024 levels. The message tells where, never what.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidBody(f"The body is not JSON: {error.msg} at character {error.pos}.") from None
    if not isinstance(document, dict):
        raise InvalidBody("The body must be a JSON object.")
    return document
