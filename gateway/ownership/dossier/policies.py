"""The policies that decided an asset's calls: their texts, and who put them into force with whose consent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from gateway.pdp.lifecycle.archive import BundleRefused, read_archive
from gateway.pdp.lifecycle.bundle import MANIFEST, SIGNATURES
from gateway.pdp.lifecycle.store import Activation, StoredBundle, activations, content, find_bundle
from gateway.pdp.source import PolicyRefused, PolicySource, read_files

_PAGE = 100


@dataclass(frozen=True, slots=True)
class PolicyUsed:
    """One revision that decided: how many calls, whether its text is at hand, and how it came into force."""

    revision: str
    decisions: int
    text: bool
    bundle: StoredBundle | None
    activations: tuple[Activation, ...]


def policies_used(
    connection: Connection, decisions: Mapping[str, int], texts: Mapping[str, PolicySource], until_us: int
) -> tuple[PolicyUsed, ...]:
    """The revisions that decided, most decisions first, with what is known of each until a moment."""
    in_force = [each for each in _activations(connection) if each.at_us <= until_us]
    return tuple(
        PolicyUsed(
            revision,
            count,
            revision in texts,
            find_bundle(connection, revision),
            tuple(each for each in reversed(in_force) if each.revision == revision),
        )
        for revision, count in sorted(decisions.items(), key=lambda item: (-item[1], item[0]))
    )


def stored_sources(connection: Connection, revisions: Iterable[str]) -> dict[str, PolicySource]:
    """The texts of these revisions that the control database holds and that can be read."""
    found = {}
    for revision in sorted(set(revisions)):
        packed = content(connection, revision)
        source = _unpacked(packed) if packed is not None else None
        if source is not None and source.revision == revision:
            found[revision] = source
    return found


def _unpacked(packed: bytes) -> PolicySource | None:
    try:
        files = read_archive(packed)
        texts = {name: files[name] for name in files if name not in {MANIFEST, SIGNATURES}}
        return read_files(texts, Path("bundle"))
    except (BundleRefused, PolicyRefused):
        return None


def _activations(connection: Connection) -> list[Activation]:
    found: list[Activation] = []
    while page := activations(connection, before=found[-1].number if found else 0, limit=_PAGE):
        found += page
    return found
