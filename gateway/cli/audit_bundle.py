"""What an evidence bundle is made of, gathered at the command line."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from audit.errors import ExportRefused
from audit.evidence.bundle import Evidence, Selection
from audit.filters import ANY, Filter
from audit.query import LogReader
from gateway.cli.audit_reading import Desk, reading
from gateway.evidence_file import folders_of, read_folder, witnesses_of, write_evidence


def export_bundle(  # noqa: PLR0913 - the options of one command
    at: Desk,
    target: Path,
    *,
    where: Filter,
    bounds: tuple[int, int],
    checkpoint: str,
    policies: Sequence[Path],
    receipts: Sequence[str],
) -> str:
    """Write the bundle, and say what it holds; raises ExportRefused and what bundles raise."""
    note = _note(at, checkpoint)
    size = int(note.split("\n")[1])
    selection = Selection(bounds[0], bounds[1] if bounds[1] >= 0 else size, where)
    facts = {"format": "evidence", "checkpoint": size, **selection.facts()}
    evidence = Evidence(
        selection=selection,
        note=note,
        verifier=at.verifier,
        witnesses=_witnesses(at),
        policies=dict(_policy_text(folder) for folder in _folders(at, policies)),
        receipts=receipts,
    )
    with reading(at, "export", facts) as reader:
        digest, told = write_evidence(reader, evidence, target)
    same = "the same filter, " if selection.where != ANY else ""
    again = f"The same bytes again: {same}--first {selection.first} --end {selection.end} --checkpoint {size}"
    return f"{told}\n  SHA-256      {digest}\n{again}"


def _note(at: Desk, checkpoint: str) -> str:
    """The checkpoint as asked for: a file that holds its note, a size, or the newest."""
    if checkpoint and Path(checkpoint).is_file():
        return Path(checkpoint).read_text("utf-8")
    if checkpoint and not (checkpoint.isascii() and checkpoint.isdigit()):
        raise ExportRefused(f"--checkpoint takes a size or a file with a signed note, not {checkpoint!r}.")
    with LogReader(at.place) as reader:
        found = reader.checkpoint(at.verifier, int(checkpoint) if checkpoint else None)
    if found is None:
        raise ExportRefused(
            "The log has no such signed checkpoint; `custody audit status` shows the newest, and one is"
            " signed within a second of new entries while a gateway runs."
        )
    return found[1]


def _witnesses(at: Desk) -> list[str]:
    return witnesses_of(at.settings) if at.settings else []


def _policy_text(folder: Path) -> tuple[str, Mapping[str, bytes]]:
    """The revision that a policy folder has today, and its files in force; raises ExportRefused."""
    source = read_folder(folder)
    return source.revision, source.files


def _folders(at: Desk, given: Sequence[Path]) -> list[Path]:
    return folders_of(at.settings, given) if at.settings else list(given)
