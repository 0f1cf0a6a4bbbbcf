import os
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws

from gateway.pdp.checks import check
from gateway.pdp.lifecycle.archive import BundleRefused, read_archive, write_archive
from gateway.pdp.lifecycle.bundle import MANIFEST, SIGNATURES, Trust, build_bundle, read_bundle
from gateway.pdp.lifecycle.digests import canonical, file_digest
from gateway.pdp.lifecycle.signing import SigningKey, new_signing_key, read_signing_key
from gateway.pdp.source import PolicySource, read_files

Files = dict[str, bytes]


def signed_anew(held: Files, key: SigningKey, **claims: object) -> bytes:
    """A bundle of whatever files, signed properly, with claims of one's own."""
    kept = {name: content for name, content in held.items() if name != SIGNATURES}
    entries = [{"name": n, "hash": file_digest(n, c), "algorithm": "SHA-256"} for n, c in kept.items()]
    stated = {"files": entries, "scope": "production", "keyid": key.id, **claims}
    kept[SIGNATURES] = orjson.dumps({"signatures": [key.sign(orjson.dumps(stated))]})
    return write_archive(kept)


def test_what_is_built_is_read(shipped: PolicySource, signing_key: SigningKey, trust: Trust) -> None:
    """The shipped policies come out as they went in: revision, modules, tests and data."""
    content = build_bundle(shipped, "production", "custody", signing_key)
    bundle = read_bundle(content, trust)
    assert bundle.revision == shipped.revision
    assert bundle.source.data == shipped.data
    assert {m.path: m.text for m in bundle.source.tests} == {m.path: m.text for m in shipped.tests}
    assert check(bundle.source).source.modules == bundle.source.modules
    assert bundle.key_id == "key-1"


