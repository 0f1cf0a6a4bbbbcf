"""Records refusals one by one, and a flood of them as counts, so that nobody can fill the disk by asking.

Within a window the first refusals of one kind are recorded singly, each durable before it is answered. What
comes beyond is counted in memory: one durable record says that a flood has begun, and one at the end of the
window how many there were. A crash in between loses at most that window's counts, and a flood that began
without an end shows it.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from audit.entry import Actor, EntryType, Facts, Receipt, Record
from audit.errors import AuditError

WINDOW_S = 10.0
SINGLY = 20
# All callers without a name share this many times the budget of one, or each invented address would have one.
_NAMELESS = 2
_MOST_CALLERS = 1024
_MOST_KINDS = 128
_OTHERS = ("", "others")


class Appender(Protocol):
    """Where records become durable."""

    async def append(self, record: Record) -> Receipt:
        """Makes one record durable, or raises AuditError."""


@dataclass(slots=True)
class _Caller:
    """What one caller, or all without a name together, were refused in this window."""

    actor: Actor | None
    request_id: str
    since_us: int
    singly: dict[tuple[str, str], int] = field(default_factory=dict)
    counted: dict[tuple[str, str], int] = field(default_factory=dict)
    begun: bool = False

    def kind(self, source: str, code: str) -> tuple[str, str]:
        """Under what a refusal is counted; beyond so many kinds all others are one."""
        known = (source, code) in self.singly or (source, code) in self.counted
        return (source, code) if known or len(self.singly) + len(self.counted) < _MOST_KINDS else _OTHERS

    def record(self, state: str, window_us: int) -> Record:
        """That a flood has begun, or what it came to."""
        refused: list[Facts] = [
            {"source": source, "code": code, "count": count}
            for (source, code), count in sorted(self.counted.items())
        ]
        detail: dict[str, Facts] = {"state": state, "since_us": self.since_us, "window_us": window_us}
        if state == "ended":
            detail |= {"refused": refused, "count": sum(self.counted.values())}
        return Record(type=EntryType.FLOOD, request_id=self.request_id, actor=self.actor, detail=detail)


class RefusalLimiter:
    """Stands before a recorder for refusals; for one event loop."""

    def __init__(
        self,
        recorder: Appender,
        *,
        window_s: float = WINDOW_S,
        singly: int = SINGLY,
        wall_us: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self._recorder = recorder
        self._window_s = window_s
        self._singly = singly
        self._wall_us = wall_us
        self._callers: dict[str, _Caller] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    async def refuse(self, record: Record, source: str = "") -> None:
        """Record a refusal, or count it; ``source`` tells callers without a name apart.

        Raises AuditError where a record is due and cannot be made durable.
        """
        caller = self._caller(record)
        code = record.result.code if record.result else ""
        kind = caller.kind("" if record.actor else source, code)
        if self._is_single(caller, kind):
            caller.singly[kind] = caller.singly.get(kind, 0) + 1
            await self._recorder.append(record)
            return
        caller.counted[kind] = caller.counted.get(kind, 0) + 1
        if not caller.begun:
            caller.begun = True
            try:
                await self._recorder.append(caller.record("begun", self._window_us))
            except AuditError:
                caller.begun = False
                raise

    async def aclose(self) -> None:
        """Record what is counted so far; raises AuditError if that cannot be made durable."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._ending:
            await asyncio.wait(self._ending)
        await self._end_window()

    @property
    def _window_us(self) -> int:
        return int(self._window_s * 1_000_000)

    def _caller(self, record: Record) -> _Caller:
        name = record.actor.id if record.actor else ""
        if name not in self._callers and len(self._callers) >= _MOST_CALLERS:
            name = ""
        caller = self._callers.get(name)
        if caller is None:
            caller = _Caller(record.actor if name else None, record.request_id, self._wall_us())
            self._callers[name] = caller
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(self._window_s, self._begin_end)
        return caller

    def _is_single(self, caller: _Caller, kind: tuple[str, str]) -> bool:
        if kind is _OTHERS or caller.singly.get(kind, 0) >= self._singly:
            return False
        return caller.actor is not None or sum(caller.singly.values()) < _NAMELESS * self._singly

    def _begin_end(self) -> None:
        self._timer = None
        task = asyncio.ensure_future(self._end_quietly())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _end_quietly(self) -> None:
        # What could not be recorded is counted again in the next window.
        with suppress(AuditError):
            await self._end_window()

    async def _end_window(self) -> None:
        """Record each flood of the window; what cannot be recorded goes on into the next one."""
        ended, self._callers = self._callers, {}
        flooded = {name: caller for name, caller in ended.items() if caller.counted}
        try:
            for name in list(flooded):
                await self._recorder.append(flooded[name].record("ended", self._window_us))
                del flooded[name]
        except AuditError:
            self._put_back(flooded)
            raise

    def _put_back(self, flooded: dict[str, _Caller]) -> None:
        for name, caller in flooded.items():
            now = self._callers.setdefault(name, caller)
            if now is not caller:
                for kind, count in caller.counted.items():
                    now.counted[kind] = now.counted.get(kind, 0) + count
                now.since_us, now.begun = caller.since_us, caller.begun
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._window_s, self._begin_end)
