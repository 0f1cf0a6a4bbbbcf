"""Long work in a process of its own, so that calls go on meanwhile; one piece of a kind at a time."""

import multiprocessing
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, TypeVar, cast

from sqlalchemy.exc import SQLAlchemyError

from audit.errors import AuditError, ExportRefused
from gateway.errors import AuditUnavailable, CustodyError, Impossible, NotFound, Unavailable
from gateway.turns import Turn

_Done = TypeVar("_Done")

_LONGEST_S = 900.0
_KINDS: dict[str, type[CustodyError]] = {each.code: each for each in (Impossible, NotFound, AuditUnavailable)}


class Aside:
    """Does ``what``, one after the other; ``seconds`` is how long one may take."""

    def __init__(self, what: str, seconds: float = _LONGEST_S) -> None:
        self._what = what
        self._seconds = seconds
        self._turn = Turn(what)
        self._closed = False
        self._process: SpawnProcess | None = None

    async def run(self, work: Callable[..., _Done], *arguments: object) -> _Done:
        """Does ``work``, which must be a function of a module, as its arguments and result must be values.

        Raises what it raises of ``Impossible`` and ``NotFound``, ``AuditUnavailable`` for a log or database
        that cannot be read, and ``Unavailable`` while another is done or for one that did not end.
        """
        done, result = await self._turn.take(partial(self._apart, work, arguments))
        if not done:
            code, reason_user, reason_admin = cast("tuple[str, str, str]", result)
            raise _KINDS.get(code, Unavailable)(reason_user, reason_admin=reason_admin)
        return cast("_Done", result)

    def close(self) -> None:
        """Ends what is under way, and whatever is begun from now on."""
        self._closed = True
        if (process := self._process) is not None:
            process.terminate()

    def _apart(self, work: Callable[..., object], arguments: tuple[object, ...]) -> tuple[bool, object]:
        # Started afresh: a fork would share this process's connections and threads.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = self._process = context.Process(target=_serve, args=(theirs, work, arguments), daemon=True)
        process.start()
        theirs.close()
        if self._closed:  # while it began
            process.terminate()
        try:
            if ours.poll(self._seconds):
                return cast("tuple[bool, object]", ours.recv())
        except EOFError:
            pass
        finally:
            process.terminate()
            process.join()
            self._process = None
            ours.close()
        return False, (Unavailable.code, f"This {self._what} did not come to an end.", "its process ended")


def _serve(answers: Connection, work: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    """The process: an answer, or a refusal as the values that it is made of."""
    try:
        answers.send((True, work(*arguments)))
    except CustodyError as error:
        answers.send((False, (error.code, error.reason_user, error.reason_admin)))
    except ExportRefused as error:
        answers.send((False, (Impossible.code, str(error), "")))
    except (AuditError, SQLAlchemyError) as error:
        told = "The audit log cannot be read now; try again shortly."
        answers.send((False, (AuditUnavailable.code, told, type(error).__name__)))
