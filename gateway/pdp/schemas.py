"""The published schemas of what policies are asked and answer, and where a value breaks one."""

from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs
import orjson

from gateway.domain import JsonValue

ACCESS_INPUT = "input.schema.json"
ADJUDICATION_INPUT = "adjudication.schema.json"
DECISION = "decision.schema.json"

Validator = jsonschema_rs.Draft202012Validator


@cache
def document(name: str) -> dict[str, Any]:
    """The text of a schema; not to be changed, for everybody gets the same one."""
    read: dict[str, Any] = orjson.loads(files("gateway.pdp").joinpath(name).read_bytes())
    return read


@cache
def validator(name: str) -> Validator:
    """The schema, compiled; formats count."""
    return Validator(document(name), validate_formats=True)


def places(schema: Validator, value: JsonValue) -> str:
    """Where a value breaks its schema: paths and keywords, never the values that stand there."""
    found = [
        f"/{'/'.join(map(str, error.instance_path))} ({error.schema_path[-1]!s})"
        for error in schema.iter_errors(value)
    ]
    return ", ".join(found[:5])
