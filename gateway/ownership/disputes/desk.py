"""What disputes need besides the control database: the log, the policy, and legal holds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import anyio.to_thread

from audit.entry import Actor
from audit.errors import AuditError
from audit.note import Verifier
from audit.payloads.legal_holds import Hold
from audit.place import Place
from audit.query import LogReader
from gateway.control.governance import NO_TERMS, Governance, Terms
from gateway.control.operations import Acting
from gateway.control.requests import Performed
from gateway.domain import JsonObject
from gateway.errors import AuditUnavailable
from gateway.ownership.disputes.adjudication import Advice, RecordRecommendation, advise, question
from gateway.ownership.disputes.due import settle_due
from gateway.ownership.disputes.exhibits import Exhibit, FileExhibit, Frozen, Query, freeze, verify
from gateway.ownership.disputes.journal import load
from gateway.ownership.disputes.keeping import Custodian, keep_holds
from gateway.ownership.factors import factors
from gateway.ownership.prices import Prices
from gateway.ownership.scorecard import read_scorecards
from gateway.ownership.span import Span
from gateway.ownership.usage import read_usage
from gateway.pdp.source import PolicySource


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the desk looks: the log with the key that it is checked with, the policy, and prices if known."""

    log: Place
    verifier: Verifier
    policy: Callable[[], PolicySource]
    prices: Prices | None = None


class Desk:
    """Does for parties, panels and the clerk what takes more than the control database.

    What it looks up itself nobody can hand in: an exhibit is what the log says, a recommendation what the
    policy says.
    """

    def __init__(self, governance: Governance, sources: Sources, wall_us: Callable[[], int]) -> None:
        self._governance = governance
        self._sources = sources
        self._wall_us = wall_us

    async def exhibit(
        self, acting: Acting, dispute: str, name: str, query: Query, terms: Terms = NO_TERMS
    ) -> Performed:
        """Files an exhibit: freezes the query, then files it for whoever acts; raises a ``CustodyError``."""
        frozen = await anyio.to_thread.run_sync(self._freeze, query)
        filing = FileExhibit(dispute=dispute, name=name, frozen=frozen)
        return await self._governance.perform(acting, filing, terms)

    async def recommend(
        self, acting: Acting, dispute: str, shown: Sequence[int] = (), terms: Terms = NO_TERMS
    ) -> Performed:
        """Makes and records a recommendation for a member of the panel; raises a ``CustodyError``.

        ``shown`` are the numbers of the claims whose ground that member finds shown.
        """
        advice = await anyio.to_thread.run_sync(self._advise, dispute, frozenset(shown))
        recording = RecordRecommendation(dispute=dispute, advice=advice)
        return await self._governance.perform(acting, recording, terms)

    async def check(self, exhibit: Exhibit) -> bool:
        """Whether the log still says what an exhibit says."""
        return await anyio.to_thread.run_sync(self._verify, exhibit)

    async def settle_due(self, actor: Actor) -> tuple[str, ...]:
        """Does what silence has brought about; the disputes that moved."""
        return await settle_due(self._governance.control, actor, self._wall_us)

    async def keep_holds(
        self, custodian: Custodian, holds: Callable[[], Iterable[Hold]], actor: Actor
    ) -> int:
        """Brings legal holds in line with the disputes; how many changed."""
        return await keep_holds(self._governance.control, custodian, holds, actor)

    def _freeze(self, query: Query) -> Frozen:
        with LogReader(self._sources.log) as reader:
            return freeze(reader, self._sources.verifier, query)

    def _verify(self, exhibit: Exhibit) -> bool:
        with LogReader(self._sources.log) as reader:
            return verify(reader, self._sources.verifier, exhibit)

    def _advise(self, dispute: str, shown: frozenset[int]) -> Advice:
        control, at_us = self._governance.control, self._wall_us()
        case = control.look(lambda connection: load(connection, dispute))
        measured, span = self._measure(case.asset, [party.id for party in case.parties])
        asked = control.look(lambda connection: question(connection, case, shown, measured, at_us))
        return advise(self._sources.policy(), {**asked, "span": {"first": span.first, "end": span.end}})

    def _measure(self, asset: str, parties: Iterable[str]) -> tuple[dict[str, JsonObject], Span]:
        try:
            with LogReader(self._sources.log) as reader:
                span = Span(0, reader.size())
                cards = read_scorecards(reader, span)
                used = read_usage(reader, span, self._sources.prices)
        except AuditError as error:
            raise AuditUnavailable(
                "The log cannot be read now; try again shortly.", reason_admin=type(error).__name__
            ) from error
        return {party: factors(cards, used, asset, party) for party in parties}, span
