from pathlib import Path

import pytest

from tests.conformance.__main__ import REPORT
from tests.conformance.cases import ARCHIVE, read_cases
from tests.conformance.report import Outcome, document, run, wrong


@pytest.fixture(scope="module")
def outcomes(test_data: Path) -> list[Outcome]:
    """All of OPA's cases, asked."""
    return list(run(read_cases(test_data / ARCHIVE)))


def test_the_published_table_is_true(outcomes: list[Outcome]) -> None:
    """Every case comes out as CONFORMANCE.md says; `python -m tests.conformance` writes it anew."""
    assert document(outcomes) == REPORT.read_text("utf-8")


def test_what_the_checks_take_means_what_it_means_to_opa(outcomes: list[Outcome]) -> None:
    """No case that may be put into force gets another value than OPA's, from either form."""
    differing = [each.case.note for each in wrong(outcomes) if "differs" in vars(each.asked).values()]
    assert len(outcomes) > 2000
    assert differing == []


def test_the_interpreter_never_answers_where_opa_fails(outcomes: list[Outcome]) -> None:
    """Conflicts that the compiled form overlooks are seen by the interpreter, and so by the gate."""
    assert [each.case.note for each in wrong(outcomes) if each.asked.interpreter == "accepts"] == []
