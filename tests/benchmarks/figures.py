"""What a benchmark reports: named figures with units, in rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median


class BenchmarkFailed(Exception):
    """Something did not answer as it must; its figures would be worthless."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number; ``unit`` is empty for a ratio."""

    name: str
    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one variant of a benchmark; rows of one benchmark make one table."""

    benchmark: str
    variant: str
    figures: tuple[Figure, ...]

    def value(self, name: str) -> float | None:
        """The value of the figure called ``name``."""
        return next((figure.value for figure in self.figures if figure.name == name), None)


def quantile(sorted_values: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0..1) of the values lie; nearest rank."""
    if not sorted_values:
        raise BenchmarkFailed("there is no value to take a quantile of")
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def middle(values: Iterable[float]) -> float:
    """The median over rounds."""
    return float(median(values))
