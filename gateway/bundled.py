"""Finds the files that come with Custody: beside the packages in a checkout, in ``gateway`` in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def policies() -> Path:
    """The folder of example policies."""
    return _first(_PACKAGE.parent / "policies", _PACKAGE / "bundled" / "policies")


def example_settings() -> Path:
    """The settings of the embedded default, with every setting and its meaning."""
    name = "custody.example.toml"
    return _first(_PACKAGE.parent / "deploy" / name, _PACKAGE / "bundled" / name)


def _first(*candidates: Path) -> Path:
    found = next((path for path in candidates if path.exists()), None)
    if found is None:
        raise FileNotFoundError(
            f"{candidates[0].name} is missing from this installation; install Custody again"
        )
    return found
