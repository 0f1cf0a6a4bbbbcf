"""Writes entries out for other programs: copies without proofs."""

import csv
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

import orjson

from audit.ocsf import write_ocsf
from audit.parquet import write_parquet
from audit.query import Located

Writer: TypeAlias = Callable[[Iterable[Located], Path], int]

COLUMNS = (
    "index",
    "leaf_hash",
    "id",
    "time_us",
    "type",
    "request_id",
    "subject",
    "subject_kind",
    "department",
    "action",
    "asset",
    "asset_type",
    "owner",
    "decision",
    "policy_revision",
    "rules",
    "entities",
    "status",
    "code",
    "finish",
    "prompt_tokens",
    "completion_tokens",
    "duration_us",
    "intent",
)


def flat(located: Located) -> tuple[str | int | None, ...]:
    """An entry as one row of ``COLUMNS``; lists as text with spaces between, what is not there as None."""
    entry, record = located.entry, located.entry.record
    actor, resource, decision, result = record.actor, record.resource, record.decision, record.result
    found = record.redaction.counts if record.redaction else {}
    return (
        located.index,
        located.leaf_hash.hex(),
        entry.id,
        entry.wall_us,
        record.type.value,
        record.request_id,
        actor.id if actor else None,
        actor.kind if actor else None,
        actor.department if actor else None,
        record.action,
        resource.id if resource else None,
        resource.type if resource else None,
        resource.owner if resource else None,
        decision.effect if decision else None,
        decision.policy_revision if decision else None,
        " ".join(decision.rules) if decision else None,
        " ".join(f"{name}:{count}" for name, count in sorted(found.items())),
        result.status if result else None,
        result.code if result else None,
        result.finish if result else None,
        result.prompt_tokens if result else None,
        result.completion_tokens if result else None,
        result.duration_us if result else None,
        record.intent,
    )


def write_jsonl(chosen: Iterable[Located], target: Path) -> int:
    """One line an entry: index, leaf hash, and the leaf as it was hashed."""
    count = 0
    with target.open("wb") as out:
        for located in chosen:
            line = {
                "index": located.index,
                "leaf_hash": located.leaf_hash.hex(),
                "entry": orjson.Fragment(located.leaf),
            }
            out.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count


def write_csv(chosen: Iterable[Located], target: Path) -> int:
    """RFC 4180 with a header; a cell that a spreadsheet would run gets an apostrophe before it."""
    count = 0
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for located in chosen:
            writer.writerow(_inert(value) for value in flat(located))
            count += 1
    return count


def _inert(value: str | int | None) -> str | int | None:
    # An error code or a model name comes from outside; "=HYPERLINK(...)" in a cell is run on opening.
    return (
        f"'{value}"
        if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
        else value
    )


WRITERS: Mapping[str, Writer] = {
    "jsonl": write_jsonl,
    "csv": write_csv,
    "ocsf": write_ocsf,
    "parquet": write_parquet,
}
