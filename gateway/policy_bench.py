"""Policies tried, decisions explained and calls replayed for callers, one of a kind at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio.to_thread
from sqlalchemy.exc import SQLAlchemyError

from audit.errors import AuditError, EntryNotFound
from audit.place import Place
from audit.query import LogReader
from gateway.bundled import policies
from gateway.domain import JsonObject
from gateway.errors import AuditUnavailable, NotFound
from gateway.pdp.explain.sources import find_source
from gateway.pdp.lifecycle.workshop import PolicyNotSound
from gateway.pdp.replay.recorded import RecordedDecision, find_recorded
from gateway.pdp.source import PolicyRefused, PolicySource
from gateway.pdp.workbench.bench import Bench, Work
from gateway.pdp.workbench.replaying import Replaying
from gateway.turns import Turn


@dataclass(frozen=True, slots=True)
class PolicyBench:
    """Over a log; ``folders`` may hold policies that decided."""

    log: Place
    folders: Sequence[Path] = ()
    bench: Bench = field(default_factory=Bench)
    _trials: Turn = field(default_factory=lambda: Turn("trial of a policy"), init=False)
    _replays: Turn = field(default_factory=lambda: Turn("replay"), init=False)
    _explanations: Turn = field(default_factory=lambda: Turn("explanation"), init=False)

    async def tried(self, work: Work, files: Mapping[str, bytes], *, coverage: bool = False) -> JsonObject:
        """What is found of these files; raises ``Unavailable``."""
        return await self._trials.take(lambda: self.bench.tried(work, files, coverage=coverage))

    async def recorded(self, decision: str) -> RecordedDecision:
        """A decision on record; raises ``NotFound`` or ``AuditUnavailable``."""
        return await anyio.to_thread.run_sync(self._recorded, decision)

    async def explained(self, recorded: RecordedDecision, kept: PolicySource | None) -> JsonObject:
        """The decision, explained by the policy as it was kept, or as a folder holds it."""
        return await self._explanations.take(
            lambda: self.bench.explained(recorded, kept or self._at_hand(recorded.revision))
        )

    async def replayed(self, files: Mapping[str, bytes], asked: Replaying) -> JsonObject:
        """What the policy would have decided otherwise.

        Raises ``Unavailable``, ``AuditUnavailable``, or ``PolicyNotSound`` also for one that does not end.
        """
        return await self._replays.take(lambda: self._replayed(files, asked))

    def _replayed(self, files: Mapping[str, bytes], asked: Replaying) -> JsonObject:
        try:
            return self.bench.replayed(self.log, files, asked)
        except PolicyRefused as refused:
            raise PolicyNotSound(f"The policy is not sound:\n{refused}") from refused
        except (AuditError, SQLAlchemyError) as error:
            raise unreadable(error) from error

    def _at_hand(self, revision: str) -> PolicySource | None:
        return find_source(revision, [*self.folders, policies()], None)

    def _recorded(self, decision: str) -> RecordedDecision:
        try:
            with LogReader(self.log) as reader:
                return find_recorded(reader, decision)
        except EntryNotFound:
            raise NotFound("There is no such decision on record.") from None
        except (AuditError, SQLAlchemyError) as error:
            raise unreadable(error) from error


def unreadable(error: Exception) -> AuditUnavailable:
    """What a caller is told when the log cannot be read."""
    return AuditUnavailable(
        "The audit log cannot be read now; try again shortly.", reason_admin=type(error).__name__
    )
