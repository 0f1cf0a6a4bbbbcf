from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.bundled import policies
from gateway.pdp.checks import check
from gateway.pdp.layout.formatting import formatted
from gateway.pdp.lint import lint
from gateway.pdp.rego import Module, Problem, RegoError
from gateway.pdp.source import PolicyRefused, read_files
from tests.policy_texts import ALLOW, ALLOW_TEST

LIBRARY = policies() / "lib"
TEXTS = [(LIBRARY / f"{name}.rego").read_text() for name in ("obligations", "grants", "times")]
WORDS = ("if", "not", "with input as {}", "some x in", "every y in", "contains", "default", "else", "data")
PIECES = st.one_of(
    st.sampled_from(list('{}[]()"`#;,|._-=\n\t')), st.sampled_from([f" {word} " for word in (*WORDS, ":=")])
)


@st.composite
def spoiled(draw: st.DrawFn) -> str:
    """A sound text with a few places cut, doubled or written over."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        middle = draw(st.one_of(st.just(""), PIECES, st.just(text[start:end] * 2)))
        text = text[:start] + middle + text[end:]
    return text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spoiled())
def test_any_text_is_taken_or_refused(text: str) -> None:
    """Whatever an author saves half-way, checks and lint end with a verdict and never with another error."""
    files = {"main.rego": ALLOW.encode(), "main_test.rego": ALLOW_TEST.encode(), "lib/x.rego": text.encode()}
    assert all(each.path and each.message for each in _problems(files))


def _problems(files: dict[str, bytes]) -> list[Problem]:
    try:
        return [each.problem for each in lint(check(read_files(files, Path("policies"))))]
    except PolicyRefused as refused:
        return list(refused.problems)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spoiled())
def test_any_text_is_laid_out_or_left(text: str) -> None:
    """A text that parses keeps its meaning and is stable; one that does not raises with its place."""
    try:
        made = formatted(Module("x.rego", text))
    except RegoError:
        return
    assert formatted(Module("x.rego", made)) == made
