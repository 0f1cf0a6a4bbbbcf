import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.detectors import classifier
from redaction.detectors._shown import shown

_SIGNS = [
    "\uff21",
    "\uff4e",
    "\u0430",
    "\u200b",
    "\ufe0f",
    "%41",
    "%C3%BC",
    "&amp;",
    "&#x41;",
    "A",
    "n",
    " ",
    "é",
    "½",
    "1",
]

_WIDE = " ".join("".join(chr(ord(char) + 0xFEE0) for char in word) for word in ("Katherine", "Murray"))


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\uff21\uff4e\uff4e\uff41 Smith", "Anna Smith"),
        ("An\u200bna Sm\u00adith", "Anna Smith"),
        ("\u0410nn\u0430 Smith", "Anna Smith"),
        ("J&ouml;rg M&uuml;ller", "Jörg Müller"),
        ("J%C3%B6rg", "Jörg"),
    ],
)
def test_a_text_is_shown_as_it_is_read(text: str, plain: str) -> None:
    """Signs that a reader sees through are plain, and the whole leads back to the whole."""
    view = shown(text)
    assert view is not None
    assert view.text == plain
    assert view.back(0, len(plain)) == (0, len(text))


@pytest.mark.parametrize(
    "text", ["Anna Smith", "Jörg Müller wohnt in Köln", "", "\u200b", "\u0410нн\u0430 Смирнов\u0430"]
)
def test_a_text_that_is_what_it_seems_has_no_other_reading(text: str) -> None:
    """Plain text, words of another alphabet and nothing at all are read as they stand."""
    assert shown(text) is None


@given(st.lists(st.sampled_from(_SIGNS), min_size=1, max_size=40))
def test_each_place_leads_back_into_the_text(signs: list[str]) -> None:
    """Spans of what is seen lead to spans of the text, in the same order; what is plain leads to itself."""
    text = "".join(signs)
    view = shown(text)
    if view is None:
        return
    spans = [view.back(at, at + 1) for at in range(len(view.text))]
    assert all(0 <= low < high <= len(text) for low, high in spans)
    assert spans == sorted(spans)
    whole = view.back(0, len(view.text))
    assert whole == (spans[0][0], spans[-1][1])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"Please call {_WIDE} tomorrow.", _WIDE),
        ("Please call Kath\u200berine Mur\u200bray tomorrow.", "Kath\u200berine Mur\u200bray"),
        ("Bitte rufen Sie J&uuml;rgen Sch&auml;fer an.", "J&uuml;rgen Sch&auml;fer"),
    ],
)
def test_a_name_in_disguise_is_found_where_it_stands(text: str, name: str) -> None:
    """The classifier finds a disguised name, in its own place in the text."""
    detector = classifier.build(classifier.Options(device="cpu", threads=1))
    (found,) = detector.detect([text])
    assert name in {text[each.start : each.end] for each in found if each.entity_type == "PERSON"}
