"""What a log keeps of its witnesses, in every database that can hold one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert

from audit.checkpoint import open_checkpoint
from audit.cosignature import Witness, WitnessSigner, cosigned_by, require_quorum
from audit.database import Database, open_database
from audit.entry import EntryType, Record
from audit.keys import read_verifier
from audit.log import LogOptions, open_log
from audit.place import Place
from audit.schema import COSIGNATURE
from audit.static import export_tiles, newest_checkpoint
from audit.status import read_status
from audit.tlog import complete_root, fold_root, tile_path
from audit.witness.checks import Seen, Trusted, Witnesses, check_cosignatures
from audit.witness.policy import WitnessAddress, WitnessPolicy
from audit.witness.store import CosignatureStore, Coverage, WitnessState, cosigned_note
from tests.postgres import PostgresServer

pytestmark = pytest.mark.enable_socket

SIGNERS = [WitnessSigner(f"{name}.example/w", name.encode() * 8) for name in ("legl", "risk", "aud1")]
KEYS = [signer.witness for signer in SIGNERS]
POLICY = WitnessPolicy(
    witnesses=tuple(WitnessAddress(f"http://{key.name}", key) for key in KEYS), quorum=2, warn_after_s=5
)


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A log of three entries and a checkpoint for each, in each database in turn."""
    place: Place = tmp_path / "audit.db"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        place = server.place()
    options = LogOptions(key_path=tmp_path / "audit.key", cadence_s=0.01)
    for number in range(3):
        log = open_log(place, options)
        await log.append(Record(type=EntryType.DENIED, request_id=f"r{number}"))
        await log.aclose()
    opened = open_database(place, 5)
    yield opened
    opened.close()


def _cosign(store: CosignatureStore, signer: WitnessSigner, size: int, note: str) -> None:
    text = note.partition("\n\n")[0] + "\n"
    state = replace(store.state(signer.witness), size=size, answered_us=7)
    store.keep(size, signer.witness, signer.cosign(text, 1_790_000_000), state)


async def test_quorum_meets_on_one_checkpoint(database: Database) -> None:
    """Two witnesses that cosigned different checkpoints are no quorum; on the same one they are."""
    store = CosignatureStore(database)
    size, note = store.newest()
    assert size == 3
    nothing = store.coverage(KEYS, 2)
    assert (nothing.size, nothing.total) == (0, 3)
    _cosign(store, SIGNERS[0], 3, note)
    _cosign(store, SIGNERS[1], 2, note)
    assert store.coverage(KEYS, 2).size == 0
    assert store.coverage(KEYS, 1) == Coverage(3, 3, 0)
    _cosign(store, SIGNERS[2], 2, note)
    partly = store.coverage(KEYS, 2)
    assert partly.size == 2
    assert partly.since_us > nothing.since_us > 0
    _cosign(store, SIGNERS[1], 3, note)
    assert store.coverage(KEYS, 2) == Coverage(3, 3, 0)
    assert store.coverage(KEYS[1:], 2).size == 2


async def test_cosignatures_go_with_their_checkpoint(database: Database) -> None:
    """A checkpoint carries each cosignature of its size once, and the status names who gave them."""
    store = CosignatureStore(database)
    size, note = store.newest()
    for _ in range(2):
        _cosign(store, SIGNERS[0], size, note)
        _cosign(store, SIGNERS[2], size, note)
    with database.reader.connect() as connection:
        whole = cosigned_note(connection, size, note)
    assert whole.count("\u2014") == 3
    assert {found.witness for found in cosigned_by(whole, KEYS)} == {"legl.example/w", "aud1.example/w"}
    for policy in (POLICY, None):
        found = read_status(database.reader, policy)
        assert {each.witness for each in found.cosignatures} == {"legl.example/w", "aud1.example/w"}
    assert found.coverage is None
    assert [name for name, _state in found.states] == ["aud1.example/w", "legl.example/w"]


async def test_verification_checks_cosignatures(database: Database) -> None:
    """A cosignature that is not good, of no checkpoint or under another key is named; so is no quorum."""
    store = CosignatureStore(database)
    size, note = store.newest()
    for signer in SIGNERS[:2]:
        _cosign(store, signer, size, note)

    def check(quorum: int = 0, trusted: Sequence[Witness] = KEYS) -> Witnesses:
        with database.reader.connect() as connection:
            return check_cosignatures(connection, Trusted(tuple(trusted), quorum))

    assert check(2) == Witnesses((_seen(0), _seen(1)), 2, 3)
    assert check(0, KEYS[1:]).seen == check(0, ()).seen[1:] == (_seen(1),)
    assert check(3).findings == ("no checkpoint was cosigned by 3 of the witnesses that were named",)
    line = str(SIGNERS[2].cosign("another text\n", 5).line)
    swapped = str(SIGNERS[0].cosign(note.partition("\n\n")[0] + "\n", 5).line)
    for size_, text, reason in (
        (3, line, "is not good"),
        (9, line, "no checkpoint"),
        (2, swapped, "another key"),
    ):
        with database.write_lock, database.writer.begin() as connection:
            connection.execute(insert(COSIGNATURE).values(size=size_, key=str(KEYS[2]), line=text))
        assert any(reason in finding for finding in check().findings), check().findings
    assert len(check().findings) == 3


def _seen(number: int) -> Seen:
    return Seen(KEYS[number].name, 3, 1_790_000_000)


async def test_static_export_carries_cosignatures(database: Database, tmp_path: Path) -> None:
    """The tiles of a log in either database verify under its key, and its checkpoint under the witnesses'."""
    store = CosignatureStore(database)
    size, note = store.newest()
    for signer in SIGNERS[:2]:
        _cosign(store, signer, size, note)
    verifier = read_verifier(tmp_path / "audit.pub")
    made = export_tiles(database.reader, newest_checkpoint(database.reader), verifier, tmp_path / "out")
    assert (made.checkpoint.size, made.files) == (3, 2)
    written = (tmp_path / "out" / "checkpoint").read_text()
    assert len(require_quorum(written, KEYS, 2)) == 2
    hashes = (tmp_path / "out" / tile_path(0, 0, 3)).read_bytes()
    leaves = [hashes[at : at + 32] for at in (0, 32, 64)]
    assert open_checkpoint(written, verifier).root == fold_root([complete_root(leaves[:2]), leaves[2]])


async def test_what_a_witness_said_is_replaced(database: Database) -> None:
    """Of each witness the last word is kept, and of one that was never asked there is none."""
    store = CosignatureStore(database)
    assert store.state(KEYS[0]) == WitnessState(key=str(KEYS[0]))
    said = WitnessState(key=str(KEYS[0]), refused_us=5, refused_size=9, refused="no", failed="hung up")
    store.put_state(replace(said, failed_us=1))
    store.put_state(said)
    assert (store.state(KEYS[0]), store.state(KEYS[1]).refused) == (said, "")


async def test_proofs_lead_from_any_size(database: Database) -> None:
    """From nothing and from the same size no proof is needed."""
    store = CosignatureStore(database)
    assert [len(store.proof(old, 3)) for old in (0, 1, 2, 3)] == [0, 2, 1, 0]
