"""Grows the tree over durable leaves, and signs what it has grown to."""

import logging
import threading
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.database import cause
from audit.errors import AuditError, InvalidNote, LogCorrupted
from audit.note import Signer, Verifier
from audit.tiles import TileBuilder
from audit.tlog import leaf_hash
from audit.tree_store import TreeState, TreeStore

_log = logging.getLogger(__name__)

# Leaves in one step: bounds memory, and the time that a commit of the recorder waits.
_STEP = 8192
CADENCE_S = 0.25
# Leaves of another process come without a word.
_LOOK_AROUND_S = 2.0
# After a failure.
_AGAIN_S = 1.0


class Integrator:
    """Re-reads new leaves in its own thread, commits tiles and root, and only then signs.

    Costs follow the new leaves alone. Of several integrators of one log, the first to commit wins and the
    others start again from what it left.
    """

    def __init__(
        self,
        store: TreeStore,
        signer: Signer,
        *,
        cadence_s: float = CADENCE_S,
        signed: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._signer = signer
        self._cadence_s = cadence_s
        self._signed = signed
        self._state = TreeState(0, b"")
        self._builder = TileBuilder()
        # Whether the builder may hold leaves that are not in the stored tree.
        self._stale = False
        self._new_leaves = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit-integrator", daemon=True)

    @property
    def verifier(self) -> Verifier:
        """The name and key that checkpoints are checked with."""
        return self._signer.verifier

    def load(self) -> None:
        """Take up the stored tree, writing nothing.

        Raises LogCorrupted if its tiles no longer give its root, or that of the last checkpoint.
        """
        state = self._store.state()
        try:
            builder = TileBuilder(state.size, self._store.edge(state.size))
            if builder.root() != state.root:
                raise LogCorrupted(state.size, "the tiles do not give the stored root")
            self._check_signed(state)
        except (KeyError, IndexError) as error:
            raise LogCorrupted(state.size, "a tile is missing or cut short") from error
        if self._store.log_size() < state.size:
            raise LogCorrupted(self._store.log_size(), "the tree has more entries than the log")
        self._state, self._builder, self._stale = state, builder, False

    def start(self) -> None:
        """Catch up with the leaves, and go on in a thread; raises LogCorrupted."""
        self.integrate()
        self._thread.start()

    def wake(self) -> None:
        """Say that there are new leaves; from any thread."""
        self._new_leaves.set()

    def close(self) -> None:
        """Integrate and sign all that is durable, then stop."""
        self._stop.set()
        self._new_leaves.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._new_leaves.wait(_LOOK_AROUND_S)
            self._new_leaves.clear()
            done = self._attempt()
            self._stop.wait(self._cadence_s if done else _AGAIN_S)
        self._attempt()

    def _attempt(self) -> bool:
        """One round; a failure leaves the leaves as they are and is tried again at the next."""
        try:
            self.integrate()
            self._store.fold()
        except SQLAlchemyError as error:
            _log.warning("audit tree not integrated, will try again: %s", cause(error))
            self._new_leaves.set()
        except AuditError as error:
            _log.warning("audit tree not integrated, will try again: %s", error)
            self._new_leaves.set()
        else:
            return True
        return False

    def integrate(self) -> None:
        """Take in all that is durable, and sign; raises LogCorrupted."""
        if self._stale:
            self.load()
        while self._integrate_step():
            pass
        self._sign()

    def _integrate_step(self) -> bool:
        """Take in one run of leaves, and whether there may be more."""
        leaves = self._store.leaves(self._state.size, _STEP)
        if not leaves:
            return False
        # What fails from here on leaves the builder ahead of the tree: it is made anew before the next step.
        self._stale = True
        self._builder.extend(leaf_hash(leaf) for leaf in leaves)
        grown = TreeState(self._builder.size, self._builder.root())
        tiles = self._builder.take_full() + self._builder.take_partial()
        if not self._store.advance(self._state, grown, tiles):
            self.load()
            return True
        self._state, self._stale = grown, False
        return len(leaves) == _STEP

    def _sign(self) -> None:
        """Sign the tree as it is on disk, unless that size is signed already."""
        origin = self._signer.verifier.name
        if self._state.size == 0 or self._signed_size() >= self._state.size:
            return
        checkpoint = Checkpoint(origin, self._state.size, self._state.root)
        self._store.publish(checkpoint.size, self._signer.sign_note(checkpoint.text()))
        self._signed()

    def _signed_size(self) -> int:
        note = self._store.checkpoint()
        return open_checkpoint(note, self._signer.verifier).size if note else 0

    def _check_signed(self, state: TreeState) -> None:
        note = self._store.checkpoint()
        if note is None:
            return
        try:
            signed = open_checkpoint(note, self._signer.verifier)
        except InvalidNote as error:
            raise LogCorrupted(state.size, f"the last checkpoint is not good: {error}") from error
        if signed.size > state.size:
            raise LogCorrupted(state.size, f"a tree of {signed.size} was signed")
        if self._store.root_at(signed.size) != signed.root:
            raise LogCorrupted(signed.size - 1, "the tiles do not give the root that was signed")
