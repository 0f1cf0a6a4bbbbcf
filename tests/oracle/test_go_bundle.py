import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from audit.cosignature import WitnessSigner
from audit.evidence.bundle import Evidence, Selection, write_bundle
from audit.keys import read_verifier
from audit.note import Verifier, split_note
from audit.query import LogReader

GoOracle = Callable[..., "CompletedProcess[str]"]
Grow = Callable[[Path, int], None]

WITNESSES = [WitnessSigner(f"{name}.example/witness", name.encode() * 8) for name in ("risk", "hrhr")]
KEYS = [str(signer.witness) for signer in WITNESSES]


@pytest.fixture
def bundle(grow: Grow, tmp_path: Path) -> tuple[Path, Verifier]:
    """Entries 20 to 59 of a log of 300 that two witnesses cosigned, and the log's key."""
    database, file = tmp_path / "audit.db", tmp_path / "evidence.zip"
    grow(database, 300)
    verifier = read_verifier(database.with_suffix(".pub"))
    with LogReader(database) as reader, file.open("w+b") as out:
        _checkpoint, note = reader.checkpoint(verifier)
        text, _lines = split_note(note)
        note += "".join(str(signer.cosign(text, 1_790_000_000).line) for signer in WITNESSES)
        write_bundle(reader, Evidence(selection=Selection(20, 60), note=note, verifier=verifier), out)
    return file, verifier


def _rewrite(file: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    """Change one member, and the manifest with it, as a forger would."""
    with zipfile.ZipFile(file) as archive:
        members = {item: archive.read(item) for item in archive.namelist()}
    members[name] = change(members[name])
    manifest = json.loads(members["manifest.json"])
    manifest["files"][name] = hashlib.sha256(members[name]).hexdigest()
    members["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for item, content in members.items():
            archive.writestr(item, content)


def test_go_checks_our_bundle(go_oracle: GoOracle, bundle: tuple[Path, Verifier]) -> None:
    """Go finds each entry of a bundle proven under the keys of log and witnesses, and under no others."""
    file, verifier = bundle
    assert go_oracle("bundle", file, str(verifier), *KEYS).stdout == "bundle of 40 entries of 300\n"
    third = WitnessSigner("legal.example/witness", bytes(32)).witness
    assert go_oracle("bundle", file, str(verifier), *KEYS, str(third)).returncode == 1
    other = Verifier(verifier.name, third.public_key)
    assert go_oracle("bundle", file, str(other)).returncode == 1


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("entries.jsonl", lambda raw: raw.replace(b'"number":30', b'"number":31', 1)),
        ("entries.jsonl", lambda raw: raw[raw.index(b"\n") + 1 :]),
        ("proofs.txt", lambda raw: raw.replace(b"index 30\n", b"index 31\n", 1)),
        ("checkpoint", lambda raw: raw.replace(b"\n300\n", b"\n301\n", 1)),
    ],
)
def test_go_refuses_a_forged_bundle(
    go_oracle: GoOracle, bundle: tuple[Path, Verifier], name: str, change: Callable[[bytes], bytes]
) -> None:
    """A changed entry, a missing one, another index or size is refused, however well the manifest fits."""
    file, verifier = bundle
    _rewrite(file, name, change)
    assert go_oracle("bundle", file, str(verifier)).returncode == 1
