import base64
from functools import cache
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction import unveil
from redaction.detectors import patterns, secrets
from redaction.rules import JoinedRules
from redaction.rules import views as seen_views
from redaction.unveil import views

_ALPHABET = "aB1 .@-\n%4&#;x\u200b\u00ad\uff11\u0430\u0665=é😀\ud800"


@cache
def rules() -> JoinedRules:
    """The shipped rules."""
    return JoinedRules([patterns.build(patterns.Options()), secrets.build(secrets.Options())])


def found(text: str) -> set[tuple[str, str]]:
    """Entity types and the text that is covered, in the original."""
    return {(each.entity_type, text[each.start : each.end]) for each in rules().detect([text])[0]}


@given(st.text(st.sampled_from(_ALPHABET), max_size=60))
def test_each_place_of_a_view_leads_back(text: str) -> None:
    """Each code point of a view comes from a span of the original, in order, and views differ from it."""
    for view in views(text):
        assert len(view.text) == len(view.starts) == len(view.ends)
        assert all(0 <= start < end <= len(text) for start, end in zip(view.starts, view.ends, strict=True))
        assert list(view.starts) == sorted(view.starts)
        assert view.text != text


_PIECES = st.one_of(
    st.text(st.sampled_from(_ALPHABET), max_size=12),
    st.binary(min_size=9, max_size=30).map(lambda octets: base64.b64encode(octets).decode()),
    st.sampled_from(
        ["anna@example.com", "4 1 1 1 1 1 1 1", "37\n04", "anna at example dot com", "\u0661" * 20]
    ),
)


@given(st.lists(_PIECES, max_size=8).map("".join))
def test_signs_miss_no_view(text: str) -> None:
    """What is looked for only where a sign of it was seen is all that there is."""
    assert seen_views(rules()._set, text) == views(text)


@pytest.mark.parametrize(
    ("entity_type", "hidden"),
    [
        ("CREDIT_CARD", "4\u200b111 11\u00ad11 1111 1111"),
        ("CREDIT_CARD", "\uff14\uff11\uff11\uff11 1111 1111 1111"),
        ("CREDIT_CARD", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"),
        ("CREDIT_CARD", "4111 1111\n1111 1111"),
        ("CREDIT_CARD", "41111111\n11111111"),
        ("CREDIT_CARD", "&#52;111 1111 1111 1111"),
        ("EMAIL_ADDRESS", "\u0430nna@ex\u0430mple.com"),
        ("EMAIL_ADDRESS", "anna%40example.com"),
        ("EMAIL_ADDRESS", "anna%2540example.com"),
        ("EMAIL_ADDRESS", "anna&#64;example.com"),
        ("EMAIL_ADDRESS", "anna at example dot com"),
        ("EMAIL_ADDRESS", "anna [at] example [dot] com"),
        ("EMAIL_ADDRESS", "anna (arroba) example punto com"),
        ("EMAIL_ADDRESS", "a n n a @ e x a m p l e . c o m"),
        ("EMAIL_ADDRESS", base64.b64encode(b"my mail: anna@example.com").decode()),
        ("IBAN_CODE", quote("DE89 3704 0044 0532 0130 00")),
        ("US_SSN", "078\u201305\u20131121".replace("\u2013", "-\u200b")),
    ],
)
def test_what_a_person_sees_through_is_found(entity_type: str, hidden: str) -> None:
    """A disguised value is found, and all of its disguise is covered."""
    text = f"Here it is: {hidden}, as you asked."
    values = [value for kind, value in found(text) if kind == entity_type]
    assert any(
        hidden.rstrip("=") in value or (value in hidden and len(value) >= 0.9 * len(hidden))
        for value in values
    )


@pytest.mark.parametrize(
    "text",
    [
        "Growth of 40%25 at most &amp; more; meet me at the point of no return",
        "see https://example.org/a%20b%2Fc and responsibilities of dHJhbnNwYXJlbnQgcGl4ZWw=",
        "Привет, мир! Ελληνικά και 中文, naïve café \u2019quoted\u2019",
        "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12",
        "A B C D E F G H I J K L M N",
    ],
)
def test_ordinary_text_has_nothing_to_unveil(text: str) -> None:
    """Encoded paths, other scripts, lists and spelled words give no findings."""
    assert found(text) == set()


def test_no_disguise_is_passed_over_as_harmless() -> None:
    """Every character that reads as another one is among those for which a text is looked through."""
    passed = [
        code
        for code in (*range(0x80, 0xD800), *range(0xE000, 0x1_0000), *range(0x1_D400, 0x1_D800))
        if not unveil._DOUBTFUL.search(chr(code))
        and any(unveil._plain(char) != char for char in _disguised(f"1{chr(code)}a"))
    ]
    assert passed == []


def _disguised(text: str) -> str:
    return "".join(match.group() for match in unveil._DISGUISED.finditer(text))
