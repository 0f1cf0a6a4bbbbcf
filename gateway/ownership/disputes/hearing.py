"""One step of somebody in a dispute: what silence brought about first, then who may, then the step itself."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from sqlalchemy import Connection

from audit.entry import Facts
from gateway.control.changes import Change
from gateway.control.operations import Acting, Outcome
from gateway.ownership.disputes import texts
from gateway.ownership.disputes.case import Case
from gateway.ownership.disputes.due import settle
from gateway.ownership.disputes.holders import standing
from gateway.ownership.disputes.journal import By, advance, load
from gateway.ownership.disputes.people import Succession, require
from gateway.ownership.disputes.states import Step

Detail: TypeAlias = Mapping[str, Facts]


def succession(connection: Connection, at_us: int) -> Succession:
    """Who stands in whose place at a time."""
    return lambda name: standing(connection, name, at_us)


class Hearing:
    """A dispute in which somebody takes a step.

    An expired timer takes effect before anything else does, so nobody profits from an upkeep that is late.
    """

    def __init__(self, change: Change, acting: Acting, dispute: str) -> None:
        self.change = change
        self.acting = acting
        self.successors = succession(change.connection, change.at_us)
        self.case: Case = settle(change, load(change.connection, dispute), self.successors)

    def party(self, step: Step) -> str:
        """The party that this step may be taken for, empty for an office; raises ``NotPermitted``."""
        return require(self.case, step, self.acting, self.successors)

    def take(self, step: Step, detail: Callable[[str], Detail] | Detail | None = None) -> None:
        """Takes a step, if it is theirs to take and its turn; ``detail`` may depend on the party."""
        party = self.party(step)
        told = detail(party) if callable(detail) else detail
        self.case = advance(self.change, self.case, step, told, By.of(self.acting, party))

    def follow(self, step: Step, detail: Detail | None = None) -> None:
        """Lets a step follow by itself."""
        self.case = advance(self.change, self.case, step, detail)

    def keep(self, text: str) -> str:
        """Keeps a text of this dispute; its digest."""
        return texts.keep(self.change, self.case.id, text)

    def outcome(self, **more: str | int) -> Outcome:
        """What the caller is told."""
        return {"dispute": self.case.id, "state": self.case.state.value, **more}
