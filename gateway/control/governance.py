"""Where operations are performed."""

from dataclasses import dataclass

from gateway.control.changes import Change, Control
from gateway.control.operations import Acting, Operation, Outcome


@dataclass(frozen=True, slots=True)
class Performed:
    """An operation that took effect: what it tells, and the revision that it made."""

    outcome: Outcome
    revision: int


class Governance:
    """Performs operations on the control database."""

    def __init__(self, control: Control) -> None:
        self.control = control

    async def perform(self, acting: Acting, operation: Operation) -> Performed:
        """Does the operation as one change of whoever acts; raises a ``CustodyError``."""

        def work(change: Change) -> Performed:
            return Performed(operation.apply(change, acting), change.revision)

        return await self.control.change(acting.actor, work)
