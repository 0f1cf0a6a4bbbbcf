"""Opening a dispute: claims are drafted, filed, added to, and may be withdrawn."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from gateway.control.changes import Change
from gateway.control.operations import Acting, Operation, Outcome
from gateway.errors import Conflict, Impossible
from gateway.ownership.disputes import claims as pleas
from gateway.ownership.disputes.answering import parties_facts, respondents
from gateway.ownership.disputes.asked import Claims, DisputeId
from gateway.ownership.disputes.hearing import Detail, Hearing
from gateway.ownership.disputes.journal import By, begin
from gateway.ownership.disputes.states import DAYS, State, Step
from gateway.ownership.disputes.values import Claim, Kind, Party, Side
from gateway.ownership.registry.assets import require_asset
from gateway.ownership.registry.parties import require_party
from gateway.settings import Name


class OpenDispute(Operation):
    """Draft a dispute about facets of an asset, for your own department."""

    kind: ClassVar[str] = "dispute.open"
    days: ClassVar[Mapping[State, int]] = DAYS

    asset: Name = Field(description="Id of the asset.")
    claims: Claims

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """A draft; nobody else is concerned before it is filed."""
        acting.require("owner")
        party = acting.subject.department
        require_party(change.connection, party, change.at_us + 1)
        asset = require_asset(change.connection, self.asset)
        claims = pleas.take_up(change, change.id, party, self.claims, 1)
        opening = Party(party, Side.CLAIMANT)
        answering = respondents(change, self.asset, claims, [opening])
        _require_contested(answering)
        detail: Detail = {
            "dispute": change.id,
            "kind": Kind.DISPUTE.value,
            "asset": self.asset,
            "asset_type": asset.type.value,
            "claims": pleas.facts(claims),
            "parties": parties_facts([opening, *answering]),
        }
        case = begin(change, detail, By.of(acting, party), self.days)
        return {"dispute": case.id, "state": case.state.value}


class AddClaims(Operation):
    """Claim more facets of the asset in a dispute that your department is a party of."""

    kind: ClassVar[str] = "dispute.claim"

    dispute: DisputeId
    claims: Claims

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Claims of a party beside those that are there."""
        hearing = Hearing(change, acting, self.dispute)
        if hearing.case.kind is Kind.MANDATE:
            raise Conflict("In a mandate there are applications; see mandate.apply.")
        party = hearing.party(Step.CLAIMED)
        _require_first(hearing, party, {asked.facet.value for asked in self.claims})
        claims = pleas.take_up(change, self.dispute, party, self.claims, len(hearing.case.claims) + 1)
        if hearing.case.state is not State.DRAFT:
            pleas.require_open(change, hearing.case, claims, hearing.successors)
        answering = respondents(change, hearing.case.asset, claims, hearing.case.parties)
        hearing.take(
            Step.CLAIMED,
            {"claims": pleas.facts(claims), "parties": parties_facts(answering)},
        )
        return hearing.outcome()


class FileDispute(Operation):
    """File a drafted dispute or mandate, so that the clerk decides whether it is admitted."""

    kind: ClassVar[str] = "dispute.file"

    dispute: DisputeId

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Refused for what is decided, or under way in another dispute."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.party(Step.FILED)
        pleas.require_open(change, hearing.case, hearing.case.claims, hearing.successors)
        hearing.take(Step.FILED)
        return hearing.outcome()


class Withdraw(Operation):
    """Withdraw what your department opened, as long as nobody else claims anything in it."""

    kind: ClassVar[str] = "dispute.withdraw"

    dispute: DisputeId

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Others' claims are theirs to give up."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.party(Step.WITHDRAWN)
        if any(claim.party != hearing.case.initiator for claim in hearing.case.claims):
            raise Conflict("Others claim something in this dispute, so it cannot be withdrawn: settle it.")
        hearing.take(Step.WITHDRAWN)
        return hearing.outcome()


def _require_contested(answering: tuple[Party, ...]) -> None:
    if not answering:
        raise Impossible(
            "Nobody but your department holds what is claimed, so there is nobody to dispute with; for what"
            " nobody holds, open a mandate."
        )


def _require_first(hearing: Hearing, party: str, facets: set[str]) -> None:
    own: list[Claim] = [claim for claim in hearing.case.claims if claim.party == party]
    twice = sorted(facets & {claim.facet for claim in own})
    if twice:
        raise Conflict(f"Your department claims {', '.join(twice)} in this dispute already.")


OPERATIONS: tuple[type[Operation], ...] = (OpenDispute, AddClaims, FileDispute, Withdraw)
