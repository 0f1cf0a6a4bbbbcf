"""The policy that was in force at a decision: from folders at hand, or from the control database."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect

from audit.database import open_reader
from audit.errors import LogUnusable
from audit.place import Place
from gateway.errors import NotFound
from gateway.pdp.lifecycle.archive import BundleRefused, read_archive
from gateway.pdp.lifecycle.bundle import MANIFEST, SIGNATURES
from gateway.pdp.lifecycle.store import content, named_bundle
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


def named_source(control: Place, name: str) -> PolicySource | None:
    """The stored policy whose revision is ``name`` or begins so; None unless it is exactly one."""
    with _bundles(control) as connection:
        if connection is None:
            return None
        try:
            return stored_source(connection, named_bundle(connection, name).revision)
        except NotFound:
            return None


def _kept(control: Place, revision: str) -> PolicySource | None:
    with _bundles(control) as connection:
        return None if connection is None else stored_source(connection, revision)


@contextmanager
def _bundles(control: Place) -> Iterator[Connection | None]:
    """The control database; None where it has no bundles yet, so that no policy was ever activated."""
    try:
        engine = open_reader(control)
    except LogUnusable:
        yield None
        return
    try:
        with engine.connect() as connection:
            yield connection if inspect(connection).has_table(BUNDLE.name) else None
    finally:
        engine.dispose()
