import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.classifier.candidates import candidates
from redaction.classifier.units import Reader

EVERYDAY = ("the", "of", "west", "met", "and", "street", "we", "saw", "her", "in", "year", "octubre", "de")
READER = Reader({"[UNK]": 0}, dict.fromkeys(EVERYDAY, 1), frozenset({1}))


def chosen(text: str) -> str:
    """The words that are candidates, in a row."""
    units = READER.read(text)
    found = candidates(np.array(units.kinds, np.int64), np.array(units.plain, bool))
    return " ".join(text[units.starts[n] : units.ends[n]] for n in found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("we met the Bank of the West", "Bank of the West"),
        ("we met Anna, and Bo saw her", "Anna and Bo saw"),
        ("12 Oak street of the west", "12 Oak street"),
        ("we saw her in the year 2005", "year 2005"),
        ("we met in octubre de 2013", "octubre de 2013"),
        ("Anna (we met her) saw Bo", "Anna we Bo"),
        ("we saw her", ""),
        ("we", ""),
        ("we Anna", "Anna"),
        ("... , -", ""),
        ("", ""),
    ],
)
def test_candidates_are_what_may_be_in_an_entity(text: str, words: str) -> None:
    """Telling words, the one after, the one before a number, up to two between; never signs."""
    assert chosen(text) == words


@given(st.text(alphabet="aA1 .,\n", max_size=80))
def test_what_is_not_plain_is_always_a_candidate(text: str) -> None:
    """Nothing that could be something by itself is left out, and the numbers rise."""
    units = READER.read(text)
    found = candidates(np.array(units.kinds, np.int64), np.array(units.plain, bool)).tolist()
    assert found == sorted(set(found))
    assert {n for n, plain in enumerate(units.plain) if not plain} <= set(found)
