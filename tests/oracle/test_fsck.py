from collections.abc import Callable
from pathlib import Path

from audit.database import open_reader
from audit.keys import read_verifier
from audit.static import export_tiles, newest_checkpoint

Fsck = Callable[[Path], bool]
Grow = Callable[[Path, int], None]


def _export(database: Path, folder: Path) -> None:
    engine = open_reader(database)
    export_tiles(engine, newest_checkpoint(engine), read_verifier(database.with_suffix(".pub")), folder)
    engine.dispose()


def test_tessera_accepts_our_static_log(fsck: Fsck, grow: Grow, tmp_path: Path) -> None:
    """Tessera's fsck accepts an export at every size at which it is made, in one folder."""
    database, folder = tmp_path / "audit.db", tmp_path / "static"
    for count in (1, 254, 1, 1, 300):
        grow(database, count)
        _export(database, folder)
        assert fsck(folder)


def test_tessera_accepts_three_levels(fsck: Fsck, large_log: Path, tmp_path: Path) -> None:
    """Tessera's fsck accepts an export of 66,000 entries."""
    _export(large_log, tmp_path / "static")
    assert fsck(tmp_path / "static")


def test_tessera_refuses_every_changed_file(fsck: Fsck, grow: Grow, tmp_path: Path) -> None:
    """No flipped byte, in whichever file and at five places of each, gets past fsck."""
    grow(tmp_path / "audit.db", 600)
    folder = tmp_path / "static"
    _export(tmp_path / "audit.db", folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert len(files) == 9
    for path in files:
        whole = path.read_bytes()
        for place in {0, 1, len(whole) // 3, 2 * len(whole) // 3, len(whole) - 1}:
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
            assert not fsck(folder), (path, place)
        path.write_bytes(whole)
    assert fsck(folder)
