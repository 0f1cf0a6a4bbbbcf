"""What the log says of those who claim the same: their scorecards and their use of the asset."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from audit.errors import AuditError
from audit.place import Place
from audit.query import LogReader
from gateway.domain import JsonObject
from gateway.errors import AuditUnavailable
from gateway.ownership.disputes.case import Case
from gateway.ownership.evidence.factors import factors
from gateway.ownership.evidence.prices import Prices
from gateway.ownership.evidence.scorecard import read_scorecards
from gateway.ownership.evidence.span import Span
from gateway.ownership.evidence.usage import read_usage


@dataclass(frozen=True, slots=True)
class Measured:
    """What the first ``entries`` of the log say of each party; see ``gateway.ownership.evidence.factors``."""

    entries: int
    by_party: dict[str, JsonObject]


@contextmanager
def reading(log: Place) -> Iterator[LogReader]:
    """The log, open for reading; raises ``AuditUnavailable`` for whatever goes wrong with it."""
    try:
        with LogReader(log) as reader:
            yield reader
    except AuditError as error:
        raise AuditUnavailable(
            "The log cannot be read now; try again shortly.", reason_admin=type(error).__name__
        ) from error


def measure(log: Place, case: Case, prices: Prices | None = None) -> Measured:
    """Counts the whole log for the parties of a dispute or mandate; raises ``AuditUnavailable``."""
    with reading(log) as reader:
        span = Span(0, reader.size())
        cards = read_scorecards(reader, span)
        used = read_usage(reader, span, prices)
    names = [party.id for party in case.parties]
    return Measured(span.end, {name: factors(cards, used, case.asset, name) for name in names})
