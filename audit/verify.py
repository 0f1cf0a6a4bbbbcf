"""Answers the auditor's question: is this log what was signed, and does nothing in it contradict."""

from collections.abc import Callable
from dataclasses import dataclass, replace
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
from audit.receipt import ReceiptClaim, open_receipt
from audit.rederive import Rederivation
from audit.schema import ENTRY
from audit.seal import check_seal
from audit.tlog import leaf_hash
from audit.wal import check_wal

Progress: TypeAlias = Callable[[int, int], None]
"""Called with how many entries are done, and how many there are."""

# A damaged page can give a value of any type, or text that is not text.
_UNREADABLE = (SQLAlchemyError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Finding:
    """One contradiction; ``index`` is the entry that it shows at, or None if it is in no entry."""

    index: int | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a verification saw. ``sealed``: the file's bytes were also compared with those at its closing."""

    size: int
    root: bytes
    checkpoint: Checkpoint | None
    checkpoints: int
    writers: int
    pairs: int
    repeated: int
    gaps: tuple[Intent, ...]
    sealed: bool
    findings: tuple[Finding, ...]

    @property
    def good(self) -> bool:
        """Whether nothing contradicts anything."""
        return not self.findings

    @property
    def first_bad(self) -> int | None:
        """The lowest index at which something is wrong."""
        return min((item.index for item in self.findings if item.index is not None), default=None)


def verify_log(place: Place, verifier: Verifier, progress: Progress = lambda _done, _all: None) -> Report:
    """Derive a log again from its leaf bytes, in one consistent state, also while it is written to.

    Trusts the leaves' order and nothing else; raises LogUnusable if there is no log to read.
    """
    engine = open_reader(place)
    findings: list[Finding] = []
    # Before the database is opened: closing the file drops SQLite's own locks on it.
    sealed = False
    if isinstance(place, Path):
        sealed = _check_seal(findings, place, verifier)
        findings.extend(Finding(None, what) for what in check_wal(place))
    try:
        report = _verify(engine, verifier, progress, findings)
    finally:
        engine.dispose()
    return replace(report, sealed=sealed, findings=tuple(findings))


def _check_seal(findings: list[Finding], path: Path, verifier: Verifier) -> bool:
    try:
        return check_seal(path, verifier)
    except InvalidNote as error:
        findings.append(Finding(None, f"the seal: {error}"))
        return False


def _verify(engine: Engine, verifier: Verifier, progress: Progress, findings: list[Finding]) -> Report:
    report = Report(
        size=0,
        root=b"",
        checkpoint=None,
        checkpoints=0,
        writers=0,
        pairs=0,
        repeated=0,
        gaps=(),
        sealed=False,
        findings=(),
    )
    try:
        with engine.connect() as connection:
            walk = Rederivation(connection, verifier)
            _walk(walk, progress, findings)
            report = _report(walk)
            findings.extend(Finding(None, what) for what in _check_database(connection))
    except _UNREADABLE as error:
        findings.append(Finding(None, f"the database cannot be read: {_cause(error)}"))
    return report


def _walk(walk: Rederivation, progress: Progress, findings: list[Finding]) -> None:
    try:
        walk.run(progress)
    except LogCorrupted as error:
        findings.append(Finding(error.index, error.finding))
    except _UNREADABLE as error:
        findings.append(Finding(walk.size, f"the database cannot be read from here on: {_cause(error)}"))


def _check_database(connection: Connection) -> list[str]:
    return check_schema(connection) + check_pages(connection)


def _report(walk: Rederivation) -> Report:
    return Report(
        size=walk.size,
        root=walk.root,
        checkpoint=walk.checkpoint,
        checkpoints=walk.checkpoints,
        writers=len(walk.chains),
        pairs=walk.pairing.pairs,
        repeated=walk.pairing.repeated,
        gaps=walk.pairing.gaps(),
        sealed=False,
        findings=(),
    )


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
        raise InvalidReceipt(f"the log cannot be read: {_cause(error)}") from error
    finally:
        engine.dispose()
    if leaf is None:
        raise LogCorrupted(claim.index, "the log gave a receipt for this entry, and the entry is gone")
    if leaf_hash(leaf) != claim.leaf_hash:
        raise LogCorrupted(claim.index, "the log gave a receipt for another entry than it holds now")
    return claim


def _cause(error: Exception) -> str:
    """What failed, in the words of the database driver, which know no values."""
    return (
        cause(error)
        if isinstance(error, SQLAlchemyError)
        else f"a value of a wrong kind ({type(error).__name__})"
    )
