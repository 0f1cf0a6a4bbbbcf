"""Tries policies for callers who are not trusted with this process: each in one of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import Literal

import orjson

from audit.place import Place
from audit.query import LogReader
from gateway.domain import JsonObject
from gateway.pdp.child import Program, ask, encoded
from gateway.pdp.explain.told import recorded_json
from gateway.pdp.probe import Limits, examine
from gateway.pdp.replay.recorded import RecordedDecision
from gateway.pdp.source import PolicyRefused, PolicySource, read_files
from gateway.pdp.workbench.findings import examined_json, refused_json
from gateway.pdp.workbench.replaying import Replaying, Stretch

Work = Literal["check", "lint", "test", "fmt"]

_MODULE = "gateway.pdp.workbench.worked"


@dataclass(frozen=True, slots=True)
class Bench:
    """Does one piece of work after the other, each within limits; every method blocks until it is done."""

    limits: Limits = field(default_factory=Limits)
    replay_seconds: float = 120.0

    def tried(self, work: Work, files: Mapping[str, bytes], *, coverage: bool = False) -> JsonObject:
        """What the command of this name says of these files with ``--json``."""
        try:
            if work == "check":
                return examined_json(examine(read_files(files, Path("policies")), self.limits))
            return self._asked({"work": work, "files": encoded(files), "coverage": coverage})
        except PolicyRefused as refused:
            return refused_json(refused.problems)

    def explained(self, recorded: RecordedDecision, source: PolicySource | None) -> JsonObject:
        """The record, explained by its policy if that is at hand; ``unexplained`` says why it is not."""
        if source is None:
            why = f"No policy of revision {recorded.revision[:12]} is at hand."
            return {**recorded_json(recorded), "unexplained": why}
        files = {**source.files, **{module.path: module.text.encode() for module in source.tests}}
        try:
            said = self._asked({"work": "explain", "files": encoded(files), "recorded": asdict(recorded)})
        except PolicyRefused as refused:
            said = {"unexplained": str(refused)}
        return {**recorded_json(recorded), **said}

    def replayed(self, log: Place, files: Mapping[str, bytes], asked: Replaying) -> JsonObject:
        """What the command says with ``--json`` of the newest calls, and whether these were all.

        Raises ``PolicyRefused``, and ``AuditError`` for a log that cannot be read.
        """
        work: JsonObject = {
            "work": "replay",
            "files": encoded(files),
            "wanted": asdict(asked.wanted),
            "scope": asdict(asked.scope),
            "only_own": asked.only_own,
        }
        with LogReader(log) as reader, reader.connect() as connection:
            stretch = Stretch(connection, asked)
            done = self._asked(work, stretch.lines(), self.replay_seconds)
        return {**done, "bound": {"calls": asked.most, "complete": stretch.complete}}

    def _asked(
        self, asked: JsonObject, more: Iterable[bytes] = (), seconds: float | None = None
    ) -> JsonObject:
        program = Program(_MODULE, seconds or self.limits.seconds, self.limits.memory_mib)
        return ask(program, chain([orjson.dumps(asked) + b"\n"], more))
