import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from audit.entry import DecisionRef
from audit.query import LogReader
from gateway import bundled
from gateway.ownership.evidence.counterfactual import Counterfactual, counterfactuals, spoken_for_by
from gateway.ownership.evidence.span import Span
from gateway.pdp.judge import Judge
from gateway.pdp.replay.redecide import Outcome
from gateway.pdp.source import read_source
from tests.calls import Call
from tests.patience import patient_log

CALLS = [
    Call(),
    Call(),
    Call(use_case="support-drafting", code="access_denied"),
    Call(asset="northwind-base"),
]


@pytest.fixture(scope="module")
def judge() -> Judge:
    """The shipped example policies."""
    return Judge.of(read_source(bundled.policies()))


@pytest.fixture(scope="module")
def database(judge: Judge, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of calls that those policies decided, and of one that another policy did."""
    path = tmp_path_factory.mktemp("decided") / "audit.db"
    asyncio.run(_write(path, judge.revision))
    return path


async def _write(path: Path, revision: str) -> None:
    log = patient_log(path)
    for number, call in enumerate([*CALLS, Call()]):
        first = call.records(number)[0]
        decision = first.decision
        assert isinstance(decision, DecisionRef)
        by = "cd" * 32 if number == len(CALLS) else revision
        await log.append(replace(first, decision=replace(decision, policy_revision=by)))
    await log.aclose()


def told(database: Path, judge: Judge, *parties: str) -> list[Counterfactual]:
    """The control and what would have been under each of these parties."""
    with LogReader(database) as reader:
        span = Span(0, reader.size())
        claims = {party: ["accountable_owner"] for party in parties}
        return list(counterfactuals(reader, span, "support-tone", {judge.revision: judge}, claims))


def test_the_control_gives_the_recorded_verdicts(database: Path, judge: Judge) -> None:
    """On the facts as recorded every verdict is the recorded one; what has no policy text is said."""
    (control,) = told(database, judge)
    assert control.calls == 4
    assert control.counts == {Outcome.UNCHANGED: 3, Outcome.UNREPLAYABLE: 1}
    assert control.reasons == {"no text of policy revision cdcdcdcdcdcd": 1}


def test_a_policy_that_is_no_longer_sound_decides_nothing(database: Path, judge: Judge) -> None:
    """Calls of a policy whose text does not pass today's checks are not replayed, and the reason says so."""
    with LogReader(database) as reader:
        judges = {judge.revision: None}
        (control,) = counterfactuals(reader, Span(0, reader.size()), "support-tone", judges, {})
    assert control.counts == {Outcome.UNREPLAYABLE: 4}
    assert control.reasons[f"policy revision {judge.revision[:12]} does not pass this release's checks"] == 3


def test_another_owner_decides_otherwise(database: Path, judge: Judge) -> None:
    """Had a party with no rule for it spoken for the asset, allowed calls would have been refused."""
    _, retail, product = told(database, judge, "retail", "product")
    assert (retail.party, product.party) == ("retail", "product")
    assert retail.changes == {"allow to deny": 2}
    assert [flip.index for flip in retail.flips] == [0, 1]
    assert "custody.departments.retail.default" in retail.flips[0].rules
    assert product.counts[Outcome.UNCHANGED] == 3


def test_facts_are_swapped_and_nothing_else_is() -> None:
    """A swap changes the facets claimed, ends the dispute, and leaves the recorded facts as they are."""
    facts = Call().facts()
    resource = facts["resource"]
    assert isinstance(resource, dict)
    resource["disputed_by"] = ["retail", "product"]
    swapped = spoken_for_by("retail", ["budget_owner"])(facts)  # type: ignore[arg-type]  # facts of a record
    changed = swapped["resource"]
    assert isinstance(changed, dict)
    assert changed["facets"] == {"accountable_owner": "retail", "budget_owner": "retail", "custodian": "it"}
    assert "disputed_by" not in changed
    assert resource["facets"] == {"accountable_owner": "product", "custodian": "it"}
    assert {**swapped, "resource": 0} == {**facts, "resource": 0}


@pytest.mark.parametrize("facts", [{}, {"resource": None}, {"resource": {"facets": []}}])
def test_facts_of_another_shape_stay(facts: dict[str, object]) -> None:
    """Facts that hold no facets are given on as they are, for the judge to refuse."""
    assert spoken_for_by("retail", [])(facts) == facts  # type: ignore[arg-type]  # on purpose
