from hypothesis import given
from hypothesis import strategies as st

from redaction.classifier.units import GAPS, KINDS, LEXICON_CLASSES, SHAPES, Reader, fold, shape

VOCABULARY = {
    piece: n for n, piece in enumerate(["[UNK]", "an", "##na", "##ne", "anna", "a", ".", "1", "##2"])
}
READER = Reader(VOCABULARY, {"the": 1, "anna": 2}, frozenset({1}))


def kinds_of(text: str) -> list[tuple[int, int, int]]:
    """Gap, shape and class of each unit."""
    return [(k % GAPS, k // GAPS % SHAPES, k // GAPS // SHAPES) for k in READER.read(text).kinds]


@given(st.text(max_size=300))
def test_units_cover_all_that_is_visible(text: str) -> None:
    """Units are in order, do not overlap, and leave out nothing but blanks."""
    units = READER.read(text)
    spans = list(zip(units.starts, units.ends, strict=True))
    assert spans == sorted(spans)
    covered = {at for start, end in spans for at in range(start, end)}
    assert len(covered) == sum(end - start for start, end in spans)
    assert all(text[at].isspace() for at in range(len(text)) if at not in covered)
    assert all(0 <= kind < KINDS for kind in units.kinds)


def test_words_become_their_longest_pieces() -> None:
    """Pieces are taken from the left, the longest first, folded; what has no pieces is unknown."""
    assert READER.read("Anna Anne ÁNNA xyz").pieces == [(4,), (1, 3), (4,), (0,)]


def test_a_word_of_no_language_is_one_unknown_piece() -> None:
    """A very long word costs one look, not a square of its length."""
    assert READER.read("an" * 50_000).pieces == [(0,)]


def test_shapes_tell_capitals_and_digits() -> None:
    """Each outward form has a number of its own."""
    words = [
        "anna",
        "Anna",
        "ANNA",
        "McAnna",
        "A",
        ".",
        "A1",
        "1",
        "12",
        "123",
        "1234",
        "12345",
        "123456",
        "1" * 9,
    ]
    assert [shape(word) for word in words] == list(range(SHAPES))
    assert max(map(shape, words)) < SHAPES


def test_gaps_and_classes_are_told() -> None:
    """A unit says what stands before it and what the lexicon knows of it."""
    assert [(gap, kind) for gap, _, kind in kinds_of("anna the\nxx\t(xx")] == [
        (2, 2), (1, 1), (2, 0), (3, 0), (0, 0),
    ]  # fmt: skip
    assert LEXICON_CLASSES > 2


def test_plain_is_only_what_nobody_bears() -> None:
    """Everyday words in lower case and signs are plain; names, capitals and numbers are not."""
    assert READER.read("the , anna The 12 xx").plain == [True, True, False, False, False, False]


def test_folding_keeps_letters_that_have_no_base() -> None:
    """Case and accents go, letters stay."""
    assert fold("ŁÓDŹ Straße") == "łodz straße"


def test_a_reader_keeps_nothing_that_tells() -> None:
    """What stays of the texts that were read are plain words of the lexicon, and nothing else."""
    reader = Reader(VOCABULARY, {"the": 1, "anna": 2}, frozenset({1}))
    first = reader.read("the Anna anna xyz é 12 octubre The. the")
    assert set(reader._plain) == {"the"}
    assert reader.read("the Anna anna xyz é 12 octubre The. the") == first


def test_a_month_is_not_plain() -> None:
    """A month may begin a date though it is an everyday word."""
    reader = Reader({"[UNK]": 0}, {"octubre": 1, "the": 1}, frozenset({1}))
    assert reader.read("the octubre").plain == [True, False]
