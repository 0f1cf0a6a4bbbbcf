from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from gateway.cli.policy import app
from gateway.domain import AccessRequest
from gateway.pdp.judge import Judge
from tests.unit.gateway.pdp.conftest import letter
from tests.unit.gateway.pdp.replay.conftest import LogOf, judge, log_of
from tests.unit.gateway.pdp.replay.decisions import leaf_of, recorded_by

__all__ = ["judge", "letter", "log_of"]


def test_a_replay_writes_a_page_and_a_document(
    log_of: LogOf, judge: Judge, letter: AccessRequest, tmp_path: Path
) -> None:
    """One command gives the counts as JSON and the page with plots, from the log alone."""
    log = log_of([leaf_of(recorded_by(judge, letter.to_input()))])
    html = tmp_path / "replay.html"
    ran = CliRunner().invoke(
        app, ["replay", "--database", str(log), "--json", "--html", str(html), "--processes", "1"]
    )
    assert ran.exit_code == 0
    assert orjson.loads(ran.stdout)["counts"]["unchanged"] == 1
    assert html.read_text("utf-8").count("<svg") == 3


@pytest.mark.parametrize(
    ("effect", "rules", "code"), [("allow", None, 0), ("deny", None, 1), ("allow", ("x.y",), 1)]
)
def test_verify_finds_a_verdict_that_the_policy_did_not_give(  # noqa: PLR0913, PLR0917 - a table of claims
    log_of: LogOf, judge: Judge, letter: AccessRequest, effect: str, rules: tuple[str, ...] | None, code: int
) -> None:
    """A record whose verdict or rules are not those of its revision fails the proof."""
    honest = recorded_by(judge, letter.to_input())
    recorded = replace(honest, effect=effect, rules=rules or honest.rules)
    ran = CliRunner().invoke(app, ["replay", "--verify", "--database", str(log_of([leaf_of(recorded)]))])
    assert ran.exit_code == code


def test_a_candidate_has_one_name(log_of: LogOf, judge: Judge, letter: AccessRequest) -> None:
    """Neither two candidates at once, nor a stored one beside a copy of the log, which has no store."""
    log = str(log_of([leaf_of(recorded_by(judge, letter.to_input()))]))
    stored = ["replay", "--verify", "--database", log, "--policy", "abcdef"]
    both = CliRunner().invoke(app, [*stored, "--policies", "policies"])
    beside = CliRunner().invoke(app, stored)
    assert (both.exit_code, beside.exit_code) == (2, 2)
    assert "not by both" in both.stderr
    assert "--policies" in beside.stderr


def test_a_read_of_the_gateways_own_log_needs_a_name() -> None:
    """A replay reads the log, and every read of it is a record in somebody's name."""
    ran = CliRunner().invoke(app, ["replay"])
    assert ran.exit_code == 2
    assert "--as PRINCIPAL" in ran.stderr


def test_a_time_that_is_none_is_told(log_of: LogOf, judge: Judge, letter: AccessRequest) -> None:
    """A span that cannot be read is no span of everything."""
    log = log_of([leaf_of(recorded_by(judge, letter.to_input()))])
    ran = CliRunner().invoke(app, ["replay", "--database", str(log), "--from", "yesterday"])
    assert ran.exit_code == 2
