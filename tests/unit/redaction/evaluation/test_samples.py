import gzip
from pathlib import Path

import pytest

from redaction.evaluation.errors import DataInvalid
from redaction.evaluation.samples import Gold, read_samples

GOOD = b'{"text": "Anna \xf0\x9f\x98\x80 Berlin", "spans": [[7, 13, "LOC"]], "lang": "de"}\n'


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_offsets_are_code_points(tmp_path: Path, name: str) -> None:
    """A row is read from plain and gzipped files, and an emoji is one character."""
    path = tmp_path / name
    path.write_bytes(gzip.compress(GOOD) if name.endswith("gz") else GOOD)
    (sample,) = read_samples(path)
    assert sample.gold == (Gold(7, 13, "LOC"),)
    assert sample.text[7:13] == "Berlin"
    assert sample.language == "de"


@pytest.mark.parametrize(
    "line",
    [
        b"not json Anna",
        b'["Anna"]',
        b'{"text": "Anna"}',
        b'{"spans": []}',
        b'{"text": "Anna", "spans": [[0, 5, "PER"]]}',
        b'{"text": "Anna", "spans": [[2, 2, "PER"]]}',
        b'{"text": "Anna", "spans": [[true, 4, "PER"]]}',
        b'{"text": "Anna", "spans": [[0, 4]]}',
        b'{"text": "Anna\\ud800", "spans": []}',
        b'{"text": "Anna", "spans": [], "lang": 1}',
    ],
)
def test_bad_line_is_named_and_not_quoted(tmp_path: Path, line: bytes) -> None:
    """A line that is no row ends the reading with its number, and without its text."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(GOOD + line + b"\n")
    with pytest.raises(DataInvalid, match=r"a\.jsonl, line 2") as caught:
        list(read_samples(path))
    assert "Anna" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("octets", [None, b"no gzip"])
def test_unreadable_file_is_named(tmp_path: Path, octets: bytes | None) -> None:
    """A file that is not there, or not what its name says, ends the reading."""
    path = tmp_path / "a.jsonl.gz"
    if octets is not None:
        path.write_bytes(octets)
    with pytest.raises(DataInvalid, match=r"a\.jsonl\.gz"):
        list(read_samples(path))
