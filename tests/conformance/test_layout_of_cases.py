import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.pdp.layout.formatting import formatted
from gateway.pdp.rego import Module, RegoError
from gateway.pdp.syntax import read_tree
from tests.conformance.cases import ARCHIVE, read_cases

SAMPLE = 3
"""One module in three is tried, for time; all 1,927 were, once."""
KNOWN = 10
"""Modules of all in which `opa fmt` keeps several members of a broken collection on one line; we do not."""


@pytest.fixture(scope="module")
def modules(test_data: Path) -> list[Module]:
    """Every different module of OPA's cases that parses here."""
    texts = {text for case in read_cases(test_data / ARCHIVE) for text in case.modules}
    made = [Module(f"{number}.rego", text) for number, text in enumerate(sorted(texts)[::SAMPLE])]
    return [module for module in made if _parses(module)]


def _parses(module: Module) -> bool:
    try:
        read_tree(module)
    except RegoError:
        return False
    return True


def test_layout_is_stable_and_keeps_the_meaning(modules: list[Module]) -> None:
    """Hundreds of modules by others keep their syntax trees, and a second run changes nothing."""
    assert len(modules) > 600
    for module in modules:
        # It raises if the tree changes.
        made = formatted(module)
        assert formatted(Module(module.path, made)) == made


def test_what_opa_fmt_writes_is_kept(modules: list[Module], tmp_path: Path) -> None:
    """After `opa fmt`, nothing is left to lay out but in the few known modules."""
    opa = shutil.which("opa")
    if opa is None:
        pytest.skip("needs `opa` 1.21.3 or newer on the PATH (openpolicyagent.org)")
    for module in modules:
        (tmp_path / module.path).write_text(module.text)
    subprocess.run([opa, "fmt", "--write", str(tmp_path)], capture_output=True, check=False)
    written = [Module(module.path, (tmp_path / module.path).read_text()) for module in modules]
    differing = [module.path for module in written if formatted(module) != module.text]
    assert len(differing) <= KNOWN
