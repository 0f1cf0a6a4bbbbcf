"""The documents say what is there."""

import inspect
import re
from pathlib import Path

import pytest

from gateway import errors

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
LEAVES = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.CustodyError) and kind not in (errors.CustodyError, errors.Unavailable)
]


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.code)
def test_error_is_documented(kind: type[errors.CustodyError]) -> None:
    """Each error code stands in the README with its status and whether SDKs retry it."""
    retried = "yes" if kind.retry else "no"
    assert re.search(rf"^\| `{kind.code}` \| {kind.status} \| {retried} \|", README, re.MULTILINE)


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.code)
def test_error_stands_in_the_tree(kind: type[errors.CustodyError]) -> None:
    """Each error is drawn in the tree at the head of its module."""
    assert re.search(rf"[├└]── {kind.__name__}\b", errors.__doc__ or "")


@pytest.mark.parametrize("folder", ["gateway", "redaction", "audit", "policies", "tests", "deploy"])
def test_folder_has_a_readme(folder: str) -> None:
    """Each top-level folder tells what it holds."""
    assert (ROOT / folder / "README.md").read_text("utf-8").strip()


def test_readme_commands_exist() -> None:
    """Each make target that the README names is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"`?make ([a-z-]+)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_no_file_names_a_machine_path() -> None:
    """No tracked text carries the path of somebody's machine."""
    for path in [*ROOT.glob("*.md"), *ROOT.glob("*/*.md"), *ROOT.glob("*/*.py"), ROOT / "Makefile"]:
        assert not re.search(r"/(home|root|Users)/[a-z]", path.read_text("utf-8")), path
