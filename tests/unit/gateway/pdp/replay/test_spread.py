from dataclasses import replace
from pathlib import Path

import pytest

import gateway.pdp.replay.spread as module
from gateway.domain import AccessRequest
from gateway.pdp.judge import Judge
from gateway.pdp.rego import Module
from gateway.pdp.replay.compare import Terms
from gateway.pdp.replay.page import page
from gateway.pdp.replay.redecide import Outcome
from gateway.pdp.replay.spread import Job, ReplayFailed, run
from gateway.pdp.replay.summary import Scope, summary
from tests.unit.gateway.pdp.replay.conftest import LogOf
from tests.unit.gateway.pdp.replay.decisions import NOON_US, leaf_of, recorded_by, undecided_leaf

_MINUTE_US = 60_000_000


@pytest.fixture
def log(log_of: LogOf, judge: Judge, letter: AccessRequest) -> Path:
    """Forty calls, one a minute, of which the last was refused at the door."""
    leaves = [
        leaf_of(recorded_by(judge, letter.to_input(), index, NOON_US + index * _MINUTE_US))
        for index in range(39)
    ]
    return log_of([*leaves, undecided_leaf("unauthenticated", 39, NOON_US + 39 * _MINUTE_US)])


def test_processes_count_what_one_counts(log: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spread over two processes a replay gives the same counts, and tells how far it is."""
    told: list[tuple[int, int]] = []
    job = Job(log, 0, 2**62, Terms(judge.source, "compiled"))
    alone = run(job)
    monkeypatch.setattr(module, "_ALONE", 0)
    monkeypatch.setattr(module, "_CHUNK", 7)
    together = run(job, lambda done, total: told.append((done, total)))
    assert together.tally == alone.tally
    assert alone.tally.outcomes == {Outcome.UNCHANGED: 39, Outcome.UNREPLAYABLE: 1}
    assert told[-1] == (40, 40)


def test_a_span_is_half_open(log: Path, judge: Judge) -> None:
    """Calls from the first moment on count, and those at the last do not."""
    job = Job(log, NOON_US + 10 * _MINUTE_US, NOON_US + 20 * _MINUTE_US, Terms(judge.source, "compiled"))
    assert run(job).tally.calls == 10


def test_an_empty_span_is_an_empty_replay(log: Path, judge: Judge) -> None:
    """Nothing in the span is no error: every count is zero, and the page says so."""
    found = run(Job(log, 1, 2, Terms(judge.source, "compiled")))
    assert found.tally.calls == 0
    assert "holds no call" in page(found, Scope("candidate")).decode()


def test_a_process_that_dies_ends_the_replay(
    log: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Counts of a part of the log are never given out as those of the whole."""
    monkeypatch.setattr(module, "_ALONE", 0)
    unreadable = replace(judge.source, modules=(Module("main.rego", "package"),))
    with pytest.raises(ReplayFailed):
        run(Job(log, 0, 2**62, Terms(unreadable, "compiled")))
    assert "RegoError" in capfd.readouterr().err


def test_a_page_holds_names_of_the_log_as_text(log: Path, judge: Judge) -> None:
    """A name with markup in it stays a name, and the page may load nothing."""
    found = run(Job(log, 0, 2**62, Terms(judge.source, "compiled")))
    shown = page(found, Scope("<script>x</script>")).decode()
    assert "<script" not in shown
    assert "default-src &#x27;none&#x27;" in shown
    assert "recorded without a decision: unauthenticated" in shown


def test_the_summary_counts_what_the_tally_counts(log: Path, judge: Judge) -> None:
    """Machines read the same figures as people."""
    found = summary(run(Job(log, 0, 2**62, Terms(judge.source, "compiled"))), Scope("candidate"))
    counts = found["counts"]
    assert isinstance(counts, dict)
    assert (counts["log"], counts["unchanged"], counts["unreplayable"]) == (40, 39, 1)
    assert found["covered"] == {"first": "2026-07-01T10:00:00Z", "last": "2026-07-01T10:39:00Z"}


def test_a_page_tells_its_plots_in_words_and_in_numbers(log: Path, judge: Judge) -> None:
    """Each plot of a replay has a description, and a table beside it holds the same counts."""
    shown = page(run(Job(log, 0, 2**62, Terms(judge.source, "compiled"))), Scope("candidate")).decode()
    assert shown.count("<svg ") == shown.count("<desc ") == 3
    assert "unchanged 39, unreplayable 1" in shown
    assert "<caption>Calls by time and outcome</caption>" in shown
