"""Makes a dispute's dossier out of the log and the registry that the settings name, whoever asks for it."""

import time
from collections.abc import Mapping
from pathlib import Path

import anyio

from audit.entry import Actor, Record
from audit.errors import LogUnusable
from audit.evidence.bundle import dossier_digest
from audit.keys import read_verifier
from audit.note import Verifier
from audit.query import LogReader
from gateway.appending import appending
from gateway.evidence_file import folders_of, read_folder, witnesses_of, write_evidence
from gateway.ownership.dossier.files import files_of
from gateway.ownership.dossier.material import Material, Sources, gather
from gateway.ownership.dossier.order import Made, Order
from gateway.ownership.dossier.sealing import evidence_of, seal_record, sealed_at
from gateway.parts import known_control_database
from gateway.pdp.source import PolicySource
from gateway.places import log_place
from gateway.progress import Progress, silent
from gateway.settings import Settings

# A gateway signs within a second of new entries; one that is busy or starting takes longer.
_SIGNED_WITHIN_S = 15.0
_LOOK_EVERY_S = 0.2


def make_dossier(
    settings: Settings, order: Order, actor: Actor, target: Path, progress: Progress = silent
) -> Made:
    """Writes the zip to ``target``, once its digest is on record as made for ``actor``.

    Raises ``CustodyError``, ``AuditError`` or ``SettingsInvalid``, and then there is no file.
    """
    with LogReader(log_place(settings)) as reader:
        material = gathered(settings, reader, order, progress)
        files = files_of(material)
        digest = dossier_digest(files)
        anyio.run(_append, settings, seal_record(actor, material, digest))
        seal, note = _sealed(settings, reader, digest, order.note)
        evidence = evidence_of(
            material, files, seal, note=note, verifier=_verifier(settings), witnesses=witnesses_of(settings)
        )
        sha256, told = write_evidence(reader, evidence, target)
    return Made(len(files), seal, sha256, told)


def gathered(settings: Settings, reader: LogReader, order: Order, progress: Progress = silent) -> Material:
    """What a dossier is made of; raises what ``gather`` raises, or ``SettingsInvalid``."""
    folders = map(read_folder, folders_of(settings, order.policies))
    texts: Mapping[str, PolicySource] = {each.revision: each for each in folders}
    database = known_control_database(settings)
    try:
        with database.reader.connect() as connection:
            sources = Sources(
                connection=connection, reader=reader, policies=texts, prices=order.prices, first=order.first
            )
            return gather(sources, order.dispute, progress)
    finally:
        database.close()


async def _append(settings: Settings, record: Record) -> None:
    async with appending(settings) as log:
        await log.append(record)


def _sealed(settings: Settings, reader: LogReader, digest: str, given: str) -> tuple[int, str]:
    """Where the dossier was first sealed, and the note of a checkpoint over it; raises LogUnusable."""
    verifier, deadline = _verifier(settings), time.monotonic() + _SIGNED_WITHIN_S
    seal = sealed_at(reader, digest)
    if seal is None:
        raise AssertionError("it was sealed a moment ago")
    if given:
        return seal, given
    while (signed := reader.checkpoint_over(verifier, seal)) is None:
        if time.monotonic() > deadline:
            raise LogUnusable("The log has not signed the dossier's seal yet; try again in a moment.")
        time.sleep(_LOOK_EVERY_S)
    return seal, signed[1]


def _verifier(settings: Settings) -> Verifier:
    return read_verifier((settings.state_dir / settings.audit.key_file).with_suffix(".pub"))
