from dataclasses import replace

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.entry import (
    Actor,
    DecisionRef,
    Entry,
    EntryType,
    PayloadCommitment,
    Record,
    RedactionRef,
    ResourceRef,
    Result,
    WriterPosition,
)
from audit.errors import EntryTooLarge, InvalidEntry
from audit.leaf import MAX_LEAF, _members, decode_entry, encode_entry

MAX_INTEGER = 2**53 - 1
WRITER = "01890a5d-ac96-774b-bcce-b302099a8057"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
KEY = st.text(st.characters(max_codepoint=127), max_size=8)
NUMBER = st.integers(-MAX_INTEGER, MAX_INTEGER)
FACTS = st.dictionaries(
    KEY,
    st.recursive(
        TEXT | NUMBER | st.booleans() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)
RECORDS = st.builds(
    Record,
    type=st.sampled_from([EntryType.INTENT, EntryType.DENIED]),
    request_id=TEXT,
    actor=st.none() | st.builds(Actor, TEXT, st.sampled_from(["person", "service"]), TEXT),
    action=TEXT,
    resource=st.none() | st.builds(ResourceRef, TEXT, TEXT, TEXT, TEXT),
    decision=st.none()
    | st.builds(DecisionRef, TEXT, st.just("deny"), TEXT, st.lists(TEXT, max_size=2).map(tuple), FACTS),
    redaction=st.none() | st.builds(RedactionRef, TEXT, st.dictionaries(KEY, NUMBER, max_size=3)),
    result=st.none() | st.builds(Result, NUMBER, TEXT, TEXT, NUMBER, NUMBER, NUMBER, NUMBER),
    payloads=st.lists(st.builds(PayloadCommitment, TEXT, TEXT, TEXT, TEXT, NUMBER), max_size=2).map(tuple),
    detail=FACTS,
)
PLAIN = Record(type=EntryType.INTENT, request_id="r")


def entry(record: Record) -> Entry:
    """The second entry of a writer."""
    return Entry(WRITER, WriterPosition(WRITER, 1, "ab" * 32), 1_700_000_000_000_000, 5, record)


@given(RECORDS)
def test_leaf_is_rfc_8785(record: Record) -> None:
    """A leaf has the very bytes that a general RFC 8785 canonicaliser gives, and reads back as its entry."""
    leaf = encode_entry(entry(record))
    assert leaf == rfc8785.dumps(_members(entry(record)))
    assert decode_entry(leaf) == entry(record)


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        float("nan"),
        2**53,
        -(2**53),
        "\ud800",
        b"raw",
        {"\u00e9": 1},
        {1: 2},
        [[1.0]],
        {"a": {"b": 2.0}},
        object(),
    ],
)
def test_not_canonical_is_refused(value: object) -> None:
    """Floats, large integers, lone surrogates, foreign keys and unknown types are refused anywhere."""
    for detail in ({"x": value}, {"x": ["y", {"z": value}]}):
        with pytest.raises(InvalidEntry):
            encode_entry(entry(replace(PLAIN, detail=detail)))


def test_error_holds_no_value() -> None:
    """What is refused does not show in the error nor behind it."""
    with pytest.raises(InvalidEntry) as caught:
        encode_entry(entry(replace(PLAIN, detail={"x": "secret\ud800"})))
    assert "secret" not in str(caught.value)
    assert "secret" not in str(caught.value.__cause__)


def test_nesting_is_bounded() -> None:
    """Facts that nest without end, or hold themselves, are refused and do not exhaust the stack."""
    deep: list[object] = []
    for _ in range(20_000):
        deep = [deep]
    circle: list[object] = []
    circle.append(circle)
    wide = [[] for _ in range(MAX_LEAF)]
    for value in (deep, circle, wide):
        with pytest.raises(InvalidEntry):
            encode_entry(entry(replace(PLAIN, detail={"x": value})))


def test_size_is_bounded() -> None:
    """A leaf of 65,535 bytes is kept, one more is refused."""
    spare = MAX_LEAF - len(encode_entry(entry(replace(PLAIN, action=""))))
    assert len(encode_entry(entry(replace(PLAIN, action="a" * spare)))) == MAX_LEAF
    with pytest.raises(EntryTooLarge):
        encode_entry(entry(replace(PLAIN, action="a" * (spare + 1))))


@pytest.mark.parametrize(
    "record",
    [
        Record(type=EntryType.OUTCOME, request_id="r"),
        Record(type=EntryType.INTENT, request_id="r", intent=WRITER),
        Record(type=EntryType.INTENT, request_id=7),
        Record(type=EntryType.INTENT, request_id="r", result=Result("200")),
        Record(type=EntryType.INTENT, request_id="r", redaction=RedactionRef("e", {"PERSON": True})),
    ],
)
def test_inconsistent_record_is_refused(record: Record) -> None:
    """An outcome without intent, an intent of an intent and wrong types are refused."""
    with pytest.raises(InvalidEntry):
        encode_entry(entry(record))


@given(st.binary(max_size=300))
def test_garbage_is_no_entry(raw: bytes) -> None:
    """Bytes that are not an entry are refused as that."""
    with pytest.raises(InvalidEntry):
        decode_entry(raw)


@given(RECORDS, st.data())
def test_changed_leaf_differs(record: Record, draws: st.DataObject) -> None:
    """A flipped bit is refused or reads as another entry; no two leaves mean the same."""
    leaf = bytearray(encode_entry(entry(record)))
    leaf[draws.draw(st.integers(0, len(leaf) - 1))] ^= 1 << draws.draw(st.integers(0, 7))
    try:
        changed = decode_entry(bytes(leaf))
    except InvalidEntry:
        return
    assert changed != entry(record)


def test_other_spellings_are_refused() -> None:
    """Spaces, another order, unknown members and another version are not canonical."""
    leaf = encode_entry(entry(PLAIN))
    for other in (leaf + b" ", leaf.replace(b'{"action":""', b'{ "action":""'), leaf[:-1] + b',"z":1}'):
        with pytest.raises(InvalidEntry):
            decode_entry(other)
    with pytest.raises(InvalidEntry, match="version"):
        decode_entry(leaf.replace(b'"v":1', b'"v":2'))
