import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.bundled import example_settings, policies
from gateway.cli.configuration import configured
from gateway.cli.main import app
from gateway.cli.policy_office import run as office_run
from gateway.pdp.lifecycle.bundle import policy_files
from gateway.pdp.source import read_source

Run = Callable[..., Result]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The example's settings, with a security engineer who may do everything to policies."""
    text = example_settings().read_text("utf-8")
    text = text.replace('state_dir = ".custody"', f'state_dir = "{tmp_path / "state"}"')
    text = text.replace('roles = ["policy-author"]', 'roles = ["policy-author", "policy-approver"]')
    (tmp_path / "custody.toml").write_text(text, "utf-8")
    return tmp_path / "custody.toml"


@pytest.fixture
def run(config: Path) -> Run:
    """Runs a command of ``custody policy`` with these settings."""

    def run_command(command: str, *arguments: str, by: str = "") -> Result:
        who = ["--as", by] if by else []
        return CliRunner().invoke(app, ["policy", command, *arguments, *who, "--config", str(config)])

    return run_command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped policies with one more comment."""
    for name, content in policy_files(read_source(policies())).items():
        path = tmp_path / "policies" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content + (b"# changed\n" if name == "main.rego" else b""))
    return tmp_path / "policies"


def told(result: Result) -> dict[str, object]:
    """The JSON that a command wrote."""
    assert result.exit_code == 0, result.output
    facts: dict[str, object] = json.loads(result.stdout)
    return facts


def test_a_policy_goes_from_a_folder_into_a_verified_file(run: Run, folder: Path, tmp_path: Path) -> None:
    """Build stores it, list shows it, export writes it, verify-bundle accepts it and refuses it cut."""
    built = told(run("build", "--policies", str(folder), "--json", by="security-engineer"))
    assert built["origin"] == "folder"
    assert str(built["revision"])[:12] in run("list").stdout
    file = tmp_path / "bundle.tar.gz"
    assert run("export", str(built["revision"])[:8], "--to", str(file)).exit_code == 0
    assert told(run("verify-bundle", str(file), "--json"))["revision"] == built["revision"]
    file.write_bytes(file.read_bytes()[:-9])
    refused = run("verify-bundle", str(file))
    assert refused.exit_code == 1
    assert "cut short" in refused.stderr


def test_what_is_not_sound_or_not_allowed_is_told(run: Run, folder: Path) -> None:
    """Broken policies and people without the role get a reason and exit code 1, and store nothing."""
    refused = run("build", "--policies", str(folder), by="retail-service")
    assert refused.exit_code == 1
    assert "policy-author" in refused.stderr
    (folder / "main.rego").write_text("package custody.access\n\ndecision := http.send({})\n")
    refused = run("build", "--policies", str(folder), by="security-engineer")
    assert refused.exit_code == 1
    assert "main.rego:3" in refused.stderr
    assert run("list", "--json").stdout.strip() == ""


def test_nothing_can_be_activated_without_a_seed(run: Run, folder: Path) -> None:
    """Before a gateway ever started, activation and rollback say so, and nothing is in force."""
    built = told(run("build", "--policies", str(folder), "--json", by="security-engineer"))
    for command in (("activate", str(built["revision"])), ("rollback",)):
        refused = run(*command, by="security-engineer")
        assert refused.exit_code == 1
        assert "No policy is in force" in refused.stderr
    assert told(run("status", "--json"))["active"] is None


@pytest.mark.parametrize("command", ["canary", "shadow"])
def test_a_trial_is_started_or_stopped(run: Run, command: str) -> None:
    """A command that names neither a policy nor --stop, or both, is a usage error."""
    assert run(command, by="security-engineer").exit_code == 2
    assert run(command, "abcdef", "--stop", by="security-engineer").exit_code == 2
    nothing = run(command, "--stop", by="security-engineer")
    assert nothing.exit_code == 1
    assert f"no {command}" in nothing.stderr


def test_the_examples_two_people_put_a_policy_into_force(folder: Path, tmp_path: Path) -> None:
    """With the setting turned on, one of the example's people activates and the other consents."""
    text = example_settings().read_text("utf-8")
    text = text.replace('state_dir = ".custody"', f'state_dir = "{tmp_path / "state"}"')
    assert text.count("two_people = []") == 1
    config = tmp_path / "two.toml"
    config.write_text(text.replace("two_people = []", 'two_people = ["policy.activate"]'), "utf-8")

    def ran(*words: str) -> dict[str, object]:
        return told(CliRunner().invoke(app, [*words, "--json", "--config", str(config)]))

    office_run(configured(config), lambda office: office.desk.workshop.seed(policies()))
    built = ran("policy", "build", "--policies", str(folder), "--as", "security-engineer")
    revision = str(built["revision"])
    waiting = ran("policy", "activate", revision, "--as", "security-lead")
    assert revision not in str(ran("policy", "status")["active"])
    ran("proposal", "consent", str(waiting["proposal"]), "--as", "security-deputy")
    active = ran("policy", "status")["active"]
    assert isinstance(active, dict)
    assert (active["revision"], active["approved_by"] != active["by"]) == (revision, True)
