"""What is counted of the log for callers, and dossiers made for them: the very code of the commands."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Literal, TypeAlias

import anyio
import orjson

from audit.entry import Actor
from audit.place import Place
from gateway.aside import Aside
from gateway.domain import JsonObject
from gateway.errors import CustodyError, NotFound
from gateway.ownership.dossier.order import Made, Order
from gateway.ownership.evidence.counting import count_scorecards, count_usage
from gateway.ownership.evidence.prices import Prices
from gateway.ownership.evidence.span import Span

State: TypeAlias = Literal["making", "made", "failed"]
Maker: TypeAlias = Callable[[Order, Actor, Path], Made]

# Files that are kept; an older one is made again, byte for byte, when it is asked for.
_KEPT = 8


@dataclass(frozen=True, slots=True)
class Dossier:
    """One that was asked for. ``id`` says what it is made of, so on every gateway it is the same."""

    id: str
    dispute: str
    state: State
    sha256: str = ""
    seal: int = 0
    problem: str = ""


class EvidenceDesk:
    """Over a log; ``make`` makes dossiers, which lie in ``folder``.

    Both take minutes on a long log, so each is done in a process of its own.
    """

    def __init__(self, log: Place, folder: Path, make: Maker) -> None:
        self._log = log
        self._folder = folder
        self._make = make
        self._counts, self._makings = Aside("count of the log"), Aside("dossier")
        self._usage: tuple[Span, Prices | None, JsonObject] | None = None
        self._dossiers: dict[str, Dossier] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def scorecards(self, asked: Span) -> JsonObject:
        """How each department handles data; raises what ``Aside.run`` raises."""
        return await self._counts.run(count_scorecards, self._log, asked)

    async def usage(self, asked: Span, prices: Prices | None) -> JsonObject:
        """Use by asset and department; the last count is remembered, for the next page of it."""
        if self._usage is not None and self._usage[:2] == (asked, prices):
            return self._usage[2]
        found = await self._counts.run(count_usage, self._log, asked, prices)
        self._usage = Span(**found["span"]), prices, found  # type: ignore[arg-type]  # the facts of a span
        return found

    def order(self, order: Order, steps: int, actor: Actor) -> Dossier:
        """Has a dossier made of a dispute that has come so many steps; asked again, it is the same one."""
        dossier = Dossier(_named(order, steps), order.dispute, "making")
        known = self._dossiers.get(dossier.id)
        if known is not None and (known.state == "making" or self._kept(known)):
            return known
        self._dossiers[dossier.id] = dossier
        task = asyncio.create_task(self._made(dossier, order, actor))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return dossier

    def dossier(self, dispute: str, name: str) -> Dossier:
        """How far one is; raises ``NotFound`` for one that was not asked for here."""
        known = self._dossiers.get(name)
        if known is None or known.dispute != dispute:
            raise NotFound(
                f"No dossier {name!r} of this dispute was asked for at this gateway; ask for it, and it comes"
                " out the same."
            )
        return known

    async def content(self, dossier: Dossier) -> bytes | None:
        """The zip; None where it is not made, or not kept any longer."""
        if dossier.state != "made":
            return None
        try:
            return await anyio.Path(self._path(dossier)).read_bytes()
        except FileNotFoundError:
            return None

    async def aclose(self) -> None:
        """Ends what is under way."""
        self._counts.close()
        self._makings.close()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _made(self, dossier: Dossier, order: Order, actor: Actor) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            made = await self._makings.run(self._make, order, actor, self._path(dossier))
        except CustodyError as error:
            self._dossiers[dossier.id] = replace(dossier, state="failed", problem=error.reason_user)
            return
        self._dossiers[dossier.id] = replace(dossier, state="made", sha256=made.sha256, seal=made.seal)
        self._tidy()

    def _kept(self, dossier: Dossier) -> bool:
        return dossier.state == "made" and self._path(dossier).is_file()

    def _path(self, dossier: Dossier) -> Path:
        return self._folder / f"{dossier.id}.zip"

    def _tidy(self) -> None:
        files = sorted(self._folder.glob("*.zip"), key=os.path.getmtime)
        for old in files[:-_KEPT]:
            # Another worker of this machine may have been first.
            with suppress(FileNotFoundError):
                old.unlink()


def _named(order: Order, steps: int) -> str:
    prices = order.prices.model_dump_json() if order.prices else ""
    asked = [order.dispute, steps, order.first, prices]
    return sha256(orjson.dumps(asked)).hexdigest()[:32]
