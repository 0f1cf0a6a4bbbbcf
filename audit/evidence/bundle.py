"""Puts a selection of the log, with all that proves it, into one file that a stranger can check."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import orjson

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.entry import Facts
from audit.errors import ExportRefused, LogCorrupted
from audit.evidence.archive import Content, write_archive
from audit.filters import ANY, Filter
from audit.note import Verifier, encode_base64
from audit.query import Located, LogReader
from audit.receipt import open_receipt

FORMAT = "custody-evidence/1"
_HERE = Path(__file__).parent
_CHUNK = 1 << 20
# Canonical, as the leaves are (RFC 8785).
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER

PolicyTexts = Mapping[str, Mapping[str, bytes]]
"""By revision: the files in force, each its path in the policy folder and its bytes."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Entries ``first`` to before ``end``: all, those that a filter lets through, or those of ``only``.

    ``only`` lists half-open ranges of indexes in order, apart from each other; empty, it does not choose.
    """

    first: int
    end: int
    where: Filter = ANY
    only: tuple[tuple[int, int], ...] = ()

    def facts(self) -> dict[str, Facts]:
        """The selection as the manifest and the record of the export tell it."""
        said: dict[str, Facts] = {"first": self.first, "end": self.end, "filter": self.where.facts()}
        return {**said, "only": [list(span) for span in self.only]} if self.only else said

    def spans(self) -> tuple[tuple[int, int], ...]:
        """The ranges of indexes to read."""
        return self.only or ((self.first, self.end),)


def ranges_of(indexes: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """These indexes as half-open ranges, in order and apart from each other."""
    found: list[tuple[int, int]] = []
    for index in sorted(set(indexes)):
        if found and found[-1][1] == index:
            found[-1] = (found[-1][0], index + 1)
        else:
            found.append((index, index + 1))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that a bundle is made of; the same evidence over the same log gives the same bytes.

    ``note`` is the checkpoint that everything leads to, with its cosignatures; ``witnesses`` are the
    verifier keys that those are checked with; ``receipts`` are tokens that callers kept. ``dossier`` are
    files on a dispute, by name; one of the entries must hold their digest (see ``dossier_digest``).
    """

    selection: Selection
    note: str
    verifier: Verifier
    witnesses: Sequence[str] = ()
    policies: PolicyTexts = field(default_factory=dict)
    receipts: Sequence[str] = ()
    dossier: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """What went into a bundle. ``missing`` are the policy revisions whose text was not at hand."""

    entries: int
    size: int
    checkpoint: Checkpoint
    missing: tuple[str, ...]


def write_bundle(reader: LogReader, evidence: Evidence, out: BinaryIO) -> Written:
    """Write an evidence bundle; raises ExportRefused, InvalidNote, LogCorrupted or InvalidReceipt.

    Every proof is checked before it is written. Takes as much room again in temporary files.
    """
    checkpoint = open_checkpoint(evidence.note, evidence.verifier)
    if not 0 <= evidence.selection.first < evidence.selection.end <= checkpoint.size:
        raise ExportRefused(
            f"The selection ends behind the checkpoint of {checkpoint.size} entries, or holds nothing: choose"
            f" --first and --end within it, or a later checkpoint."
        )
    with tempfile.TemporaryDirectory(prefix="custody-bundle-") as folder:
        draft = _Draft(Path(folder))
        draft.take_entries(reader, evidence.selection, checkpoint)
        draft.check_receipts(evidence)
        members = _members(draft, evidence)
        members["manifest.json"] = _manifest(draft, evidence, checkpoint, members)
        write_archive(out, members)
        size = out.tell()
    missing = tuple(sorted(draft.revisions - set(evidence.policies)))
    return Written(draft.count, size, checkpoint, missing)


