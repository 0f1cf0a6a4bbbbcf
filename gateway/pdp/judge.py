"""One policy that decides facts as they are on record, outside any request."""

from typing import Self

import orjson

from gateway.domain import Decision, JsonObject
from gateway.errors import PolicyUnavailable
from gateway.pdp.checks import check
from gateway.pdp.contract import DecisionContract, InputUnknown
from gateway.pdp.forms import DecidingPolicy, Form, formed, gated
from gateway.pdp.rego import RegoError, Undefined
from gateway.pdp.source import PolicyRefused, PolicySource

__all__ = ["InputUnknown", "Judge"]

_GATE_INPUTS = 200


class Judge:
    """Decides recorded facts by the same engine and contract as a gateway decides requests.

    Its decisions carry no id: nothing was asked, and nothing follows from them.
    """

    def __init__(self, source: PolicySource, policy: DecidingPolicy) -> None:
        self.source = source
        self._policy = policy
        self._contract = DecisionContract(lambda: "")

    @classmethod
    def of(cls, source: PolicySource) -> Self:
        """A judge by this policy, checked and gated as at a gateway's start; raises ``PolicyRefused``."""
        policy, _ = gated(check(source), _GATE_INPUTS)
        return cls(source, policy)

    @classmethod
    def past(cls, source: PolicySource) -> Self:
        """A judge by a policy that was in force; where today's checks refuse it, the interpreter decides."""
        try:
            return cls.of(source)
        except PolicyRefused:
            return cls.formed(source, "interpreter")

    @classmethod
    def formed(cls, source: PolicySource, form: Form) -> Self:
        """The same where policy and form are known to be sound, as in another process of the same work."""
        return cls(source, formed(source, form))

    @property
    def revision(self) -> str:
        """Hex SHA-256 over the files of the policy."""
        return self.source.revision

    @property
    def form(self) -> Form:
        """Which form of the policy decides."""
        return self._policy.form

    def decide(self, facts: JsonObject) -> Decision:
        """The decision on these facts.

        Raises ``InputUnknown`` for facts that are no input of this release's schema, and
        ``PolicyUnavailable`` where the policy gives no answer: a gateway would have refused that call.
        """
        question = self._contract.facts_json(facts)
        return self._contract.decision_from_json(self._policy.answer(question), self.revision)

    def forms_agree(self, facts: JsonObject) -> bool:
        """Whether the interpreter answers these facts as the deciding form does; raises ``InputUnknown``."""
        question = self._contract.facts_json(facts)
        try:
            answer = self._policy.answer(question)
        except PolicyUnavailable:
            return not self._interpreter_answers(question)
        try:
            return bool(orjson.loads(answer) == orjson.loads(self._policy.interpreted(question)))
        except (Undefined, RegoError):
            return False

    def _interpreter_answers(self, question: str) -> bool:
        try:
            self._policy.interpreted(question)
        except (Undefined, RegoError):
            return False
        return True
