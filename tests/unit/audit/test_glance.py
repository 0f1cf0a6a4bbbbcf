from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.entry import Entry, EntryType, Record, WriterPosition
from audit.errors import InvalidEntry
from audit.glance import _quick, _Unsure, glance
from audit.leaf import decode_entry, encode_entry
from audit.schema import derive_columns
from tests.unit.audit.test_leaf import PLAIN, RECORDS, WRITER, entry


def whole(leaf: bytes) -> object:
    """What the whole way makes of a leaf, or that it refuses."""
    try:
        read = decode_entry(leaf)
    except InvalidEntry:
        return None
    decision = read.record.decision
    revision = decision.policy_revision if decision else None
    return derive_columns(read), read.writer.id, read.writer.counter, read.writer.previous, revision


def quick(leaf: bytes) -> object:
    """What a glance makes of it."""
    try:
        return glance(leaf)
    except InvalidEntry:
        return None


@given(RECORDS)
def test_glance_sees_what_is_there(record: Record) -> None:
    """A glance gives the columns, chain and revision that the whole way gives."""
    leaf = encode_entry(entry(record))
    assert glance(leaf) == whole(leaf)


@given(RECORDS, st.data())
def test_glance_refuses_alike(record: Record, draws: st.DataObject) -> None:
    """Whatever byte of a leaf is changed, the two ways agree, but for the hash before it."""
    leaf = bytearray(encode_entry(entry(record)))
    leaf[draws.draw(st.integers(0, len(leaf) - 1))] = draws.draw(st.sampled_from(b'"{}[]:,.-0129eEaftn\\ '))
    seen = quick(bytes(leaf))
    if b"ab" * 32 in leaf:
        assert seen == whole(bytes(leaf))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"detail":{}', b'"detail":{"x":1.5}'),
        (b'"detail":{}', b'"detail":{"x":[[1e30]]}'),
        (b'"detail":{}', b'"detail":{"x":9007199254740993}'),
        (b'"detail":{}', b'"detail":{"\xc3\xa9":1}'),
        (b'"detail":{}', b'"detail":[]'),
        (b'"detail":{}', b'"detail":{"a":1,"a":1}'),
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":true'),
        (b'"v":1', b'"v":1.0'),
        (b'"n":1', b'"n":-1'),
        (b'"n":1', b'"n":0'),
        (b'"mono_us":5', b'"mono_us":false'),
        (b'"payloads":[]', b'"payloads":{}'),
        (b'"payloads":[]', b'"payloads":[{}]'),
        (b'"request_id":"r"', b'"request_id":7'),
        (b'"intent":""', b'"intent":"x"'),
        (b"access.intent", b"access.outcome"),
        (b"access.intent", b"access.nothing"),
        (b'"action":""', b'"action":"","actor":null'),
        (b'"actor":null', b'"actor":{"department":"","id":"","kind":"","more":""}'),
        (b'"redaction":null', b'"redaction":{"counts":{"A":true},"engine":""}'),
        (b'"redaction":null', b'"redaction":{"counts":[],"engine":""}'),
        (WRITER.encode(), WRITER.upper().encode()),
    ],
)
def test_bad_leaf_is_refused_by_both(before: bytes, after: bytes) -> None:
    """Each way of a leaf to be wrong is seen at a glance too."""
    leaf = encode_entry(entry(PLAIN)).replace(before, after)
    assert whole(leaf) is None
    assert quick(leaf) is None


def test_ordinary_leaf_takes_the_quick_way() -> None:
    """What gateways write is not left to the slow way."""
    record = replace(PLAIN, type=EntryType.DENIED, detail={"reason": "x", "seen": [{"y": 1}]})
    _quick(encode_entry(entry(record)))
    _quick(encode_entry(Entry(WRITER, WriterPosition(WRITER, 0, ""), 1, 2, record)))
    with pytest.raises(_Unsure):
        _quick(encode_entry(entry(replace(record, action="é"))))
