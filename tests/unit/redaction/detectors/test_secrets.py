from functools import cache

import pytest
from snippets import holding, holding_nothing

from redaction.detectors import secrets
from redaction.detectors._issuers import NAMES, forms
from redaction.rules import RuleDetector


@cache
def built() -> RuleDetector:
    """The detector with its default options."""
    return secrets.build(secrets.Options())


def found(text: str) -> list[str]:
    """The values found in ``text``."""
    return [text[each.start : each.end] for each in built().detect([text])[0]]


def is_covered(text: str, secret: str) -> bool:
    """Whether at least nine tenths of the secret are found."""
    at = text.index(secret)
    covered = {place for each in built().detect([text])[0] for place in range(each.start, each.end)} & set(
        range(at, at + len(secret))
    )
    return len(covered) >= 0.9 * len(secret)


def test_secrets_in_code_and_config_are_found() -> None:
    """Of generated secrets 95 in 100 are covered, and of texts with a finding 90 in 100 hold a secret."""
    positives = list(holding(7, 600))
    missed = [(text, secret) for text, secret in positives if not is_covered(text, secret)]
    wrong = [text for text in holding_nothing(8, 600) if found(text)]
    assert len(missed) <= 0.05 * len(positives), missed[:5]
    assert len(wrong) <= 0.1 * len(positives), wrong[:5]


def test_at_least_150_issuers_are_known() -> None:
    """The table of forms and the list of names together know at least as many issuers as open scanners do."""
    issuers = {entity_type.partition("_")[0].lower() for entity_type, _ in forms()} | set(NAMES)
    assert len(issuers) >= 150


@pytest.mark.parametrize(
    "token",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "AIza" + "Sy0aB-" * 5 + "Sy0aB",
        "glpat-" + "a1B2c3D4e5" * 2,
        "xapp-1-A0123456789-1234567890123-" + "0af3" * 16,
        "npm_" + "a1B2" * 9,
        "hf_" + "abCDefGHij" * 3 + "klMN",
        "SG." + "aB3dE6gH9k" * 2 + "xY" + "." + "aB3dE6gH9k" * 4 + "xYz",
        "dop_v1_" + "0af3" * 16,
        "lin_api_" + "aB3d" * 10,
    ],
)
def test_a_token_is_known_by_its_form(token: str) -> None:
    """A token of a published form needs no word beside it, and is not found inside a longer word."""
    assert token in found(f"use {token} there")
    assert token not in found(f"use x{token}x there")


@pytest.mark.parametrize("text", ["token=" * 6_000, "password: " * 3_000, "A" * 50_000, "eyJ" * 20_000])
def test_a_hostile_text_is_answered(text: str) -> None:
    """Text made of beginnings of secrets is answered, whatever it holds."""
    assert isinstance(found(text), list)
