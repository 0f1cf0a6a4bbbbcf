from hypothesis import given
from hypothesis import strategies as st

from redaction.octets import OTHER, octets_of, shadow


@given(st.text())
def test_a_shadow_has_one_octet_a_code_point(text: str) -> None:
    """Offsets in the shadow are offsets in the text, lone surrogates and emoji included."""
    assert len(shadow(text)) == len(text)


@given(st.characters())
def test_a_code_points_octet_is_in_its_set(char: str) -> None:
    """What stands for a code point in a shadow is what sets made from it hold."""
    octet = shadow(char)[0]
    assert octets_of(ord(char)) >> octet & 1


def test_letters_beyond_latin_1_are_other() -> None:
    """What Latin-1 cannot write is `OTHER`, but for what equals an ASCII letter in the other case."""
    assert list(shadow("ąя中")) == [OTHER] * 3
    assert shadow("\u212a\u017f\u0131\u0130") == b"ksii"
    assert shadow("٣") == b"3"


@given(st.text(max_size=200))
def test_a_shadow_is_that_of_each_code_point(text: str) -> None:
    """However many different code points a text has, each has the octet that it has alone."""
    many = text + "".join(map(chr, range(0x4E00, 0x4E80)))
    assert shadow(text) == b"".join(map(shadow, text))
    assert shadow(many)[: len(text)] == shadow(text)
