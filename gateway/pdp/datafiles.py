"""Data that policies refer to: JSON or YAML, objects at the top, no key twice."""

import json
import re
from collections.abc import Hashable, Iterator
from typing import NoReturn

import orjson
import yaml

from gateway.domain import JsonObject, JsonValue

_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},]')


class DataFileBroken(Exception):
    """A data file cannot be taken as it is; line and column count from 1, and 0 means the whole file."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def read_data_file(name: str, content: bytes) -> JsonObject:
    """The object in a data file; raises ``DataFileBroken``, also where a later key would hide an earlier."""
    try:
        value = _read_yaml(content) if name.endswith(".yaml") else _read_json(content)
    except json.JSONDecodeError as error:
        raise DataFileBroken(f"cannot be read: {error.msg}", error.lineno, error.colno) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise DataFileBroken(f"cannot be read: {error.problem}", *place) from error
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
    value: JsonValue = json.loads(content, parse_constant=_no_constant)
    for key, offset in _repeated(content.decode()):
        before = content.decode()[:offset]
        column = offset - before.rfind("\n")
        raise DataFileBroken(f"key {key} stands twice", before.count("\n") + 1, column)
    return value


def _repeated(text: str) -> Iterator[tuple[str, int]]:
    """Every key of sound JSON that its object has already, and where it stands."""
    objects: list[set[str] | None] = []
    awaited = False
    for found in _JSON_TOKEN.finditer(text):
        written = found[0]
        if written in {"{", "["}:
            objects.append(set() if written == "{" else None)
        elif written in {"}", "]"}:
            objects.pop()
        seen = objects[-1] if objects else None
        if awaited and seen is not None and written.startswith('"'):
            key = json.loads(written)
            if key in seen:
                yield key, found.start()
            seen.add(key)
        awaited = written in {"{", ","}


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
    """PyYAML's safe loader, but an alias, and a key that stands twice or is no string, is an error."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            # A few lines of aliases of aliases are gigabytes of data.
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # typeshed forgot it
            raise DataFileBroken("aliases are not followed", mark.line + 1, mark.column + 1)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        seen: set[str] = set()
        for written, _ in node.value:
            key, mark = self.construct_object(written, deep=True), written.start_mark
            if not isinstance(key, str):
                raise DataFileBroken(f"key {key} is no string", mark.line + 1, mark.column + 1)
            if key in seen:
                raise DataFileBroken(f"key {key} stands twice", mark.line + 1, mark.column + 1)
            seen.add(key)
        mapping: dict[Hashable, object] = super().construct_mapping(node, deep)
        return mapping
