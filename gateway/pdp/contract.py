"""The contract with every policy engine: what it is asked and what counts as an answer."""

from collections.abc import Callable
from functools import lru_cache
from typing import Literal, TypedDict, cast

import orjson

from gateway.domain import AccessRequest, Decision, JsonObject, JsonValue, Obligations, Operator, Reason
from gateway.errors import PolicyUnavailable
from gateway.pdp.schemas import ACCESS_INPUT, DECISION, places, validator

IdSource = Callable[[], str]
"""Makes a fresh, unique decision id."""

_Operators = dict[str, str]
_OPERATORS = {operator.value: operator for operator in Operator}
_NEUTRAL = "The policy gave no decision, so nothing was sent."


class _Obligations(TypedDict, total=False):
    prompt: _Operators
    reply: _Operators
    restore: bool
    max_tokens: int | None
    approval: str
    retain_payload: bool
    priority: int


class _Reason(TypedDict, total=False):
    code: str
    effect: Literal["allow", "deny"]
    department: str
    package: str
    rule: str
    message_user: str
    message_admin: str
    remedy: str
    owner_contact: str


class _Answer(TypedDict):
    allow: bool
    obligations: _Obligations
    reasons: list[_Reason]


class InputUnknown(Exception):
    """Facts are no input of this release's schema: another version wrote them, or they are damaged.

    The message names places and keywords of the schema, never values.
    """


_Checked = tuple[bool, Obligations, tuple[Reason, ...]]


class DecisionContract:
    """Checks both sides of a decision against their schemas."""

    def __init__(self, new_id: IdSource) -> None:
        self._new_id = new_id
        self._input = validator(ACCESS_INPUT)
        self._answer = validator(DECISION)
        # Answers repeat, for they hold no value of a request: a company of 100 departments gives 2,700 in
        # 20,000 calls. Some 2.5 kB each, and a sixth of a decision saved.
        self._remembered = lru_cache(maxsize=4096)(self._checked_json)

    def question(self, request: AccessRequest) -> JsonObject:
        """The policy input; raises ``PolicyUnavailable`` if it is not what policies are written for."""
        asked, _ = self._question(request)
        return asked

    def question_json(self, request: AccessRequest) -> str:
        """The same as JSON text."""
        _, text = self._question(request)
        return text.decode()

    def _question(self, request: AccessRequest) -> tuple[JsonObject, bytes]:
        asked = request.to_input()
        try:
            if self._input.is_valid(asked):
                return asked, orjson.dumps(asked)
        except (TypeError, ValueError) as error:
            # A lone surrogate or an oversized number: no JSON, so no engine could read it.
            raise unavailable(f"the input is not JSON: {type(error).__name__}") from None
        raise unavailable(f"the input breaks the contract: {places(self._input, asked)}")

    def facts_json(self, facts: JsonObject) -> str:
        """Recorded facts as JSON text; raises ``InputUnknown`` where policies cannot read them."""
        if not self._input.is_valid(facts):
            raise InputUnknown(places(self._input, facts))
        return orjson.dumps(facts).decode()

    def decision(self, answer: JsonValue, revision: str) -> Decision:
        """The decision that an engine's raw answer states.

        Raises ``PolicyUnavailable`` for anything that is not wholly understood: what is unknown is no
        permission and no lesser duty.
        """
        return self._stamped(self._checked(answer), revision)

    def decision_from_json(self, answer: str, revision: str) -> Decision:
        """The same from JSON text; a text that was checked before is not checked again."""
        return self._stamped(self._remembered(answer), revision)

    def _stamped(self, checked: _Checked, revision: str) -> Decision:
        return Decision(*checked, id=self._new_id(), policy_revision=revision)

    def _checked_json(self, answer: str) -> _Checked:
        return self._checked(orjson.loads(answer))

    def _checked(self, answer: JsonValue) -> _Checked:
        if not self._answer.is_valid(answer):
            raise unavailable(f"the answer breaks the contract: {places(self._answer, answer)}")
        sound = cast("_Answer", answer)
        # The schema has made sure of a boolean; the comparison makes sure of the schema.
        allow = sound["allow"] is True
        reasons = tuple(Reason(**reason) for reason in sound["reasons"])
        return allow, _obligations(sound["obligations"]), reasons


def unavailable(reason_admin: str) -> PolicyUnavailable:
    """The refusal to be raised when there is no decision, with words for the audit log alone."""
    return PolicyUnavailable(_NEUTRAL, reason_admin=reason_admin)


def _obligations(stated: _Obligations) -> Obligations:
    return Obligations(
        prompt=_operators(stated["prompt"]),
        reply=_operators(stated["reply"]),
        restore=stated.get("restore", True),
        max_tokens=stated.get("max_tokens"),
        approval=stated.get("approval", ""),
        retain_payload=stated.get("retain_payload", False),
        priority=stated.get("priority", 0),
    )


def _operators(stated: _Operators) -> dict[str, Operator]:
    return {entity: _OPERATORS[operator] for entity, operator in stated.items()}
