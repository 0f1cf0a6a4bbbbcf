import random
from collections import Counter

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import ExportRefused
from audit.query import LogReader
from gateway.ownership.evidence.intervals import bootstrap
from gateway.ownership.evidence.scorecard import MEASURES, Scorecards, _grouped, read_scorecards, scorecards
from gateway.ownership.evidence.span import Span
from gateway.ownership.evidence.tally import Tally
from tests.calls import Call, leaves

SPAN = Span(0, 1_000_000)


def carded(*calls: Call) -> Scorecards:
    """The scorecards of these calls."""
    tally = Tally()
    for index, entry in enumerate(leaves(calls)):
        tally.take(index, entry)
    return scorecards(SPAN, tally)


def test_figures_are_per_prompt_with_bounds() -> None:
    """Findings, refusals and incidents are normalised by prompts, and each has bounds around it."""
    calls = [Call(counts={"PERSON": 2}) for _ in range(25)] + [Call() for _ in range(50)]
    calls += [Call(code="access_denied", secrets={"KEY": 1}) for _ in range(25)]
    (card,) = carded(*calls).cards
    assert card.findings is not None
    assert (card.findings.value, card.findings.events, card.findings.exposure) == (0.5, 50, 100)
    assert card.findings.method == "bootstrap of calls"
    assert card.findings.low < 0.5 < card.findings.high
    assert card.refused is not None
    assert (card.refused.value, card.refused.method) == (0.25, "wilson")
    assert card.by_entity["PERSON"] == card.findings or card.by_entity["PERSON"].events == 50


def test_days_of_senders_are_drawn_where_there_are_enough() -> None:
    """Many sender-days are resampled; with few prompts, or no finding, the exact interval stands."""
    calls = [Call(day=20_000 + day, counts={"PERSON": day % 2 + 1}) for day in range(30)]
    few = [Call(department="legal", counts={"PERSON": 1})]
    none = [Call(department="it", day=20_000 + day) for day in range(30)]
    methods = {
        card.department: card.findings.method for card in carded(*calls, *few, *none).cards if card.findings
    }
    assert methods == {"retail": "bootstrap of sender-days", "legal": "poisson", "it": "poisson"}


def test_very_many_days_are_drawn_in_groups() -> None:
    """Sender-days in random groups hold the same counts, and give about the bounds of single ones."""
    chance = random.Random(7)  # noqa: S311 - invented counts
    days = {(f"sub_{number % 100}", number // 100): (chance.randrange(9), 3) for number in range(6_000)}
    single, grouped = Counter(days.values()), _grouped(days)
    assert sum(times for _, times in grouped.items()) == 1_024
    for place in (0, 1):
        assert sum(unit[place] * times for unit, times in grouped.items()) == sum(
            unit[place] * times for unit, times in single.items()
        )
    assert bootstrap(grouped, "seed") == pytest.approx(bootstrap(single, "seed"), rel=0.01)
    few = dict(list(days.items())[:50])
    assert _grouped(few) == Counter(few.values())


def test_findings_split_by_class_and_type() -> None:
    """Each class has a rate over its own prompts, each entity type one over all prompts."""
    calls = [
        Call(counts={"PERSON": 3}),
        Call(declared="public", counts={"IBAN_CODE": 1}),
        Call(declared="public"),
    ]
    (card,) = carded(*calls).cards
    assert {name: (each.events, each.exposure) for name, each in card.by_class.items()} == {
        "internal": (3, 1),
        "public": (1, 2),
    }
    assert {name: (each.events, each.exposure) for name, each in card.by_entity.items()} == {
        "PERSON": (3, 3),
        "IBAN_CODE": (1, 3),
    }


def test_order_comes_with_bounds_alone() -> None:
    """Departments that cannot be told apart share places; a clear difference gives each its own."""
    careful = [Call(department="legal") for _ in range(400)]
    alike = [Call(department="retail", counts={"PERSON": 1} if n % 2 else {}) for n in range(40)]
    same = [Call(department="it", counts={"PERSON": 1} if n % 2 else {}) for n in range(42)]
    found = carded(*careful, *alike, *same).standings("findings")
    assert [(each.department, each.place.best, each.place.worst) for each in found] == [
        ("legal", 1, 1),
        ("it", 2, 3),
        ("retail", 2, 3),
    ]
    assert all(each.estimate.low <= each.estimate.value <= each.estimate.high for each in found)


def test_the_same_span_gives_the_same_bytes() -> None:
    """Scorecards of the same entries are the same to the last digit."""
    calls = [Call(counts={"PERSON": n % 3}) for n in range(90)]
    once, again = (orjson.dumps(carded(*calls).facts()) for _ in range(2))
    assert once == again


def test_what_is_not_counted_is_said() -> None:
    """Gaps name departments without enough days, and settings of detectors that changed."""
    gaps = " ".join(carded(Call(engine="one"), Call(engine="two")).gaps)
    assert "2 settings of detectors" in gaps
    assert "retail: 1 sender-days are too few" in gaps


def test_a_department_without_decisions_has_no_share() -> None:
    """Where nothing was decided there is no share, rather than a share of nothing."""
    entries = leaves([Call(code="model_not_found")])
    entries[0]["decision"] = None
    tally = Tally()
    tally.take(0, entries[0])
    (card,) = scorecards(SPAN, tally).cards
    assert (card.refused, card.overrides, card.incidents) == (None, None, None)
    assert card.findings is not None


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_has_an_order(measure: str) -> None:
    """Each measure that departments are compared by gives standings."""
    assert [each.department for each in carded(Call()).standings(measure)] == ["retail"]


def test_a_real_log_is_counted(finished_log_database: object) -> None:
    """A span of a log on disk is read leaf by leaf; one that the log does not hold is refused."""
    with LogReader(finished_log_database) as reader:  # type: ignore[arg-type]  # a path
        found = read_scorecards(reader, Span(0, reader.size()))
        (card,) = found.cards
        assert (card.department, card.prompts, found.entries) == ("retail", 20, 40)
        part = read_scorecards(reader, Span(0, 10))
        assert part.entries == 10
        with pytest.raises(ExportRefused, match="not a range"):
            read_scorecards(reader, Span(0, reader.size() + 1))


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(20_000, 20_030), st.sampled_from(["public", "internal"])),
        min_size=1,
        max_size=60,
    )
)
@settings(max_examples=40, deadline=None)
def test_every_figure_lies_within_its_bounds(prompts: list[tuple[int, int, str]]) -> None:
    """Whatever was found when, a figure counts it all, and its bounds hold it and are wider than a point."""
    calls = [Call(counts={"PERSON": count}, day=day, declared=declared) for count, day, declared in prompts]
    (card,) = carded(*calls).cards
    assert card.findings is not None
    assert card.findings.events == sum(count for count, _, _ in prompts)
    for each in (card.findings, *card.by_class.values(), *card.by_entity.values()):
        assert each.low <= each.value <= each.high
        assert each.low < each.high
