"""The procedure alone: no illegal step, every path ends, silence always means something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.entry import EntryType
from gateway.ownership.disputes.states import (
    APPEAL,
    BOUND,
    DAYS,
    ENDS,
    FIRST,
    RULES,
    SILENCE,
    State,
    Step,
    StepRefused,
    Who,
    after,
    due_us,
    silence,
)
from gateway.settings import DisputeSettings

_EVERY = [(state, instance) for state in State for instance in (FIRST, APPEAL)]


@given(st.lists(st.sampled_from(Step), max_size=40))
def test_any_sequence_of_steps_follows_the_table(steps: list[Step]) -> None:
    """A step is taken only from a state that its rule names, and nothing moves a dispute that has ended."""
    state, instance = State.DRAFT, FIRST
    for step in steps:
        try:
            reached, later = after(state, step, instance, by_time=True)
        except StepRefused:
            continue
        assert state in RULES[step].sources
        assert state not in ENDS or reached is state
        assert later >= instance
        state, instance = reached, later


@given(st.lists(st.sampled_from(Step), max_size=60), st.booleans())
def test_silence_ends_every_path(steps: list[Step], majority: bool) -> None:
    """Wherever people leave a dispute, silence alone brings it to an end, in ten steps at most."""
    state, instance = State.DRAFT, FIRST
    for step in steps:
        try:
            state, instance = after(state, step, instance, by_time=True)
        except StepRefused:
            continue
    for _ in range(10):
        default = silence(state, instance, majority=majority)
        if default is None:
            break
        state, instance = after(state, default, instance, by_time=True)
    assert state in ENDS


@pytest.mark.parametrize(("state", "instance"), _EVERY)
@pytest.mark.parametrize("majority", [True, False])
def test_silence_is_always_a_step_that_may_be_taken(state: State, instance: int, majority: bool) -> None:
    """The default of each state is a legal step of it that leads elsewhere."""
    default = silence(state, instance, majority=majority)
    if state in ENDS:
        assert default is None
    elif (state, instance) != (State.APPEAL_OPEN, APPEAL):
        assert default is not None
        assert after(state, default, instance, by_time=True)[0] is not state


@pytest.mark.parametrize("state", State)
def test_each_state_waits_or_is_an_end(state: State) -> None:
    """Each state has a timer or is an end, never both."""
    assert (state in SILENCE) != (state in ENDS)
    assert (due_us(state, 7) is None) == (state in ENDS)


@given(st.dictionaries(st.sampled_from(list(SILENCE)), st.integers(1, 3650)))
def test_a_state_waits_for_the_days_that_it_is_given(days: dict[State, int]) -> None:
    """Silence takes effect so many days after the state began, whatever the state."""
    for state, length in {**DAYS, **days}.items():
        assert due_us(state, 7, {**DAYS, **days}) == 7 + length * 86_400_000_000


def test_the_settings_name_each_state_and_its_default() -> None:
    """`[disputes]` has a line for each state that waits, with the days of the procedure's table."""
    assert DisputeSettings().days == {state.value: days for state, days in DAYS.items()}


def test_nothing_but_a_review_leaves_an_end() -> None:
    """Of the steps from an end only the review of an executed ruling is left, and it moves nothing."""
    left = {(step, state) for step, rule in RULES.items() for state in rule.sources & ENDS}
    assert left == {(Step.REVIEWED, State.EXECUTED)}
    assert after(State.EXECUTED, Step.REVIEWED) == (State.EXECUTED, FIRST)


@pytest.mark.parametrize("step", [step for step, rule in RULES.items() if rule.who is Who.TIME])
def test_nobody_takes_a_step_of_time(step: Step) -> None:
    """What time or another step brings about is nobody's to do."""
    for state in RULES[step].sources:
        with pytest.raises(StepRefused):
            after(state, step, APPEAL)


def test_a_ruling_is_appealed_once() -> None:
    """From an appeal's ruling the way leads to its finality alone."""
    state, instance = after(State.APPEAL_OPEN, Step.APPEALED)
    assert (state, instance) == (State.DELIBERATION, APPEAL)
    state, instance = after(state, Step.RULED, instance)
    with pytest.raises(StepRefused):
        after(state, Step.APPEAL_OPENED, instance)
    assert after(state, Step.BECAME_FINAL, instance, by_time=True) == (State.FINAL, APPEAL)


def test_a_first_ruling_is_final_only_after_the_time_for_an_appeal() -> None:
    """No step skips the time in which a party may appeal."""
    for state in (State.DELIBERATION, State.RULED):
        with pytest.raises(StepRefused):
            after(state, Step.BECAME_FINAL, FIRST, by_time=True)


def test_measures_bind_from_admission_to_the_end() -> None:
    """Every state between admission and the end is bound, and no other."""
    reached = {after(state, step, instance, by_time=True)[0] for state, instance, step in _steps_from(BOUND)}
    assert reached <= BOUND | ENDS
    assert State.FILED not in BOUND


def _steps_from(states: frozenset[State]) -> list[tuple[State, int, Step]]:
    found = []
    for state in states:
        for step in Step:
            for instance in (FIRST, APPEAL):
                try:
                    after(state, step, instance, by_time=True)
                except StepRefused:
                    continue
                found.append((state, instance, step))
    return found


@pytest.mark.parametrize("step", Step)
def test_each_step_is_a_type_of_record(step: Step) -> None:
    """The log knows each step by a type of its own."""
    assert EntryType(f"dispute.{step.value}").value.startswith("dispute.")


@pytest.mark.parametrize("step", [step for step in Step if step is not Step.OPENED])
def test_each_step_has_a_rule(step: Step) -> None:
    """No step but the opening goes without a rule."""
    assert step in RULES
