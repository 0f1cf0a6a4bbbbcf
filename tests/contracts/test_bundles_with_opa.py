"""OPA itself takes our bundles with verification on, and refuses what we refuse."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from gateway.bundled import policies
from gateway.pdp.lifecycle.archive import BundleRefused, read_archive, write_archive
from gateway.pdp.lifecycle.bundle import SIGNATURES, Trust, build_bundle, read_bundle
from gateway.pdp.lifecycle.signing import SigningKey, new_signing_key, read_signing_key
from gateway.pdp.source import PolicySource, read_files, read_source

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def opa_tool() -> str:
    """Open Policy Agent's command."""
    found = shutil.which("opa")
    if found is None:
        pytest.skip("needs `opa` 1.21.3 or newer on the PATH (openpolicyagent.org)")
    return found


@pytest.fixture(scope="module")
def key() -> SigningKey:
    """What bundles are signed with here."""
    return read_signing_key(new_signing_key(), "key-1")


@pytest.fixture
def opa_takes(opa_tool: str, key: SigningKey, tmp_path: Path) -> Callable[[bytes], bool]:
    """Whether OPA accepts a bundle of production by that key."""
    (tmp_path / "key.pem").write_text(key.public.pem)

    def takes(bundle: bytes) -> bool:
        (tmp_path / "bundle.tar.gz").write_bytes(bundle)
        verify = ["--verification-key", "key.pem", "--verification-key-id", "key-1", "--scope", "production"]
        command = [opa_tool, "build", "-b", "bundle.tar.gz", "-o", "out.tar.gz", *verify]
        return subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode == 0

    return takes


def _we_take(bundle: bytes, key: SigningKey) -> bool:
    try:
        read_bundle(bundle, Trust("production", "custody", {key.id: key.public}))
    except BundleRefused:
        return False
    return True


def _odd() -> PolicySource:
    """A policy whose data is full of what two encoders could write differently."""
    numbers, words = "[1.50, 1E3, 1e-9, 12345678901234567890, -0]", '"\\u2028<&>é\\u0007\\ud83d\\ude00"'
    text = f'{{"odd": {{"n": {numbers}, "s": {words}, "Z": null}}}}'
    yaml = "n: [1.0, 1.50, 2.5e-07, 1.0e+16, 1.0e+21, 7]\ns: 'é: \u2028'\nb: true\n"
    return read_files(
        {
            "main.rego": b"package custody.access\n\nimport data.odd\n\ndecision := odd\n",
            "data.json": text.encode(),
            "security/data.yaml": yaml.encode(),
        },
        Path("odd"),
    )


@pytest.mark.parametrize("source", [read_source(policies()), _odd()], ids=["shipped", "odd data"])
def test_opa_takes_our_bundles(
    source: PolicySource, key: SigningKey, opa_takes: Callable[[bytes], bool]
) -> None:
    """A bundle as we build it passes OPA's own verification."""
    bundle = build_bundle(source, "production", "custody", key)
    assert opa_takes(bundle)
    assert _we_take(bundle, key)


def _changed(files: Files, key: SigningKey, how: str) -> bytes:
    small = read_files({"main.rego": b"package custody.access\n\ndecision := 1\n"}, Path("small"))
    stranger = read_signing_key(new_signing_key(), "key-1")
    unsigned = {name: content for name, content in files.items() if name != SIGNATURES}
    ways = {
        "stripped": write_archive(unsigned),
        "extended": write_archive({**files, "lib/more.rego": b"package custody.lib.more\n"}),
        "shortened": write_archive({n: c for n, c in files.items() if n != "main_test.rego"}),
        "altered": write_archive({**files, "main.rego": files["main.rego"] + b"\ndefault allow := true\n"}),
        "altered data": write_archive({**files, "data.json": b"{}"}),
        "no signature in it": write_archive({**unsigned, SIGNATURES: orjson.dumps({"signatures": []})}),
        "wrongly signed": build_bundle(small, "production", "custody", stranger),
        "for another environment": build_bundle(small, "staging", "custody", key),
    }
    return ways[how]


@pytest.mark.parametrize(
    "how",
    [
        "stripped",
        "extended",
        "shortened",
        "altered",
        "altered data",
        "no signature in it",
        "wrongly signed",
        "for another environment",
    ],
)
def test_opa_and_we_refuse_alike(how: str, key: SigningKey, opa_takes: Callable[[bytes], bool]) -> None:
    """A bundle that is not as it was signed, or not for here, is refused by OPA and by us."""
    files = read_archive(build_bundle(read_source(policies()), "production", "custody", key))
    bundle = _changed(files, key, how)
    assert not opa_takes(bundle)
    assert not _we_take(bundle, key)
