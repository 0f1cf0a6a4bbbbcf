"""The writers of a log as they know of each other: a row each, whose count goes on while its writer lives."""

from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update

from audit.database import Database
from audit.schema import HEAD, WRITER


@dataclass(frozen=True, slots=True)
class Beat:
    """One look at a writer: how far its count was, and an index below which it has no open intent."""

    writer: str
    count: int
    low: int


class Registry:
    """Reads and writes the table of writers; nothing in it is evidence."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(self, writer: str) -> int:
        """Say that a writer begins, before its first entry; gives an index before all of them."""
        with self._database.write_lock, self._database.writer.begin() as connection:
            low = int(connection.execute(select(HEAD.c.size)).scalar_one())
            connection.execute(insert(WRITER).values(id=writer, beat=0, low=low))
        return low

    def beat(self, writer: str, low: int) -> bool:
        """Say that a writer lives; whether it was not taken for gone meanwhile, else it is put back."""
        with self._database.write_lock, self._database.writer.begin() as connection:
            counted = update(WRITER).where(WRITER.c.id == writer).values(beat=WRITER.c.beat + 1, low=low)
            known = connection.execute(counted).rowcount == 1
            if not known:
                connection.execute(insert(WRITER).values(id=writer, beat=0, low=low))
        return known

    def others(self, writer: str) -> list[Beat]:
        """How far every other writer's count is."""
        query = select(WRITER.c.id, WRITER.c.beat, WRITER.c.low).where(WRITER.c.id != writer)
        with self._database.reader.connect() as connection:
            return [Beat(*row) for row in connection.execute(query)]

    def adopt(self, gone: Beat) -> bool:
        """Take the count of a writer that is gone one further, unless someone else did, or it lives."""
        with self._database.write_lock, self._database.writer.begin() as connection:
            seen = (WRITER.c.id == gone.writer, WRITER.c.beat == gone.count)
            return connection.execute(update(WRITER).where(*seen).values(beat=gone.count + 1)).rowcount == 1

    def remove(self, writer: str) -> None:
        """Forget a writer that has no open intent any more."""
        with self._database.write_lock, self._database.writer.begin() as connection:
            connection.execute(delete(WRITER).where(WRITER.c.id == writer))

    def count(self) -> int:
        """How many writers there are."""
        with self._database.reader.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(WRITER)).scalar_one())
