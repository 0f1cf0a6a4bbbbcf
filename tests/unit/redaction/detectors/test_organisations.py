from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.detectors import _organisations
from redaction.rules import RuleDetector


@cache
def built() -> RuleDetector:
    """These rules alone."""
    return RuleDetector("organisations", _organisations.rules(), category="personal")


def found(text: str) -> set[str]:
    """The values found in ``text``."""
    return {text[each.start : each.end] for each in built().detect([text])[0]}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a letter of Tindall Wharf Ltd. came", "Tindall Wharf Ltd."),
        ("we asked Quarry Lane Holdings, Inc. twice", "Quarry Lane Holdings, Inc."),
        ("die Feldmann & Krug Anlagenbau GmbH & Co. KG klagt", "Feldmann & Krug Anlagenbau GmbH & Co. KG"),
        ("la société Ardoise Bleue SARL a payé", "Ardoise Bleue SARL"),
        ("pagado por Aceros del Norte S.L. ayer", "Norte S.L."),
        ("la ditta Fratelli Monaco S.r.l. di Bari", "Fratelli Monaco S.r.l."),
        ("geleverd door Van Houten Staal B.V. in mei", "Van Houten Staal B.V."),
        ("a Serralharia Pires Lda. faliu", "Serralharia Pires Lda."),
        ("firma Drewno Plus sp. z o.o. wygrała", "Drewno Plus sp. z o.o."),
        ("she studied at the University of Northern Iowa then", "University of Northern Iowa"),
        ("vor dem Landgericht Saarbrücken und", "Landgericht Saarbrücken"),
        ("das Bundesverwaltungsgericht entschied", "Bundesverwaltungsgericht"),
        ("au Centre hospitalier Bel Air de Lyon", "Centre hospitalier Bel Air de Lyon"),
        ("en el Hospital Santa Clara mañana", "Hospital Santa Clara"),
        ("un conto della Banca Agricola Mantovana", "Banca Agricola Mantovana"),
        ("bij de Stichting Open Deur", "Stichting Open Deur"),
        ("na Universidade do Algarve estudou", "Universidade do Algarve"),
        ("pracuje w Szpital Bielański od lat", "Szpital Bielański"),
        ("flown by Coral Bay Airlines to", "Coral Bay Airlines"),
    ],
)
def test_a_name_that_says_what_it_is_is_found(text: str, name: str) -> None:
    """Legal forms and kinds of institutions tell an organisation in eight languages."""
    assert name in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "The Company shall pay the Bank on time.",
        "He went to the hospital. The doctor was kind.",
        "Die GmbH haftet beschränkt, das Landgericht entscheidet.",
        "el hospital y la universidad",
        "LTD means limited; SE is a direction, AG a symbol.",
        "She said SA was hot. In Co. they trust.",
        "Our University, our College and the Council",
        "an se sa ag kg le la bv nv",
    ],
)
def test_a_kind_without_a_name_is_none(text: str) -> None:
    """Legal forms and institutions by themselves, articles and small words name no organisation."""
    assert found(text) == set()


@given(
    st.lists(
        st.sampled_from(["Bank", "of", "GmbH", "A", "Über", " ", ".", "&", "University", "Inc"]), max_size=60
    )
)
def test_any_heap_of_such_words_is_answered(words: list[str]) -> None:
    """Names made of nothing but telling words are decided, and each finding lies in its text."""
    text = " ".join(words)
    assert all(0 <= each.start < each.end <= len(text) for each in built().detect([text])[0])
