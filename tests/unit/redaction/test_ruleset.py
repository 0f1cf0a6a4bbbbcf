from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redaction.base import Finding
from redaction.detectors import patterns, secrets
from redaction.rules import Rule, RuleDetector
from redaction.ruleset import PIECE, RuleSet

pytest.importorskip("hyperscan", reason="there is no Hyperscan wheel for this platform")

_VALUES = [
    "anna.kowalska@example.com", "DE89 3704 0044 0532 0130 00", "4111 1111 1111 1111", "+44 20 7946 0018",
    "078-05-1120", "12 Baker Street", "Hauptstraße 5", "10 rue de la Paix", "password = 'hunter2xx'",
    "AKIAIOSFODNN7EXAMPLE", "postgres://u:pw123@db.example.com/x", "ghp_" + "a1B2" * 9, "192.168.0.17",
    "passport number", "social security", "tax id", "123456789", "44051401359", "A1234567", "nie",
    "führerschein",
]  # fmt: skip
_JOINTS = [" ", "", ", ", "\n", "é", "😀", "_", "-", ".", "Straße", "я", "\ud800", ": ", '"']
_TEXTS = st.lists(
    st.one_of(st.sampled_from(_VALUES), st.sampled_from(_JOINTS), st.text(max_size=4)), max_size=12
).map("".join)


@cache
def both() -> tuple[RuleSet, RuleSet]:
    """The shipped rules with Hyperscan and without."""
    rules = (*patterns.build(patterns.Options()).rules, *secrets.build(secrets.Options()).rules)
    return RuleSet(rules, accelerated=True), RuleSet(rules, accelerated=False)


@settings(max_examples=25, deadline=None)
@given(_TEXTS)
def test_findings_are_the_same_without_hyperscan(text: str) -> None:
    """Hyperscan changes what a scan costs and nothing that it finds."""
    fast, plain = both()
    assert set(fast.find(text)) == set(plain.find(text))


def ruleset(*rules: Rule) -> RuleSet:
    """The rules as a detector's."""
    return RuleSet(RuleDetector("mine", rules, category="personal").rules)


def found(rules: RuleSet, text: str) -> list[tuple[str, str]]:
    """Entity types and values in ``text``, in order."""
    findings = sorted(rules.find(text), key=lambda finding: finding.start)
    return [(finding.entity_type, text[finding.start : finding.end]) for finding in findings]


def test_context_makes_a_weak_match_a_finding() -> None:
    """A pattern that tells little by itself needs one of its words near it, from the word's beginning on."""
    rules = ruleset(Rule("NUMBER", r"\b\d{6}\b", 0.1, ("account", "tin")))
    assert found(rules, "Accounts: 123456") == [("NUMBER", "123456")]
    assert found(rules, "my TIN 123456") == [("NUMBER", "123456")]
    for text in (
        "order 123456",
        "miscount 123456",
        "tiny 123456",
        "éaccount 123456",
        f"account {'.' * 70} 123456",
    ):
        assert found(rules, text) == []


def test_a_checksum_decides() -> None:
    """A value whose checksum is wrong is never found; one whose checksum is right needs no context."""
    rules = ruleset(Rule("EVEN", r"\b\d{4}\b", 0.3, ("number",), lambda value: int(value) % 2 == 0))
    assert found(rules, "number 1234 and 1235") == [("EVEN", "1234")]
    assert all(finding.validated for finding in rules.find("1234"))


def test_the_surest_of_two_rules_counts_in_either_order() -> None:
    """Where two rules find the same with the same score, the one that was confirmed is told."""
    confirmed = Rule("NUMBER", r"\b[0-9]{6}\b", 0.5, ("account",), lambda _: True)
    unconfirmed = Rule("NUMBER", r"\b\d{6}\b", 0.5, ("account",))
    for rules in (ruleset(confirmed, unconfirmed), ruleset(unconfirmed, confirmed)):
        (finding,) = rules.find("account 123456")
        assert finding.score == 1.0
        assert finding.validated


def test_matches_that_touch_are_all_found() -> None:
    """Matches follow each other from left to right, as a search through the whole text gives them."""
    rules = ruleset(Rule("PAIR", r"\d\d", 0.9))
    assert found(rules, "12345 67") == [("PAIR", "12"), ("PAIR", "34"), ("PAIR", "67")]


@pytest.mark.parametrize("accelerated", [True, False])
@pytest.mark.parametrize("shift", [-9, -5, -1, 0, 3, 40])
def test_a_value_at_a_seam_of_a_long_text_is_found_once(shift: int, *, accelerated: bool) -> None:
    """A long text is looked at in pieces, and nothing shows where they meet."""
    rule = Rule("NUMBER", r"\b\d{6}\b", 0.1, ("account",))
    rules = RuleSet(RuleDetector("mine", [rule], category="personal").rules, accelerated=accelerated)
    text = "." * (PIECE + shift) + "account 123456" + "." * 100
    start = PIECE + shift + 8
    assert rules.find(text) == [Finding("NUMBER", start, start + 6, 0.6, "mine")]


def test_an_operators_pattern_that_never_ends_is_stopped() -> None:
    """A pattern that backtracks without end on some text raises instead of holding up the gateway."""
    rules = ruleset(Rule("SLOW", r"(?:a{1,9}){1,40}b(?!cd)", 0.9, trusted=False))
    with pytest.raises(TimeoutError):
        rules.find("a" * 60 + "bcd")
