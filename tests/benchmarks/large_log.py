"""Builds a log of many invented records: real leaves, tables, tiles and checkpoints, but no HTTP.

``python -m tests.benchmarks.large_log FOLDER --records 10000000`` goes on where it was interrupted.
"""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import select

from audit.database import Database, open_database
from audit.entry import (
    Actor,
    DecisionRef,
    Entry,
    EntryType,
    Facts,
    Record,
    RedactionRef,
    ResourceRef,
    Result,
    WriterPosition,
)
from audit.hold import hold_open
from audit.ids import Uuid7
from audit.integrator import Integrator
from audit.keys import load_or_create_signer
from audit.leaf import encode_entry
from audit.log import LogOptions, open_log
from audit.numbering import Row
from audit.schema import ENTRY, derive_columns
from audit.seal import remove_seal
from audit.store import EntryStore
from audit.tlog import leaf_hash
from audit.tree_store import TreeStore

ORIGIN = "northwind.example/custody"
_BATCH = 16_384
_BUSY_S = 30.0
# Noon of a Monday; calls follow each other at about the pace of a busy company.
_BEGAN_US = 1_767_009_600_000_000
_PACE_US = 700_000
_DEPARTMENTS = ("retail", "product", "legal", "it", "security", "audit")
_SHARES = (55, 18, 12, 10, 3, 2)
_ASSETS = {"northwind-base": "it", "support-tone": "product"}
_USES = ("complaint-triage", "support-drafting", "contract-review", "it-helpdesk")
_ENTITIES = ("PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "US_SSN")
_RULES = ("custody.departments.it.base_model_for_all", "custody.departments.product.retail_may_use_tone")
_REVISIONS = tuple(f"{number:02x}" * 32 for number in (17, 34, 51))
_REFUSED_SHARE = 0.04


class PacedClock:
    """A clock that the builder moves."""

    def __init__(self, now_us: int) -> None:
        self.now_us = now_us

    def wall_us(self) -> int:
        """The moment of the present call."""
        return self.now_us

    def monotonic_us(self) -> int:
        """The same, since the log began."""
        return self.now_us - _BEGAN_US


Invent = Callable[[random.Random, str, int], Record]
"""Makes the record of a call from chance, its request id and the time."""


@dataclass(slots=True)
class Builder:
    """One writer of the log, whose calls all end."""

    clock: PacedClock
    chance: random.Random
    position: WriterPosition
    ids: Uuid7
    invent: "Invent"

    def rows(self) -> Iterator[Row]:
        """Rows without end: an intent and its outcome, or a refusal."""
        while True:
            self.clock.now_us += self.chance.randrange(1, 2 * _PACE_US)
            request = self.ids()
            intent = self.invent(self.chance, request, self.clock.now_us)
            if intent.type is EntryType.DENIED:
                yield self._row(intent)
                continue
            row = self._row(intent)
            yield row
            duration_us = self.chance.randrange(200_000, 9_000_000)
            yield self._row(answered(self.chance, intent, row.id, duration_us), duration_us)

    def _row(self, record: Record, later_us: int = 0) -> Row:
        now_us = self.clock.now_us + later_us
        entry = Entry(self.ids(), self.position, now_us, now_us - _BEGAN_US, record)
        leaf = encode_entry(entry)
        place = self.position
        self.position = WriterPosition(place.id, place.counter + 1, leaf_hash(leaf).hex())
        return Row(leaf, derive_columns(entry))


def invented(chance: random.Random, request_id: str, now_us: int) -> Record:
    """The intent, or the refusal, of an invented call."""
    del now_us
    department = chance.choices(_DEPARTMENTS, _SHARES)[0]
    asset = chance.choice(tuple(_ASSETS))
    counts = {name: chance.randrange(1, 5) for name in chance.sample(_ENTITIES, chance.randrange(4))}
    refused = chance.random() < _REFUSED_SHARE
    use, revision = chance.choice(_USES), chance.choice(_REVISIONS)
    context: dict[str, Facts] = {
        "use_case": use,
        "purpose": "customer-support",
        "declared_class": "internal",
        "findings": dict[str, Facts](counts),
        "stream": chance.random() < 0.5,
        "max_tokens": 512,
    }
    facts: dict[str, Facts] = {
        "action": {"name": "chat"},
        "resource": {"id": asset, "owner": _ASSETS[asset]},
        "context": context,
    }
    record = Record(
        type=EntryType.INTENT,
        request_id=request_id,
        actor=Actor(f"sub_{chance.randrange(2000):024x}", "service", department),
        action="chat",
        resource=ResourceRef(asset, "base_model", _ASSETS[asset]),
        decision=DecisionRef(f"dec-{request_id}", "allow", revision, (chance.choice(_RULES),), facts),
        redaction=RedactionRef("f" * 64, counts),
    )
    if not refused:
        return record
    decision = replace(record.decision, effect="deny") if record.decision else None
    result = Result(403, "access_denied", duration_us=900)
    return replace(record, type=EntryType.DENIED, decision=decision, result=result)


def answered(chance: random.Random, intent: Record, entry_id: str, duration_us: int) -> Record:
    """How the call of an intent ended."""
    tokens = chance.randrange(10, 700)
    result = Result(
        200,
        finish="stop",
        prompt_tokens=400,
        completion_tokens=tokens,
        chunks=tokens,
        duration_us=duration_us,
    )
    return Record(
        type=EntryType.OUTCOME,
        request_id=intent.request_id,
        actor=intent.actor,
        action="chat",
        resource=intent.resource,
        redaction=RedactionRef("f" * 64, {}),
        result=result,
        intent=entry_id,
    )


def build(
    records: Annotated[int, typer.Option(help="How many entries the log is to have, about.")] = 10_000_000,
    folder: Annotated[Path, typer.Argument(help="Where the log lies, or will.")] = Path("large-log"),
) -> None:
    """Build a large log, or go on with it."""
    build_log(folder, records, invented)


def build_log(folder: Path, records: int, invent: Invent) -> None:
    """Build a log of calls as ``invent`` makes them, or go on with it."""
    # Makes tables, key and seal as a gateway does; what is written next breaks the seal, as in one that runs.
    path = folder / "audit.db"
    begin(path)
    hold = hold_open(path)
    remove_seal(path)
    hold.share()
    database = open_database(path, _BUSY_S)
    signer = load_or_create_signer(path.with_suffix(".key"), ORIGIN)
    integrator = Integrator(TreeStore(database), signer)
    integrator.load()
    store, builder = EntryStore(database), _builder(database, invent)
    columns = (TextColumn("building"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as bar:
        task, rows = bar.add_task("build", total=records), builder.rows()
        size = TreeStore(database).log_size()
        while size < records:
            batch = _whole_calls(rows)
            size = store.append(batch) + len(batch)
            integrator.integrate()
            database.fold()
            bar.update(task, completed=size)
    store.close()
    database.close()
    hold.release(signer)


def begin(path: Path) -> None:
    """Make an empty log, unless it is there, as a gateway does."""
    asyncio.run(open_log(path, LogOptions(origin=ORIGIN)).aclose())


def _whole_calls(rows: Iterator[Row]) -> list[Row]:
    """A batch in which each intent has its outcome, so that an interruption leaves no gap."""
    batch = list(islice(rows, _BATCH))
    if batch[-1].columns[1] == EntryType.INTENT.value:
        batch.append(next(rows))
    return batch


def _builder(database: Database, invent: Invent) -> Builder:
    """A writer of its own for each run, as after a gateway's restart."""
    with database.reader.connect() as connection:
        last = connection.execute(
            select(ENTRY.c.idx, ENTRY.c.wall_us).order_by(ENTRY.c.idx.desc()).limit(1)
        ).one_or_none()
    clock = PacedClock(last.wall_us if last else _BEGAN_US)
    ids = Uuid7(clock)
    chance = random.Random(last.idx if last else 0)  # noqa: S311 - invented calls, not secrets
    return Builder(clock, chance, WriterPosition(ids(), 0, ""), ids, invent)


if __name__ == "__main__":
    typer.run(build)