class _Draft:
    """Entries and proofs, on their way through temporary files."""

    def __init__(self, folder: Path) -> None:
        self.entries = folder / "entries"
        self.proofs = folder / "proofs"
        self.count = 0
        self.revisions: set[str] = set()
        self._hashes: dict[int, bytes] = {}

    def take_entries(self, reader: LogReader, selection: Selection, checkpoint: Checkpoint) -> None:
        chosen = chain.from_iterable(reader.scan(selection.where, *span) for span in selection.spans())
        with (
            reader.prover(checkpoint) as prover,
            self.entries.open("wb") as entries,
            self.proofs.open("wb") as proofs,
        ):
            for located in chosen:
                entries.write(located.leaf + b"\n")
                proofs.write(proof_block(located.index, prover.prove(located.index, located.leaf_hash)))
                self._note(located)
        if not self.count:
            raise ExportRefused("No entry fits the selection, so there is nothing to prove: widen it.")
        if selection.where == ANY and self.count != sum(end - first for first, end in selection.spans()):
            raise LogCorrupted(selection.first, "an entry from here on is missing")

    def check_receipts(self, evidence: Evidence) -> None:
        """Hold receipts against the entries; raises InvalidReceipt or ExportRefused."""
        for token in evidence.receipts:
            claim = open_receipt(token, evidence.verifier)
            held = self._hashes.get(claim.index)
            if held is None:
                raise ExportRefused(f"A receipt is for entry {claim.index}, which is not in the selection.")
            if held != claim.leaf_hash:
                raise ExportRefused(
                    f"The log gave a receipt for another entry {claim.index} than it holds now: do not"
                    f" export, keep receipt and database as evidence, and run `custody audit verify`."
                )

    def _note(self, located: Located) -> None:
        self.count += 1
        self._hashes[located.index] = located.leaf_hash
        if decision := located.entry.record.decision:
            self.revisions.add(decision.policy_revision)


def dossier_digest(dossier: Mapping[str, bytes]) -> str:
    """Hex SHA-256 over name and content of each file of a dossier, sorted by name: what a record seals.

    Spelled as a policy's revision is (see gateway/pdp/source.py), with the names as they are in the bundle.
    """
    digest = sha256()
    for name in sorted(dossier):
        raw = f"dossier/{name}".encode()
        digest.update(b"%d:%b%d:" % (len(raw), raw, len(dossier[name])) + dossier[name])
    return digest.hexdigest()


def proof_block(index: int, path: Sequence[bytes]) -> bytes:
    """A C2SP tlog-proof up to and with its empty line; the checkpoint's note behind it makes it whole."""
    lines = ["c2sp.org/tlog-proof@v1", f"index {index}", *map(encode_base64, path), "", ""]
    return "\n".join(lines).encode()


def _members(draft: _Draft, evidence: Evidence) -> dict[str, Content]:
    """All files but the manifest."""
    members: dict[str, Content] = {
        "README.txt": (_HERE / "README.txt").read_bytes(),
        "checkpoint": evidence.note.encode(),
        "entries.jsonl": draft.entries,
        "log.pub": f"{evidence.verifier}\n".encode(),
        "proofs.txt": draft.proofs,
        "verify.py": (_HERE / "verifier.py").read_bytes(),
    }
    if evidence.receipts:
        members["receipts.txt"] = _lines(sorted(set(evidence.receipts)))
    if evidence.witnesses:
        members["witnesses.pub"] = _lines(sorted(set(evidence.witnesses)))
    for revision in sorted(draft.revisions & set(evidence.policies)):
        for name, content in evidence.policies[revision].items():
            members[f"policies/{revision}/{name}"] = content
    members |= {f"dossier/{name}": content for name, content in evidence.dossier.items()}
    return members


def _manifest(
    draft: _Draft, evidence: Evidence, checkpoint: Checkpoint, members: Mapping[str, Content]
) -> bytes:
    held = draft.revisions & set(evidence.policies)
    manifest = {
        "format": FORMAT,
        "origin": checkpoint.origin,
        "checkpoint": {"size": checkpoint.size, "root": checkpoint.root.hex()},
        "selection": evidence.selection.facts(),
        "entries": draft.count,
        "policies": {"included": sorted(held), "missing": sorted(draft.revisions - held)},
        "files": {name: _digest(content) for name, content in members.items()},
    }
    return orjson.dumps(manifest, option=_OPTIONS)


def _digest(content: Content) -> str:
    digest = sha256()
    for chunk in [content] if isinstance(content, bytes) else _chunks(content):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _lines(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
