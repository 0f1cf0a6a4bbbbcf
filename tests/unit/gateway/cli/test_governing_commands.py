"""Governance at the command line, with no gateway running."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from click.testing import Result
from typer.testing import CliRunner

from audit.entry import EntryType
from audit.query import LogReader
from gateway.cli.main import app
from tests.scenarios.configuration import Shape, write_settings

_PEOPLE = "".join(
    f"""
[[identity.principals]]
id = "{name}"
kind = "person"
department = "{department}"
roles = ["{role}"]
"""
    for name, department, role in (
        ("product-owner", "product", "owner"),
        ("product-second", "product", "owner"),
        ("retail-owner", "retail", "owner"),
        ("admin", "it", "governance-admin"),
        ("clerk", "legal", "clerk"),
    )
)
_RULE = """
[control]
two_people = ["grant.revoke"]
"""
GIVE = ("grant", "give", "support-tone", "--department", "retail", "--class-ceiling", "internal")
OPEN = ("dispute", "open", "support-tone", "--claims")
CLAIMS = '[{"facet": "accountable_owner", "basis": "operation", "statement": "We pay for it."}]'
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs ``custody`` with settings of the story."""
    settings = write_settings(tmp_path, "http://127.0.0.1:1/v1", Shape(more=_PEOPLE + _RULE))

    def running(*arguments: str) -> Result:
        return CliRunner().invoke(app, [*arguments, "--config", str(settings)])

    return running


def _made(result: Result) -> dict[str, str]:
    assert result.exit_code == 0, result.output
    made: dict[str, str] = orjson.loads(result.output)["outcome"]
    return made


def _listed(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.output
    return [orjson.loads(line) for line in result.output.splitlines()]


def test_an_operation_is_done_and_recorded(run: Run, tmp_path: Path) -> None:
    """A grant is given as a principal's deed; the list shows it, and the log has it."""
    made = _made(run(*GIVE, "--expires", "2099-01-01", "--as", "product-owner", "--json"))
    (listed,) = _listed(run("grant", "list", "--asset", "support-tone", "--json"))
    assert (listed["id"], listed["expires"]) == (made["grant"], "2099-01-01T00:00:00.000000Z")
    assert made["grant"] in run("grant", "list").output
    with LogReader(tmp_path / "state" / "audit.db") as reader:
        last = [located.entry.record for located in reader.scan()][-1]
    assert last.type is EntryType.GRANT_GIVEN
    assert last.actor is not None
    assert last.actor.department == "product"


def test_two_people_at_the_command_line(run: Run) -> None:
    """One proposes, is told how to go on, and cannot consent; another does."""
    grant = _made(run(*GIVE, "--expires", "2099-01-01", "--as", "product-owner", "--json"))["grant"]
    proposed = run("grant", "revoke", grant, "--as", "product-owner")
    assert "custody proposal consent" in proposed.output
    (proposal,) = _listed(run("proposal", "list", "--state", "open", "--json"))
    name = str(proposal["id"])
    alone = run("proposal", "consent", name, "--as", "product-owner")
    assert (alone.exit_code, "not_permitted" in alone.output) == (1, True)
    assert _made(run("proposal", "consent", name, "--as", "product-second", "--json")) == {"ended": [grant]}
    assert _listed(run("grant", "list", "--json")) == []


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((*GIVE, "--expires", "2099-01-01", "--as", "retail-owner"), 1, "not_permitted"),
        ((*GIVE, "--expires", "2001-01-01", "--as", "product-owner"), 1, "impossible"),
        ((*GIVE, "--expires", "2099-01-01", "--as", "nobody"), 2, "name no principal"),
        ((*GIVE, "--expires", "soon", "--as", "product-owner"), 2, "is not a time"),
        ((*GIVE, "--expires", "2099-01-01", "--use-case", "A B", "--as", "product-owner"), 2, "use_case"),
        (("grant", "show", "grant-99"), 1, "not_found"),
        (("owner", "show", "no-such"), 1, "not_found"),
        ((*OPEN, "{", "--as", "retail-owner"), 2, "not JSON"),
        ((*OPEN, "@gone", "--as", "retail-owner"), 2, "No such file"),
        ((*OPEN, "[{}]", "--as", "retail-owner"), 2, "claims.0.facet"),
        (("asset", "list", "--limit", "0"), 2, "limit"),
        (("grant", "show", "\udcff"), 2, "not Unicode"),
        (("grant", "list", "--asset", "\udcff"), 2, "not Unicode"),
        (("grant", "revoke", "\udcff", "--as", "product-owner"), 2, "not Unicode"),
    ],
    ids=lambda value: ascii(" ".join(value)) if isinstance(value, tuple) else None,
)
def test_what_cannot_be_done_is_explained(run: Run, arguments: tuple[str, ...], code: int, told: str) -> None:
    """A refusal exits with 1 and its code, a mistake in the command with 2 and what is wrong."""
    if "show" in arguments:  # where no registry is there is nothing to look at
        _made(run(*GIVE, "--expires", "2099-01-01", "--as", "product-owner", "--json"))
    result = run(*arguments)
    assert result.exit_code == code
    assert told in " ".join(result.output.replace("│", " ").split())
    assert "Traceback" not in result.output


