"""How far signing is behind writing, while both go on."""

import threading
import time
from types import TracebackType
from typing import Self

from sqlalchemy import func, select

from audit.database import open_reader
from audit.place import Place
from audit.schema import CHECKPOINT, ENTRY

_EVERY_S = 0.05


class Lag:
    """Looks at a log all the while; ``most_s`` is the greatest age of an entry that no checkpoint covered."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.most_s = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        signed = select(func.coalesce(func.max(CHECKPOINT.c.size), 0)).scalar_subquery()
        oldest = select(ENTRY.c.wall_us).where(ENTRY.c.idx == signed)
        engine = open_reader(self._place)
        while not self._stop.wait(_EVERY_S):
            with engine.connect() as connection:
                wall_us = connection.scalar(oldest)
            if wall_us is not None:
                self.most_s = max(self.most_s, time.time() - wall_us / 1e6)
        engine.dispose()
