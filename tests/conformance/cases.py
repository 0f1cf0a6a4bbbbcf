"""OPA's own conformance cases, as they stand in the archive."""

import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ARCHIVE = "opa-conformance.tar.gz"
_RULE = re.compile(r"(?P<rule>data(\.\w+)+) = (?P<name>\w+)")
_PACKAGE = re.compile(r"^package (\S+)", re.MULTILINE)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_WHOLE_INPUT = re.compile(r"(?<!with )\binput\b(?![.\[])")


@dataclass(frozen=True)
class Case:
    """One question to the engine: modules, data, input, and the values that one rule may have.

    ``wanted`` is None where OPA refuses the modules or fails; ``strict`` says that it fails in its strict
    mode alone and is undefined otherwise. ``rule`` is empty where the query is no plain rule. ``input`` is
    None where it holds what JSON cannot say, or where the case is about having none: policies always have
    one.
    """

    note: str
    folder: str
    rule: str
    modules: tuple[str, ...]
    data: dict[str, Any]
    input: str | None
    wanted: list[Any] | None
    strict: bool

    def to_json(self) -> str:
        """The case as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> "Case":
        """The case of one line."""
        read = json.loads(line)
        return cls(**{**read, "modules": tuple(read["modules"])})


def read_cases(archive: Path) -> Iterator[Case]:
    """Every case in the archive, by folder and file."""
    with tarfile.open(archive) as opened:
        members = sorted((m for m in opened if m.name.endswith(".json")), key=lambda member: member.name)
        for member in members:
            content = opened.extractfile(member)
            assert content is not None
            folder = Path(member.name).parent.name
            for case in json.load(content)["cases"]:
                yield _case(case, folder)


def _case(read: dict[str, Any], folder: str) -> Case:
    query = _RULE.fullmatch(read["query"])
    name = query["name"] if query else ""
    fails = "want_error_code" in read or "want_error" in read
    bindings = read.get("want_result") or []
    modules = tuple(read.get("modules") or ())
    return Case(
        note=read["note"],
        folder=folder,
        rule=query["rule"] if query and _is_rule(query["rule"], modules) else "",
        modules=modules,
        data=read.get("data") or {},
        input=_input(read, modules),
        wanted=None if fails else [binding[name] for binding in bindings if name in binding],
        strict=bool(read.get("strict_error")),
    )


def _is_rule(name: str, modules: tuple[str, ...]) -> bool:
    packages = [found[1] for text in modules for found in _PACKAGE.finditer(text)]
    return any(name.startswith(f"data.{package}.") for package in packages) and not any(
        f"data.{package}".startswith(name) for package in packages
    )


def _input(read: dict[str, Any], modules: tuple[str, ...]) -> str | None:
    if "input" in read:
        return json.dumps(read["input"])
    if "input_term" not in read:
        return None if any(_WHOLE_INPUT.search(text) for text in modules) else "{}"
    try:
        return json.dumps(json.loads(_TRAILING_COMMA.sub(r"\1", read["input_term"])))
    except ValueError:
        return None
