"""A dossier's digest goes on record, so that neither its report nor its figures can be exchanged later."""

from audit.entry import Actor, EntryType, Record
from audit.errors import EntryNotFound
from audit.evidence.bundle import Evidence, Selection, ranges_of
from audit.note import Verifier
from audit.query import LogReader
from gateway.ownership.dossier.material import Material

# What verify.py looks for in the entry that vouches for a dossier.
_SEAL = "dossier_sha256"


def seal_record(actor: Actor, material: Material, digest: str) -> Record:
    """The record that seals a dossier, and says who had it made."""
    return Record(
        type=EntryType.AUDITOR_QUERY,
        request_id=_request_id(digest),
        actor=actor,
        action="audit",
        detail={
            "command": "dossier",
            "dispute": material.case.id,
            "span": material.span.facts(),
            _SEAL: digest,
        },
    )


def sealed_at(reader: LogReader, digest: str) -> int | None:
    """Where the log first seals a dossier of this digest; the same dossier is told from then on."""
    try:
        found = reader.find(_request_id(digest))
    except EntryNotFound:
        return None
    return next((each.index for each in found if each.entry.record.detail.get(_SEAL) == digest), None)


def evidence_of(  # noqa: PLR0913 - what a bundle takes
    material: Material,
    files: dict[str, bytes],
    seal: int,
    *,
    note: str,
    verifier: Verifier,
    witnesses: list[str],
) -> Evidence:
    """The bundle's parts: the entries of the material and the seal, under one checkpoint, with all files."""
    only = ranges_of({*material.indexes, seal})
    return Evidence(
        selection=Selection(only[0][0], seal + 1, only=only),
        note=note,
        verifier=verifier,
        witnesses=witnesses,
        policies=material.texts,
        dossier=files,
    )


def _request_id(digest: str) -> str:
    return f"dossier-{digest}"
