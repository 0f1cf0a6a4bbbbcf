import asyncio
from itertools import pairwise
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.entry import Actor, EntryType, Record
from audit.evidence.bundle import Selection, dossier_digest, ranges_of
from audit.log import open_log
from audit.query import LogReader
from tests.unit.audit.evidence.bundles import MakeBundle, Verdict
from tests.unit.audit.evidence.test_bundle import members, packed, revision_of

REPORT = {"report.html": b"<p>who owns it</p>\n", "claims/one.json": b"{}"}


def exhibits(database: Path, *indexes: int) -> bytes:
    """The file that lists one exhibit of these entries."""
    with LogReader(database) as reader:
        hashes = {each.index: each.leaf_hash.hex() for each in reader.scan() if each.index in indexes}
    lines = "".join(f"{index} {hashes[index]}\n" for index in indexes)
    listed = [[index, hashes[index]] for index in indexes]
    return orjson.dumps([{"name": "calls", "entries": listed, "result_sha256": revision_of(lines.encode())}])


def seal(database: Path, files: dict[str, bytes]) -> int:
    """Put the digest of these files on record; the index of that entry."""

    async def append() -> int:
        log = open_log(database)
        record = Record(
            type=EntryType.AUDITOR_QUERY,
            request_id="req-dossier",
            actor=Actor("s_1", "person", "audit"),
            detail={"dossier_sha256": dossier_digest(files)},
        )
        receipt = await log.append(record)
        await log.aclose()
        return receipt.index

    return asyncio.run(append())


@pytest.fixture
def dossier(make_bundle: MakeBundle) -> bytes:
    """A bundle of three exhibits, two ranges of entries and the entry that seals it."""
    database: Path = make_bundle.database  # type: ignore[attr-defined]  # set by the fixture
    files = REPORT | {"exhibits.json": exhibits(database, 10, 11, 40)}
    sealed = seal(database, files)
    only = ranges_of([10, 11, 40, sealed])
    return make_bundle(selection=Selection(0, sealed + 1, only=only), dossier=files)


def test_a_dossier_holds(dossier: bytes, verdict: Verdict) -> None:
    """Files that an entry seals hold, with entries of several ranges and exhibits among them."""
    status, report = verdict(dossier)
    assert status == 0, report
    assert "Dossier    3 files, sealed by entry 600" in report
    assert "Exhibits   1, each with the entries" in report
    assert "Selection  of entries 0 to 600, those in the 3 ranges" in report


def test_a_forged_report_fails(dossier: bytes, verdict: Verdict) -> None:
    """Another report fails though every digest in the manifest is set right: no entry vouches for it."""
    files = members(dossier)
    files["dossier/report.html"] = b"<p>all of it is ours</p>\n"
    status, report = verdict(packed(files))
    assert (status, "no entry vouches for the files in dossier/" in report) == (1, True), report


def test_every_flipped_byte_of_a_dossier_fails(dossier: bytes, verdict: Verdict) -> None:
    """Whatever byte of a dossier's files is changed, verification fails."""
    files = members(dossier)
    for name in (name for name in files if name.startswith("dossier/")):
        start = dossier.index(files[name])
        for place in range(start, start + len(files[name])):
            flipped = bytearray(dossier)
            flipped[place] ^= 1 << place % 8
            assert verdict(bytes(flipped))[0] == 1, f"{name}, byte {place - start}"


@pytest.mark.parametrize("gone", ["dossier/report.html", "dossier/claims/one.json"])
def test_a_file_left_out_fails(dossier: bytes, verdict: Verdict, gone: str) -> None:
    """A dossier without one of its files is not the one that was sealed."""
    files = members(dossier)
    del files[gone]
    assert verdict(packed(files))[0] == 1


def test_an_exhibit_without_its_entry_fails(make_bundle: MakeBundle, verdict: Verdict) -> None:
    """An exhibit must be among the entries, and be the result that was frozen."""
    database: Path = make_bundle.database  # type: ignore[attr-defined]  # set by the fixture
    short = REPORT | {"exhibits.json": exhibits(database, 10, 40)}
    other = REPORT | {"exhibits.json": short["exhibits.json"].replace(b"[10,", b"[11,")}
    for files, said in ((short, "names entry 40"), (other, "does not list the result")):
        sealed = seal(database, files)
        chosen = Selection(0, sealed + 1, only=ranges_of([10, 11, sealed]))
        status, report = verdict(make_bundle(selection=chosen, dossier=files))
        assert (status, said in report) == (1, True), report


def test_an_entry_of_a_range_left_out_is_named(dossier: bytes, verdict: Verdict) -> None:
    """Of ranges that were asked for no entry may be missing, in between or at the end."""
    for gone in (1, 3):
        files = members(dossier)
        for name, between in (("entries.jsonl", b"\n"), ("proofs.txt", b"\n\n")):
            parts = files[name].split(between)
            files[name] = between.join(parts[:gone] + parts[gone + 1 :])
        status, report = verdict(packed(files))
        assert (status, "left out" in report) == (1, True), report


@pytest.mark.parametrize(
    "only", [[[10, 12], [11, 41]], [[12, 10]], [[40, 41], [10, 12]], [[10, 700]], [["10", "12"]]]
)
def test_ranges_must_be_in_order(dossier: bytes, verdict: Verdict, only: list[list[int]]) -> None:
    """Ranges that overlap, run backwards, leave the selection or are no numbers are refused."""
    files = members(dossier)
    manifest = orjson.loads(files["manifest.json"])
    manifest["selection"]["only"] = only
    files["manifest.json"] = orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS)
    assert verdict(packed(files))[0] == 1


@given(st.lists(st.integers(0, 60)))
def test_ranges_hold_exactly_what_they_were_made_of(indexes: list[int]) -> None:
    """Ranges are in order, apart from each other, and hold each index once."""
    found = ranges_of(indexes)
    assert [at for first, end in found for at in range(first, end)] == sorted(set(indexes))
    assert all(one[1] < other[0] for one, other in pairwise(found))
