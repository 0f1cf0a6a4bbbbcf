"""Answers the auditor's question: is this log what was signed, and does nothing in it contradict."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from audit.chains import Intent
from audit.checkpoint import Checkpoint
from audit.database import cause, open_reader
from audit.errors import InvalidNote, InvalidReceipt, LogCorrupted
from audit.integrity import check_pages, check_schema
from audit.note import Verifier
from audit.place import Place
from audit.ranges import derived_ranges
from audit.receipt import ReceiptClaim, open_receipt
from audit.rederive import UNREADABLE, Finding, describe
from audit.schema import ENTRY
from audit.seal import check_seal
from audit.snapshot import Snapshot, take_snapshot
from audit.stitch import Stitching
from audit.tlog import EMPTY_ROOT, leaf_hash
from audit.wal import check_wal
from audit.witness.checks import NOBODY, Trusted, Witnesses, check_cosignatures

Progress: TypeAlias = Callable[[int, int], None]
"""Called with how many entries are done, and how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a verification saw.

    ``revisions`` counts decisions by the policy revision that made them. ``witnesses``: who cosigned what.
    ``sealed``: the file's bytes were also compared with those at its closing.
    """

    size: int = 0
    root: bytes = EMPTY_ROOT
    checkpoint: Checkpoint | None = None
    checkpoints: int = 0
    writers: int = 0
    pairs: int = 0
    repeated: int = 0
    gaps: tuple[Intent, ...] = ()
    revisions: Mapping[str, int] = field(default_factory=dict)
    witnesses: Witnesses = field(default_factory=Witnesses)
    sealed: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def good(self) -> bool:
        """Whether nothing contradicts anything."""
        return not self.findings

    @property
    def first_bad(self) -> int | None:
        """The lowest index at which something is wrong."""
        return min((item.index for item in self.findings if item.index is not None), default=None)


def verify_log(
    place: Place,
    verifier: Verifier,
    progress: Progress = lambda _done, _all: None,
    *,
    processes: int = 0,
    trusted: Trusted = NOBODY,
) -> Report:
    """Derive a log again from its leaf bytes, also while it is written to.

    Trusts the verifier key and nothing else, and for who has seen the log those of the ``trusted`` witnesses.
    Works with as many ``processes`` as there are processors (0), or so many. Raises LogUnusable if there is
    no log to read.
    """
    engine = open_reader(place)
    findings: list[Finding] = []
    # Before the database is opened: closing the file drops SQLite's own locks on it.
    sealed = False
    if isinstance(place, Path):
        sealed = _check_seal(findings, place, verifier)
        findings.extend(Finding(None, what) for what in check_wal(place))
    report = Report()
    try:
        with engine.connect() as connection:
            snapshot = take_snapshot(connection, verifier)
            findings += snapshot.findings
        report = _derive(place, engine, verifier, snapshot, progress, findings, processes)
        with engine.connect() as connection:
            findings.extend(Finding(None, what) for what in _check_database(connection))
            cosigned = check_cosignatures(connection, trusted)
            report = replace(report, witnesses=cosigned)
            findings.extend(Finding(None, what) for what in cosigned.findings)
    except UNREADABLE as error:
        findings.append(Finding(None, f"the database cannot be read: {describe(error)}"))
    finally:
        engine.dispose()
    return replace(report, sealed=sealed, findings=tuple(sorted(findings, key=_place)))


def _place(finding: Finding) -> tuple[bool, int]:
    return finding.index is None, finding.index or 0


def _check_seal(findings: list[Finding], path: Path, verifier: Verifier) -> bool:
    try:
        return check_seal(path, verifier)
    except InvalidNote as error:
        findings.append(Finding(None, f"the seal: {error}"))
        return False


def _derive(  # noqa: PLR0913, PLR0917 - the parts of one verification
    place: Place,
    engine: Engine,
    verifier: Verifier,
    snapshot: Snapshot,
    progress: Progress,
    findings: list[Finding],
    processes: int,
) -> Report:
    """Derive range after range, up to the first that something contradicts."""
    stitching = Stitching(engine, verifier.name, snapshot)
    with derived_ranges(place, engine, verifier, snapshot, processes) as ranges:
        for derived in ranges:
            finding = stitching.add(derived)
            progress(stitching.size, snapshot.size)
            if finding is not None:
                findings.append(finding)
                break
    return Report(
        size=stitching.size,
        root=stitching.root,
        checkpoint=stitching.checkpoint,
        checkpoints=stitching.checkpoints,
        writers=stitching.writers,
        pairs=stitching.pairs,
        repeated=stitching.repeated,
        gaps=stitching.gaps(),
        revisions=dict(stitching.revisions),
    )


def _check_database(connection: Connection) -> list[str]:
    return check_schema(connection) + check_pages(connection)


def verify_receipt(place: Place, verifier: Verifier, token: str) -> ReceiptClaim:
    """What a receipt claims, once the log is seen to hold it.

    Raises InvalidReceipt if the log never signed it, LogCorrupted if the log signed it and has it no more.
    """
    claim = open_receipt(token, verifier)
    engine = open_reader(place)
    try:
        with engine.connect() as connection:
            leaf = connection.scalar(select(ENTRY.c.leaf).where(ENTRY.c.idx == claim.index))
    except SQLAlchemyError as error:
        raise InvalidReceipt(f"the log cannot be read: {cause(error)}") from error
    finally:
        engine.dispose()
    if leaf is None:
        raise LogCorrupted(claim.index, "the log gave a receipt for this entry, and the entry is gone")
    if leaf_hash(leaf) != claim.leaf_hash:
        raise LogCorrupted(claim.index, "the log gave a receipt for another entry than it holds now")
    return claim
