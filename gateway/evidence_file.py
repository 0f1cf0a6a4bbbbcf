"""What every evidence file is made of beside the log, and how it is written: whole or not at all."""

import os
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from audit.errors import ExportRefused
from audit.evidence.bundle import Evidence, write_bundle
from audit.query import LogReader
from gateway import bundled
from gateway.pdp.source import PolicyRefused, PolicySource, read_source
from gateway.places import witness_policy
from gateway.settings import Settings


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


def witnesses_of(settings: Settings) -> list[str]:
    """The verifier keys of the log's witnesses, as the settings name them."""
    policy = witness_policy(settings)
    return [str(each.witness) for each in policy.witnesses] if policy else []


def read_folder(folder: Path) -> PolicySource:
    """The policy in a folder; raises ExportRefused."""
    try:
        return read_source(folder)
    except PolicyRefused as error:
        raise ExportRefused(f"--policies {folder}: {error}") from error


def folders_of(settings: Settings, given: Sequence[Path]) -> list[Path]:
    """The policy folders to look in: those given, and the one that the settings name."""
    if settings.policy.kind != "embedded":
        return list(given)
    named = settings.policy.options.get("policies")
    return [*given, Path(str(named)) if named else bundled.policies()]
