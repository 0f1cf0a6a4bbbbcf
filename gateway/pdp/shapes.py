"""What the schema of the input says of a reference into it."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.schemas import ACCESS_INPUT, ADJUDICATION_INPUT, document
from gateway.pdp.world import Path


@dataclass(frozen=True, slots=True)
class Shape:
    """A place in the input: its schema, and whether every input has a value there."""

    schema: JsonObject
    certain: bool = True


class UnknownField(Exception):
    """The schema has no field of this name here; ``nearest`` is the most alike, if one is."""

    def __init__(self, field: str, nearest: str) -> None:
        super().__init__(field)
        self.field = field
        self.nearest = nearest


class InputShape:
    """Follows references through one JSON schema (objects, arrays, local references) of a file's ``name``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._root: JsonObject = document(name)

    @property
    def whole(self) -> Shape:
        """The input itself."""
        return Shape(self._root)

    def at(self, start: Shape, path: Path) -> Shape | None:
        """Where a path leads from ``start``; None where the schema does not say. Raises ``UnknownField``."""
        place: Shape | None = start
        for part in path:
            if place is None:
                return None
            place = self._step(place, part)
        return place

    def items(self, collection: Shape) -> Shape | None:
        """What stands in a collection: an array's items or an object's values."""
        for key in ("items", "additionalProperties"):
            inner = collection.schema.get(key)
            if isinstance(inner, dict):
                return Shape(self._followed(inner))
        return None

    def _step(self, place: Shape, part: str | None) -> Shape | None:
        properties = place.schema.get("properties")
        if part is None or not isinstance(properties, dict):
            inner = self.items(place)
            return Shape(inner.schema, certain=False) if inner else None
        found = properties.get(part)
        if isinstance(found, dict):
            required = place.schema.get("required")
            certain = place.certain and isinstance(required, list) and part in required
            return Shape(self._followed(found), certain)
        if place.schema.get("additionalProperties") is False:
            near = get_close_matches(part, list(properties), n=1)
            raise UnknownField(part, near[0] if near else "")
        inner = self.items(place)
        return Shape(inner.schema, certain=False) if inner else None

    def _followed(self, schema: Mapping[str, JsonValue]) -> JsonObject:
        target = schema.get("$ref")
        found: JsonValue = dict(schema)
        if isinstance(target, str):
            found = self._root
            for part in target.removeprefix("#/").split("/"):
                found = found[part] if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}


@cache
def access_input() -> InputShape:
    """The input of an access decision (``input.schema.json``)."""
    return InputShape(ACCESS_INPUT)


@cache
def adjudication_input() -> InputShape:
    """The input of a recommendation in a dispute (``adjudication.schema.json``)."""
    return InputShape(ADJUDICATION_INPUT)
