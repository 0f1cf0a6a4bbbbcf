"""What a gateway that follows by ``kind = "remote"`` says of itself: ``POST /bundles/NAME/status``."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gateway.domain import JsonObject, Subject

_Words = Annotated[str, StringConstraints(max_length=500)]


class FollowerState(BaseModel):
    """What decides there."""

    model_config = ConfigDict(extra="forbid")

    host: Annotated[str, StringConstraints(max_length=255)] = Field(description="Where it runs.")
    pid: int = Field(ge=0, description="Its process there.")
    revision: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")] = Field(
        "", description="The policy that decides there; empty before there is one."
    )
    form: Annotated[str, StringConstraints(pattern=r"^(compiled|interpreter)?$")] = Field(
        "", description="In which form."
    )
    error: _Words = Field("", description="Why it cannot follow.")
    stale_ms: int = Field(0, ge=0, description="How long ago it last knew what is in force.")


class FollowerTold(BaseModel):
    """A gateway's word of itself; no state: it stops."""

    model_config = ConfigDict(extra="forbid")

    replica: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")] = Field(
        description="Its name, of its own choosing."
    )
    state: FollowerState | None = Field(description="What decides there.")

    def name_of(self, teller: Subject) -> str:
        """Its name here: nobody speaks for the follower of another principal, or for a replica of ours."""
        return f"{teller.id}.{self.replica}"

    def said(self, teller: Subject) -> JsonObject | None:
        """What is kept of it, and who said so."""
        return None if self.state is None else {**self.state.model_dump(), "told_by": teller.id}
