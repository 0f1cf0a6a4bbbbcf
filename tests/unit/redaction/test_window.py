import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.window import LONGEST, SHORTEST, Segment, Window

LIMIT = 256
_WORDS = ["the", "letter", "Anna", "Kowalska", "and", "12", "March", "2024", "don't", "so", "A", "x" * 300]
_TEXTS = st.lists(
    st.sampled_from([*_WORDS, *map("{},".format, _WORDS), "\n\n", "\n", "。", "[PERSON_k7q2m9xcrt]"]),
    max_size=60,
).map(" ".join)


def segments(pieces: list[str]) -> list[Segment]:
    """The segments of a text that comes in these pieces, with neighbouring plain ones as one."""
    window = Window(LIMIT)
    given_out = [segment for piece in pieces for segment in window.push(piece)] + window.flush()
    joined: list[Segment] = []
    for segment in given_out:
        if joined and not segment.suspect and not joined[-1].suspect:
            joined[-1] = Segment(joined[-1].text + segment.text)
        else:
            joined.append(segment)
    return joined


def cut(text: str, places: list[int]) -> list[str]:
    """The text cut at these places."""
    edges = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[low:high] for low, high in itertools.pairwise(edges)]


@given(_TEXTS, st.lists(st.integers(0, 10_000), max_size=20))
def test_segments_are_those_of_the_whole_text(text: str, places: list[int]) -> None:
    """However a text is cut, its segments and what each is shown with are the same, and nothing is lost."""
    whole = segments([text])
    assert segments(cut(text, places)) == whole
    assert segments(list(text)) == whole
    assert "".join(segment.text for segment in whole) == text


@given(_TEXTS, st.lists(st.integers(0, 10_000), max_size=20))
def test_plain_text_may_go_the_short_way(text: str, places: list[int]) -> None:
    """Trying ``push_plain`` before each push changes nothing about the segments."""
    window = Window(LIMIT)
    given_out: list[tuple[str, bool]] = []
    for piece in cut(text, places):
        plain = window.push_plain(piece)
        if plain is None:
            given_out += [(segment.text, segment.suspect) for segment in window.push(piece)]
        else:
            given_out.append((plain, False))
    given_out += [(segment.text, segment.suspect) for segment in window.flush()]
    suspects = [text for text, suspect in given_out if suspect]
    assert suspects == [segment.text for segment in segments([text]) if segment.suspect]
    assert "".join(text for text, _ in given_out) == text


def test_plain_words_wait_for_nothing() -> None:
    """A word in small letters goes out with the space that ends it."""
    window = Window(LIMIT)
    assert [window.push_plain(piece) for piece in ("the ", "let", "ter ", "is ")] == [
        "the ",
        "",
        "letter ",
        "is ",
    ]


def test_what_waits_is_bounded() -> None:
    """Of words in capitals without end no more than the limit waits."""
    window = Window(LIMIT)
    pushed = given_out = 0
    for _ in range(500):
        pushed += 5
        given_out += sum(len(segment.text) for segment in window.push("Anna "))
        assert pushed - given_out <= LIMIT


@pytest.mark.parametrize("word", ["A1", "a"])
def test_one_long_word_is_seen_whole(word: str) -> None:
    """A token of two thousand characters comes as one segment; one without end is cut at last."""
    token = word * 1000
    assert [segment.text.strip() for segment in segments([f"so {token} it is"]) if segment.suspect] == [token]
    window = Window(LIMIT)
    waiting = 0
    for _ in range(10_000):
        waiting += len(word) - sum(len(segment.text) for segment in window.push(word))
        assert waiting <= LONGEST


def test_private_key_is_seen_whole() -> None:
    """The lines of a private key stay together, for only its first says what they are."""
    lines = "\n".join(
        ["-----BEGIN RSA PRIVATE KEY-----", *["MIIEpAIBAAKCAQEA7x" * 3] * 25, "-----END RSA PRIVATE KEY-----"]
    )
    found = [segment.text for segment in segments([f"here it is\n{lines}\nand so on"]) if segment.suspect]
    assert any(lines in text for text in found)


def test_window_must_hold_a_word() -> None:
    """A limit below the shortest would cut plain words differently with each split."""
    with pytest.raises(ValueError, match=str(SHORTEST)):
        Window(SHORTEST - 1)
