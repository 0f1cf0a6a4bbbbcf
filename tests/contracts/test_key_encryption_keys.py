"""What every key-encryption key keeps to; a file in audit/payloads/kek without a case here fails.

PKCS#11 is tested on SoftHSM, AWS KMS on moto's server. Google Cloud KMS and HashiCorp Vault have no
counterpart that can be installed here: of them only what needs no service is tested, as audit/README.md says.
"""

import os
import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from pytest_socket import enable_socket

from audit.errors import PayloadUnavailable
from audit.payloads.kek.base import KeyEncryptionKey
from gateway import plugins
from gateway.settings import SettingsInvalid

DATA_KEY = bytes(range(32))
SERVED = ("local_file", "pkcs11", "aws_kms")
UNSERVED = ("gcp_kms", "hashicorp_vault")

Make = Callable[[], KeyEncryptionKey]


def load(kind: str, **options: object) -> KeyEncryptionKey:
    """The key that these options describe."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        built = plugins.load("audit.payloads.kek", kind, options, place="payloads.keys.0", production=True)
    return cast("KeyEncryptionKey", built)


@pytest.fixture(scope="module")
def soft_token(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SoftHSM token called custody; gives the module's library."""
    library = next((p for p in map(Path, _LIBRARIES) if p.is_file()), None)
    if library is None or shutil.which("softhsm2-util") is None:
        pytest.skip("no SoftHSM: apt-get install softhsm2")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    os.environ["TEST_PIN"] = "5678"
    for label in ("custody", "locked"):
        init = ["softhsm2-util", "--init-token", "--free", "--label", label]
        subprocess.run([*init, "--so-pin", "1234", "--pin", "5678"], check=True, capture_output=True)
    return library


@pytest.fixture(scope="module")
def aws() -> Iterator[tuple[str, str]]:
    """An AWS KMS by moto: its address, and the ARN of a key in it."""
    boto3 = pytest.importorskip("boto3")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    enable_socket()
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client("kms", endpoint_url=url, region_name="eu-central-1")
    yield url, client.create_key()["KeyMetadata"]["Arn"]
    client.close()
    server.stop()


