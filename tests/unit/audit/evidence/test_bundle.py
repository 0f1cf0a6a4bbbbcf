import os
import re
import subprocess
import sys
import zipfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import orjson
import pytest

from audit.errors import ExportRefused
from audit.evidence.archive import write_archive
from audit.filters import Filter
from audit.keys import load_or_create_signer, read_verifier
from audit.query import LogReader
from audit.receipt import issue_receipts
from tests.unit.audit.evidence.bundles import POLICY, MakeBundle, Verdict, Witness, revision

# By default one bit of each byte, with short texts in place of README.txt and verify.py; 8: all bits of all.
_BITS = int(os.environ.get("CUSTODY_TEST_FLIPPED_BITS", "0"))
_NAMED = re.compile(r"^FAILED     .{12,}\.$", re.MULTILINE)


def members(raw: bytes) -> dict[str, bytes]:
    """The files of a bundle."""
    with zipfile.ZipFile(BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: dict[str, bytes]) -> bytes:
    """A bundle of these files, with the digests in its manifest set right, as a forger would."""
    manifest = orjson.loads(files["manifest.json"])
    manifest["files"] = {
        name: revision_of(content) for name, content in files.items() if name != "manifest.json"
    }
    files["manifest.json"] = orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS)
    out = BytesIO()
    write_archive(out, files)
    return out.getvalue()


def revision_of(content: bytes) -> str:
    """SHA-256 in hex."""
    return sha256(content).hexdigest()


def test_a_whole_range_holds(make_bundle: MakeBundle, verdict: Verdict) -> None:
    """A bundle of a range holds, says that none is left out, and names the policy text it lacks."""
    status, report = verdict(make_bundle())
    assert status == 0, report
    assert "none is left out" in report
    assert "GAP        the text of policy revision cdcd" in report
    assert report.endswith("EVERYTHING HOLDS.\n")


def test_bytes_are_the_same_each_time(make_bundle: MakeBundle) -> None:
    """The same selection under the same checkpoint gives the same file, and any zip reader reads it."""
    one = make_bundle(0, 599)
    assert one == make_bundle(0, 599)
    with zipfile.ZipFile(BytesIO(one)) as archive:
        assert archive.testzip() is None


def test_the_verifier_needs_nothing_of_custody(make_bundle: MakeBundle, tmp_path: Path) -> None:
    """The copy of verify.py in a bundle runs in an empty folder, isolated from this checkout."""
    raw = make_bundle()
    (tmp_path / "verify.py").write_bytes(members(raw)["verify.py"])
    (tmp_path / "b.zip").write_bytes(raw)
    command = [sys.executable, "-I", "-X", "importtime", "verify.py", "b.zip"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "the copy that the bundle carries" in done.stdout) == (0, True), done.stdout
    assert not re.search(r"\| +(audit|gateway|orjson|sqlalchemy)\b", done.stderr)


def test_every_flipped_byte_fails_with_a_reason(make_bundle: MakeBundle, verdict: Verdict) -> None:
    """Whatever byte of a small bundle is changed, verification fails and says what is wrong."""
    receipts = [make_receipt(make_bundle)]
    raw = make_bundle(10, 12, receipts=receipts)
    if not _BITS:
        raw = packed(members(raw) | {"README.txt": b"read\n", "verify.py": b"pass\n"})
    assert verdict(raw)[0] == 0
    for place in range(len(raw)):
        for bit in range(_BITS or 1):
            flipped = bytearray(raw)
            flipped[place] ^= 1 << (place + bit) % 8
            status, report = verdict(bytes(flipped))
            assert (status, bool(_NAMED.search(report))) == (1, True), f"byte {place}: {report}"


def make_receipt(make_bundle: MakeBundle) -> str:
    """A receipt of entry 10 by the log's own key."""
    database: Path = make_bundle.database  # type: ignore[attr-defined]  # set by the fixture
    signer = load_or_create_signer(database.with_suffix(".key"), "custody.local/audit")
    with LogReader(database) as reader:
        hashes = [each.leaf_hash for each in reader.scan(first=10, end=13)]
    return issue_receipts(signer, 10, hashes, 1_764_000_000_000_000)[0]


def test_a_forged_entry_is_named(make_bundle: MakeBundle, verdict: Verdict) -> None:
    """An entry changed with all digests set right is named by its index."""
    files = members(make_bundle())
    files["entries.jsonl"] = files["entries.jsonl"].replace(b"retail", b"legal!", 3)
    status, report = verdict(packed(files))
    assert status == 1
    assert "entry 10 (line 1 of entries.jsonl): its proof does not lead to the signed root" in report


