"""A writer that dies where it is told to: ``python -m tests.contracts.audit_victim PLACE KEY POINT``.

Prints the receipt of each record that it was promised.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from audit import numbering, tree_store
from audit.chain import Chain
from audit.entry import EntryType, Record
from audit.errors import AuditError
from audit.integrator import Integrator
from audit.log import LogOptions, open_log
from audit.note import Signer
from audit.place import parse_place

CALLS = 12


def die() -> None:
    """As the kernel's killer does it."""
    os.kill(os.getpid(), signal.SIGKILL)


def after(owner: type, name: str) -> None:
    """Die once this method has done its work."""
    real: Callable[..., Any] = getattr(owner, name)

    def last(*arguments: Any, **named: Any) -> None:
        real(*arguments, **named)
        die()

    setattr(owner, name, last)


def before(owner: type, name: str) -> None:
    """Die instead of calling this method."""
    setattr(owner, name, lambda *_arguments, **_named: die())


def inside_integration() -> None:
    """Die between the statements of the transaction that grows the tree."""
    real = Connection.execute

    def execute(self: Connection, statement: Any, *arguments: Any, **named: Any) -> Any:
        made = real(self, statement, *arguments, **named)
        if statement is tree_store._UPSERT_TILE:
            die()
        return made

    Connection.execute = execute  # type: ignore[method-assign]  # the point of this file


POINTS: dict[str, Callable[[], None]] = {
    "before commit": lambda: after(numbering._Sqlite, "_insert"),
    "after commit, before the reply": lambda: after(Chain, "commit"),
    "in integration": inside_integration,
    "integrated, not signed": lambda: before(Integrator, "_sign"),
    "signed, not published": lambda: after(Signer, "sign_note"),
    "published": lambda: after(tree_store.TreeStore, "publish"),
    "": lambda: None,
}


async def main(place: str, key: str, point: str) -> None:
    """Calls one after another, as long as there is life."""
    log = open_log(parse_place(place), LogOptions(key_path=Path(key), cadence_s=0.01, deadline_s=1.0))
    for number in range(CALLS):
        if number == CALLS // 2:
            POINTS[point]()
        name = f"{os.getpid()}-{number}"
        try:
            receipt = await log.append(Record(type=EntryType.INTENT, request_id=name))
            print(receipt.token, flush=True)
            outcome = Record(type=EntryType.OUTCOME, request_id=name, intent=receipt.entry_id)
            print((await log.append(outcome)).token, flush=True)
        except AuditError as error:
            print(error, file=sys.stderr)
        if number % 3 == 0:
            await asyncio.sleep(0.03)
    if point:
        await asyncio.sleep(20)
        raise AssertionError("still alive")
    await log.aclose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
