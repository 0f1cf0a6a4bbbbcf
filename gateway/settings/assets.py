"""What can be called, and the rights that its owners give with it."""

from collections.abc import Mapping
from typing import Literal

from pydantic import AwareDatetime, Field, field_validator

from gateway.domain import Action, DataClass
from gateway.settings.base import Name, Section


class AssetSettings(Section):
    """An asset that can be called, who holds which facet of it, and where it runs."""

    id: Name = Field(description="What callers give as `model`.")
    type: Literal["base_model", "adapter", "endpoint"] = Field(description="Kind of asset.")
    backend: Name = Field(description="Name of the backend that runs it.")
    model: str = Field("", description="Its name at the backend; empty: the id.")
    base_model: Name = Field(description="Id of the base model.")
    adapter: str = Field("", description="Id of the adapter; empty: none.")
    facets: Mapping[Name, Name] = Field(description="Department by facet; accountable_owner is required.")
    class_ceiling: DataClass = Field(description="Highest class of data that the asset may see.")
    self_hosted: bool = Field(default=True, description="Whether it runs on the company's own machines.")
    region: str = Field("", description="Where it runs.")
    weight_hash: str = Field("", description="SHA-256 of its weights, in hex.")

    @field_validator("facets")
    @classmethod
    def _has_owner(cls, facets: Mapping[str, str]) -> Mapping[str, str]:
        if "accountable_owner" not in facets:
            raise ValueError("an asset needs an accountable_owner")
        return facets


class GrantSettings(Section):
    """A right that an owner gives to another department."""

    asset: Name = Field(description="Id of the asset.")
    department: Name = Field(description="Who receives the right.")
    action: Action = Field(Action.CHAT, description="What it lets them do.")
    class_ceiling: DataClass = Field(description="Highest class of data that it covers.")
    expires: AwareDatetime = Field(description="When it ends (RFC 3339, with a time zone).")
    use_case: str = Field("", description="The one use case that it covers; empty: any.")
