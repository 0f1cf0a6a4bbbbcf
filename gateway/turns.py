"""One piece of work of a kind at a time; another one meanwhile is refused."""

from collections.abc import Callable
from typing import TypeVar

import anyio.to_thread

from gateway.errors import Unavailable

_Done = TypeVar("_Done")


class Turn:
    """Does one thing at a time, and refuses another meanwhile: a queue would keep callers for minutes."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._busy = False

    async def take(self, work: Callable[[], _Done]) -> _Done:
        """Does it in a thread; raises ``Unavailable`` while another is done."""
        if self._busy:
            raise Unavailable(f"Another {self._what} is under way here; try again in some seconds.")
        self._busy = True
        try:
            # Not abandoned when the caller goes away: the turn ends with the work.
            return await anyio.to_thread.run_sync(work)
        finally:
            self._busy = False
