"""Silence: what is due takes effect, whoever comes next; and the upkeep that sees to it when nobody comes."""

import logging
from collections.abc import Callable, Mapping
from functools import partial

from sqlalchemy import Connection

from audit.entry import Actor, Facts
from gateway.control.changes import Change, Control
from gateway.errors import Conflict, CustodyError, Impossible, NotFound
from gateway.ownership.disputes import execution
from gateway.ownership.disputes.answering import admission
from gateway.ownership.disputes.case import Case
from gateway.ownership.disputes.holders import standing
from gateway.ownership.disputes.journal import advance, latest, load
from gateway.ownership.disputes.outcomes import ruled_facts
from gateway.ownership.disputes.people import Succession, one_side
from gateway.ownership.disputes.states import ENDS, Step, silence
from gateway.ownership.disputes.tables import DISPUTE_EVENT

_log = logging.getLogger("custody.gateway")


def settle(change: Change, case: Case, successors: Succession) -> Case:
    """The dispute once what is due has happened: one step at most, so that each state gets its time."""
    if case.state in ENDS:
        return case
    if one_side(case, successors):
        return _lapse(change, case, "one_side_left")
    if case.due_us is None or case.due_us > change.at_us:
        return case
    return _by_silence(change, case)


def due(connection: Connection, at_us: int) -> tuple[str, ...]:
    """The disputes in which a timer has expired, oldest first."""
    query = latest(DISPUTE_EVENT.c.dispute).where(DISPUTE_EVENT.c.due_us <= at_us)
    return tuple(connection.scalars(query.order_by(DISPUTE_EVENT.c.due_us)))


async def settle_due(control: Control, actor: Actor, wall_us: Callable[[], int]) -> tuple[str, ...]:
    """Does what is due in every dispute, one change for each; the disputes that moved.

    What fails in one is logged and tried again next time; it holds up no other.
    """
    moved = []
    for dispute in await control.read(lambda connection: due(connection, wall_us())):
        try:
            await control.change(actor, partial(_settled, dispute))
            moved.append(dispute)
        except _Done:
            continue
        except CustodyError as error:
            _log.warning("dispute %s could not go on and will be tried again: %s", dispute, error)
    return tuple(moved)


class _Done(Exception):
    """Another gateway was first, so there is nothing to change."""


def _settled(dispute: str, change: Change) -> None:
    case = load(change.connection, dispute)
    if settle(change, case, lambda name: standing(change.connection, name, change.at_us)) is case:
        raise _Done


def _by_silence(change: Change, case: Case) -> Case:
    step = silence(case.state, case.instance, majority=case.majority is not None)
    if step is None:
        return case
    if step is Step.EXECUTED:
        return _execute(change, case)
    return advance(change, case, step, _facts(change, case, step))


def _facts(change: Change, case: Case, step: Step) -> Mapping[str, Facts]:
    if step is Step.ADMITTED:
        return admission(change, case)
    if step is Step.RULED and case.majority is not None:
        return ruled_facts(case, case.majority)
    if step is Step.LAPSED:
        return {"reason": "silence"}
    return {}


def _execute(change: Change, case: Case) -> Case:
    """Carries the ruling out, or lets it lapse if the registry cannot hold what it says."""
    said = len(change.records)
    try:
        with change.connection.begin_nested():
            facts = execution.ruling(change, case)
    except (Conflict, Impossible, NotFound) as error:
        # What was undone in the database must not be said in the log either.
        del change.records[said:]
        return _lapse(change, case, error.code)
    return advance(change, case, Step.EXECUTED, facts)


def _lapse(change: Change, case: Case, reason: str) -> Case:
    return advance(change, case, Step.LAPSED, {"reason": reason})
