"""The policy that was in force at a decision: from folders at hand, or from the control database."""

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection, inspect

from audit.database import open_reader
from audit.errors import LogUnusable
from audit.place import Place
from gateway.pdp.lifecycle.archive import BundleRefused, read_archive
from gateway.pdp.lifecycle.bundle import MANIFEST, SIGNATURES
from gateway.pdp.lifecycle.store import content
from gateway.pdp.lifecycle.tables import BUNDLE
from gateway.pdp.source import PolicyRefused, PolicySource, read_files, read_source


def find_source(revision: str, folders: Iterable[Path], control: Place | None) -> PolicySource | None:
    """The policy of this revision, or None; a revision is a digest of its text, so no other text has it."""
    for folder in folders:
        try:
            source = read_source(folder)
        except PolicyRefused:
            continue
        if source.revision == revision:
            return source
    return _kept(control, revision) if control is not None else None


def stored_source(connection: Connection, revision: str) -> PolicySource | None:
    """The same from the bundles that the control database keeps."""
    kept = content(connection, revision)
    if kept is None:
        return None
    try:
        files = read_archive(kept)
        texts = {name: text for name, text in files.items() if name not in {MANIFEST, SIGNATURES}}
        source = read_files(texts, Path(revision[:12]))
    except (BundleRefused, PolicyRefused):
        return None
    return source if source.revision == revision else None


def _kept(control: Place, revision: str) -> PolicySource | None:
    try:
        engine = open_reader(control)
    except LogUnusable:
        # Governance has no database yet, so no policy was ever activated.
        return None
    try:
        with engine.connect() as connection:
            return stored_source(connection, revision) if inspect(connection).has_table(BUNDLE.name) else None
    finally:
        engine.dispose()