def test_a_bundle_is_reproducible(
    shipped: PolicySource, signing_key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same policy gives the same bytes, whatever the umask, the hour and the order of files."""
    first = build_bundle(shipped, "production", "custody", signing_key)
    before = os.umask(0o077)
    try:
        backwards = dict(reversed(shipped.files.items()))
        second = build_bundle(replace(shipped, files=backwards), "production", "custody", signing_key)
    finally:
        os.umask(before)
    assert first == second


def _without(name: str) -> Callable[[Files], None]:
    return lambda files: files.pop(name) and None


def _with(name: str, content: bytes) -> Callable[[Files], None]:
    return lambda files: files.update({name: content})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(_without(SIGNATURES), "no .signatures.json", id="stripped"),
        pytest.param(_with(SIGNATURES, b'{"signatures": []}'), "one signature", id="emptied"),
        pytest.param(_with("extra.rego", b"package custody.lib.x\n"), "added after signing", id="extended"),
        pytest.param(_without("main_test.rego"), "signed and is missing", id="a test less"),
        pytest.param(
            _with("main.rego", b"package custody.access\ndefault decision := true\n"), "changed", id="rule"
        ),
        pytest.param(_with("data.json", b'{"limits": {"calls": 11, "share": 1.50}}'), "changed", id="data"),
        pytest.param(_with("data.json", b"["), "cannot be read", id="no data"),
        pytest.param(_without(MANIFEST), "no .manifest", id="no manifest"),
        pytest.param(_with(MANIFEST, b"[]"), "no JSON object", id="another manifest"),
    ],
)
def test_a_bundle_that_was_changed_is_refused(
    small: PolicySource, signing_key: SigningKey, trust: Trust, change: Callable[[Files], None], told: str
) -> None:
    """Whatever is taken away, added or altered after signing is named and refused."""
    files = read_archive(build_bundle(small, "production", "custody", signing_key))
    change(files)
    with pytest.raises(BundleRefused, match=told):
        read_bundle(write_archive(files), trust)


def test_a_bundle_of_another_key_is_refused(
    small: PolicySource, signing_key: SigningKey, trust: Trust
) -> None:
    """Neither another key, nor another key under a trusted id, is taken."""
    pem = new_signing_key()
    for key in (read_signing_key(pem, "key-2"), read_signing_key(pem, "key-1")):
        with pytest.raises(BundleRefused, match=r"not trusted|not valid"):
            read_bundle(build_bundle(small, "production", "custody", key), trust)


@pytest.mark.parametrize(("environment", "name"), [("staging", "custody"), ("production", "other")])
def test_a_bundle_for_elsewhere_is_refused(
    small: PolicySource, signing_key: SigningKey, trust: Trust, environment: str, name: str
) -> None:
    """A sound bundle of another environment or name is refused."""
    with pytest.raises(BundleRefused, match=r"is for 'staging'|not that of this"):
        read_bundle(build_bundle(small, environment, name, signing_key), trust)


def test_a_signature_does_not_make_nonsense_sound(
    small: PolicySource, signing_key: SigningKey, trust: Trust
) -> None:
    """What is signed must still be a policy, with its own revision and every file named once."""
    files = read_archive(build_bundle(small, "production", "custody", signing_key))
    manifest = orjson.loads(files[MANIFEST])
    other = canonical({**manifest, "revision": "0" * 64})
    wasm = canonical({**manifest, "wasm": []})
    entry = {
        "name": "main.rego",
        "hash": file_digest("main.rego", files["main.rego"]),
        "algorithm": "SHA-256",
    }
    for broken in (
        signed_anew({**files, MANIFEST: other}, signing_key),
        signed_anew({**files, MANIFEST: wasm}, signing_key),
        signed_anew({**files, "notes.txt": b""}, signing_key),
        signed_anew({**files, "README.md": b""}, signing_key),
        signed_anew(files, signing_key, keyid="key-2"),
        signed_anew(files, signing_key, keyid=None),
        signed_anew(files, signing_key, scope=None),
        signed_anew(files, signing_key, files=[entry, entry]),
        signed_anew(files, signing_key, files=[{**entry, "algorithm": "MD5"}]),
        signed_anew(files, signing_key, files=None),
    ):
        with pytest.raises(BundleRefused):
            read_bundle(broken, trust)


def test_an_unsigned_payload_is_no_claim(small: PolicySource, signing_key: SigningKey, trust: Trust) -> None:
    """A signature over something that is no claim is refused."""
    files = read_archive(build_bundle(small, "production", "custody", signing_key))
    token = jws.serialize_compact(
        {"alg": "RS256", "kid": "key-1"}, b"no json", signing_key._key, algorithms=["RS256"]
    )
    files[SIGNATURES] = orjson.dumps({"signatures": [token]})
    with pytest.raises(BundleRefused, match="no JSON"):
        read_bundle(write_archive(files), trust)


@given(position=st.integers(0, 1_000_000), bit=st.integers(0, 7))
def test_any_flipped_bit_is_noticed_or_harmless(position: int, bit: int) -> None:
    """A bundle with one bit flipped is refused, or is the same policy still (gzip's header says nothing)."""
    key = _KEY
    trust = Trust("production", "custody", {key.id: key.public})
    source = read_files({"main.rego": b"package custody.access\n\ndecision := false\n"}, Path("x"))
    content = bytearray(build_bundle(source, "production", "custody", key))
    content[position % len(content)] ^= 1 << bit
    try:
        bundle = read_bundle(bytes(content), trust)
    except BundleRefused:
        return
    assert bundle.source.files == source.files


_KEY = read_signing_key(new_signing_key(), "key-1")


def test_members_have_no_owner_and_no_time(
    small: PolicySource, signing_key: SigningKey, tmp_path: Path
) -> None:
    """Nothing of the machine that built it stands in a bundle."""
    path = tmp_path / "bundle.tar.gz"
    path.write_bytes(build_bundle(small, "production", "custody", signing_key))
    with tarfile.open(path) as tar:
        assert {(m.mtime, m.uid, m.gid, m.uname, m.gname) for m in tar} == {(0, 0, 0, "", "")}
