import re

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from redaction.check import FLAGS
from redaction.octets import shadow
from redaction.probe import probe
from redaction.syntax import PatternUnsupported

_PIECES = st.sampled_from(
    [
        "a",
        "B",
        "ß",
        "é",
        "я",
        "7",
        "\\d",
        "\\w",
        "\\s",
        "[0-9]",
        "[^a-f]",
        "[A-Zé]",
        "\\p{L}",
        "-",
        "(?-i:K)",
        ".",
    ]
)
_COUNTS = st.sampled_from(["", "", "", "?", "+", "*", "{2}", "{1,3}", "{2,}"])
_EDGES = st.sampled_from(
    ["", "", "\\b", "(?<!\\w)", "(?!\\d)", "(?<![a-c])", "(?<=a)", "(?!ab)", "(?![0-9])"]
)
_GROUP = st.lists(st.tuples(_PIECES, _COUNTS), min_size=1, max_size=3).map(
    lambda pairs: "".join(piece + count for piece, count in pairs)
)
_PATTERNS = st.builds(
    lambda before, groups, after: f"{before}(?:{'|'.join(groups)})x?{after}",
    _EDGES,
    st.lists(_GROUP, min_size=1, max_size=3),
    _EDGES,
)
_TEXTS = st.text(st.sampled_from("abckABCDEKx0127 .-_éßяſ\u212a٣\n"), max_size=24)


@given(_PATTERNS, _TEXTS)
def test_no_match_is_missed(pattern: str, text: str) -> None:
    """Each match begins within reach of an end of its probe over the text's shadow, and where one may."""
    try:
        told = probe(pattern)
    except PatternUnsupported:
        return
    octets = shadow(text)
    whole = re.compile(f"(?:{told.expression})\\Z".replace(r"\z", r"\Z").encode("latin-1"), re.DOTALL)
    ends = [end for end in range(len(octets) + 1) if _ends_at(whole, octets, end)]
    for match in regex.compile(told.pattern, FLAGS).finditer(text):
        assert any(told.least <= end - match.start() <= told.reach for end in ends), (told, ends)
        assert re.compile(told.first).match(text, match.start()), told


def _ends_at(whole: "re.Pattern[bytes]", octets: bytes, end: int) -> bool:
    # Hyperscan tells of every end, however a match began; so does this, by trying each in turn. The end
    # of the cut text may pass for the end of the text, which only adds ends that the test does not ask about.
    return any(
        match.end() == end
        for start in range(end + 1)
        for match in [whole.match(octets[:end], start)]
        if match
    )


def test_every_repeat_gets_a_bound() -> None:
    """An open-ended repeat is bounded, so that a match has a greatest length."""
    told = probe(r"a+b*?c{2,}+")
    assert told.pattern == "a{1,256}b{0,256}?c{2,256}+"
    assert told.longest == 768


@pytest.mark.parametrize(
    "pattern",
    ["(a+b+c+)+$", "(?R)", "a|", "x*", r"(?P<n>a)(?P=n)", "(", ")", "[[:alpha:]]", r"\K", "+", "(?e)a"],
)
def test_what_has_no_bound_or_no_probe_is_refused(pattern: str) -> None:
    """A pattern without a bound, that may match nothing or does what cannot be looked for, is refused."""
    with pytest.raises(PatternUnsupported):
        probe(pattern)
