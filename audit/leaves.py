from collections.abc import Iterator

from sqlalchemy import Engine, select

from audit.errors import LogCorrupted
from audit.schema import ENTRY

_BATCH = 8192


def read_leaves(engine: Engine, first: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Index and bytes of every leaf from ``first`` up to ``end``, in order and in bounded memory.

    Raises LogCorrupted where one is missing.
    """
    place = first
    while place < end:
        query = select(ENTRY.c.idx, ENTRY.c.leaf).where(ENTRY.c.idx >= place, ENTRY.c.idx < end)
        with engine.connect() as connection:
            rows = connection.execute(query.order_by(ENTRY.c.idx).limit(_BATCH)).all()
        for index, leaf in rows:
            if index != place:
                raise LogCorrupted(place, "the entry is missing")
            yield index, leaf
            place += 1
        if not rows:
            raise LogCorrupted(place, "the entry is missing")
