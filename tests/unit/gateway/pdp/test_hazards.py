import re
from pathlib import Path

import opa_client.opa_async
import pytest

from gateway.pdp.rego import CompiledPolicy, Interpreter, Module, RegoError, compile_rules, parse

TESTS = Path(__file__).resolve().parents[3]
_NAMED = re.compile(r"`(?P<path>[\w/]+\.py)::(?P<test>\w+)`")


def test_every_hazard_of_the_table_has_its_test() -> None:
    """The table of hazards in tests/README.md names tests that exist, one at least in each row."""
    table = (
        (TESTS / "README.md")
        .read_text("utf-8")
        .split("## Hazards of Rego and OPA", 1)[1]
        .split("\n## ", 1)[0]
    )
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 15
    for row in rows:
        named = list(_NAMED.finditer(row))
        assert named, row
        for each in named:
            assert f"def {each['test']}(" in (TESTS / each["path"]).read_text("utf-8"), row


@pytest.mark.parametrize(
    "text", ["package a\nx := {", 'package a\nx := $"{1}"', "", "package a\nx := 1e999999"]
)
def test_a_broken_module_is_an_ordinary_error_from_every_door(text: str) -> None:
    """What regorus raises for text that does not parse is a RegoError, whatever we were about to do."""
    module = Module("a.rego", text)
    doors = (
        lambda: parse(module),
        lambda: Interpreter([module], {}),
        lambda: CompiledPolicy([module], {}, "data.a.x"),
        lambda: compile_rules([module], {}, ["data.a.x"]),
    )
    for door in doors:
        with pytest.raises(RegoError):
            door()


async def test_the_client_of_opa_fails_outside_its_context() -> None:
    """The library's client has no session before it is entered; our engine enters it with the first call."""
    client = opa_client.opa_async.AsyncOpaClient(host="127.0.0.1", port=9)
    with pytest.raises(AttributeError):
        await client.query_rule({}, "custody/access", "decision")
