"""The system of record: numbered leaves under a locked head row."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, inspect, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from audit.database import Database
from audit.errors import LogUnusable, LogWentBack
from audit.integrity import check_schema
from audit.numbering import Numbering, Row, numbering
from audit.schema import ENTRY, HEAD, METADATA, TREE
from audit.tlog import EMPTY_ROOT

# Two gateways that make the tables at one moment would trip over each other.
_CREATION = text("SELECT pg_advisory_xact_lock(7250927340127)")
# How often one batch meets another gateway's settling before that is no accident any more.
_TRIES = 5


class EntryStore:
    """Numbers and keeps leaves; for one thread at a time.

    ``size`` is the most that this store has seen of the log, so that a database which lost entries, put back
    from a backup or failed over to a copy that lagged, is not written to.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numbering: Numbering = numbering(database.writer.dialect.name)
        self._connection: Any = None  # the driver's own connection: SQLAlchemy's costs more than the commit
        self._epoch = 0
        self.size = 0

    def append(self, rows: Sequence[Row]) -> int:
        """Number the rows, make them durable and give the index of the first.

        Raises LogWentBack, and nothing is written, if the log is smaller than it was. Any other error leaves
        the outcome unknown until ``settle`` answers.
        """
        try:
            for _ in range(_TRIES):
                connection = self._connected()
                with self._database.write_lock:
                    first = self._numbering.append(connection, rows, self.size, self._epoch)
                if first is not None:
                    self.size = first + len(rows)
                    return first
                self._look()
        except BaseException:
            # A connection that failed may hold half a transaction: the next append gets a new one.
            self.close()
            raise
        raise LogWentBack("other gateways of this log keep losing track of their commits")

    def settle(self, entry_id: str) -> int | None:
        """The index of an entry whose commit did not answer, or None, from now on for good.

        Takes the head row, behind which a commit that still runs must end, and begins a new epoch, after
        which one that was still on its way does nothing. A batch commits whole, so its first entry answers
        for all.
        """
        with self._database.write_lock, self._database.writer.begin() as connection:
            grown = update(HEAD).values(epoch=HEAD.c.epoch + 1).returning(HEAD.c.epoch)
            epoch: int = connection.execute(grown).scalar_one()
            found: int | None = connection.scalar(select(ENTRY.c.idx).where(ENTRY.c.id == entry_id))
        self._epoch = epoch
        return found

    def close(self) -> None:
        """Give the connection up; an open transaction is rolled back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._numbering.discard(connection)

    def _connected(self) -> Any:  # noqa: ANN401 - either driver's own connection
        if self._connection is None:
            fairy = self._database.writer.raw_connection()
            self._connection = fairy.driver_connection
            fairy.detach()
            self._numbering.prepare(self._connection)
        return self._connection

    def _look(self) -> None:
        """Find out why nothing was written: a new epoch is taken up; raises LogWentBack if the log shrank."""
        with self._database.reader.connect() as connection:
            size, self._epoch = connection.execute(select(HEAD.c.size, HEAD.c.epoch)).one()
        if size < self.size:
            raise LogWentBack(f"the log holds {size} entries and held {self.size}")


def create_log(database: Database, origin: str, verifier: str) -> None:
    """Make the tables if they are not there; raises LogUnusable if they, name or key are not this log's."""
    with database.write_lock, database.writer.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(_CREATION)
        METADATA.create_all(connection)
        changed = check_schema(connection)
        if changed:
            raise LogUnusable(
                f"The log's tables are not as this release makes them ({'; '.join(changed[:3])}): was it made"
                f" by another release, or changed by hand? Keep it as evidence and start a new log."
            )
        stored = connection.execute(select(HEAD.c.origin, HEAD.c.verifier)).one_or_none()
        if stored is None:
            head = {"id": 1, "origin": origin, "verifier": verifier, "size": 0, "epoch": 0}
            connection.execute(insert(HEAD).values(head))
            connection.execute(insert(TREE).values(id=1, size=0, root=EMPTY_ROOT))
        else:
            _require_same(stored.origin, stored.verifier, origin, verifier)


def known_verifier(database: Database) -> str | None:
    """The verifier key that the log was begun with, or None before that."""
    with database.reader.connect() as connection:
        if not inspect(connection).has_table(HEAD.name):
            return None
        try:
            found: str | None = connection.scalar(select(HEAD.c.verifier))
        except SQLAlchemyError:
            # A table of another release; creating the log will say so.
            return None
    return found


def _require_same(stored_origin: str, stored_verifier: str, origin: str, verifier: str) -> None:
    if stored_origin != origin:
        raise LogUnusable(
            f"This database holds the log {stored_origin}, not {origin}: a log keeps its origin."
            f" Set the origin back, or start a new log under another path."
        )
    if stored_verifier != verifier:
        raise LogUnusable(
            f"This log was begun with the key {stored_verifier}, and this gateway signs with {verifier}: all"
            f" gateways of one log share one signing key. Give this one the same key file or variable."
        )
