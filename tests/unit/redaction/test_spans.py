from hypothesis import given
from hypothesis import strategies as st

from redaction import spans
from redaction.base import Finding
from redaction.spans import merge, spread

WORDS = st.lists(st.sampled_from(["anna", "Anna Kowalska", "12", "+49", "a_b", "é", "kettle"]), max_size=12)
TEXTS = st.builds("".join, st.lists(st.sampled_from(["anna", "12 34", " ", "-", "_", "é", "x"]), max_size=20))


def finding(start: int, end: int, entity_type: str = "PERSON") -> Finding:
    """A finding that nothing confirmed."""
    return Finding(entity_type, start, end, 0.9, "test")


@given(TEXTS, st.data())
def test_both_ways_of_looking_find_the_same_places(text: str, data: st.DataObject) -> None:
    """Looking for each value and looking each word up agree on where values stand as whole words."""
    cuts = data.draw(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), max_size=5))
    values = {
        text[start : start + size] for start, size in cuts if any(map(str.isalnum, text[start:][:size]))
    }
    word_by_word = spans._word_by_word(values)
    assert set(spans._each_place(text, values)) == set(word_by_word(text, values))


def test_a_value_found_once_is_found_everywhere() -> None:
    """A name that one text shows to be one is taken out of the other texts too, as a whole word only."""
    texts = ["I am Anna Kowalska.", "Anna Kowalska, Anna Kowalskas, Anna Kowalska"]
    found = spread(texts, [[finding(5, 18)], []])
    assert sorted((each.start, each.end) for each in found[1]) == [(0, 13), (31, 44)]


@given(WORDS, st.integers(17, 40))
def test_many_values_spread_like_few(words: list[str], fillers: int) -> None:
    """How many values there are changes nothing about where one of them is found."""
    text = " ".join(["Anna Kowalska", *words])
    names = [f"Filler{number}" for number in range(fillers)]
    few = spread([text], [[finding(0, 13)]])[0]
    starts = [sum(map(len, names[:at])) + at for at in range(fillers)]
    others = [finding(at, at + len(name)) for at, name in zip(starts, names, strict=True)]
    many = spread([text, " ".join(names)], [[finding(0, 13)], others])[0]
    assert {(each.start, each.end) for each in few} == {(each.start, each.end) for each in many}


def test_findings_that_do_not_meet_stay_as_they_are() -> None:
    """Where nothing overlaps, all findings are kept, in order."""
    apart = [finding(10, 14), finding(0, 4), finding(4, 8)]
    assert merge("anna, bert, carl", apart) == (apart[1], apart[2], apart[0])


def test_of_two_that_overlap_the_longer_is_kept_whole() -> None:
    """An overlap goes to the longer finding; what only the shorter covers stays covered by it."""
    merged = merge("anna kowalska berlin", [finding(0, 13), finding(5, 20, "LOCATION")])
    assert [(each.start, each.end, each.entity_type) for each in merged] == [
        (0, 5, "PERSON"),
        (5, 20, "LOCATION"),
    ]
