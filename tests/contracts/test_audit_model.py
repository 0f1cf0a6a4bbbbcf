"""Two writers in any order of steps and failures: the log is always one, whole and signed as it is."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select

from audit.chain import Chain
from audit.checkpoint import open_checkpoint
from audit.database import Database, open_database
from audit.entry import EntryType, Record
from audit.ids import SystemClock, Uuid7
from audit.integrator import Integrator
from audit.keys import load_or_create_signer
from audit.numbering import Row
from audit.schema import CHECKPOINT, ENTRY
from audit.store import EntryStore, create_log
from audit.tree_store import TreeStore
from audit.verify import verify_log

ORIGIN = "northwind.example/audit"
WRITERS = st.integers(0, 1)
LOST = st.sampled_from([(), ("before",), ("after",), ("after", "unsettled")])


class Lost(Exception):
    """An answer that never came."""


class FallibleStore(EntryStore):
    """A store whose next append fails before or after its commit, and whose next look-up fails."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.before = self.after = self.unsettled = False

    def append(self, rows: "list[Row]") -> int:  # type: ignore[override]  # what chains give
        """Commit, or fail on one side of it."""
        if self.before:
            self.before = False
            raise Lost
        first = super().append(rows)
        if self.after:
            self.after = False
            raise Lost
        return first

    def settle(self, entry_id: str) -> int | None:
        """Look up, or fail to."""
        if self.unsettled:
            self.unsettled = False
            raise Lost
        return super().settle(entry_id)


class TwoWriters(RuleBasedStateMachine):
    """What became durable is counted beside the log."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="custody-model-"))
        self.path = self.folder / "audit.db"
        self.signer = load_or_create_signer(self.folder / "audit.key", ORIGIN)
        self.databases = [open_database(self.path, 5.0) for _ in range(2)]
        create_log(self.databases[0], ORIGIN, str(self.signer.verifier))
        self.promised: dict[int, str] = {}
        self.roots: dict[int, bytes] = {}
        self.stores = [FallibleStore(database) for database in self.databases]
        self.chains = [self._new_chain(number) for number in range(2)]
        self.integrators = [self._new_integrator(number) for number in range(2)]

    def _new_chain(self, number: int) -> Chain:
        self.stores[number] = FallibleStore(self.databases[number])
        return Chain(self.stores[number], Uuid7(SystemClock()))

    def _new_integrator(self, number: int) -> Integrator:
        made = Integrator(TreeStore(self.databases[number]), self.signer)
        made.load()
        return made

    @rule(writer=WRITERS, count=st.sampled_from([1, 2, 90, 260]), lost=LOST)
    def append(self, writer: int, count: int, lost: tuple[str, ...]) -> None:
        """A batch is written, if its writer can tell what became of the last; some answers are lost."""
        chain = self.chains[writer]
        for answer in lost:
            setattr(self.stores[writer], answer, True)
        try:
            late = chain.settle()
            if late is not None:
                first, links = late
                self._promise(first, [link.row.id for link in links])
            record = Record(type=EntryType.DENIED, request_id="r")
            links = [chain.link(record, 1, number) for number in range(count)]
            self._promise(chain.commit(links), [link.row.id for link in links])
        except Lost:
            pass

    @rule(writer=WRITERS)
    def restart(self, writer: int) -> None:
        """A writer is gone, and another takes its place; it knows nothing of the first."""
        self.chains[writer].close()
        self.chains[writer] = self._new_chain(writer)
        self.integrators[writer] = self._new_integrator(writer)

    @rule(writer=WRITERS)
    def integrate(self, writer: int) -> None:
        """One of the integrators takes in what there is, and signs."""
        self.integrators[writer].integrate()

    @rule(writer=WRITERS)
    def integrate_from_an_old_state(self, writer: int) -> None:
        """An integrator that lags comes second, and starts again from what the first one left."""
        self.integrators[1 - writer].integrate()
        self.integrators[writer].integrate()

    @precondition(lambda self: self.promised)
    @invariant()
    def promises_hold(self) -> None:
        """What was promised is where it was promised to be."""
        assert len(set(self.promised.values())) == len(self.promised)
        last = max(self.promised)
        with self.databases[0].reader.connect() as connection:
            held = connection.scalar(select(ENTRY.c.id).where(ENTRY.c.idx == last))
        assert held == self.promised[last]

    @invariant()
    def one_root_for_a_size(self) -> None:
        """No size is ever signed with two roots, and no checkpoint goes away."""
        with self.databases[0].reader.connect() as connection:
            notes = connection.scalars(select(CHECKPOINT.c.note)).all()
        signed = {c.size: c.root for c in (open_checkpoint(n, self.signer.verifier) for n in notes)}
        assert self.roots.items() <= signed.items()
        self.roots = signed

    def teardown(self) -> None:
        """Everything verifies in the end."""
        self.integrators[0].integrate()
        for chain in self.chains:
            chain.close()
        report = verify_log(self.path, self.signer.verifier)
        for database in self.databases:
            database.close()
        shutil.rmtree(self.folder)
        assert report.findings == ()
        assert report.size >= len(self.promised)

    def _promise(self, first: int, names: list[str]) -> None:
        self.promised |= dict(enumerate(names, first))


TestTwoWriters = TwoWriters.TestCase
TestTwoWriters.settings = settings(
    max_examples=20, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
