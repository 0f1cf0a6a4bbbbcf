"""Events of disputes: read, folded, and written with their record in the log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Column, Connection, Row, Select, func, insert, select

from audit.entry import EntryType, Facts
from gateway.control.changes import Change
from gateway.control.operations import Acting
from gateway.control.schema import FOREVER
from gateway.errors import NotFound, OutOfTurn
from gateway.ownership.disputes.case import Case, apply, fold
from gateway.ownership.disputes.effects import bring_about
from gateway.ownership.disputes.states import SILENCE, State, Step, StepRefused, after, due_us
from gateway.ownership.disputes.tables import DISPUTE, DISPUTE_EVENT
from gateway.ownership.disputes.values import Event


@dataclass(frozen=True, slots=True)
class By:
    """Who takes a step, and for which party; all empty: silence, or another step, brings it about."""

    actor: str = ""
    department: str = ""
    party: str = ""

    @classmethod
    def of(cls, acting: Acting, party: str) -> "By":
        """Somebody who acts for a party, or in an office where that is empty."""
        return cls(acting.subject.id, acting.subject.department, party)


TIME = By()


def events(connection: Connection, dispute: str) -> tuple[Event, ...]:
    """What was done in a dispute, in order."""
    query = select(DISPUTE_EVENT).where(DISPUTE_EVENT.c.dispute == dispute).order_by(DISPUTE_EVENT.c.seq)
    return tuple(_event(row) for row in connection.execute(query))


def load(connection: Connection, dispute: str) -> Case:
    """The dispute as its events make it; raises ``NotFound``."""
    found = events(connection, dispute)
    if not found:
        raise NotFound(f"There is no dispute {dispute!r}.")
    return fold(found)


def latest(column: Column[Any]) -> Select[Any]:
    """A column of the last event of each dispute, by which a dispute's state is found without its history."""
    last = (
        select(DISPUTE_EVENT.c.dispute, func.max(DISPUTE_EVENT.c.seq).label("seq"))
        .group_by(DISPUTE_EVENT.c.dispute)
        .subquery()
    )
    same = (DISPUTE_EVENT.c.dispute == last.c.dispute) & (DISPUTE_EVENT.c.seq == last.c.seq)
    return select(column).join(last, same)


def in_state(*states: str) -> Select[Any]:
    """The disputes that stand in one of these states."""
    return latest(DISPUTE_EVENT.c.dispute).where(DISPUTE_EVENT.c.state.in_(states))


def begin(change: Change, detail: Mapping[str, Facts], by: By, days: Mapping[State, int]) -> Case:
    """Opens a dispute under the change's own id, which names it from now on.

    It keeps ``days`` to its end: how long each of its states waits.
    """
    change.connection.execute(
        insert(DISPUTE).values(
            id=change.id,
            kind=detail["kind"],
            asset=detail["asset"],
            initiator=by.party,
            opened_us=change.at_us,
            revision=change.revision,
        )
    )
    due = due_us(State.DRAFT, change.at_us, days)
    waits: dict[str, Facts] = {state.value: days[state] for state in SILENCE}
    said: dict[str, Facts] = {**detail, "days": waits}
    return fold([_write(change, change.id, 1, Step.OPENED, State.DRAFT, due, said, by)])


def advance(
    change: Change, case: Case, step: Step, detail: Mapping[str, Facts] | None = None, by: By = TIME
) -> Case:
    """The dispute after a step, which is written and recorded; raises ``OutOfTurn``."""
    try:
        state, _ = after(case.state, step, case.instance, by_time=not by.actor)
    except StepRefused as refused:
        raise OutOfTurn(f"{str(refused).capitalize()}.", reason_admin=step.value) from refused
    since_us = case.since_us if state is case.state else change.at_us
    due = due_us(state, since_us, case.days)
    event = _write(change, case.id, len(case.events) + 1, step, state, due, detail or {}, by)
    reached = apply(case, event)
    bring_about(change, case, reached, step)
    return reached


def _write(  # noqa: PLR0913, PLR0917 - what an event says
    change: Change,
    dispute: str,
    seq: int,
    step: Step,
    state: State,
    due: int | None,
    detail: Mapping[str, Facts],
    by: By,
) -> Event:
    said: dict[str, Facts] = {
        **detail,
        "dispute": dispute,
        "seq": seq,
        "state": state.value,
        "party": by.party,
        "by_silence": not by.actor,
    }
    change.connection.execute(
        insert(DISPUTE_EVENT).values(
            dispute=dispute,
            seq=seq,
            step=step.value,
            state=state.value,
            at_us=change.at_us,
            due_us=FOREVER if due is None else due,
            revision=change.revision,
            actor=by.actor,
            department=by.department,
            party=by.party,
            detail=orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode(),
        )
    )
    change.record(EntryType(f"dispute.{step.value}"), said)
    return Event(
        seq,
        step.value,
        state.value,
        change.at_us,
        change.revision,
        by.actor,
        by.department,
        by.party,
        orjson.loads(orjson.dumps(said)),
    )


def _event(row: Row[tuple[object, ...]]) -> Event:
    return Event(
        row.seq,
        row.step,
        row.state,
        row.at_us,
        row.revision,
        row.actor,
        row.department,
        row.party,
        orjson.loads(row.detail),
    )
