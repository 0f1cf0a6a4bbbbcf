"""What the API reads: bodies, entity tags and cursors, of any shape."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadRequest, InvalidBody, PreconditionFailed
from gateway.routes.api.bodies import read_object
from gateway.routes.api.cursors import Cursors
from gateway.routes.api.etags import require_match, tag, unchanged

JSON = {"content-type": "application/json; charset=utf-8"}
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)
OBJECTS = st.dictionaries(TEXT, VALUES, max_size=4)
CURSORS = Cursors(b"secret")


@given(OBJECTS)
def test_a_sound_object_is_read_as_it_is(document: dict[str, object]) -> None:
    """What means one thing is read as that."""
    assert read_object(orjson.dumps(document), JSON) == document


@given(OBJECTS, TEXT, VALUES, VALUES)
def test_a_doubled_name_is_refused_wherever_it_stands(
    document: dict[str, object], name: str, first: object, second: object
) -> None:
    """Two members of one name are refused at any depth, also where the values are the same."""
    members = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for value in (first, second))
    outer = json.dumps({**document, "inner": None}).replace('"inner": null', f'"inner": [{{{members}}}]', 1)
    with pytest.raises(InvalidBody):
        read_object(outer.encode(), JSON)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_refused(raw: bytes) -> None:
    """Nothing else comes of any body, and no other error."""
    try:
        assert isinstance(read_object(raw, JSON), dict)
    except InvalidBody:
        return


@given(st.integers(1, 3000))
def test_depth_is_bounded(depth: int) -> None:
    """Whatever the depth, the answer is an object or a refusal, and never a full stack."""
    raw = b'{"a":' + b"[" * depth + b"]" * depth + b"}"
    if depth < 32:
        assert read_object(raw, JSON)
    else:
        with pytest.raises(InvalidBody):
            read_object(raw, JSON)


@given(st.binary(), st.binary())
def test_a_tag_matches_what_it_is_of(content: bytes, other: bytes) -> None:
    """A tag names its bytes and no others, alone and in a list."""
    mine, others = tag(content), tag(other)
    require_match(f'"a", {mine}', mine)
    assert unchanged(f"W/{mine}", mine)
    if content != other:
        assert not unchanged(others, mine)
        with pytest.raises(PreconditionFailed):
            require_match(others, mine)


@given(st.text(max_size=40))
def test_any_header_is_a_list_of_tags_or_refused(header: str) -> None:
    """No header makes another error than that it is none, or that it does not match."""
    current = tag(b"content")
    try:
        unchanged(header, current)
        require_match(header, current)
    except (BadRequest, PreconditionFailed):
        return
    assert header.strip() == "*" or current in header


@pytest.mark.timeout(20)
def test_a_hostile_header_is_refused_quickly() -> None:
    """A long list that is none takes no longer for each tag that it has."""
    with pytest.raises(BadRequest):
        unchanged('"a",' * 8_000 + "x", tag(b""))


@given(TEXT, TEXT.filter(bool))
def test_a_cursor_opens_where_it_was_sealed(listing: str, after: str) -> None:
    """What was sealed for a listing opens for it, and for no other."""
    cursor = CURSORS.seal(listing, after)
    assert CURSORS.open(listing, cursor) == after
    with pytest.raises(BadRequest):
        CURSORS.open(f"{listing}!", cursor)
    with pytest.raises(BadRequest):
        Cursors(b"another").open(listing, cursor)


@given(st.text(min_size=1, max_size=80))
def test_what_was_not_sealed_does_not_open(cursor: str) -> None:
    """Any other text is refused as no cursor."""
    with pytest.raises(BadRequest):
        CURSORS.open("listing", cursor)
