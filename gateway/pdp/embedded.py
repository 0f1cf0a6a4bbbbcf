"""Policy decisions in this process, in microseconds, by regorus."""

import logging
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.bundled import policies
from gateway.domain import AccessRequest, Decision
from gateway.ids import Uuid7
from gateway.pdp.checks import CheckedPolicy, check
from gateway.pdp.contract import DecisionContract, IdSource
from gateway.pdp.forms import DecidingPolicy, Form, formed, gated
from gateway.pdp.gate import GateReport
from gateway.pdp.source import read_source

__all__ = ["EmbeddedEngine", "Form", "Options", "build"]

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
        self,
        revision: str,
        policy: DecidingPolicy,
        contract: DecisionContract,
        gate: GateReport | None = None,
    ) -> None:
        self._contract = contract
        self._revision = revision
        self._policy = policy
        self.gate = gate
        _log.info("policy %s decides in its %s form", self._revision, self.form)

    @property
    def revision(self) -> str:
        """Hex SHA-256 over the files in force."""
        return self._revision

    @property
    def form(self) -> Form:
        """Which form of the policy decides."""
        return self._policy.form

    async def decide(self, request: AccessRequest) -> Decision:
        """The decision on this request; raises ``PolicyUnavailable``."""
        return self.decide_now(request)

    def decide_now(self, request: AccessRequest) -> Decision:
        """The same for callers that are no coroutine; usable from any thread."""
        answer = self._policy.answer(self._contract.question_json(request))
        return self._contract.decision_from_json(answer, self._revision)

    def warm(self) -> None:
        """Makes what the calling thread needs to decide, so that its first decision does not wait for it."""
        self._policy.warm()

    async def aclose(self) -> None:
        """Nothing is held that outlives the object."""


def build(options: Options, *, new_id: IdSource | None = None) -> EmbeddedEngine:
    """The engine over the folder in ``options``; raises ``PolicyRefused`` if it cannot be put into force."""
    return engine_over(check(read_source(options.policies)), options, DecisionContract(new_id or Uuid7()))


def engine_over(policy: CheckedPolicy, options: Options, contract: DecisionContract) -> EmbeddedEngine:
    """The engine over a checked policy, in the form that the options ask for and the gate allows."""
    deciding, gate = (
        gated(policy, options.gate_inputs)
        if options.form == "auto"
        else (formed(policy.source, "interpreter"), None)
    )
    return EmbeddedEngine(policy.source.revision, deciding, contract, gate)
