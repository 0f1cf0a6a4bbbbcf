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


def _sections() -> dict[str, str]:
    """What COMMANDS.md says of each command, by its words; of a group, that of all its commands."""
    page = (ROOT / "gateway" / "cli" / "COMMANDS.md").read_text("utf-8")
    told: dict[str, str] = {}
    for part in page.split("## `")[1:]:
        words = re.split(r"`| [^a-z]", part)[0].split()
        for length in range(2, len(words) + 1):
            name = " ".join(words[:length])
            told[name] = told.get(name, "") + part
    return told


_COMMANDS = re.findall(r"^\.venv/bin/(custody [^#\n]+(?:\\\n[^#\n]+)*)", README, re.MULTILINE)


@pytest.mark.parametrize("line", _COMMANDS)
def test_custody_commands_of_the_readme_exist(line: str) -> None:
    """Each ``custody`` command of the README exists with its options, and its principal has the role."""
    sections = _sections()
    name = max((each for each in sections if line.startswith(f"{each} ")), key=len)
    options = set(re.findall(r"--[a-z-]+", line)) - {"--help"}
    assert {each for each in options if f"`{each}" not in sections[name]} == set()
    example = (ROOT / "deploy" / "custody.example.toml").read_text("utf-8")
    for who in re.findall(r"--as ([a-z-]+)", line):
        principal = example.split(f'id = "{who}"', 1)[1].split("[[", 1)[0]
        assert _ROLES.get(name, "") in principal


# Whose operation it is; the engine's own tests prove that nobody else's may.
_ROLES = {
    "custody policy build": "policy-author",
    "custody policy shadow": "policy-author",
    "custody policy canary": "policy-approver",
    "custody policy activate": "policy-approver",
    "custody grant give": "owner",
}


def test_no_file_names_a_machine_path() -> None:
    """No tracked text carries the path of somebody's machine."""
    for path in [*ROOT.glob("*.md"), *ROOT.glob("*/*.md"), *ROOT.glob("*/*.py"), ROOT / "Makefile"]:
        assert not re.search(r"/(home|root|Users)/[a-z]", path.read_text("utf-8")), path
