"""What a governance admin does: parties and assets enter the registry, change shape, and end."""

from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, Field

from gateway.control.changes import Change
from gateway.control.operations import Acting, Operation, Outcome
from gateway.errors import NotPermitted
from gateway.ownership.disputes.measures import require_unfrozen
from gateway.ownership.operations.reorganisation import Reorganisation, Reshaping, reorganise
from gateway.ownership.registry.beliefs import owner
from gateway.ownership.registry.facets import AssetType, Basis, Facet, LinkKind, PartyKind
from gateway.ownership.registry.links import link, unlink
from gateway.ownership.registry.parties import register_party
from gateway.ownership.registry.registration import NewAsset, register_asset, retire_asset
from gateway.ownership.registry.times import microseconds
from gateway.ownership.rights.authority import OWNER_ROLE, speaks_for
from gateway.settings import Name

ADMIN_ROLE = "governance-admin"
OWNERS_OR_ADMINS = (
    f"This is for the role {ADMIN_ROLE}, or the role {OWNER_ROLE} of the accountable department."
)

# What a decision is filed under; no room for a person's name.
Reference = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/#-]{0,127}$", examples=["board-2026-11"])
]
# Rulings, transfers and defaults come about by procedures of their own.
Ground = Literal[Basis.LAW, Basis.CONTRACT, Basis.CHARTER, Basis.ORIGINATION, Basis.OPERATION]


class RegisterParty(Operation):
    """Registers an org unit, person, group or service, so that it can hold something."""

    kind: ClassVar[str] = "party.register"
    parties: ClassVar[tuple[str, ...]] = ("belongs_to",)
    party: Name = Field(description="Its name; of a person or service the opaque subject id.")
    type: PartyKind = Field(description="What it is.")
    belongs_to: Name | None = Field(None, description="The org unit of a person, group or service.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """For governance admins."""
        acting.require(ADMIN_ROLE)
        register_party(change, self.party, self.type, self.belongs_to or "")
        return {"party": self.party}


class ReorganiseParties(Operation):
    """Renames, merges, splits or dissolves org units; what they hold goes to their successors."""

    kind: ClassVar[str] = "party.reorganise"
    changes_rights: ClassVar[bool] = True
    type: Reshaping = Field(description="What happens to them.")
    units: tuple[Name, ...] = Field(min_length=1, description="The org units.", examples=[["product"]])
    successors: tuple[Name, ...] = Field(
        (), description="Who stands in their place; the first receives what goes to none by name."
    )
    effective: AwareDatetime | None = Field(
        None, description="From when on, which may be past; now, if left out."
    )
    apportioned: dict[Name, Name] = Field({}, description="The successor that receives an asset, by asset.")
    reference: Reference = Field(description="The decision that it rests on.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """For governance admins."""
        acting.require(ADMIN_ROLE)
        plan = Reorganisation(
            kind=self.type,
            units=self.units,
            successors=self.successors,
            effective_us=change.at_us if self.effective is None else microseconds(self.effective),
            apportioned=self.apportioned,
            reference=self.reference,
        )
        moved = reorganise(change, plan)
        return {"units": [*self.units], "successors": [*self.successors], "moved": len(moved)}


class RegisterAsset(Operation):
    """Registers an asset with its accountable owner."""

    kind: ClassVar[str] = "asset.register"
    parties: ClassVar[tuple[str, ...]] = ("owner", "facets")
    changes_rights: ClassVar[bool] = True
    makes_asset: ClassVar[bool] = True
    asset: Name = Field(description="Its id.", examples=["support-tone"])
    type: AssetType = Field(description="What it is.")
    owner: Name = Field(description="The party accountable for it.")
    basis: Ground = Field(description="The ground on which they hold it.")
    since: AwareDatetime | None = Field(None, description="From when on they do; now, if left out.")
    weight_hash: str = Field("", pattern=r"^([0-9a-f]{64})?$", description="SHA-256 of its weights, in hex.")
    facets: dict[Facet, Name] = Field({}, description="The other parties that hold something, by facet.")
    part_of: tuple[Name, ...] = Field((), description="Assets that it is a part of.")
    derived_from: tuple[Name, ...] = Field((), description="Assets that it was made from.")
    reference: Reference = Field(description="What the registration rests on.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """For governance admins, unless several departments have applied for the asset."""
        acting.require(ADMIN_ROLE)
        require_unfrozen(change.connection, self.asset, Facet.ACCOUNTABLE_OWNER, change.at_us)
        new = NewAsset(
            id=self.asset,
            type=self.type,
            owner=self.owner,
            basis=self.basis,
            registered_us=change.at_us if self.since is None else microseconds(self.since),
            weight_hash=self.weight_hash,
            facets=self.facets,
            part_of=self.part_of,
            derived_from=self.derived_from,
            reference=self.reference,
        )
        register_asset(change, new)
        return {"asset": self.asset}


class RetireAsset(Operation):
    """Ends the use of an asset; whoever is accountable for it goes on answering for it."""

    kind: ClassVar[str] = "asset.retire"
    changes_rights: ClassVar[bool] = True
    asset: Name = Field(description="Its id.")
    at: AwareDatetime | None = Field(None, description="When it ends; now, if left out.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """For governance admins and the department that is accountable for it."""
        _require_admin_or_owner(change, acting, self.asset)
        require_undisputed(change, self.asset)
        retire_asset(change, self.asset, change.at_us if self.at is None else microseconds(self.at))
        return {"asset": self.asset}


class LinkAsset(Operation):
    """Says that an asset is a part of another, or was made from it."""

    kind: ClassVar[str] = "asset.link"
    changes_rights: ClassVar[bool] = True
    asset: Name = Field(description="The part, or what was made.")
    parent: Name = Field(description="The whole, or what it was made from.")
    type: LinkKind = Field(description="How they hang together.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """For governance admins."""
        acting.require(ADMIN_ROLE)
        require_undisputed(change, self.asset)
        link(change, self.asset, self.parent, self.type)
        return {"asset": self.asset}


class UnlinkAsset(LinkAsset):
    """Says that a link between two assets was believed by mistake."""

    kind: ClassVar[str] = "asset.unlink"

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """For governance admins."""
        acting.require(ADMIN_ROLE)
        require_undisputed(change, self.asset)
        unlink(change, self.asset, self.parent, self.type)
        return {"asset": self.asset}


def require_undisputed(change: Change, asset: str) -> None:
    """Raises ``MatterDisputed`` while any facet of the asset must stay where it is."""
    for facet in Facet:
        require_unfrozen(change.connection, asset, facet, change.at_us)


def _require_admin_or_owner(change: Change, acting: Acting, asset: str) -> None:
    held = owner(change.connection, asset, Facet.ACCOUNTABLE_OWNER, change.at_us)
    if not acting.has(ADMIN_ROLE) and not (held and speaks_for(acting, held.holder)):
        raise NotPermitted(OWNERS_OR_ADMINS)


OPERATIONS: tuple[type[Operation], ...] = (
    RegisterParty,
    ReorganiseParties,
    RegisterAsset,
    RetireAsset,
    LinkAsset,
    UnlinkAsset,
)
