from pathlib import Path

import pytest

from redaction import compiled

hyperscan = pytest.importorskip("hyperscan", reason="there is no Hyperscan wheel for this platform")

_PARTS = (("ab{2}c", "x[0-9]y"), ("word",))


def scanned(databases: list, octets: bytes) -> list[tuple[int, int]]:  # type: ignore[type-arg]
    """What the databases tell of, in order."""
    hits: list[tuple[int, int]] = []
    for database in databases:
        database.scan(
            octets,
            lambda number, _start, end, _flags, _context: hits.append((number, end)),
            scratch=hyperscan.Scratch(database),
        )
    return hits


def test_what_was_kept_finds_the_same(tmp_path: Path) -> None:
    """Databases that are read back tell of the same matches, with numbers that go on from part to part."""
    octets = b"abbc x7y word"
    fresh = scanned(compiled.databases(_PARTS, tmp_path), octets)
    assert len(list(tmp_path.iterdir())) == 1
    assert compiled._read(next(tmp_path.iterdir())) is not None
    assert scanned(compiled.databases(_PARTS, tmp_path), octets) == fresh == [(0, 4), (1, 8), (2, 13)]


@pytest.mark.parametrize("damage", ["cut", "changed", "open", "empty"])
def test_a_file_that_cannot_be_trusted_is_passed_over(tmp_path: Path, damage: str) -> None:
    """A damaged file, or one that others may write, is not loaded; the databases are compiled again."""
    compiled.databases(_PARTS, tmp_path)
    (path,) = tmp_path.iterdir()
    octets = path.read_bytes()
    path.write_bytes({"cut": octets[:-1], "empty": b""}.get(damage, octets[:-1] + bytes([octets[-1] ^ 1])))
    if damage == "open":
        path.write_bytes(octets)
        path.chmod(0o666)
    assert compiled._read(path) is None
    assert scanned(compiled.databases(_PARTS, tmp_path), b"abbc") == [(0, 4)]


def test_no_place_to_keep_them_is_no_failure(tmp_path: Path) -> None:
    """Without a folder to write to, everything is compiled and works."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert scanned(compiled.databases(_PARTS, blocked / "below"), b"word") == [(2, 4)]
