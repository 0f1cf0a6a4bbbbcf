"""What people give with an operation, as it comes over the wire, and what becomes of it."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.ownership.disputes.hearing import Hearing
from gateway.ownership.disputes.texts import Prose
from gateway.ownership.disputes.values import Condition, Disposition
from gateway.ownership.registry.facets import Basis, Facet
from gateway.settings import Name

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A dispute is about the facets of one asset, of which there are eight.
_FACETS = 8
_CONDITIONS = 20

DisputeId = Annotated[str, Field(min_length=1, max_length=64, description="Id of the dispute or mandate.")]


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClaimAsked(_Asked):
    """That the department itself is to hold a facet."""

    facet: Facet = Field(description="What is claimed.")
    basis: Basis = Field(description="The ground, such as origination or operation.")
    statement: Prose = Field(description="Why, in words; kept in the control database, never in the log.")
    valid_from: AwareDatetime | None = Field(None, description="From when; without it, from now.")
    valid_to: AwareDatetime | None = Field(None, description="Until when; without it, for good.")
    arose: AwareDatetime | None = Field(
        None, description="When a new ground arose, if the matter was decided before."
    )


class DispositionAsked(_Asked):
    """Who is to hold one of the disputed facets."""

    facet: Facet = Field(description="The facet.")
    holder: Name | None = Field(None, description="The party that gets it; without it, it stays where it is.")
    valid_from: AwareDatetime | None = Field(None, description="From when; without it, from execution.")

    def value(self) -> Disposition:
        """The same as disputes know it."""
        return Disposition(self.facet.value, self.holder or "", microseconds(self.valid_from))


class ConditionAsked(_Asked):
    """What a party must do."""

    party: Name = Field(description="The party.")
    text: Prose = Field(description="What it must do.")
    due: AwareDatetime | None = Field(None, description="By when.")

    def value(self, hearing: Hearing) -> Condition:
        """The same as disputes know it, its text kept."""
        return Condition(self.party, hearing.keep(self.text), microseconds(self.due))


Claims = Annotated[
    tuple[ClaimAsked, ...],
    Field(
        min_length=1,
        max_length=_FACETS,
        description="What is claimed, and why.",
        examples=[[{"facet": "budget_owner", "basis": "operation", "statement": "We pay for its tokens."}]],
    ),
]
Dispositions = Annotated[
    tuple[DispositionAsked, ...],
    Field(
        min_length=1,
        max_length=_FACETS,
        description="Who is to hold what, facet by facet.",
        examples=[[{"facet": "budget_owner", "holder": "retail"}, {"facet": "accountable_owner"}]],
    ),
]
Conditions = Annotated[
    tuple[ConditionAsked, ...],
    Field(
        max_length=_CONDITIONS,
        description="What parties must do for it.",
        examples=[[{"party": "retail", "text": "Fund the pool.", "due": "2027-01-01T00:00:00Z"}]],
    ),
]


def microseconds(moment: datetime | None) -> int | None:
    """Microseconds since 1970 UTC, exactly; None of none."""
    return None if moment is None else (moment - _EPOCH) // timedelta(microseconds=1)
