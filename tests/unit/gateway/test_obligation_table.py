"""Every obligation is met in exactly one place: schema, type, table and code say the same."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from importlib.resources import files
from pathlib import Path

import orjson
import pytest

import gateway
from gateway.domain import Obligations
from gateway.errors import PolicyUnavailable
from gateway.obligations import MET_IN
from gateway.pdp.contract import DecisionContract

NAMES = {field.name for field in fields(Obligations)}
# These read obligations to tell or build them; nothing is done by that.
_TELLING = {"gateway.obligations:as_json"}
_REFUSING = "gateway.obligations:refuse_unmet"
_SCHEMA = orjson.loads(files("gateway.pdp").joinpath("decision.schema.json").read_bytes())


@cache
def readers() -> dict[str, set[str]]:
    """The functions that read each obligation of something called obligations, by the obligation."""
    found: dict[str, set[str]] = defaultdict(set)
    root = Path(gateway.__file__).parent
    for path in root.rglob("*.py"):
        module = ".".join(("gateway", *path.relative_to(root).with_suffix("").parts))
        for place, name in _reads(ast.parse(path.read_text("utf-8")), ()):
            found[name].add(f"{module}:{'.'.join(place)}")
    return found


def _reads(node: ast.AST, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        place = (*place, node.name)
    if isinstance(node, ast.Attribute) and node.attr in NAMES and _named(node.value) == "obligations":
        yield place, node.attr
    for child in ast.iter_child_nodes(node):
        yield from _reads(child, place)


def _named(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def test_schema_type_and_table_name_the_same_obligations() -> None:
    """What may be asked for is what is typed is what is met, no more and no less."""
    assert set(_SCHEMA["properties"]["obligations"]["properties"]) == NAMES == set(MET_IN)
    assert _SCHEMA["$id"].rsplit(":", 1)[-1] in _SCHEMA["properties"]["obligations"]["title"]


@pytest.mark.parametrize("name", sorted(NAMES))
def test_an_obligation_is_met_in_one_place(name: str) -> None:
    """The code reads it where the table says, and else only to refuse what cannot be met."""
    assert readers()[name] - _TELLING - {_REFUSING} == {MET_IN[name]} - {_REFUSING}
    assert MET_IN[name] in readers()[name]


def test_a_reader_that_is_added_would_be_seen() -> None:
    """The search sees through nesting and through a decision that carries the obligations."""
    added = ast.parse("class A:\n    async def f(self, d):\n        return d.decision.obligations.priority\n")
    assert list(_reads(added, ())) == [(("A", "f"), "priority")]


@pytest.mark.parametrize(
    "obligations",
    [
        {"watermark": True},
        {"prompt": {"PERSON": "shred", "*": "keep"}},
        {"prompt": {"PERSON": "replace"}},
        {"prompt": {"person": "replace", "*": "keep"}},
        {"restore": "no"},
        {"restore": None},
        {"max_tokens": 0},
        {"max_tokens": 1.5},
        {"max_tokens": "100"},
        {"approval": ["it"]},
        {"retain_payload": 1},
        {"priority": 101},
        {"priority": True},
        {"prompt": None},
        {"reply": []},
    ],
    ids=str,
)
def test_what_is_unknown_or_malformed_is_no_decision(obligations: dict[str, object]) -> None:
    """An obligation that is not understood denies, whatever the policy allowed."""
    whole = {"prompt": {"*": "replace"}, "reply": {"*": "keep"}, **obligations}
    reason = {"code": "c", "effect": "allow", "department": "d", "package": "p", "rule": "r"}
    contract = DecisionContract(lambda: "id")
    answer = {
        "allow": True,
        "obligations": {"prompt": {"*": "replace"}, "reply": {"*": "keep"}},
        "reasons": [reason],
    }
    assert contract.decision(answer, "r").allow  # type: ignore[arg-type]  # JSON
    with pytest.raises(PolicyUnavailable):
        contract.decision({**answer, "obligations": whole}, "r")  # type: ignore[arg-type]  # JSON
