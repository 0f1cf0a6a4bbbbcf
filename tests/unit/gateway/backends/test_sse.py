from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.backends.sse import EventParser, EventTooLarge

LIMIT = 1000
lines = st.binary(max_size=12).filter(lambda line: b"\r" not in line and b"\n" not in line)


def parse(document: bytes, cuts: Sequence[int] = ()) -> list[bytes]:
    """All events of ``document``, cut at ``cuts``."""
    parser = EventParser(LIMIT)
    places = sorted({cut % (len(document) + 1) for cut in cuts})
    edges = [0, *places, len(document)]
    pieces = [document[start:end] for start, end in pairwise(edges)]
    return [event for piece in pieces for event in parser.feed(piece)]


@given(
    events=st.lists(st.lists(lines, min_size=1, max_size=3), max_size=4),
    # A CR before an LF would be one ending and not two, so only the other two may be mixed.
    endings=st.just([b"\r"]) | st.lists(st.sampled_from([b"\n", b"\r\n"]), min_size=1),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    cuts=st.lists(st.integers(0, 500)),
)
def test_events_survive_any_split_and_any_line_ending(
    events: list[list[bytes]], endings: list[bytes], mark: bytes, cuts: list[int]
) -> None:
    """Each event comes out once and whole, wherever the bytes are cut and however lines end."""
    rows = [row for event in events for row in (*(b"data: " + line for line in event), b"")]
    document = mark + b"".join(row + endings[n % len(endings)] for n, row in enumerate(rows))
    assert parse(document, cuts) == [b"\n".join(event) for event in events]


@given(document=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200)))
def test_a_split_changes_nothing(document: bytes, cuts: list[int]) -> None:
    """Any bytes at all give the same events cut and uncut."""
    assert parse(document, cuts) == parse(document)


@given(st.text(alphabet="da:t \r\n\ufeff", max_size=60), st.lists(st.integers(0, 100)))
def test_a_split_changes_nothing_in_near_events(text: str, cuts: list[int]) -> None:
    """Text made of the format's own characters gives the same events cut and uncut."""
    assert parse(text.encode(), cuts) == parse(text.encode())


def test_comments_and_other_fields_are_skipped() -> None:
    """A keep-alive comment, an id, an event name and an unknown field never become data."""
    assert parse(b": ping\nid: 1\nevent: x\nretry: 5\nnonsense\ndata: a\n\n: ping\n\n") == [b"a"]


def test_one_space_is_dropped_and_no_more() -> None:
    """The colon may be followed by one space, which is not data; the second is."""
    assert parse(b"data:a\n\ndata:  b\n\ndata\n\n") == [b"a", b" b", b""]


def test_an_event_that_does_not_end_is_not_given() -> None:
    """Bytes after the last blank line are no event, as the standard says."""
    assert parse(b"data: a\n\ndata: half\n") == [b"a"]


@pytest.mark.parametrize("piece", [b"x", b"data: x\n", b"data: x"])
def test_an_endless_event_is_cut_off(piece: bytes) -> None:
    """A line or an event without end takes no more memory than the limit."""
    parser = EventParser(LIMIT)
    with pytest.raises(EventTooLarge):
        [parser.feed(piece) for _ in range(LIMIT + 1)]


def test_many_small_events_are_never_too_large() -> None:
    """The limit is for one event, not for the stream, and skipped comments do not count."""
    parser = EventParser(20)
    assert sum(len(parser.feed(b": 0123456789\n: 0123456789\ndata: 0123456789\n\n")) for _ in range(50)) == 50
