"""Data that policies refer to: JSON or YAML, objects at the top, no key twice."""

import json
from collections.abc import Hashable
from typing import NoReturn

import orjson
import yaml

from gateway.domain import JsonObject, JsonValue


class DataFileBroken(Exception):
    """A data file cannot be taken as it is."""


def read_data_file(name: str, content: bytes) -> JsonObject:
    """The object in a data file; raises ``DataFileBroken``, also where a later key would hide an earlier."""
    try:
        value = _read_yaml(content) if name.endswith(".yaml") else _read_json(content)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise DataFileBroken(f"cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise DataFileBroken("must hold an object")
    # Rules live under data.custody; data of that name would stand in their place.
    if name in {"data.json", "data.yaml"} and "custody" in value:
        raise DataFileBroken("data may not be named custody: that is where the rules are")
    try:
        # What the engines cannot be handed: numbers over 64 bits, lone surrogates, more than 254 levels.
        orjson.dumps(value)
    except TypeError as error:
        raise DataFileBroken(f"holds what the engines cannot take: {error}") from error
    return value


def _read_json(content: bytes) -> JsonValue:
    value: JsonValue = json.loads(content, object_pairs_hook=_unique, parse_constant=_no_constant)
    return value


def _unique(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    found: JsonObject = {}
    for key, value in pairs:
        if key in found:
            raise DataFileBroken(f"key {key} stands twice")
        found[key] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise DataFileBroken(f"{name} is no JSON number")


def _read_yaml(content: bytes) -> JsonValue:
    # Through JSON, so that dates and keys that are not strings are refused rather than guessed at.
    loaded = yaml.load(content, Loader=_UniqueLoader)  # noqa: S506 (derives from SafeLoader)
    try:
        value: JsonValue = json.loads(json.dumps(loaded, allow_nan=False))
    except TypeError as error:
        raise DataFileBroken(f"holds what JSON cannot: {error}") from error
    return value


class _UniqueLoader(yaml.SafeLoader):
    """PyYAML's safe loader, but a key that stands twice, or is no string, is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if not isinstance(key, str):
                raise DataFileBroken(f"key {key} is no string")
            if keys.count(key) > 1:
                raise DataFileBroken(f"key {key} stands twice")
        mapping: dict[Hashable, object] = super().construct_mapping(node, deep)
        return mapping
