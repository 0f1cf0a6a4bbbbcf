"""Counts a span of a log from its place alone, so that it can be done in a process of its own."""

from typing import cast

from audit.place import Place
from audit.query import LogReader
from gateway.domain import JsonObject
from gateway.ownership.evidence.prices import Prices
from gateway.ownership.evidence.scorecard import read_scorecards
from gateway.ownership.evidence.span import Span, chosen
from gateway.ownership.evidence.usage import read_usage


def count_scorecards(place: Place, asked: Span) -> JsonObject:
    """What ``custody audit scorecard --json`` says; raises ``AuditError``."""
    with LogReader(place) as reader:
        return read_scorecards(reader, chosen(reader, asked)).facts()


def count_usage(place: Place, asked: Span, prices: Prices | None) -> JsonObject:
    """What ``custody audit usage --json`` says, and of which span; raises ``AuditError``."""
    with LogReader(place) as reader:
        span = chosen(reader, asked)
        return {"span": cast("JsonObject", span.facts()), **read_usage(reader, span, prices).facts()}