def test_ownership_is_told_as_of_any_time(run: Run) -> None:
    """The present holder is shown, nobody for a time before, and what came to be believed since."""
    _made(run("party", "register", "marketing", "--type", "org_unit", "--as", "admin", "--json"))
    shown = orjson.loads(run("owner", "show", "support-tone", "--json").output)
    assert shown["facets"]["accountable_owner"]["holder"] == "product"
    before = run("owner", "show", "support-tone", "--valid-at", "2001-01-01", "--json")
    assert orjson.loads(before.output)["facets"] == {}
    assert "product" in run("owner", "diff", "support-tone", "--earlier", "2001-01-01").output
    assert "charter" in run("owner", "timeline", "support-tone").output


def test_a_dispute_goes_its_way(run: Run, tmp_path: Path) -> None:
    """Claims come from a file; steps are taken by who may, and the measure that binds is listed."""
    claims = tmp_path / "claims.json"
    claims.write_text(CLAIMS)
    opened = run(*OPEN, f"@{claims}", "--as", "retail-owner", "--json")
    dispute = _made(opened)["dispute"]
    _made(run("dispute", "file", dispute, "--as", "retail-owner", "--json"))
    _made(run("dispute", "admit", dispute, "--as", "clerk", "--json"))
    shown = run("dispute", "show", dispute).output
    assert "We pay for it." in shown
    assert "admitted" in shown
    assert dispute in run("dispute", "list", "--state", "admitted").output
    assert "status_quo" in run("dispute", "measures").output
    assert run("dispute", "settle-due", "--as", "clerk").output == "Nothing was due.\n"


def test_an_exhibit_is_what_the_log_says(run: Run, tmp_path: Path) -> None:
    """An exhibit is frozen from the log by the gateway's own hand, once the evidence is open."""
    opened = run(*OPEN, CLAIMS, "--as", "retail-owner", "--json")
    dispute = _made(opened)["dispute"]
    early = run("dispute", "exhibit", dispute, "--name", "records", "--as", "retail-owner")
    assert early.exit_code == 1
    _made(run("dispute", "file", dispute, "--as", "retail-owner", "--json"))
    for step in ("admit", "serve", "open-evidence"):
        _made(run("dispute", step, dispute, "--as", "clerk", "--json"))
    asked = ("--name", "admissions", "--type", "dispute.admitted")
    filed = run("dispute", "exhibit", dispute, *asked, "--as", "retail-owner", "--json")
    assert _made(filed)["exhibit"] == 1
    assert "admissions" in run("dispute", "show", dispute).output


def test_applications_stand_side_by_side(run: Run) -> None:
    """A mandate shows each applicant's plan and cost."""
    opened = run(
        "mandate", "open", "letters", "--asset-type", "dataset", "--facets", "accountable_owner",
        "--statement", "Ours to keep.", "--plan", "Keep it clean.", "--cost", "100",
        "--as", "retail-owner", "--json",
    )  # fmt: skip
    mandate = _made(opened)["mandate"]
    compared = run("mandate", "compare", mandate).output
    assert "Keep it clean." in compared
    assert "retail" in run("mandate", "list").output


@pytest.mark.parametrize("look", [("owner", "show", "support-tone"), ("asset", "provenance", "support-tone")])
def test_a_look_makes_no_registry(run: Run, tmp_path: Path, look: tuple[str, ...]) -> None:
    """Where no gateway ever ran a reading command says so, and leaves neither registry nor log behind."""
    result = run(*look)
    assert result.exit_code == 2
    assert "there is no registry" in result.output
    assert list(tmp_path.rglob("*.db*")) == []
