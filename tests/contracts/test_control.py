"""One suite for changes to governance, on SQLite and on PostgreSQL."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, delete, func, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from audit.entry import Actor, Entry, EntryType, Receipt, Record
from audit.errors import RecorderUnavailable
from audit.ids import SystemClock
from audit.log import Log
from audit.place import Place
from gateway.control.changes import Change, Control, current_revision, voided
from gateway.control.database import ControlUnusable, open_control_database
from gateway.control.schema import CONTROL_CHANGE, CONTROL_HEAD
from gateway.control.tables import METADATA
from gateway.errors import AuditUnavailable, GovernanceUnavailable
from tests.patience import patient_log

pytestmark = pytest.mark.anyio

CLERK = Actor("subject-1", "person", "retail")


class FlakyLog:
    """A real log that can be told to fail, or to record and then lose the answer."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.fails = False
        self.loses_answer = False

    async def append(self, record: Record) -> Receipt:
        """Append, or fail as told."""
        if self.fails:
            raise RecorderUnavailable("told to fail")
        receipt = await self._log.append(record)
        if self.loses_answer:
            raise RecorderUnavailable("told to lose the answer")
        return receipt

    async def of_request(self, request_id: str) -> tuple[Entry, ...]:
        """Ask the real log."""
        return await self._log.of_request(request_id)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for a control database."""
    if request.param == "sqlite":
        return tmp_path / "control.db"
    return request.getfixturevalue("postgres_server").place()


@pytest.fixture
async def log(tmp_path: Path) -> Iterator[FlakyLog]:
    """A log of its own."""
    real = patient_log(tmp_path / "audit.db")
    yield FlakyLog(real)
    await real.aclose()


@pytest.fixture
def control(place: Place, log: FlakyLog) -> Iterator[Control]:
    """The control database with its log."""
    opened = _open(place, log)
    yield opened
    opened.close()


_NUMBERS = itertools.count()


def _open(place: Place, log: FlakyLog, wall_us: Callable[[], int] | None = None) -> Control:
    return Control(
        open_control_database(place),
        log,
        wall_us=wall_us or SystemClock().wall_us,
        new_id=lambda: f"change-{next(_NUMBERS)}",
    )


def _note(change: Change) -> int:
    change.record(EntryType.AUDITOR_QUERY, {"said": "something"})
    return change.revision


def _revision(control: Control) -> int:
    return control.look(current_revision)


async def test_changes_are_numbered_without_gaps_and_recorded(control: Control, log: FlakyLog) -> None:
    """Each change gets the next revision, and the log has it under the change's request id."""
    assert [await control.change(CLERK, _note) for _ in range(3)] == [1, 2, 3]
    rows = control.look(lambda c: c.execute(select(CONTROL_CHANGE).order_by("revision")).all())
    store = control.look(lambda c: c.execute(select(CONTROL_HEAD.c.store)).scalar_one())
    assert [row.entry_index for row in rows] == [0, 1, 2]
    (entry,) = await log.of_request(f"control-{store}-2")
    assert (entry.record.detail["revision"], entry.record.detail["change"]) == (2, rows[1].id)
    assert entry.record.actor == CLERK


async def test_nothing_changes_when_the_log_cannot_record(control: Control, log: FlakyLog) -> None:
    """Without a durable record there is no change, and the caller hears why."""
    log.fails = True
    with pytest.raises(AuditUnavailable):
        await control.change(CLERK, _note)
    assert _revision(control) == 0
    log.fails = False
    assert await control.change(CLERK, _note) == 1


