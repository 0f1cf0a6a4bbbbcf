"""How departments handle data, from the log alone: figures with their bounds, and what is not in them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast
from zlib import crc32

from audit.query import LogReader
from gateway.domain import JsonObject
from gateway.ownership.evidence.intervals import (
    Estimate,
    Method,
    Place,
    Weights,
    bootstrap,
    places,
    poisson,
    wilson,
)
from gateway.ownership.evidence.span import Span, read_span
from gateway.ownership.evidence.tally import ALL, DepartmentTally, SenderDay, Tally

# Fewer sender-days than this would be resampled into nearly the same sample each time; the same for prompts.
_ENOUGH_DAYS = 20
_ENOUGH_PROMPTS = 30
_MOST_UNITS, _GROUPS = 4_096, 1_024
PER = 1_000
"""Findings are told per so many prompts."""


@dataclass(frozen=True, slots=True)
class Card:
    """The figures of one department; a figure is None where there is nothing that it could be a share of.

    A sender-day is one sender's prompts of one UTC day. ``findings`` and its parts count found values per
    prompt. ``refused`` are prompts refused by a policy, ``overrides`` prompts let through above the asset's
    ceiling on a grant, ``incidents`` prompts with a secret or a registered corpus in them: shares of the
    prompts that a policy decided on.
    """

    department: str
    prompts: int
    sender_days: int
    decided: int
    findings: Estimate | None
    by_entity: Mapping[str, Estimate]
    by_class: Mapping[str, Estimate]
    refused: Estimate | None
    refused_by_code: Mapping[str, int]
    overrides: Estimate | None
    incidents: Estimate | None
    break_glass: int
    overdue_reviews: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A department's figure with its bounds, and the places that they allow it among the others."""

    department: str
    estimate: Estimate
    place: Place


MEASURES: Mapping[str, Callable[[Card], Estimate | None]] = {
    "findings": lambda card: card.findings,
    "refused": lambda card: card.refused,
    "overrides": lambda card: card.overrides,
    "incidents": lambda card: card.incidents,
}
"""What departments are compared by."""


@dataclass(frozen=True, slots=True)
class Scorecards:
    """The cards of all departments over one span; ``gaps`` are sentences on what was not counted, and why."""

    span: Span
    entries: int
    cards: tuple[Card, ...]
    gaps: tuple[str, ...]

    def standings(self, measure: str) -> tuple[Standing, ...]:
        """The departments by one of ``MEASURES``, least first, with their bounds: the only order there is."""
        found = [(card.department, MEASURES[measure](card)) for card in self.cards]
        known = sorted(
            ((name, estimate) for name, estimate in found if estimate is not None),
            key=lambda each: (each[1].value, each[0]),
        )
        spans = places([estimate for _, estimate in known])
        return tuple(Standing(*each, place) for each, place in zip(known, spans, strict=True))

    def facts(self) -> JsonObject:
        """All of it as JSON, figures rounded to what they mean."""
        return {
            "span": cast("JsonObject", self.span.facts()),
            "entries": self.entries,
            "departments": {card.department: _card_facts(card) for card in self.cards},
            "gaps": list(self.gaps),
        }


def read_scorecards(reader: LogReader, span: Span) -> Scorecards:
    """Counts a span of the log; raises ExportRefused or LogCorrupted."""
    tally = Tally()
    read_span(reader, span, [tally])
    return scorecards(span, tally)


def scorecards(span: Span, tally: Tally) -> Scorecards:
    """The cards of a span that was counted."""
    tally.close()
    seed = f"{span.first}-{span.end}-{span.since_us}-{span.until_us}"
    cards = tuple(_card(name, tally.departments[name], seed) for name in sorted(tally.departments))
    return Scorecards(span, tally.entries, cards, tuple(_gaps(tally, cards)))


def _card(department: str, tally: DepartmentTally, seed: str) -> Card:
    rates = _Rates(tally, f"{seed}/{department}")
    entities = sorted({entity for _, entity, _ in tally.found} - {ALL})
    return Card(
        department=department,
        prompts=tally.prompts.total(),
        sender_days=len(tally.days),
        decided=tally.decided,
        findings=rates.rate(ALL, None),
        by_entity=_known({name: rates.rate(name, None) for name in entities}),
        by_class=_known({name: rates.rate(ALL, name) for name in sorted(tally.prompts)}),
        refused=_share(tally.refused.total(), tally.decided),
        refused_by_code=dict(sorted(tally.refused.items())),
        overrides=_share(tally.overrides, tally.decided),
        incidents=_share(tally.incidents, tally.decided),
        break_glass=tally.break_glass,
        overdue_reviews=tally.overdue,
    )