@pytest.fixture
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Builds the key of the kind that the test names, the same one each time."""
    kind: str = request.param
    if kind == "pkcs11":
        library = request.getfixturevalue("soft_token")
        return lambda: load(
            kind, library=library, token="custody", key="retail", create=True, pin_env="TEST_PIN"
        )
    if kind == "aws_kms":
        url, arn = request.getfixturevalue("aws")
        return lambda: load(kind, arn=arn, endpoint_url=url)
    return lambda: load(kind, path=tmp_path / "kek.key")


each = pytest.mark.parametrize("make", SERVED, indirect=True)


def test_each_kind_has_a_case() -> None:
    """No key-encryption key is without its contract."""
    assert set(plugins.kinds("audit.payloads.kek")) == {*SERVED, *UNSERVED}


@each
@pytest.mark.enable_socket
def test_unwraps_what_it_wrapped(make: Make) -> None:
    """A key that is built again, as after a restart, opens what was wrapped before."""
    wrapped = make().wrap(DATA_KEY, b"context")
    again = make()
    assert again.unwrap(wrapped, b"context") == DATA_KEY
    assert again.name == make().name
    assert DATA_KEY not in wrapped


@each
@pytest.mark.enable_socket
def test_another_context_does_not_open(make: Make) -> None:
    """A wrapped key moved to another department or month stays shut."""
    key = make()
    wrapped = key.wrap(DATA_KEY, b"retail 2026-11")
    with pytest.raises(PayloadUnavailable):
        key.unwrap(wrapped, b"product 2026-11")


@each
@pytest.mark.enable_socket
@pytest.mark.parametrize("damage", [b"", b"\x00", b"junk" * 20])
def test_junk_does_not_open(make: Make, damage: bytes) -> None:
    """What nobody wrapped is refused as such."""
    with pytest.raises(PayloadUnavailable):
        make().unwrap(damage, b"context")


@pytest.mark.parametrize("make", ["pkcs11"], indirect=True)
def test_keys_of_two_departments_share_a_token(make: Make, soft_token: Path) -> None:
    """Two keys on one token are used side by side, and neither opens what the other wrapped."""
    retail = make()
    product = load(
        "pkcs11", library=soft_token, token="custody", key="product", create=True, pin_env="TEST_PIN"
    )
    wrapped = retail.wrap(DATA_KEY, b"")
    assert product.unwrap(product.wrap(DATA_KEY, b""), b"") == DATA_KEY
    with pytest.raises(PayloadUnavailable):
        product.unwrap(wrapped, b"")


@pytest.mark.parametrize("make", ["pkcs11"], indirect=True)
def test_name_tells_no_secret(make: Make) -> None:
    """The name goes into the database, so it holds no PIN."""
    assert make().name == "pkcs11:custody/retail"


def test_missing_token_is_told(soft_token: Path) -> None:
    """A token that is not there stops the start, and the message names it."""
    with pytest.raises(SettingsInvalid, match="elsewhere"):
        load("pkcs11", library=soft_token, token="elsewhere", key="retail", pin_env="TEST_PIN")


def test_wrong_pin_is_told_without_the_pin(soft_token: Path, tmp_path: Path) -> None:
    """A wrong PIN stops the start; the message does not repeat it."""
    (tmp_path / "pin").write_text("0000\n")
    with pytest.raises(SettingsInvalid, match="PinIncorrect") as told:
        load("pkcs11", library=soft_token, token="locked", key="retail", pin_file=tmp_path / "pin")
    assert "0000" not in str(told.value)


@pytest.mark.enable_socket
def test_service_that_is_down_is_unavailable() -> None:
    """A key service that does not answer is told as such, within its time-out."""
    arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
    key = load("aws_kms", arn=arn, endpoint_url="http://127.0.0.1:9", timeout_s=0.2)
    with pytest.raises(PayloadUnavailable, match="aws_kms did not serve"):
        key.wrap(DATA_KEY, b"")


def test_local_key_warns(tmp_path: Path) -> None:
    """Whoever wraps keys with a file is told what that is worth."""
    with pytest.warns(UserWarning, match="can read payloads"):
        plugins.load("audit.payloads.kek", "local_file", {"path": tmp_path / "k"}, place="k", production=True)


def test_local_key_open_to_others_is_refused(tmp_path: Path) -> None:
    """A key file that others may read stops the start and says what to do."""
    load("local_file", path=tmp_path / "k")
    (tmp_path / "k").chmod(0o644)
    with pytest.raises(SettingsInvalid, match="chmod 600"):
        load("local_file", path=tmp_path / "k")


def test_local_key_cut_short_is_refused(tmp_path: Path) -> None:
    """A damaged key file is never taken for another key."""
    (tmp_path / "k").write_bytes(b"short")
    (tmp_path / "k").chmod(0o600)
    with pytest.raises(SettingsInvalid, match="backup"):
        load("local_file", path=tmp_path / "k")


def test_vault_binds_the_context() -> None:
    """Vault takes no associated data, so the context that travels inside is what is compared."""
    from audit.payloads.kek.hashicorp_vault import VaultKey  # noqa: PLC0415 - an optional extra

    vault = VaultKey(_Reversing())  # type: ignore[arg-type]  # stands for the service
    wrapped = vault.wrap(DATA_KEY, b"one")
    assert vault.unwrap(wrapped, b"one") == DATA_KEY
    with pytest.raises(PayloadUnavailable, match="another context"):
        vault.unwrap(wrapped, b"two")


@pytest.mark.parametrize(
    ("kind", "options", "told"),
    [
        ("hashicorp_vault", {"url": "https://vault.example", "key": "transit/keys/k"}, "token"),
        ("hashicorp_vault", {"url": "https://vault.example", "key": "k", "token_env": "HOME"}, "key"),
        ("gcp_kms", {"key": "projects/p"}, "key"),
        ("aws_kms", {"arn": "retail"}, "arn"),
        ("pkcs11", {"library": "/nowhere.so", "token": "t", "key": "k"}, "library"),
    ],
)
def test_options_that_cannot_be_are_named(kind: str, options: dict[str, object], told: str) -> None:
    """A setting that cannot work is refused before anything starts, by its name."""
    with pytest.raises(SettingsInvalid, match=told):
        load(kind, **options)


class _Reversing:
    """Encrypts by turning around; only what VaultKey does with the bytes is looked at."""

    name = "reversing"

    def wrap(self, key: bytes, context: bytes) -> bytes:
        assert context == b""
        return key[::-1]

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        assert context == b""
        return wrapped[::-1]


_LIBRARIES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
)
