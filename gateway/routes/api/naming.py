"""Where an operation stands in the API: its kind and its fields say so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from gateway.control.operations import Operation

# What a path may name: ids of the registry, opaque subject ids, ids of changes.
NAME = r"^[A-Za-z0-9*][A-Za-z0-9._:*-]{0,199}$"
# Verbs that make a new thing, by POST to the collection.
_CREATING = frozenset({"register", "give", "propose", "open", "assert"})
# A mandate is a dispute of its own kind, and its operations call it one.
_STANDS_FOR = {"mandate": "dispute"}
REFERENCE = "#/components/schemas/{model}"


@dataclass(frozen=True, slots=True)
class Address:
    """``grant.give`` is POST /grants, ``grant.revoke`` POST /grants/{grant}/revoke for its field ``grant``.

    An operation of another verb without such a field is POST /grants/verb. ``field`` names the field that
    stands in the path, if one does.
    """

    noun: str
    plural: str
    path: str
    field: str
    creates: bool

    @classmethod
    def of(cls, operation: type[Operation]) -> "Address":
        """The address of an operation."""
        noun, _, verb = operation.kind.partition(".")
        plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
        creates = verb in _CREATING
        field = "" if creates else thing_of(noun, operation)
        thing = f"/{{{field}}}" if field else ""
        path = f"/{plural}" if creates else f"/{plural}{thing}/{verb.replace('_', '-')}"
        return cls(noun, plural, path, field, creates)

    def described(self, operation: type[Operation]) -> dict[str, Any]:
        """The body and the path of the operation, for OpenAPI."""
        body = {"content": {"application/json": {"schema": self._schema(operation)}}, "required": True}
        if not self.field:
            return {"requestBody": body}
        named = {"name": self.field, "in": "path", "required": True, "schema": {"type": "string"}}
        return {"requestBody": body, "parameters": [named]}

    def _schema(self, operation: type[Operation]) -> dict[str, Any]:
        schema = operation.model_json_schema(ref_template=REFERENCE)
        schema.pop("$defs", None)  # they stand among the components
        if self.field:
            schema["properties"].pop(self.field)
            schema["required"] = [name for name in schema.get("required", ()) if name != self.field]
        return schema


def thing_of(noun: str, operation: type[Operation]) -> str:
    """The field that names the thing operated on; empty if there is none."""
    names = (noun, _STANDS_FOR.get(noun, noun))
    return next((name for name in names if name in operation.model_fields), "")


def components(models: Sequence[type[BaseModel]]) -> dict[str, Any]:
    """The schemas of these models, and of what they refer to; an operation's own stands at its route."""
    found: dict[str, Any] = {}
    for model in models:
        schema = model.model_json_schema(ref_template=REFERENCE)
        found |= schema.pop("$defs", {})
        if not issubclass(model, Operation):
            found[model.__name__] = schema
    return found
