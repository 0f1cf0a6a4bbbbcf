"""How sure a measured figure is: the interval that belongs to it, and what order such figures allow."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, TypeAlias

Method = Literal["wilson", "poisson", "bootstrap of calls", "bootstrap of sender-days"]
Weights: TypeAlias = Mapping[tuple[int, int], int]
"""How often each (events, exposure) of one unit occurs: a sample, as its histogram."""

CONFIDENCE = 0.95
RESAMPLES = 2_000
_TAIL = (1 - CONFIDENCE) / 2
# The normal distribution's quantile at 97.5 %.
_Z = 1.959963984540054
_DRAWN_AT_ONCE = 1_000_000
# Below what a double can add.
_NOTHING = 1e-17


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with the bounds between which the true one lies, by its method, in 95 of 100 samples.

    ``value`` is events by exposure, as are the bounds. There is no figure without bounds: whoever shows or
    orders figures takes these.
    """

    value: float
    low: float
    high: float
    events: int
    exposure: int
    method: Method


@dataclass(frozen=True, slots=True)
class Place:
    """The places that an estimate may take among others, least first: their true order is not known."""

    best: int
    worst: int


def wilson(successes: int, trials: int) -> Estimate:
    """A proportion with Wilson's score interval, for 0 <= successes <= trials and trials > 0.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
    American Statistical Association 22 (1927), 209-212. It keeps its promise for few trials and for shares
    near 0 and 1, where the usual normal interval does not.
    """
    share, z2 = successes / trials, _Z * _Z
    scale = 1 + z2 / trials
    middle = (share + z2 / (2 * trials)) / scale
    half = _Z / scale * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    # At the ends the bound is the end itself; floating point would miss it by a hair.
    low = 0.0 if successes == 0 else middle - half
    high = 1.0 if successes == trials else middle + half
    return Estimate(share, low, high, successes, trials, "wilson")


def poisson(events: int, exposure: int) -> Estimate:
    """A rate of independent events with its exact interval, for events >= 0 and exposure > 0.

    F. Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28 (1936), 437-442. It is what is
    left where a sample is too small, or holds no event at all, to be resampled.
    """
    low = 0.0 if events == 0 else _mean_where(events - 1, 1 - _TAIL)
    return Estimate(
        events / exposure,
        low / exposure,
        _mean_where(events, _TAIL) / exposure,
        events,
        exposure,
        "poisson",
    )


def bootstrap(sample: Weights, seed: str) -> tuple[float, float]:
    """Bounds of total events by total exposure, by resampling the units; the same for the same seed.

    B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979), 1-26; the
    bounds are percentiles of 2,000 resamples. Units that are alike are drawn together (a multinomial draw),
    which is the same and does not cost more for a longer log.
    """
    import numpy as np  # noqa: PLC0415 - rule 15: a gateway that shows no scorecard does not load it here

    units = sorted(sample)
    events, exposure = (np.array(column, dtype=np.float64) for column in zip(*units, strict=True))
    counts = np.array([sample[unit] for unit in units], dtype=np.float64)
    total = int(counts.sum())
    drawing = np.random.Generator(np.random.PCG64(int.from_bytes(sha256(seed.encode()).digest()[:8], "big")))
    rates = []
    # As many at once as memory bears; the draws are the same however they are cut.
    step = max(1, min(RESAMPLES, _DRAWN_AT_ONCE // len(units)))
    for begun in range(0, RESAMPLES, step):
        asked = min(step, RESAMPLES - begun)
        drawn = drawing.multinomial(total, counts / total, size=asked).astype(np.float64)
        rates.append((drawn @ events) / (drawn @ exposure))
    low, high = np.quantile(np.concatenate(rates), [_TAIL, 1 - _TAIL], method="inverted_cdf")
    return float(low), float(high)


def places(estimates: Sequence[Estimate]) -> tuple[Place, ...]:
    """For each estimate its possible places, least first; two change places unless their bounds lie apart."""
    return tuple(
        Place(
            best=1 + sum(other.high < mine.low for other in estimates),
            worst=len(estimates) - sum(other.low > mine.high for other in estimates),
        )
        for mine in estimates
    )


def _mean_where(events: int, wanted: float) -> float:
    """The mean at which a Poisson variable is at most ``events`` with this probability, by bisection."""
    low, high = 0.0, 2.0 * events + 20.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(events, middle) > wanted else (low, middle)
    return (low + high) / 2


def _at_most(events: int, mean: float) -> float:
    """P(X <= events) for a Poisson variable, summed down from its largest term so that nothing underflows."""
    if mean == 0:
        return 1.0
    top = min(events, int(mean))
    peak = top * math.log(mean) - mean - math.lgamma(top + 1)
    total, down, up = 1.0, 1.0, 1.0
    for count in range(top, 0, -1):
        down *= count / mean
        total += down
        if down < _NOTHING * total:
            break
    for count in range(top + 1, events + 1):
        up *= mean / count
        total += up
        if up < _NOTHING * total:
            break
    return min(1.0, math.exp(peak) * total)
