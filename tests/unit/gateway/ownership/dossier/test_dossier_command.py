import json
import os
import re
import shutil
import subprocess
import sys
from functools import partial
from hashlib import sha256
from pathlib import Path

import anyio
import pytest
from typer.testing import CliRunner

from audit.entry import Actor
from audit.evidence import verifier
from gateway import bundled
from gateway.cli.main import app
from gateway.dossiers import make_dossier
from gateway.evidence_desk import Dossier, EvidenceDesk
from gateway.ownership.dossier.order import Order
from gateway.places import log_place
from gateway.settings import load_settings
from tests.fought import Fought
from tests.unit.audit.evidence.test_bundle import members

RUNNER = CliRunner()


@pytest.fixture
def config(fought: Fought, tmp_path: Path) -> Path:
    """Settings of a gateway over a copy of the fought dispute."""
    state = tmp_path / "state"
    shutil.copytree(fought.key.parent, state)
    example = Path(__file__).resolve().parents[5] / "deploy" / "custody.example.toml"
    text = example.read_text("utf-8").replace('state_dir = ".custody"', f'state_dir = "{state}"')
    text = text.replace('origin = "northwind.example/custody"', 'origin = "custody.local/audit"')
    path = tmp_path / "custody.toml"
    path.write_text(text, "utf-8")
    return path


def run(config: Path, dispute: str, *arguments: str) -> tuple[int, str]:
    """One dossier; exit code and all that was said."""
    made = RUNNER.invoke(app, ["dispute", "dossier", dispute, "--config", str(config), *arguments])
    return made.exit_code, made.output


def test_a_dossier_is_written_twice_alike(fought: Fought, config: Path, tmp_path: Path) -> None:
    """The command writes a zip that holds, and again the same bytes; each run is on record."""
    one, two = tmp_path / "one.zip", tmp_path / "two.zip"
    code, output = run(config, fought.dispute, "--as", "auditor", "-o", str(one))
    assert code == 0, output
    assert re.search(r"dossier +\d+ files, sealed by entry \d+", output)
    code, output = run(config, fought.dispute, "--as", "auditor", "-o", str(two))
    assert code == 0, output
    assert one.read_bytes() == two.read_bytes()
    assert verifier.main([str(one)]) == 0
    again = tmp_path / "again.zip"
    note = tmp_path / "note"
    note.write_bytes(members(one.read_bytes())["checkpoint"])
    code, output = run(config, fought.dispute, "--as", "auditor", "-o", str(again), "--checkpoint", str(note))
    assert (code, again.read_bytes() == one.read_bytes()) == (0, True), output


def test_the_gateway_makes_the_same_as_the_command(fought: Fought, config: Path, tmp_path: Path) -> None:
    """Made for the API, in a process of its own, a dossier is the command's to the byte; old files go."""
    target = tmp_path / "by-command.zip"
    code, output = run(config, fought.dispute, "--as", "auditor", "-o", str(target))
    assert code == 0, output
    settings = load_settings(config)
    folder = tmp_path / "dossiers"
    folder.mkdir()
    for number in range(20):
        (folder / f"{number}.zip").touch()
        os.utime(folder / f"{number}.zip", (number, number))

    async def made() -> tuple[Dossier, bytes | None]:
        desk = EvidenceDesk(log_place(settings), folder, partial(make_dossier, settings))
        auditor = Actor("sub_auditor", "person", "audit")
        dossier = desk.order(Order(fought.dispute), 30, auditor)
        with anyio.fail_after(120):
            while dossier.state == "making":
                await anyio.sleep(0.05)
                dossier = desk.dossier(fought.dispute, dossier.id)
        return dossier, await desk.content(dossier)

    dossier, content = anyio.run(made)
    assert (dossier.state, dossier.problem) == ("made", "")
    assert content == target.read_bytes()
    assert dossier.sha256 == sha256(target.read_bytes()).hexdigest()
    assert len(list(folder.iterdir())) == 8


def test_a_stranger_needs_the_zip_alone(fought: Fought, config: Path, tmp_path: Path) -> None:
    """The verifier out of the zip, run in an empty folder, isolated, says that everything holds."""
    target = tmp_path / "elsewhere" / "case.zip"
    target.parent.mkdir()
    code, output = run(config, fought.dispute, "--as", "auditor", "-o", str(target))
    assert code == 0, output
    (target.parent / "verify.py").write_bytes(members(target.read_bytes())["verify.py"])
    command = [sys.executable, "-I", "verify.py", "case.zip"]
    done = subprocess.run(command, cwd=target.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, "EVERYTHING HOLDS" in done.stdout) == (0, True), done.stdout


def test_a_replay_is_shown_before_any_dossier(fought: Fought, config: Path) -> None:
    """Calls are decided again under each party, beside a control; JSON has the same."""
    arguments = ["dispute", "replay", fought.dispute, "--config", str(config), "--as", "auditor"]
    policies = ["--policies", str(bundled.policies())]
    made = RUNNER.invoke(app, [*arguments, *policies])
    assert made.exit_code == 0, made.output
    rows = [line.split() for line in made.output.splitlines()]
    assert ["as", "it", "was", "94", "94", "0", "0", "0", "0"] in rows
    assert ["retail", "94", "4", "90", "0", "0", "0"] in rows
    made = RUNNER.invoke(app, [*arguments, "--json"])
    assert json.loads(made.output.splitlines()[-1])[0]["counts"]["unreplayable"] == 94


def test_provenance_is_shown_and_drawn(config: Path, tmp_path: Path) -> None:
    """An asset's graph comes as a table, in DOT, in JSON and as a drawing; an unknown asset is told."""
    picture = tmp_path / "graph.svg"
    arguments = ["asset", "provenance", "support-tone", "--config", str(config)]
    shown = RUNNER.invoke(app, [*arguments, "--svg", str(picture)])
    assert (shown.exit_code, "accountable owner" in shown.output) == (0, True), shown.output
    assert picture.read_bytes().startswith(b'<svg xmlns="http://www.w3.org/2000/svg" ')
    assert RUNNER.invoke(app, [*arguments, "--dot"]).output.startswith("digraph provenance {")
    assert json.loads(RUNNER.invoke(app, [*arguments, "--json"]).output)["asset"] == "support-tone"
    arguments[2] = "no-such"
    assert RUNNER.invoke(app, arguments).exit_code == 2


def test_what_cannot_be_written_is_told(fought: Fought, config: Path, tmp_path: Path) -> None:
    """An unknown dispute, principal, folder or note is told in a sentence, and nothing is written."""
    target = tmp_path / "none.zip"
    code, output = run(config, "no-such", "--as", "auditor", "-o", str(target))
    assert (code, "There is no dispute" in output, target.exists()) == (2, True, False), output
    assert run(config, "no-such", "--as", "nobody", "-o", str(target))[0] == 2
    code, output = run(config, fought.dispute, "--as", "auditor", "-o", str(tmp_path / "no" / "where.zip"))
    assert (code, "There is no folder" in output) == (2, True), output
    assert run(config, fought.dispute, "--as", "auditor", "--checkpoint", str(tmp_path / "none"))[0] == 2
