import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from gateway.bundled import policies
from gateway.cli.main import app
from gateway.pdp.builtins import ARITY
from gateway.pdp.source import read_source

README = Path(__file__).resolve().parents[4] / "policies" / "README.md"
_BLOCK = re.compile(r"^```(?P<kind>\w+)(?: (?P<what>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_OPTION = re.compile(r"--[a-z][a-z-]*")


@dataclass(frozen=True)
class Block:
    """One block of the README: its language, what it is marked with, and its text."""

    kind: str
    what: str
    body: str


def blocks() -> list[Block]:
    """Every marked block, in order."""
    found = _BLOCK.finditer(README.read_text("utf-8"))
    return [Block(each["kind"], each["what"] or "", each["body"]) for each in found]


class Author:
    """Carries out what the README says, in a copy of the shipped folder."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._said = ""
        shutil.copytree(policies(), place / "policies")

    def does(self, block: Block) -> None:
        """Write the file, run the commands, or look for the text in what the last command said."""
        if block.kind == "rego":
            (self._place / "policies" / block.what).write_text(block.body, "utf-8")
        elif block.kind == "text":
            for line in block.body.splitlines():
                assert line.strip() in self._said, line
        elif block.what == "help":
            for line in block.body.splitlines():
                self._could(line)
        else:
            for line in block.body.splitlines():
                self._runs(line, fails=block.what == "fails")

    def _runs(self, line: str, *, fails: bool) -> None:
        words = shlex.split(line)
        if words[0] == "rm":
            (self._place / words[1]).unlink()
            return
        result = self._custody(words)
        self._said = result.output
        assert (result.exit_code != 0) == fails, result.output

    def _could(self, line: str) -> None:
        """The command exists, with every option named."""
        words = shlex.split(line)
        told = self._custody([*words[:3], "--help"])
        assert told.exit_code == 0, line
        for option in _OPTION.findall(line):
            assert option in told.output, line

    def _custody(self, words: list[str]) -> Result:
        assert words[0] == "custody"
        given = [str(self._place / word) if word == "policies" else word for word in words[1:]]
        return CliRunner(env={"COLUMNS": "200"}).invoke(app, given)


def test_every_example_of_the_readme_works(tmp_path: Path) -> None:
    """A reader who does what the README says, step by step, sees what it says."""
    author = Author(tmp_path)
    done = [block for block in blocks() if block.kind in {"rego", "sh", "text"}]
    for block in done:
        author.does(block)
    assert len(done) > 10
    assert len(read_source(tmp_path / "policies").modules) > len(read_source(policies()).modules)


def test_each_library_package_is_in_the_readme() -> None:
    """The table of the library names every file of lib/."""
    table = README.read_text("utf-8").split("## The library", 1)[1]
    for path in (policies() / "lib").glob("*.rego"):
        if not path.name.endswith("_test.rego"):
            assert f"| `{path.stem}` |" in table


@pytest.mark.parametrize("name", sorted(ARITY))
def test_what_the_readme_refuses_is_refused(name: str) -> None:
    """No builtin that may be called is in the README's list of those that may not."""
    refused = next(line for line in README.read_text("utf-8").splitlines() if line.startswith("| `walk`"))
    assert f"`{name}`" not in refused
