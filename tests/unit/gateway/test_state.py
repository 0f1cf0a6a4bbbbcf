import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gateway.identity.keys import is_well_formed
from gateway.state import StateFolder


def test_secret_is_made_once_and_private(tmp_path: Path) -> None:
    """A secret survives restarts and only its owner can read it or list the folder."""
    folder = StateFolder(tmp_path / "state")
    first = folder.secret("pepper")
    assert len(first) == 32
    assert StateFolder(tmp_path / "state").secret("pepper") == first
    assert stat.S_IMODE((tmp_path / "state" / "pepper").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_racing_starts_agree(tmp_path: Path) -> None:
    """Gateways that start at the same moment end up with one secret."""
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: StateFolder(tmp_path).secret("pepper"), range(32)))
    assert len(found) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["pepper"]


def test_first_keys_stay(tmp_path: Path) -> None:
    """Each principal keeps its first key, and a new principal gets one of its own."""
    first = StateFolder(tmp_path).first_keys(["retail-service"])
    second = StateFolder(tmp_path).first_keys(["retail-service", "product-lead"])
    assert second["retail-service"] == first["retail-service"]
    assert is_well_formed(second["product-lead"])
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
