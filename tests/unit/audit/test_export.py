import csv
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import jsonschema_rs
import pytest
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from audit.entry import Actor, Entry, EntryType, Record, Result, WriterPosition
from audit.export import COLUMNS, WRITERS, flat
from audit.ids import SystemClock, Uuid7
from audit.leaf import decode_entry, encode_entry
from audit.ocsf import VERSION, event
from audit.query import Located, LogReader


@cache
def api_activity() -> jsonschema_rs.Draft202012Validator:
    """OCSF's own schema of the class API Activity."""
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=VERSION)).get_class_schema("api_activity")
    return jsonschema_rs.Draft202012Validator(schema)


def located(record: Record) -> Located:
    """The record as the only entry of a log."""
    new_id = Uuid7(SystemClock())
    leaf = encode_entry(Entry(new_id(), WriterPosition(new_id(), 0, ""), 1_764_000_000_000_000, 5, record))
    return Located(0, leaf, decode_entry(leaf))


def written(kind: str, chosen: Iterable[Located], folder: Path) -> str:
    """What an export of these entries holds."""
    WRITERS[kind](chosen, folder / kind)
    return (folder / kind).read_text("utf-8")


def test_each_entry_is_a_valid_ocsf_event(closed_log: Path, tmp_path: Path) -> None:
    """Every line of an OCSF export is valid by the class's official schema, which knows no other field."""
    with LogReader(closed_log) as reader:
        lines = written("ocsf", reader.scan(end=200), tmp_path).splitlines()
    assert len(lines) == 200
    for line in lines:
        api_activity().validate(json.loads(line))


@pytest.mark.parametrize("kind", EntryType)
@pytest.mark.parametrize("actor", [None, Actor("s_1", "person", "audit")], ids=["nobody", "somebody"])
def test_each_type_of_entry_is_a_valid_ocsf_event(kind: EntryType, actor: Actor | None) -> None:
    """Whatever an entry is about, and however little it says, its event is valid."""
    intent = "0199c6a0-0000-7000-8000-000000000000" if kind is EntryType.OUTCOME else ""
    record = Record(
        type=kind, request_id="r", actor=actor, intent=intent, result=Result(429, "quota_exceeded")
    )
    made = event(located(record))
    api_activity().validate(made)
    assert made["type_uid"] == 600300 + made["activity_id"]
    assert made["status"] == "Failure"


def test_the_schema_is_one_that_can_fail() -> None:
    """An event with a field that OCSF does not name is not valid."""
    made = event(located(Record(type=EntryType.INTENT, request_id="r")))
    with pytest.raises(jsonschema_rs.ValidationError):
        api_activity().validate(made | {"prompt": "x"})


def test_csv_says_what_leaves_say(closed_log: Path, tmp_path: Path) -> None:
    """A CSV export has a line an entry, each with every column."""
    with LogReader(closed_log) as reader:
        chosen = list(reader.scan(end=20))
    rows = list(csv.DictReader(written("csv", chosen, tmp_path).splitlines()))
    assert [row["rules"] for row in rows] == ["it.allow"] * 20
    wanted = [dict(zip(COLUMNS, map(str, flat(each)), strict=True)) for each in chosen]
    assert [row["leaf_hash"] for row in rows] == [row["leaf_hash"] for row in wanted]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_csv_runs_nothing(tmp_path: Path, start: str) -> None:
    """A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    record = Record(type=EntryType.DENIED, request_id="r", action=f"{start}HYPERLINK(1)", result=Result(400))
    (row,) = csv.DictReader(written("csv", [located(record)], tmp_path).splitlines())
    assert row["action"] == f"'{start}HYPERLINK(1)"


def test_json_lines_carry_the_leaf_itself(closed_log: Path, tmp_path: Path) -> None:
    """A JSON line holds the leaf byte for byte, so that its hash can be computed from the copy."""
    with LogReader(closed_log) as reader:
        chosen = list(reader.scan(end=5))
    for line, each in zip(written("jsonl", chosen, tmp_path).splitlines(), chosen, strict=True):
        assert f'"entry":{each.leaf.decode()}}}' in line
