"""The recommendation means the same to the engine in this process and to OPA itself."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.bundled import policies
from gateway.domain import JsonObject
from gateway.ownership.disputes.adjudication import ENTRY_POINT
from gateway.pdp.rego import Interpreter
from gateway.pdp.source import read_source

_PARTIES = ("retail", "product", "it")
_BASES = ("law", "contract", "ruling", "transfer", "charter", "origination", "operation")
_FACETS = ("accountable_owner", "budget_owner")

_parties, _facets = st.sampled_from(_PARTIES), st.sampled_from(_FACETS)
_figures = st.none() | st.integers(0, 1_000)
_rates = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(
    lambda bounds: {"findings_per_1000": {"low": min(bounds), "high": max(bounds), "value": min(bounds)}}
)
_factors = st.fixed_dictionaries(
    {
        **dict.fromkeys(("data_contributed", "gpu_seconds", "cost", "use", "incidents"), _figures),
        "handling": st.none() | _rates,
    }
)
_claims = st.lists(
    st.fixed_dictionaries(
        {"party": _parties, "facet": _facets, "basis": st.sampled_from(_BASES), "shown": st.booleans()}
    ),
    min_size=1,
    max_size=6,
)
_held = st.lists(
    st.fixed_dictionaries(
        {"facet": _facets, "holder": _parties, "basis": st.sampled_from((*_BASES, "default"))}
    ),
    max_size=2,
)
_questions = st.fixed_dictionaries(
    {"claims": _claims, "held": _held, "factors": st.dictionaries(_parties, _factors)}
)


@pytest.fixture(scope="module")
def opa() -> str:
    """OPA's own program."""
    found = shutil.which("opa")
    if found is None:
        pytest.skip("no opa on the PATH: install OPA 1.21.3 or newer from openpolicyagent.org")
    return found


@pytest.fixture(scope="module")
def interpreter() -> Interpreter:
    """The shipped policy in this process."""
    source = read_source(policies())
    return Interpreter(source.modules, source.data)


@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@given(questions=st.lists(_questions, min_size=25, max_size=25))
def test_both_engines_recommend_the_same(
    opa: str, interpreter: Interpreter, questions: list[JsonObject]
) -> None:
    """On any mix of claims, holders and figures, known or not, both give the same answer."""
    ours = [interpreter.evaluate(ENTRY_POINT, json.dumps(question)) for question in questions]
    assert ours == _asked(opa, questions)


def _asked(opa: str, questions: list[JsonObject]) -> list[JsonObject]:
    query = f"[answer | some question in input; answer := {ENTRY_POINT} with input as question]"
    done = subprocess.run(
        [opa, "eval", "--format", "raw", "--stdin-input", "--data", str(Path(policies())), query],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answers: list[JsonObject] = json.loads(done.stdout)
    return answers