def test_an_entry_left_out_is_named(make_bundle: MakeBundle, verdict: Verdict) -> None:
    """Entry and proof cut out of a range, with all digests set right, are missed by index."""
    files = members(make_bundle())
    leaves = files["entries.jsonl"].split(b"\n")
    proofs = files["proofs.txt"].split(b"\n\n")
    del leaves[1], proofs[1]
    files["entries.jsonl"], files["proofs.txt"] = b"\n".join(leaves), b"\n\n".join(proofs)
    manifest = orjson.loads(files["manifest.json"])
    files["manifest.json"] = orjson.dumps(manifest | {"entries": 3})
    status, report = verdict(packed(files))
    assert status == 1
    assert "the entries from 11 on are left out before it" in report


def test_another_key_than_the_trusted_one_fails(make_bundle: MakeBundle, verdict: Verdict) -> None:
    """A bundle of another log, whole in itself, does not hold under the key that its reader trusts."""
    known = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    raw = make_bundle()
    assert verdict(raw, "--key", known)[0] == 1
    own = members(raw)["log.pub"].decode().strip()
    assert verdict(raw, "--key", own)[0] == 0


def test_a_filter_is_held_to(make_bundle: MakeBundle, verdict: Verdict) -> None:
    """A selection by filter holds, says that it may be incomplete, and entries must fit what it says."""
    raw = make_bundle(0, 599, Filter(type="access.outcome", department="retail", since_us=1))
    status, report = verdict(raw)
    assert (status, "299 hold" in report, "cannot be shown" in report) == (0, True, True), report
    files = members(raw)
    files["manifest.json"] = files["manifest.json"].replace(b'"department":"retail"', b'"department":"legal"')
    status, report = verdict(packed(files))
    assert (status, "does not fit the selection (department = legal)" in report) == (1, True)


def test_policy_text_must_be_that_of_the_revision(make_bundle: MakeBundle, verdict: Verdict) -> None:
    """A policy text goes in only for a revision that entries name, and another text fails."""
    named = "cd" * 32
    status, report = verdict(make_bundle(policies={named: POLICY, revision(POLICY): POLICY}))
    assert (status, f"is not that of revision {named}" in report) == (1, True)
    assert revision(POLICY) not in report


def test_cosignatures_are_checked(make_bundle: MakeBundle, verdict: Verdict) -> None:
    """A witness counts by a good cosignature under a key that the reader trusts; a bad one fails."""
    witness, other = Witness(), Witness("product.example/witness")
    known = read_verifier(make_bundle.database.with_suffix(".pub"))  # type: ignore[attr-defined]  # as above
    with LogReader(make_bundle.database) as reader:  # type: ignore[attr-defined]  # as above
        found = reader.checkpoint(known)
    assert found is not None
    raw = make_bundle(note=witness.cosign(found[1]), witnesses=[witness.vkey])
    assert verdict(raw, "--quorum", "1")[0] == 0
    assert verdict(raw, "--witness", witness.vkey, "--quorum", "1")[0] == 0
    assert verdict(raw, "--witness", other.vkey, "--quorum", "1")[0] == 1
    files = members(raw)
    forged = witness.cosign(found[1].replace("\n599\n", "\n598\n"))
    files["checkpoint"] = (found[1] + forged.split("\n")[-2] + "\n").encode()
    status, report = verdict(packed(files))
    assert (status, "the cosignature of audit.example/witness" in report) == (1, True)


def test_a_receipt_of_another_entry_is_refused(make_bundle: MakeBundle) -> None:
    """A receipt goes in only with the entry that it is for."""
    with pytest.raises(ExportRefused, match="entry 10, which is not in the selection"):
        make_bundle(11, 14, receipts=[make_receipt(make_bundle)])


def test_a_selection_of_nothing_is_refused(make_bundle: MakeBundle) -> None:
    """What lies behind the checkpoint, or fits no entry, cannot be proved and is refused."""
    with pytest.raises(ExportRefused, match="ends behind the checkpoint"):
        make_bundle(10, 700)
    with pytest.raises(ExportRefused, match="No entry fits"):
        make_bundle(0, 10, Filter(department="nobody"))


@pytest.mark.parametrize("raw", [b"", b"PK", b"PK\x03\x04" * 20, b"x" * 1000])
def test_what_is_no_bundle_is_told_so(verdict: Verdict, raw: bytes) -> None:
    """Bytes that are no bundle fail with a reason and no traceback."""
    status, report = verdict(raw)
    assert (status, bool(_NAMED.search(report))) == (1, True)
