import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.ownership.evidence.intervals import Estimate, bootstrap, places, poisson, wilson

_COUNTS = st.tuples(st.integers(0, 10_000), st.integers(1, 10_000)).map(sorted).map(tuple)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_bounds(successes: int, trials: int, low: float, high: float) -> None:
    """Wilson's interval equals the worked examples of a published comparison to four places."""
    found = wilson(successes, trials)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("events", "low", "high"),
    # The classic table of exact limits of a Poisson mean.
    [(0, 0.0, 3.689), (1, 0.0253, 5.572), (5, 1.623, 11.668), (10, 4.795, 18.390), (100, 81.364, 121.627)],
)
def test_poisson_gives_the_published_limits(events: int, low: float, high: float) -> None:
    """The exact interval equals the table of Poisson limits to three places."""
    found = poisson(events, 1)
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-4)


@given(_COUNTS)
@settings(max_examples=50)
def test_bounds_hold_the_figure(counts: tuple[int, int]) -> None:
    """No figure lies outside of its own bounds, and a proportion's bounds are proportions."""
    events, exposure = counts if counts[1] else (0, 1)
    share, rate = wilson(events, exposure), poisson(events, exposure)
    assert 0 <= share.low <= share.value <= share.high <= 1
    assert 0 <= rate.low <= rate.value <= rate.high


def test_bootstrap_is_the_same_for_the_same_seed() -> None:
    """One sample and one seed give one interval, and another seed gives another."""
    sample = {(0, 1): 70, (1, 1): 20, (4, 1): 10}
    assert bootstrap(sample, "a") == bootstrap(dict(reversed(sample.items())), "a")
    assert bootstrap(sample, "a") != bootstrap(sample, "b")


def test_bootstrap_agrees_with_theory_on_a_large_sample() -> None:
    """For many independent calls the percentile interval is the normal one of the mean."""
    sample = {(0, 1): 6_000, (1, 1): 3_000, (3, 1): 1_000}
    mean = 0.6
    error = math.sqrt((0.6 * mean**2 + 0.3 * (1 - mean) ** 2 + 0.1 * (3 - mean) ** 2) / 10_000)
    assert bootstrap(sample, "seed") == pytest.approx((mean - 1.96 * error, mean + 1.96 * error), abs=0.002)


def test_senders_that_differ_widen_the_interval() -> None:
    """The same totals are less sure if they come in few uneven lumps than in many single calls."""
    calls = bootstrap({(0, 1): 900, (1, 1): 100}, "seed")
    lumps = bootstrap({(0, 50): 18, (50, 50): 2}, "seed")
    assert lumps[1] - lumps[0] > 3 * (calls[1] - calls[0])


def estimate(low: float, high: float) -> Estimate:
    """An estimate with these bounds."""
    return Estimate((low + high) / 2, low, high, 1, 1, "poisson")


def test_only_bounds_apart_make_an_order() -> None:
    """Whose bounds overlap share their places; whose bounds lie apart do not."""
    found = places([estimate(0, 2), estimate(1, 3), estimate(5, 6)])
    assert [(place.best, place.worst) for place in found] == [(1, 2), (1, 2), (3, 3)]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=8))
def test_every_place_may_be_taken(bounds: list[tuple[int, int]]) -> None:
    """Places lie within 1..n, the best never behind the worst, and the least figure may be first."""
    estimates = [estimate(min(pair), max(pair)) for pair in bounds]
    found = places(estimates)
    assert all(1 <= place.best <= place.worst <= len(bounds) for place in found)
    least = min(range(len(bounds)), key=lambda at: estimates[at].low)
    assert found[least].best == 1
