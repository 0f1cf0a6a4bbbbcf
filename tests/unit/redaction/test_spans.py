import pytest
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


def names_in(*texts: str, name: str = "Anna Kowalska") -> list[list[str]]:
    """What is found in each text, when the first is known to begin with the name."""
    found = spread(texts, [[finding(0, len(name))], *([] for _ in texts[1:])])
    merged = [merge(text, each) for text, each in zip(texts, found, strict=True)]
    return [[text[each.start : each.end] for each in of] for text, of in zip(texts, merged, strict=True)]


def test_a_value_found_once_is_found_everywhere() -> None:
    """A name that one text shows to be one is taken out of the other texts too, as a whole word only."""
    found = names_in("Anna Kowalska", "Anna Kowalska, Anna Kowalskamm, (Anna Kowalska)")
    assert found[1] == ["Anna Kowalska", "Anna", "Anna Kowalska"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ask Kowalska", ["Kowalska"]),
        ("Anna said", ["Anna"]),
        ("Anna's and Kowalska\u2019s", ["Anna", "Kowalska"]),
        ("ANNA KOWALSKA, MS KOWALSKA", ["ANNA KOWALSKA", "KOWALSKA"]),
        ("anna kowalska wrote", ["anna kowalska"]),
        ("Annas Brief, Anna Kowalskas Konto", ["Annas", "Anna Kowalskas"]),
        ("Annabel and Kowalskamania", []),
        ("anna_id = kowalska", []),
        ("Kowalska@example.com, Anna.Kowalska@example.com", []),
        ("ask Dr. Kowalska-Nowak", ["Kowalska"]),
    ],
)
def test_parts_of_a_name_are_found(text: str, found: list[str]) -> None:
    """Given name and surname are found alone, in capitals and in the genitive; no other word is."""
    assert names_in("Anna Kowalska", text)[1] == found


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("Mark Rose", "The mark rose. Mark my words; May I? Rose prices. mark rose", []),
        ("Will May", "Will you come in May? will may", []),
        ("Will May", "ask Will May and WILL MAY", ["Will May", "WILL MAY"]),
        ("Bill Nowak", "The Bill is due, says Nowak", ["Nowak"]),
        ("Dr. Anna B. Nowak", "Dr. B. is here with Anna", ["Anna"]),
        ("Jan van der Berg", "Van der Valk, in Jan and on the Berg", []),
        ("Paul Baszta", "Baszta wrote: the baszta is old", []),
        ("Li Wu", "Li and Wu", []),
    ],
)
def test_ordinary_words_are_left_alone(name: str, text: str, found: list[str]) -> None:
    """Parts that are words of their own, titles, initials, particles and short ones are no sign of anyone."""
    assert names_in(name, text)[1] == found


def test_a_name_that_is_a_word_does_not_spread() -> None:
    """That a greeting names somebody Mark does not take marks out of the rest of the text."""
    assert names_in("Mark", "Mark it. The Mark of quality", name="Mark")[1] == []


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


def confirmed(start: int, end: int, entity_type: str) -> Finding:
    """A finding whose checksum is right."""
    return Finding(entity_type, start, end, 1.0, "test", validated=True)


def test_a_label_is_no_part_of_what_it_labels() -> None:
    """The word before a confirmed number that another detector took along is left in the text."""
    found = [confirmed(5, 24, "CREDIT_CARD"), finding(0, 24, "PHONE_NUMBER")]
    assert merge("card 5555 5555 5555 4444", found) == (found[0],)


def test_a_name_beside_a_confirmed_number_stays_found() -> None:
    """What is left of a longer finding stays covered where it may be somebody, or holds digits."""
    card = confirmed(9, 28, "CREDIT_CARD")
    text = "Kowalska 5555 5555 5555 4444 12/27"
    merged = merge(text, [card, finding(0, 28), finding(9, 34, "ID")])
    assert [text[each.start : each.end] for each in merged] == ["Kowalska ", "5555 5555 5555 4444", " 12/27"]


def test_what_a_checksum_refutes_does_not_spread() -> None:
    """A span that a confirmed finding shows to be wrong is not looked for in other texts."""
    texts = ["card 5555 5555 5555 4444", "pay by card 5555 5555 5555 4444 please"]
    found = [[confirmed(5, 24, "CREDIT_CARD"), finding(0, 24, "PHONE_NUMBER")], []]
    assert [(each.entity_type, each.start) for each in spread(texts, found)[1]] == [("CREDIT_CARD", 12)]
