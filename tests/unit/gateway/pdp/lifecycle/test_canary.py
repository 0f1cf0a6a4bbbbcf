from hypothesis import given
from hypothesis import strategies as st

from gateway.pdp.lifecycle.canary import Counts, Failures, chosen
from gateway.pdp.lifecycle.store import CanaryTerms


@given(st.text(max_size=20), st.integers(1, 100), st.integers(1, 100))
def test_whoever_is_chosen_stays_chosen(subject: str, one: int, other: int) -> None:
    """The same subjects are chosen each time, and a larger share only adds to them."""
    low, high = sorted((one, other))
    assert chosen(subject, "r", low) <= chosen(subject, "r", high)
    assert chosen(subject, "r", 100)
    assert chosen(subject, "r", low) == chosen(subject, "r", low)


def test_a_share_is_about_as_large_as_it_says() -> None:
    """Ten percent of many subjects are chosen, and others for another policy."""
    subjects = [f"subject-{number}" for number in range(5000)]
    first = {each for each in subjects if chosen(each, "r1", 10)}
    second = {each for each in subjects if chosen(each, "r2", 10)}
    assert 400 < len(first) < 600
    assert first != second


def test_failures_count_as_a_share_of_enough_decisions() -> None:
    """One failure of one decision ends nothing; too large a share of enough decisions does."""
    failures = Failures(CanaryTerms(percent=1, max_error_percent=10, least=10), lambda: 0.0)
    assert not failures.note(failed=True)
    assert not any(failures.note(failed=False) for _ in range(9))
    assert failures.note(failed=True)


def test_old_failures_are_forgotten() -> None:
    """What lies before the window counts no more."""
    now = [0.0]
    failures = Failures(CanaryTerms(percent=1, max_error_percent=0, window_s=5, least=3), lambda: now[0])
    failures.note(failed=True)
    now[0] = 5.0
    assert not any(failures.note(failed=False) for _ in range(20))
    assert failures.here == Counts(20, 0)
    assert failures.note(failed=True)


def test_failures_count_over_all_replicas() -> None:
    """Too few failures here are too many with those of others; what others say is no decision of ours."""
    failures = Failures(CanaryTerms(percent=1, max_error_percent=10, least=10), lambda: 0.0)
    failures.note(failed=True)
    assert not failures.too_many
    failures.elsewhere = Counts(9, 0)
    assert not failures.too_many
    failures.elsewhere = Counts(9, 1)
    assert failures.too_many
    assert (failures.here, failures.everywhere) == (Counts(1, 1), Counts(10, 2))


def test_a_replica_that_fails_alone_is_not_outvoted() -> None:
    """However well the canary does elsewhere, its share of failures at one replica ends it."""
    failures = Failures(CanaryTerms(percent=1, max_error_percent=10, least=3), lambda: 0.0)
    failures.elsewhere = Counts(1000, 0)
    assert not any(failures.note(failed=True) for _ in range(2))
    assert failures.note(failed=True)


def test_counts_are_forgotten_without_a_call() -> None:
    """A replica that nobody calls any more says so in time, and not what it once counted."""
    now = [0.0]
    failures = Failures(CanaryTerms(percent=1, window_s=5), lambda: now[0])
    failures.note(failed=True)
    now[0] = 5.0
    assert failures.here == Counts()
