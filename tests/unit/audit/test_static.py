import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from audit import tlog
from audit.database import open_reader
from audit.entry import Record
from audit.errors import LogCorrupted, LogUnusable
from audit.keys import read_verifier
from audit.log import open_log
from audit.static import Exported, export_tiles, newest_checkpoint
from gateway.cli.main import app
from tests.tampering import tamper

MakeRecord = Callable[..., Record]


@contextmanager
def _reading(database: Path) -> Iterator[Engine]:
    engine = open_reader(database)
    yield engine
    engine.dispose()


def _export(database: Path, folder: Path) -> Exported:
    with _reading(database) as engine:
        verifier = read_verifier(database.with_suffix(".pub"))
        return export_tiles(engine, newest_checkpoint(engine), verifier, folder)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def _add(database: Path, records: list[Record]) -> None:
    log = open_log(database)
    for record in records:
        await log.append(record)
    await log.aclose()


def test_export_holds_the_log(closed_log: Path, tmp_path: Path) -> None:
    """Entries, tiles, checkpoint and verifier key lie where tlog-tiles says, and the tiles give the root."""
    made = _export(closed_log, tmp_path / "out")
    files = _files(tmp_path / "out")
    assert sorted(files) == [
        "checkpoint",
        "log.pub",
        *(f"tile/0/{name}" for name in ("000", "001", "002.p/87")),
        "tile/1/000.p/2",
        *(f"tile/entries/{name}" for name in ("000", "001", "002.p/87")),
    ]
    bundles = [files[tlog.bundle_path(number, width)] for number, width in ((0, 256), (1, 256), (2, 87))]
    leaves = [tlog.leaf_hash(entry) for bundle in bundles for entry in tlog.unpack_bundle(bundle)]
    root = tlog.root_hash(
        599, lambda level, index: tlog.complete_root(leaves[index << level : (index + 1) << level])
    )
    assert (made.checkpoint.size, made.checkpoint.root, made.files) == (599, root, 7)


def test_second_export_only_adds(closed_log: Path, tmp_path: Path, make_record: MakeRecord) -> None:
    """After growth, each file but the checkpoint is as it was, and only the new ones were written.

    Opening the log again also closes the intent that its last writer left open.
    """
    _export(closed_log, tmp_path / "out")
    before = _files(tmp_path / "out")
    asyncio.run(_add(closed_log, [make_record(f"req-{number}") for number in range(200)]))
    made = _export(closed_log, tmp_path / "out")
    after = _files(tmp_path / "out")
    assert {name for name in before if before[name] != after.get(name)} == {"checkpoint"}
    added = {"tile/0/002", "tile/0/003.p/32", "tile/1/000.p/3", "tile/entries/002", "tile/entries/003.p/32"}
    assert after.keys() - before.keys() == added
    assert (made.files, _export(closed_log, tmp_path / "out").files) == (5, 0)
    fresh = _export(closed_log, tmp_path / "fresh")
    assert fresh.files == 9
    assert _files(tmp_path / "fresh").items() <= after.items()


def test_folder_of_a_longer_log_is_left_alone(
    closed_log: Path, tmp_path: Path, make_record: MakeRecord
) -> None:
    """A log that was put back to an older state, or went another way, does not overwrite what it said."""
    shutil.copytree(closed_log.parent, tmp_path / "older")
    older = tmp_path / "older" / "audit.db"
    asyncio.run(_add(closed_log, [make_record("req-a")]))
    _export(closed_log, tmp_path / "out")
    with pytest.raises(LogUnusable, match="of 601 entries that this log does not lead to"):
        _export(older, tmp_path / "out")
    asyncio.run(_add(older, [make_record("req-b"), make_record("req-c")]))
    kept = _files(tmp_path / "out")
    with pytest.raises(LogUnusable, match="rewritten or put back"):
        _export(older, tmp_path / "out")
    assert _files(tmp_path / "out") == kept


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entry SET leaf = x'7b7d' WHERE idx = 300",
        "DELETE FROM entry WHERE idx = 300",
        "DELETE FROM entry WHERE idx = 598",
    ],
)
def test_changed_entry_is_not_published(closed_log: Path, tmp_path: Path, damage: str) -> None:
    """An entry that is not the signed one stops the export before the checkpoint is there."""
    tamper(closed_log, damage)
    with pytest.raises(LogCorrupted):
        _export(closed_log, tmp_path / "out")
    assert not (tmp_path / "out" / "checkpoint").exists()


def test_nothing_signed_nothing_exported(tmp_path: Path) -> None:
    """A log without an entry says that there is nothing to export yet."""
    asyncio.run(_add(tmp_path / "audit.db", []))
    with pytest.raises(LogUnusable, match="no signed checkpoint yet"):
        _export(tmp_path / "audit.db", tmp_path / "out")


def test_commands(closed_log: Path, tmp_path: Path) -> None:
    """``export``, ``prove`` and ``verify-proof`` work as commands, and a changed proof is refused."""
    runner, database = CliRunner(), ["--database", str(closed_log)]
    done = runner.invoke(app, ["audit", "export", str(tmp_path / "out"), "--format", "tiles", *database])
    assert "holds 599 entries of custody.local/audit (tiles, 7 new files)." in done.stdout
    file, key = tmp_path / "entry.tlog-proof", ["--key", str(tmp_path / "out" / "log.pub")]
    done = runner.invoke(app, ["audit", "prove", "17", "-o", str(file), *database])
    assert (done.exit_code, file.is_file()) == (0, True)
    done = runner.invoke(app, ["audit", "verify-proof", str(file), *key])
    assert "In the log custody.local/audit as signed at 599 entries; cosigned by no known" in done.stdout
    file.write_text(file.read_text().replace("index 17", "index 16"))
    done = runner.invoke(app, ["audit", "verify-proof", str(file), *key])
    assert (done.exit_code, "does not lead from entry 16" in done.stderr) == (1, True)
    done = runner.invoke(app, ["audit", "prove", "req-0-3", "-o", str(file), *database])
    assert (done.exit_code, "give one index" in done.stderr) == (1, True)
