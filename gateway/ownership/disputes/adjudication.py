"""The recommendation of ``governance.adjudication``: asked in Rego, kept with its input; people decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar

import orjson
from pydantic import Field
from sqlalchemy import Connection, Row, insert, select

from gateway.control.changes import Change
from gateway.control.operations import Acting, Operation, Outcome
from gateway.domain import JsonObject
from gateway.errors import Impossible, PolicyUnavailable
from gateway.ownership.disputes.asked import DisputeId
from gateway.ownership.disputes.case import Case
from gateway.ownership.disputes.dispositions import facts
from gateway.ownership.disputes.hearing import Hearing
from gateway.ownership.disputes.holders import standing
from gateway.ownership.disputes.states import Step
from gateway.ownership.disputes.tables import DISPUTE_RECOMMENDATION
from gateway.ownership.disputes.values import Recommendation
from gateway.ownership.registry.assets import assets_of
from gateway.ownership.registry.beliefs import owner
from gateway.ownership.registry.facets import AssetType, Facet
from gateway.ownership.registry.links import ancestry
from gateway.pdp.rego import Interpreter, RegoError, Undefined
from gateway.pdp.schemas import ADJUDICATION_INPUT, places, validator
from gateway.pdp.source import PolicySource

ENTRY_POINT = "data.custody.governance.adjudication.recommendation"

Factors = Mapping[str, JsonObject]
"""What was measured, by department; see ``gateway.ownership.evidence.factors``."""


@dataclass(frozen=True, slots=True)
class Advice:
    """A recommendation with all that it takes to make it again: input and answer as canonical JSON."""

    input: str
    answer: str
    policy_revision: str

    @property
    def facets(self) -> dict[str, str]:
        """By facet, who is recommended; empty where nobody is."""
        advised = orjson.loads(self.answer)["facets"]
        return {facet: str(each["holder"]) for facet, each in sorted(advised.items())}


@dataclass(frozen=True, slots=True)
class Kept:
    """A recommendation as it was recorded."""

    dispute: str
    number: int
    input: str
    answer: str
    revision: int


class RecordRecommendation(Operation):
    """Record a recommendation that the gateway made; ``Desk.recommend`` makes it and asks for this."""

    kind: ClassVar[str] = "dispute.record_recommendation"

    dispute: DisputeId
    advice: Advice = Field(description="The recommendation.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """It binds nobody; the panel may rule otherwise."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.party(Step.RECOMMENDED)
        number, advice = len(hearing.case.recommendations) + 1, self.advice
        told = Recommendation(
            number, _digest(advice.input), advice.policy_revision, _digest(advice.answer), advice.facets
        )
        hearing.take(Step.RECOMMENDED, {"recommendation": facts(told)})
        change.connection.execute(
            insert(DISPUTE_RECOMMENDATION).values(
                dispute=self.dispute,
                place=number,
                input=advice.input,
                answer=advice.answer,
                revision=change.revision,
            )
        )
        return hearing.outcome(recommendation=number, input_sha256=told.input_sha256)


def question(
    connection: Connection, case: Case, shown: frozenset[int], factors: Factors, at_us: int
) -> JsonObject:
    """The input of the recommendation.

    ``shown`` are the numbers of the claims whose ground the asking member of the panel finds shown; raises
    ``Impossible`` for a number that no claim has.
    """
    strange = sorted(shown - {claim.number for claim in case.claims})
    if strange:
        raise Impossible(f"There is no claim {strange[0]} in this dispute.")
    contributed = _contributed(connection, case.asset, at_us)
    return {
        "dispute": case.id,
        "kind": case.kind.value,
        "asset": case.asset,
        "asset_type": case.asset_type,
        "at_us": at_us,
        "claims": [
            {
                "number": claim.number,
                "party": claim.party,
                "facet": claim.facet,
                "basis": claim.basis,
                "cost_offered": claim.cost,
                "shown": claim.number in shown,
            }
            for claim in case.claims
        ],
        "held": _held(connection, case, at_us),
        "factors": {
            name: {**measured, "data_contributed": contributed.get(name, 0)}
            for name, measured in sorted(factors.items())
        },
    }


def advise(policy: PolicySource, asked: JsonObject) -> Advice:
    """Asks the policy in its interpreter.

    Raises ``PolicyUnavailable`` where it gives no answer, and for an input that it is not written for.
    """
    schema = validator(ADJUDICATION_INPUT)
    if not schema.is_valid(asked):
        raise _unavailable(f"the input breaks the contract: {places(schema, asked)}")
    text = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS).decode()
    try:
        answer = Interpreter(policy.modules, policy.data).evaluate(ENTRY_POINT, text)
    except (RegoError, Undefined) as error:
        raise _unavailable(str(error) or "the recommendation is undefined") from error
    return Advice(text, orjson.dumps(answer, option=orjson.OPT_SORT_KEYS).decode(), policy.revision)


def _unavailable(reason_admin: str) -> PolicyUnavailable:
    said = "The policy gives no recommendation; the panel decides without one."
    return PolicyUnavailable(said, reason_admin=reason_admin)


def recommendations(connection: Connection, dispute: str) -> tuple[Kept, ...]:
    """The recommendations in a dispute, in order."""
    table = DISPUTE_RECOMMENDATION
    query = select(table).where(table.c.dispute == dispute).order_by(table.c.place)
    return tuple(_kept(row) for row in connection.execute(query))


def _held(connection: Connection, case: Case, at_us: int) -> list[Any]:
    found = []
    for facet in case.facets:
        held = owner(connection, case.asset, Facet(facet), at_us)
        if held is not None:
            basis = held.assertion.basis.value if held.standing == "asserted" else "default"
            found += [
                {"facet": facet, "holder": unit, "basis": basis}
                for unit in standing(connection, held.holder, at_us)
            ]
    return found


def _contributed(connection: Connection, asset: str, at_us: int) -> dict[str, int]:
    """How many datasets that the asset stands on are each org unit's."""
    above = assets_of(connection, [each.parent for each in ancestry(connection, [asset])])
    found: dict[str, int] = {}
    for each in above.values():
        held = owner(connection, each.id, Facet.DATA_OWNER, at_us) if each.type is AssetType.DATASET else None
        for unit in standing(connection, held.holder, at_us) if held else ():
            found[unit] = found.get(unit, 0) + 1
    return found


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _kept(row: Row[Any]) -> Kept:
    return Kept(row.dispute, row.place, row.input, row.answer, row.revision)
