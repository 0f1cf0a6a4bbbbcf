"""Policy decisions in this process, in microseconds, by regorus."""

import logging
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.bundled import policies
from gateway.domain import AccessRequest, Decision
from gateway.ids import Uuid7
from gateway.pdp.checks import ENTRY_POINT, CheckedPolicy, check
from gateway.pdp.contract import DecisionContract, IdSource, unavailable
from gateway.pdp.gate import GateReport, compare
from gateway.pdp.rego import CompiledPolicy, Interpreter, RanAway, RegoError, Undefined
from gateway.pdp.source import PolicyRefused, read_source

Form = Literal["compiled", "interpreter"]

_log = logging.getLogger(__name__)


class Options(BaseModel):
    """Options of the policy engine in this process."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    policies: Path = Field(
        default_factory=policies, description="The policy folder; the shipped example by default."
    )
    form: Literal["auto", "interpreter"] = Field(
        default="auto",
        description="auto: compiled if it answers like the interpreter on all tests, else the interpreter.",
    )
    gate_inputs: int = Field(
        default=200,
        ge=0,
        le=100_000,
        description="Generated inputs on which the two forms are compared at start, beside those of tests.",
    )


class EmbeddedEngine:
    """Decides by the policy of one folder, as it stood at start.

    ``decide`` runs where it is called: it takes less than handing the work to a thread would. ``form``
    says which form of the policy decides, and ``gate`` on what evidence (none: it could not be compiled).
    """

    def __init__(
        self, policy: CheckedPolicy, contract: DecisionContract, *, form: str, gate_inputs: int
    ) -> None:
        self._contract = contract
        self._revision = policy.source.revision
        self._interpreter = Interpreter(policy.source.modules, policy.source.data)
        self._compiled, self.gate = (
            _gated(policy, self._interpreter, gate_inputs) if form == "auto" else (None, None)
        )
        _log.info("policy %s decides in its %s form", self._revision, self.form)

    @property
    def revision(self) -> str:
        """Hex SHA-256 over the files in force."""
        return self._revision

    @property
    def form(self) -> Form:
        """Which form of the policy decides."""
        return "compiled" if self._compiled else "interpreter"

    async def decide(self, request: AccessRequest) -> Decision:
        """The decision on this request; raises ``PolicyUnavailable``."""
        question = self._contract.question_json(request)
        try:
            answer = self._answer(question)
        except Undefined:
            raise unavailable("the policy has no answer: the decision is undefined") from None
        except RegoError as error:
            raise unavailable(f"the policy engine failed: {error}") from error
        return self._contract.decision_from_json(answer, self._revision)

    async def aclose(self) -> None:
        """Nothing is held that outlives the object."""

    def _answer(self, question: str) -> str:
        if self._compiled:
            return self._compiled.evaluate_json(question)
        return self._interpreter.evaluate_json(ENTRY_POINT, question)


def build(options: Options, *, new_id: IdSource | None = None) -> EmbeddedEngine:
    """The engine over the folder in ``options``; raises ``PolicyRefused`` if it cannot be put into force."""
    policy = check(read_source(options.policies))
    contract = DecisionContract(new_id or Uuid7())
    return EmbeddedEngine(policy, contract, form=options.form, gate_inputs=options.gate_inputs)


def _gated(
    policy: CheckedPolicy, interpreter: Interpreter, generated: int
) -> tuple[CompiledPolicy | None, GateReport | None]:
    try:
        compiled = CompiledPolicy(policy.source.modules, policy.source.data, ENTRY_POINT)
    except RegoError as error:
        _log.warning("policy cannot be compiled, the interpreter decides: %s", error)
        return None, None
    try:
        report = compare(policy, compiled, interpreter, generated)
    except RanAway as error:
        raise PolicyRefused((error.problem,)) from error
    if report.passed:
        return compiled, report
    # An input of a policy test is made up by its author, so it may be told.
    _log.warning("compiled policy is not trusted, the interpreter decides: %s", "; ".join(report.differences))
    return None, report
