"""Who used which asset how much: calls, tokens, model time and cost, by asset and department."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from audit.entry import EntryType
from audit.query import LogReader
from gateway.domain import JsonObject
from gateway.ownership.evidence.prices import Prices
from gateway.ownership.evidence.span import Leaf, LeafResult, Span, read_span

_INTENT, _DENIED, _OUTCOME = EntryType.INTENT.value, EntryType.DENIED.value, EntryType.OUTCOME.value
_OK = 200
_MICROS = 1_000_000


@dataclass(slots=True)
class Use:
    """What was asked of an asset and what came of it.

    ``model_us`` is the duration of answered and failed calls, from their arrival to their end, in
    microseconds: it stands for the time for which a GPU worked, and is never less, for reading the prompt
    and waiting in line are in it.
    """

    calls: int = 0
    answered: int = 0
    refused: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    model_us: int = 0

    def add(self, other: "Use") -> None:
        """Adds another use to this one."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def facts(self) -> JsonObject:
        """The use as JSON; model time in milliseconds."""
        return {
            "calls": self.calls,
            "answered": self.answered,
            "refused": self.refused,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "model_ms": self.model_us // 1_000,
        }


@dataclass(frozen=True, slots=True)
class AssetUse:
    """One department's use of one asset, and what it cost; None where no price is known."""

    asset: str
    department: str
    use: Use
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Usage:
    """Use by asset and department over one span; ``currency`` is empty if there are no prices."""

    span: Span
    uses: tuple[AssetUse, ...]
    currency: str
    gaps: tuple[str, ...]

    def of(self, asset: str) -> tuple[AssetUse, ...]:
        """The use of one asset, by department."""
        return tuple(each for each in self.uses if each.asset == asset)

    def facts(self) -> JsonObject:
        """All of it as JSON; costs as decimal text."""
        return {
            "currency": self.currency,
            "uses": [
                {
                    "asset": each.asset,
                    "department": each.department,
                    **each.use.facts(),
                    "cost": None if each.cost is None else str(each.cost),
                }
                for each in self.uses
            ],
            "gaps": list(self.gaps),
        }


@dataclass(slots=True)
class UsageTally:
    """Counts a span for usage. Memory grows with assets and departments."""

    uses: defaultdict[tuple[str, str], Use] = field(default_factory=lambda: defaultdict(Use))
    without_tokens: int = 0

    def take(self, index: int, leaf: Leaf) -> None:
        """Counts one entry."""
        del index
        kind, actor, resource = leaf["type"], leaf["actor"], leaf["resource"]
        if actor is None or resource is None or kind not in {_INTENT, _DENIED, _OUTCOME}:
            return
        use = self.uses[resource["id"], actor["department"]]
        result = leaf["result"]
        if kind == _INTENT:
            use.calls += 1
        elif kind == _DENIED:
            use.refused += 1
        elif result is not None:
            self._take_outcome(use, result)

    def _take_outcome(self, use: Use, result: LeafResult) -> None:
        use.answered += result["status"] == _OK
        use.prompt_tokens += result["prompt_tokens"]
        use.completion_tokens += result["completion_tokens"]
        use.model_us += result["duration_us"]
        self.without_tokens += result["status"] == _OK and not result["completion_tokens"]


def read_usage(reader: LogReader, span: Span, prices: Prices | None) -> Usage:
    """Counts a span of the log; raises ExportRefused or LogCorrupted."""
    tally = UsageTally()
    read_span(reader, span, [tally])
    return usage(span, tally, prices)


def usage(span: Span, tally: UsageTally, prices: Prices | None) -> Usage:
    """The use of a span that was counted."""
    uses = tuple(
        AssetUse(asset, department, use, _cost(asset, use, prices))
        for (asset, department), use in sorted(tally.uses.items())
    )
    return Usage(span, uses, prices.currency if prices else "", tuple(_gaps(tally, prices)))


def total(uses: Iterable[AssetUse]) -> Use:
    """Several uses together."""
    whole = Use()
    for each in uses:
        whole.add(each.use)
    return whole


def _cost(asset: str, use: Use, prices: Prices | None) -> Decimal | None:
    if prices is None:
        return None
    price = prices.of(asset)
    cost = (
        price.model_second * use.model_us / _MICROS
        + price.prompt_tokens_1000 * use.prompt_tokens / 1_000
        + price.completion_tokens_1000 * use.completion_tokens / 1_000
    )
    return cost.quantize(Decimal("0.0001"))


def _gaps(tally: UsageTally, prices: Prices | None) -> Iterator[str]:
    yield (
        "Model time is the duration of a call from its arrival to its end, as its outcome says: an upper"
        " bound of the time for which a GPU worked on it."
    )
    if prices is None:
        yield "No prices were given, so nothing is said of cost."
    else:
        yield "Cost is use times the prices that were given; it is not read from any bill."
    if tally.without_tokens:
        yield f"{tally.without_tokens} answered calls have no token count: their model did not tell one."
