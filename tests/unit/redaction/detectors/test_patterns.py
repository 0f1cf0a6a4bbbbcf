from functools import cache

import pytest

from redaction.detectors import patterns
from redaction.rules import RuleDetector


@cache
def built() -> RuleDetector:
    """The detector with its default options."""
    return patterns.build(patterns.Options())


def found(text: str) -> set[tuple[str, str]]:
    """Entity types and values in ``text``."""
    return {(each.entity_type, text[each.start : each.end]) for each in built().detect([text])[0]}


@pytest.mark.parametrize(
    ("entity_type", "value"),
    [
        ("EMAIL_ADDRESS", "anna.kowalska@example.com"),
        ("CREDIT_CARD", "4111 1111 1111 1111"),
        ("IBAN_CODE", "DE89 3704 0044 0532 0130 00"),
        ("IBAN_CODE", "GB82 WEST 1234 5698 7654 32"),
        ("PHONE_NUMBER", "+44 20 7946 0018"),
        ("PHONE_NUMBER", "415-555-0134"),
        ("STREET_ADDRESS", "12 Baker Street"),
        ("STREET_ADDRESS", "Hauptstraße 5"),
        ("STREET_ADDRESS", "10 rue de la Paix"),
    ],
)
def test_value_is_found_in_a_sentence(entity_type: str, value: str) -> None:
    """An identifier of a known form is found whole, without any hint around it."""
    assert (entity_type, value) in found(f"Here it is: {value}, as you asked.")


@pytest.mark.parametrize(
    "text",
    [
        "Order 12345678 shipped on 2024-05-01 at 10:30.",
        "The total of EUR 40,000 is due; see section 4.2.",
        "card 4111 1111 1111 1112",
        "please explain how the refund works for a kettle",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    """Order numbers, dates, sums and numbers whose checksum is wrong are nobody's data."""
    assert found(text) == set()
