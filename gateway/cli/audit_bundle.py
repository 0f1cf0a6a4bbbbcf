"""What an evidence bundle is made of, gathered at the command line."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from audit.errors import ExportRefused
from audit.evidence.bundle import Evidence, Selection, write_bundle
from audit.filters import ANY, Filter
from audit.query import LogReader
from gateway import bundled
from gateway.cli.audit_reading import Desk, reading
from gateway.parts import witness_policy
from gateway.pdp.source import PolicyRefused, PolicySource, read_source
from gateway.settings import Settings


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


def write_evidence(reader: LogReader, evidence: Evidence, target: Path) -> tuple[str, str]:
    """The bundle in place, once it is whole; its SHA-256, and what it holds in words."""
    descriptor, draft = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as out:
            made = write_bundle(reader, evidence, out)
        with Path(draft).open("rb") as file:
            digest = sha256()
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        Path(draft).replace(target)
    finally:
        Path(draft).unlink(missing_ok=True)
    gaps = "".join(
        f"\n  GAP          no policy text of revision {revision}: pass its folder with --policies"
        for revision in made.missing
    )
    told = (
        f"{target}\n  entries      {made.entries}, each with its proof\n"
        f"  checkpoint   {made.checkpoint.size} entries of {made.checkpoint.origin}{gaps}"
    )
    return digest.hexdigest(), told


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


def witnesses_of(settings: Settings) -> list[str]:
    """The verifier keys of the log's witnesses, as the settings name them."""
    policy = witness_policy(settings)
    return [str(each.witness) for each in policy.witnesses] if policy else []


def _policy_text(folder: Path) -> tuple[str, Mapping[str, bytes]]:
    """The revision that a policy folder has today, and its files in force; raises ExportRefused."""
    source = read_folder(folder)
    return source.revision, source.files


def read_folder(folder: Path) -> PolicySource:
    """The policy in a folder; raises ExportRefused."""
    try:
        return read_source(folder)
    except PolicyRefused as error:
        raise ExportRefused(f"--policies {folder}: {error}") from error


def _folders(at: Desk, given: Sequence[Path]) -> list[Path]:
    return folders_of(at.settings, given) if at.settings else list(given)


def folders_of(settings: Settings, given: Sequence[Path]) -> list[Path]:
    """The policy folders to look in: those given, and the one that the settings name."""
    if settings.policy.kind != "embedded":
        return list(given)
    named = settings.policy.options.get("policies")
    return [*given, Path(str(named)) if named else bundled.policies()]