class _Rates:
    """Findings per prompt of one department, of an entity type or all, in a class or all."""

    def __init__(self, tally: DepartmentTally, seed: str) -> None:
        self._tally = tally
        self._seed = seed

    def rate(self, entity: str, declared: str | None) -> Estimate | None:
        """The rate with bounds by the best method that the sample allows; None without a prompt."""
        prompts = self._tally.prompts.total() if declared is None else self._tally.prompts[declared]
        if not prompts:
            return None
        calls = self._calls(entity, declared, prompts)
        events = sum(count * times for (count, _), times in calls.items())
        sample, method = self._sample(entity, declared, calls, prompts)
        # Units that are all alike would be resampled into themselves, with bounds that are none.
        if sample is None or len({found / asked for found, asked in sample}) == 1:
            return poisson(events, prompts)
        value, (low, high) = events / prompts, bootstrap(sample, f"{self._seed}/{entity}/{declared}")
        return Estimate(value, min(low, value), max(high, value), events, prompts, method)

    def _sample(
        self, entity: str, declared: str | None, calls: Weights, prompts: int
    ) -> tuple[Weights | None, Method]:
        # One sender's prompts of a day are alike, so days are drawn where there are enough of them.
        days = self._days(entity, declared)
        if sum(days.values()) >= _ENOUGH_DAYS:
            return days, "bootstrap of sender-days"
        return (calls if prompts >= _ENOUGH_PROMPTS else None), "bootstrap of calls"

    def _calls(self, entity: str, declared: str | None, prompts: int) -> Weights:
        found: Counter[tuple[int, int]] = Counter()
        for (of_class, of_entity, count), times in self._tally.found.items():
            if of_entity == entity and declared in {None, of_class}:
                found[count, 1] += times
        found[0, 1] = prompts - found.total()
        return +found

    def _days(self, entity: str, declared: str | None) -> Weights:
        units = ((who, _unit(day, entity, declared)) for who, day in self._tally.days.items())
        return _grouped({who: unit for who, unit in units if unit[1]})


def _grouped(units: Mapping[tuple[str, int], tuple[int, int]]) -> Weights:
    """The units as a sample; so many of them that drawing takes long are put into random groups first.

    Groups of independent units are drawn like units (Hansen, Hurwitz and Madow, "Sample survey methods and
    theory", 1953, chapter 10); which group one falls into is told by its own name, so always the same.
    """
    if len(units) <= _MOST_UNITS:
        return Counter(units.values())
    groups: defaultdict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for (sender, day), (events, exposure) in units.items():
        place = crc32(f"{sender}/{day}".encode()) % _GROUPS
        groups[place] = (groups[place][0] + events, groups[place][1] + exposure)
    return Counter(groups.values())


def _unit(day: SenderDay, entity: str, declared: str | None) -> tuple[int, int]:
    if declared is not None:
        return day.findings[declared, entity], day.prompts[declared]
    return sum(day.findings[name, entity] for name in day.prompts), day.prompts.total()


def _share(part: int, whole: int) -> Estimate | None:
    return wilson(part, whole) if whole else None


def _known(found: Mapping[str, Estimate | None]) -> dict[str, Estimate]:
    return {name: estimate for name, estimate in found.items() if estimate is not None}


def _gaps(tally: Tally, cards: tuple[Card, ...]) -> Iterator[str]:
    if tally.nobody:
        yield f"{tally.nobody} refused requests came from nobody known and are in no department's figure."
    for department, count in sorted(tally.flooded.items()):
        who = department or "nobody known"
        yield f"{count} requests of {who} were refused in a flood and counted in bulk; no rate holds them."
    if tally.open_intents:
        yield f"{tally.open_intents} calls began in this range and did not end in it."
    if len(tally.engines) > 1:
        counts = ", ".join(f"{name[:12]} {count}" for name, count in sorted(tally.engines.items()))
        yield f"Prompts were scanned by {len(tally.engines)} settings of detectors, not alike: {counts}."
    for card in cards:
        yield from _card_gaps(card)


def _card_gaps(card: Card) -> Iterator[str]:
    if card.findings is None:
        yield f"{card.department} sent no prompt that was scanned, so it has no rate of findings."
    elif card.sender_days < _ENOUGH_DAYS:
        yield (
            f"{card.department}: {card.sender_days} sender-days are too few to draw from, so its prompts are"
            " taken as independent of each other; the true bounds are wider if its senders differ."
        )


def _card_facts(card: Card) -> JsonObject:
    return {
        "prompts": card.prompts,
        "sender_days": card.sender_days,
        "decided": card.decided,
        "findings_per_1000": estimate_facts(card.findings, PER),
        "findings_per_1000_by_entity": {
            name: estimate_facts(each, PER) for name, each in card.by_entity.items()
        },
        "findings_per_1000_by_class": {
            name: estimate_facts(each, PER) for name, each in card.by_class.items()
        },
        "refused_share": estimate_facts(card.refused),
        "refused_by_code": dict(card.refused_by_code),
        "override_share": estimate_facts(card.overrides),
        "incident_share": estimate_facts(card.incidents),
        "break_glass": card.break_glass,
        "overdue_reviews": card.overdue_reviews,
    }


def estimate_facts(estimate: Estimate | None, per: int = 1) -> JsonObject | None:
    """An estimate as JSON: value and bounds per so many, and what they were made of."""
    if estimate is None:
        return None
    return {
        "value": round(estimate.value * per, 6),
        "low": round(estimate.low * per, 6),
        "high": round(estimate.high * per, 6),
        "events": estimate.events,
        "exposure": estimate.exposure,
        "method": estimate.method,
    }
