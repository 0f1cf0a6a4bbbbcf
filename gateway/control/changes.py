"""Changes to governance: each is one transaction, one revision, and records in the log that say the same."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import anyio.from_thread
import anyio.to_thread
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from audit.database import Database, cause
from audit.entry import Actor, Entry, EntryType, Facts, Receipt, Record, ResourceRef
from audit.errors import AuditError
from gateway.control.schema import CONTROL_CHANGE, CONTROL_HEAD
from gateway.errors import AuditUnavailable, GovernanceUnavailable

_T = TypeVar("_T")

# Members of a record's ``detail``: which change it belongs to, and that change's number.
CHANGE, REVISION = "change", "revision"


class Log(Protocol):
    """The log that changes are recorded in."""

    async def append(self, record: Record) -> Receipt:
        """Makes one record durable, or raises ``audit.errors.AuditError``."""

    async def of_request(self, request_id: str) -> tuple[Entry, ...]:
        """The entries of one request id, or raises ``audit.errors.AuditError``."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change while it is made.

    ``at_us`` is when it is believed from (microseconds since 1970 UTC), later than every change before it;
    ``revision`` numbers changes without gaps. All that is written goes through ``connection``, and each
    change says at least one thing to the log with ``record``.
    """

    connection: Connection
    id: str
    revision: int
    at_us: int
    actor: Actor
    request_id: str
    records: list[Record] = field(default_factory=list)

    def record(
        self, kind: EntryType, detail: Mapping[str, Facts], resource: ResourceRef | None = None
    ) -> None:
        """Says in the log, under this change's id, what it does; no content, no natural identifiers."""
        facts = {**detail, CHANGE: self.id, REVISION: self.revision}
        self.records.append(
            Record(type=kind, request_id=self.request_id, actor=self.actor, resource=resource, detail=facts)
        )


class Control:
    """The control database with the log that its changes are recorded in.

    A change is recorded first and committed then, both under the lock that orders changes. What a crash left
    recorded and not committed is said to be void by the next change: the log is never silently ahead.
    """

    def __init__(
        self, database: Database, log: Log, *, wall_us: Callable[[], int], new_id: Callable[[], str]
    ) -> None:
        self.database = database
        self._log = log
        self._wall_us = wall_us
        self._new_id = new_id

    async def change(self, actor: Actor, work: Callable[[Change], _T]) -> _T:
        """Does ``work`` as one change of ``actor`` and gives what it gives.

        ``work`` runs in a thread, inside the transaction; what it raises undoes everything. Raises
        ``AuditUnavailable`` or ``GovernanceUnavailable``, and then nothing is changed.
        """
        return await anyio.to_thread.run_sync(self._change, actor, work)

    async def read(self, work: Callable[[Connection], _T]) -> _T:
        """Does ``work`` in a thread over one state of the database; raises ``GovernanceUnavailable``."""
        return await anyio.to_thread.run_sync(self.look, work)

    def look(self, work: Callable[[Connection], _T]) -> _T:
        """``read`` for those who are in a thread already."""
        try:
            with self.database.reader.connect() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            raise _unavailable(error) from error

    def close(self) -> None:
        """Closes every connection."""
        self.database.close()

    def _change(self, actor: Actor, work: Callable[[Change], _T]) -> _T:
        try:
            with self.database.write_lock, self.database.writer.begin() as connection:
                change = self._begin(connection, actor)
                done = work(change)
                self._commit(change)
        except SQLAlchemyError as error:
            raise _unavailable(error) from error
        except AuditError as error:
            raise AuditUnavailable(
                "The audit log cannot record this change, so nothing was changed; try again shortly.",
                reason_admin=type(error).__name__,
            ) from error
        return done

    def _begin(self, connection: Connection, actor: Actor) -> Change:
        head = connection.execute(select(CONTROL_HEAD).with_for_update()).one()
        number = head.revision + 1
        self._disown(connection, head.store, (head.revision, number), actor)
        return Change(
            connection,
            id=self._new_id(),
            revision=number,
            at_us=max(head.at_us + 1, self._wall_us()),
            actor=actor,
            request_id=_request_id(head.store, number),
        )

    def _disown(self, connection: Connection, store: str, revisions: tuple[int, ...], actor: Actor) -> None:
        """Says of what was recorded under these numbers and never committed that it is void."""
        committed = set(
            connection.scalars(select(CONTROL_CHANGE.c.id).where(CONTROL_CHANGE.c.revision.in_(revisions)))
        )
        for revision in revisions:
            request_id = _request_id(store, revision)
            entries = anyio.from_thread.run(self._log.of_request, request_id)
            for lost in dict.fromkeys(_changes(entries)):
                if lost not in committed | voided(entries):
                    detail: dict[str, Facts] = {CHANGE: lost, REVISION: revision}
                    void = Record(
                        type=EntryType.CONTROL_VOID, request_id=request_id, actor=actor, detail=detail
                    )
                    anyio.from_thread.run(self._log.append, void)

    def _commit(self, change: Change) -> None:
        receipts = [anyio.from_thread.run(self._log.append, record) for record in change.records]
        if not receipts:
            raise AssertionError("a change must say in the log what it does")
        connection = change.connection
        connection.execute(
            insert(CONTROL_CHANGE).values(
                revision=change.revision,
                id=change.id,
                at_us=change.at_us,
                actor=change.actor.id,
                department=change.actor.department,
                kind=change.records[0].type.value,
                entry_index=receipts[0].index,
            )
        )
        connection.execute(update(CONTROL_HEAD).values(revision=change.revision, at_us=change.at_us))


def current_revision(connection: Connection) -> int:
    """The number of the last change that is believed."""
    revision: int = connection.execute(select(CONTROL_HEAD.c.revision)).scalar_one()
    return revision


def voided(entries: Iterable[Entry]) -> set[str]:
    """The ids of changes that these entries say never took effect."""
    return {
        change
        for entry in entries
        if entry.record.type is EntryType.CONTROL_VOID
        and isinstance(change := entry.record.detail.get(CHANGE), str)
    }


def _changes(entries: Iterable[Entry]) -> list[str]:
    return [
        change
        for entry in entries
        if entry.record.type is not EntryType.CONTROL_VOID
        and isinstance(change := entry.record.detail.get(CHANGE), str)
    ]


def _request_id(store: str, revision: int) -> str:
    return f"control-{store}-{revision}"


def _unavailable(error: SQLAlchemyError) -> GovernanceUnavailable:
    return GovernanceUnavailable(
        "The registry cannot be reached, so nothing was changed; try again shortly.",
        reason_admin=cause(error),
    )
