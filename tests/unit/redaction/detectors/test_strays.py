import pytest

from redaction.classifier.decide import Span
from redaction.detectors._strays import settled


def left(text: str, value: str, label: str, score: float) -> list[str]:
    """What is left of a finding of ``value`` in ``text``."""
    start = text.index(value)
    return [
        text[each.start : each.end] for each in settled(text, [Span(label, start, start + len(value), score)])
    ]


@pytest.mark.parametrize(
    ("text", "value", "label", "score"),
    [
        ("I tried reinstalling it", "reinstalling", "LOCATION", 0.5),
        ("she said mannnn and left", "mannnn", "PERSON", 0.45),
        ("Venho por este meio pedir", "Venho", "LOCATION", 0.55),
        ("see you on Friday", "Friday", "ORGANIZATION", 0.95),
        ("BREAKING news", "BREAKING", "ORGANIZATION", 0.9),
        ("in November we meet", "November", "LOCATION", 0.9),
    ],
)
def test_a_word_that_is_hardly_a_name_is_left_alone(text: str, value: str, label: str, score: float) -> None:
    """Unsure runs in small letters, unsure first words, days, months and titles are no finding."""
    assert left(text, value, label, score) == []


@pytest.mark.parametrize(
    ("text", "value", "label", "score"),
    [
        ("ask john about it", "john", "PERSON", 0.6),
        ("she lives in leeds now", "leeds", "LOCATION", 0.9),
        ("Anna wrote this", "Anna", "PERSON", 0.45),
        ("we met April there", "April", "PERSON", 0.9),
        ("born 3 May 1970", "3 May 1970", "DATE_TIME", 0.36),
    ],
)
def test_a_likely_name_stays(text: str, value: str, label: str, score: float) -> None:
    """Sure findings, people, and what is no name at all stay as they are."""
    assert left(text, value, label, score) == [value]


@pytest.mark.parametrize(
    ("text", "value", "label", "whole"),
    [
        ("rain in #Galway today", "Galway", "LOCATION", "#Galway"),
        ("the U. S. said so", "U. S", "LOCATION", "U. S."),
        ("Acme Inc. said so", "Acme Inc", "ORGANIZATION", "Acme Inc."),
        ("Zeuge K. kam", "K", "PERSON", "K."),
        ("arriva a Rimini da Bologna", "Rimini da", "LOCATION", "Rimini"),
        ("mail via Anna Smith", "via Anna Smith", "PERSON", "Anna Smith"),
        ("from van Dijk", "van Dijk", "PERSON", "van Dijk"),
        ("born in Reggio nell'Emilia", "Reggio nell'Emilia", "LOCATION", "Reggio nell'Emilia"),
        ("I was in London.", "London", "LOCATION", "London"),
    ],
)
def test_a_name_ends_where_it_does(text: str, value: str, label: str, whole: str) -> None:
    """A hashtag has its sign, an abbreviation its full stop; what joins sentences is no part of a name."""
    assert left(text, value, label, 0.99) == [whole]
