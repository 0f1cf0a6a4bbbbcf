"""Mandates: several departments apply for what nobody holds. A dispute in all but its temper.

A mandate is a dispute of kind ``mandate``: the same steps, timers, roles, panel, ruling, appeal and records.
Its parties are applicants, its claims applications; it has no respondent, and no settlement among applicants,
for what nobody holds is not theirs to share out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field
from sqlalchemy import Connection

from gateway.control.changes import Change
from gateway.control.operations import Acting, Operation, Outcome
from gateway.errors import Conflict, Impossible
from gateway.ownership.disputes import claims as pleas
from gateway.ownership.disputes import texts
from gateway.ownership.disputes.answering import parties_facts
from gateway.ownership.disputes.asked import ClaimAsked, DisputeId
from gateway.ownership.disputes.hearing import Detail, Hearing
from gateway.ownership.disputes.holders import asset_type, taken
from gateway.ownership.disputes.journal import By, begin, load
from gateway.ownership.disputes.people import stands_for
from gateway.ownership.disputes.states import DAYS, State, Step
from gateway.ownership.disputes.texts import Prose
from gateway.ownership.disputes.values import Claim, Kind, Party, Side
from gateway.ownership.registry.facets import AssetType, Basis, Facet
from gateway.ownership.registry.parties import require_party
from gateway.settings import Name

_MOST_CONDITIONS = 20

Facets = Annotated[
    tuple[Facet, ...], Field(min_length=1, max_length=len(Facet), description="The facets applied for.")
]
Plan = Annotated[Prose, Field(description="What the department would do with it.")]
Cost = Annotated[
    int, Field(ge=0, le=2**50, description="What that costs a year, in the currency's smallest unit.")
]
Offers = Annotated[
    tuple[Prose, ...],
    Field(max_length=_MOST_CONDITIONS, description="Conditions that it offers or asks for."),
]


@dataclass(frozen=True, slots=True)
class Application:
    """One department's application, with its texts."""

    party: str
    facets: tuple[str, ...]
    basis: str
    statement: str
    plan: str
    cost: int
    conditions: tuple[str, ...]


class _Apply(Operation):
    """What every application says."""

    facets: Facets
    statement: Prose = Field(description="Why this department; kept in the control database.")
    plan: Plan
    cost: Cost
    conditions: Offers = ()
    basis: Basis = Field(Basis.OPERATION, description="The ground that the department stands on.")

    def claims(self, change: Change, dispute: str, party: str, first: int) -> tuple[Claim, ...]:
        """The application as claims, one for each facet, that share their texts."""
        asked = [
            ClaimAsked(facet=facet, basis=self.basis, statement=self.statement)
            for facet in dict.fromkeys(self.facets)
        ]
        plan = texts.keep(change, dispute, self.plan)
        offers = tuple(texts.keep(change, dispute, each) for each in self.conditions)
        return tuple(
            _with_plan(claim, plan, self.cost, offers)
            for claim in pleas.take_up(change, dispute, party, asked, first)
        )


class OpenMandate(_Apply):
    """Apply for facets that nobody holds of an asset, dataset or use case, and let others apply as well."""

    kind: ClassVar[str] = "mandate.open"
    days: ClassVar[Mapping[State, int]] = DAYS
    makes_asset: ClassVar[bool] = True  # or may, with the award

    asset: Name = Field(description="Id of the asset; one that is not registered yet is, with the award.")
    asset_type: AssetType | None = Field(None, description="Its type, where it is not registered yet.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """A draft with the first application in it."""
        acting.require("owner")
        party = acting.subject.department
        require_party(change.connection, party, change.at_us + 1)
        kind = self._type(change)
        claims = self.claims(change, change.id, party, 1)
        _require_untaken(change, self.asset, claims)
        detail: Detail = {
            "dispute": change.id,
            "kind": Kind.MANDATE.value,
            "asset": self.asset,
            "asset_type": kind,
            "claims": pleas.facts(claims),
            "parties": parties_facts([Party(party, Side.APPLICANT)]),
        }
        case = begin(change, detail, By.of(acting, party), self.days)
        return {"dispute": case.id, "mandate": case.id, "state": case.state.value}

    def _type(self, change: Change) -> str:
        registered = asset_type(change.connection, self.asset)
        if registered:
            return registered
        if self.asset_type is None:
            raise Impossible(f"{self.asset} is not registered; say of what type it is to be.")
        if Facet.ACCOUNTABLE_OWNER not in self.facets:
            raise Impossible(
                "An asset enters the registry with an accountable owner: apply for that as well."
            )
        return self.asset_type.value


class ApplyForMandate(_Apply):
    """Apply beside others in a mandate that is open."""

    kind: ClassVar[str] = "mandate.apply"

    dispute: DisputeId

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """The facets are those that the mandate was opened for."""
        hearing = Hearing(change, acting, self.dispute)
        if hearing.case.kind is not Kind.MANDATE:
            raise Conflict("This is a dispute; see dispute.join and dispute.claim.")
        strange = sorted({facet.value for facet in self.facets} - set(hearing.case.facets))
        if strange:
            raise Impossible(f"This mandate is not about {', '.join(strange)}.")
        hearing.party(Step.JOINED)
        require_party(change.connection, acting.subject.department, change.at_us + 1)
        hearing.take(Step.JOINED, {"side": Side.APPLICANT.value})
        party = stands_for(hearing.case, acting.subject.department, hearing.successors)[0]
        claims = self.claims(change, self.dispute, party, len(hearing.case.claims) + 1)
        hearing.take(Step.CLAIMED, {"claims": pleas.facts(claims), "parties": []})
        return hearing.outcome()


def comparison(connection: Connection, dispute: str) -> tuple[Application, ...]:
    """The applications of a mandate side by side, in the order in which they came; raises ``NotFound``."""
    case = load(connection, dispute)
    said = {digest: text.text for digest, text in texts.of_dispute(connection, dispute).items()}
    applicants = dict.fromkeys(claim.party for claim in case.claims)
    return tuple(
        _application([claim for claim in case.claims if claim.party == party], said) for party in applicants
    )


def _application(claims: list[Claim], said: dict[str, str]) -> Application:
    first = claims[0]
    return Application(
        party=first.party,
        facets=tuple(claim.facet for claim in claims),
        basis=first.basis,
        statement=said[first.statement],
        plan=said[first.plan],
        cost=first.cost,
        conditions=tuple(said[each] for each in first.conditions),
    )


def _with_plan(claim: Claim, plan: str, cost: int, conditions: tuple[str, ...]) -> Claim:
    return Claim(
        number=claim.number,
        party=claim.party,
        facet=claim.facet,
        basis=claim.basis,
        valid_from_us=claim.valid_from_us,
        valid_to_us=claim.valid_to_us,
        statement=claim.statement,
        plan=plan,
        cost=cost,
        conditions=conditions,
    )


def _require_untaken(change: Change, asset: str, claims: Iterable[Claim]) -> None:
    held = [each.facet for each in claims if taken(change.connection, asset, each.facet, change.at_us)]
    if held:
        raise Conflict(f"{', '.join(held)} of {asset} is held already: dispute it, or ask for a transfer.")


OPERATIONS: tuple[type[Operation], ...] = (OpenMandate, ApplyForMandate)
