"""What is told of policies that were tried, and of decisions explained."""

from pydantic import Field, JsonValue

from gateway.pdp.lifecycle.operations import APPROVER, AUTHOR
from gateway.pdp.replay.recorded import RecordedDecision
from gateway.views.base import Told, View


class DecisionView(View):
    """That a decision is on record. Its explanation holds what only auditors read, and the policy's text.

    So it is for the offices of policies, and for whoever may audit the asset: its owner as the policy says.
    """

    decision: str
    asset: str

    @classmethod
    def of(cls, recorded: RecordedDecision) -> "DecisionView":
        """Of a decision."""
        return cls(decision=recorded.id, asset=recorded.asset)

    @property
    def key(self) -> str:
        """Its id."""
        return self.decision

    @property
    def about(self) -> str:
        """The asset that the call was about."""
        return self.asset

    @property
    def roles(self) -> frozenset[str]:
        """Whose office policies are."""
        return frozenset({AUTHOR, APPROVER, "auditor"})


class ExplanationView(Told):
    """A decision on record, made again by the policy that made it."""

    decision: str
    index: int = Field(description="Of its entry in the log.")
    request_id: str
    time: str
    department: str
    asset: str
    effect: str
    rules: list[str] = Field(description="Of the side that won, the deciding one first.")
    policy_revision: str
    facts: dict[str, JsonValue] = Field(description="The policy's input; never a prompt.")
    unexplained: str = Field("", description="Why there is no explanation; absent where there is one.")
    confirmed: bool = Field(default=False, description="Whether the policy gives what is on record.")
    reasons: list[dict[str, JsonValue]] = Field([], description="With the rules' source lines.")
    obligations: dict[str, JsonValue] = Field({})
    changes: list[list[dict[str, JsonValue]]] = Field([], description="What would have turned it.")
    trials: int = 0
    complete: bool = Field(default=False, description="Whether all pairs of changes were tried.")


class BoundView(Told):
    """What one replay looks at."""

    calls: int = Field(description="How many calls at most, the newest ones.")
    complete: bool = Field(description="Whether these were all; if not, ask on with `to` = `covered.first`.")


class ReplayView(Told):
    """What a policy would have decided otherwise."""

    candidate: dict[str, str]
    baseline: dict[str, str]
    asked: dict[str, str]
    covered: dict[str, str] = Field(description="Times of the first and the last call that were looked at.")
    counts: dict[str, int]
    flips: list[dict[str, JsonValue]] = Field(description="Those that open come first.")
    reasons: list[dict[str, JsonValue]] = Field(description="Why calls were not decided again.")
    recorded_revisions: dict[str, int]
    cross_check: dict[str, JsonValue] = Field(
        description="With any `disagreements`, the figures are not to be trusted."
    )
    bound: BoundView


class ProblemView(Told):
    """What is wrong, where, and what to write instead."""

    path: str
    line: int
    column: int
    message: str
    fix: str


class _TriedView(Told):
    in_order: bool
    problems: list[ProblemView] = Field([], description="Why it is not in order.")


class CheckView(_TriedView):
    """Whether a policy could be put into force, and how it was tried."""

    revision: str = ""
    modules: int = 0
    test_files: int = 0
    entry_points: list[str] = Field([])
    inputs: int = Field(0, description="How many inputs it was tried on.")
    form: str = Field("", description="Which form of it would decide.")
    differences: list[str] = Field([], description="Why the interpreter would decide.")


class WarningView(ProblemView):
    """A house rule that is broken."""

    rule: str


class LintView(_TriedView):
    """House rules that a policy breaks."""

    warnings: list[WarningView] = Field([])


class OutcomesView(_TriedView):
    """How a policy's own tests came out."""

    tests: list[dict[str, JsonValue]] = Field([])
    coverage: dict[str, JsonValue] = Field({}, description="Absent where it was not asked for.")


class LayoutView(_TriedView):
    """Files that layout changes."""

    files: dict[str, str] = Field({}, description="Their new text; files that stay are not here.")
