import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import InvalidSubmission
from audit.witness.wire import Submission, parse_submission

HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=63)


@given(st.integers(0, 10**19 - 1), HASHES, st.text(max_size=200))
def test_round_trip(old: int, proof: list[bytes], note: str) -> None:
    """A request reads back as it was written, whatever the note."""
    asked = Submission(old, tuple(proof), note)
    assert parse_submission(asked.body()) == asked


@given(st.binary(max_size=300), st.text(alphabet="old 019\nA=+/\r", max_size=120))
def test_garbage_is_read_or_refused(raw: bytes, alike: str) -> None:
    """What is not a request is refused as such, however alike, and in no other way."""
    for body in (raw, alike.encode(), b"old 1\n" + raw, b"old 1\n\n" + raw):
        try:
            asked = parse_submission(body)
        except InvalidSubmission:
            continue
        assert asked.body() == body


@pytest.mark.parametrize(
    "body",
    [
        b"old 01\n\nnote\n",
        b"old 1 \n\nnote\n",
        b"old \xd9\xa1\n\nnote\n",
        b"Old 1\n\nnote\n",
        b"old 1\nnote\n",
        b"old 1\n" + b"A" * 44 + b"\n\nnote\n",
        b"old 1\n" + (b"A" * 43 + b"=\n") * 64 + b"\nnote\n",
    ],
)
def test_one_spelling(body: bytes) -> None:
    """Sizes are digits without leading zeroes, hashes have 32 bytes, and there are at most 63."""
    with pytest.raises(InvalidSubmission):
        parse_submission(body)
