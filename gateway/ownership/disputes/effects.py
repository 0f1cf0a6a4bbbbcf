"""What reaching a state does beside the event: measures begin and end, what is final becomes a precedent."""

from gateway.control.changes import Change
from gateway.ownership.disputes import measures, precedents
from gateway.ownership.disputes.case import Case
from gateway.ownership.disputes.states import BOUND, ENDS, State, Step
from gateway.ownership.disputes.values import Kind, MeasureKind, Side


def bring_about(change: Change, before: Case, after: Case, step: Step) -> None:
    """Whatever follows in the tables from a step that led from ``before`` to ``after``."""
    if after.state in BOUND and (before.state not in BOUND or step is Step.CLAIMED):
        _bind(change, after)
    if after.state in ENDS and before.state in BOUND:
        measures.lift(change, after.id)
    if after.state is State.FINAL and before.state is not State.FINAL:
        precedents.write_ruling(change, after)
    if step is Step.SETTLED:
        precedents.write_settlement(change, after)


def _bind(change: Change, case: Case) -> None:
    measures.order(change, case.id, MeasureKind.STATUS_QUO, case.asset, facets=case.facets)
    if case.kind is Kind.MANDATE:
        # Applicants hold nothing yet, so their denials bind nobody.
        return
    # Whoever joins of its own accord gets no say over an asset that others use.
    both = case.parties_of(Side.CLAIMANT, Side.RESPONDENT)
    measures.order(change, case.id, MeasureKind.UNION_OF_DENIES, case.asset, departments=both)