async def test_what_was_recorded_and_never_committed_is_said_to_be_void(
    control: Control, log: FlakyLog
) -> None:
    """A record without its change is disowned by the next change, once."""
    log.loses_answer = True
    with pytest.raises(AuditUnavailable):
        await control.change(CLERK, _note)
    log.loses_answer = False
    assert [await control.change(CLERK, _note), await control.change(CLERK, _note)] == [1, 2]
    store = control.look(lambda c: c.execute(select(CONTROL_HEAD.c.store)).scalar_one())
    entries = await log.of_request(f"control-{store}-1")
    assert [entry.record.type for entry in entries] == [
        EntryType.AUDITOR_QUERY,
        EntryType.CONTROL_VOID,
        EntryType.AUDITOR_QUERY,
    ]
    assert voided(entries) == {entries[0].record.detail["change"]}


async def test_work_that_fails_leaves_no_trace(control: Control, log: FlakyLog) -> None:
    """What the work raises comes out, and neither database nor log has anything of it."""

    def work(change: Change) -> None:
        change.record(EntryType.AUDITOR_QUERY, {})
        raise LookupError("no")

    with pytest.raises(LookupError):
        await control.change(CLERK, work)
    assert _revision(control) == 0
    store = control.look(lambda c: c.execute(select(CONTROL_HEAD.c.store)).scalar_one())
    assert await log.of_request(f"control-{store}-1") == ()


async def test_time_never_goes_back(place: Place, log: FlakyLog) -> None:
    """A clock that jumps back moves no change before the one it follows."""
    times = iter([1_000_000, 5, 5])
    control = _open(place, log, wall_us=lambda: next(times))
    seen = [await control.change(CLERK, _at) for _ in range(3)]
    control.close()
    assert seen == [1_000_000, 1_000_001, 1_000_002]


def _at(change: Change) -> int:
    _note(change)
    return change.at_us


async def test_two_gateways_change_one_after_another(place: Place, log: FlakyLog) -> None:
    """Writers at once share one numbering, without a gap or a double."""
    several = [_open(place, log) for _ in range(3)]
    done: list[int] = []

    async def write(control: Control) -> None:
        done.extend([await control.change(CLERK, _note) for _ in range(5)])

    async with anyio.create_task_group() as group:
        for control in several:
            group.start_soon(write, control)
    for control in several:
        control.close()
    assert sorted(done) == list(range(1, 16))


async def test_history_cannot_be_touched(control: Control) -> None:
    """The database itself refuses to change or delete what was changed, and to count back."""
    await control.change(CLERK, _note)
    for statement in (
        delete(CONTROL_CHANGE),
        update(CONTROL_CHANGE).values(actor="nobody"),
        update(CONTROL_HEAD).values(revision=0),
        delete(CONTROL_HEAD),
    ):
        with pytest.raises(SQLAlchemyError), control.database.writer.begin() as connection:
            connection.execute(statement)
    assert _revision(control) == 1


async def test_migrations_make_what_the_tables_say(control: Control) -> None:
    """Alembic finds no difference between the migrated database and the tables in the code."""

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), METADATA))

    assert control.look(differences) == []


async def test_a_newer_database_is_refused(place: Place, log: FlakyLog) -> None:
    """Tables of a version that this one does not know are left alone."""
    control = _open(place, log)
    with control.database.writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    control.close()
    with pytest.raises(ControlUnusable, match="newer Custody"):
        open_control_database(place)


async def test_opening_again_keeps_what_is_there(place: Place, log: FlakyLog) -> None:
    """A second start migrates nothing away."""
    first = _open(place, log)
    await first.change(CLERK, _note)
    first.close()
    second = _open(place, log)
    assert _revision(second) == 1
    second.close()


async def test_a_lost_database_is_told_as_such(control: Control) -> None:
    """A database error reaches the caller as one typed error, and changes nothing."""
    with pytest.raises(GovernanceUnavailable):
        await control.read(lambda c: c.execute(text("SELECT * FROM nowhere")))

    def work(change: Change) -> None:
        _note(change)
        change.connection.execute(text("SELECT * FROM nowhere"))

    with pytest.raises(GovernanceUnavailable):
        await control.change(CLERK, work)
    count = control.look(lambda c: c.execute(select(func.count()).select_from(CONTROL_CHANGE)).scalar_one())
    assert count == 0
