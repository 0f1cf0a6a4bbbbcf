"""What disputes need besides the control database: the log, the policy, and legal holds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import anyio.to_thread
from sqlalchemy import Connection

from audit.entry import Actor
from audit.note import Verifier
from audit.payloads.legal_holds import Hold
from audit.place import Place
from gateway.control.governance import NO_TERMS, Governance, Terms
from gateway.control.operations import Acting
from gateway.control.requests import Performed
from gateway.ownership.disputes.adjudication import Advice, RecordRecommendation, advise, question
from gateway.ownership.disputes.case import Case
from gateway.ownership.disputes.due import settle_due
from gateway.ownership.disputes.exhibits import Exhibit, FileExhibit, Frozen, Query, freeze, verify
from gateway.ownership.disputes.hearing import succession
from gateway.ownership.disputes.journal import load
from gateway.ownership.disputes.keeping import Custodian, keep_holds
from gateway.ownership.disputes.measured import Measured, measure, reading
from gateway.ownership.disputes.people import require
from gateway.ownership.disputes.states import Step
from gateway.ownership.evidence.prices import Prices
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
        await self._require(acting, dispute, Step.EXHIBITED)
        frozen = await anyio.to_thread.run_sync(self._freeze, query)
        filing = FileExhibit(dispute=dispute, name=name, frozen=frozen)
        return await self._governance.perform(acting, filing, terms)

    async def recommend(
        self, acting: Acting, dispute: str, shown: Sequence[int] = (), terms: Terms = NO_TERMS
    ) -> Performed:
        """Makes and records a recommendation for a member of the panel; raises a ``CustodyError``.

        ``shown`` are the numbers of the claims whose ground that member finds shown.
        """
        await self._require(acting, dispute, Step.RECOMMENDED)
        advice = await anyio.to_thread.run_sync(self._advise, dispute, frozenset(shown))
        recording = RecordRecommendation(dispute=dispute, advice=advice)
        return await self._governance.perform(acting, recording, terms)

    async def measured(self, dispute: str) -> Measured:
        """What was measured of each party of a dispute or mandate; raises a ``CustodyError``."""

        def measure() -> Measured:
            case = self._governance.control.look(lambda connection: load(connection, dispute))
            return self._measure(case)

        return await anyio.to_thread.run_sync(measure)

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

    async def _require(self, acting: Acting, dispute: str, step: Step) -> None:
        """Raises ``NotPermitted`` for whoever may not take the step, before the log is read for them."""

        def may(connection: Connection) -> None:
            require(load(connection, dispute), step, acting, succession(connection, self._wall_us()))

        await self._governance.control.read(may)

    def _freeze(self, query: Query) -> Frozen:
        with reading(self._sources.log) as reader:
            return freeze(reader, self._sources.verifier, query)

    def _verify(self, exhibit: Exhibit) -> bool:
        with reading(self._sources.log) as reader:
            return verify(reader, self._sources.verifier, exhibit)

    def _advise(self, dispute: str, shown: frozenset[int]) -> Advice:
        control, at_us = self._governance.control, self._wall_us()
        case = control.look(lambda connection: load(connection, dispute))
        found = self._measure(case)
        asked = control.look(lambda connection: question(connection, case, shown, found.by_party, at_us))
        return advise(self._sources.policy(), {**asked, "span": {"first": 0, "end": found.entries}})

    def _measure(self, case: Case) -> Measured:
        return measure(self._sources.log, case, self._sources.prices)
