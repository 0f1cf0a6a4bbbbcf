"""Policies into the store: what is no operation about them, for it takes a process of its own."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from gateway.pdp.lifecycle.workshop import Draft
from gateway.policy_desk import PolicyDesk
from gateway.routes.api.bodies import validated
from gateway.routes.api.door import body_of, caller_of
from gateway.views.base import Told


class Building(BaseModel):
    """The text of a policy."""

    model_config = ConfigDict(extra="forbid")

    files: dict[str, str] = Field(
        min_length=1,
        max_length=5000,
        description="Rego and data by path, tests included, as a policy folder has them.",
        examples=[{"main.rego": "package custody.access\n..."}],
    )

    def content(self) -> dict[str, bytes]:
        """The same as a folder holds it."""
        return {path: text.encode() for path, text in self.files.items()}


class BuiltView(Told):
    """The policy as it is stored; it is not in force."""

    revision: str
    bundle: str = Field(description="SHA-256 of the signed bundle.")


class Builder:
    """Builds for callers."""

    def __init__(self, desk: PolicyDesk) -> None:
        self._desk = desk

    async def build(self, request: Request) -> JSONResponse:
        """Check a policy, build its signed bundle and store it; the same text twice is stored once."""
        asked = validated(Building, body_of(request))
        stored = await self._desk.workshop.build(caller_of(request).acting, Draft(asked.content(), "folder"))
        view = BuiltView(revision=stored.revision, bundle=stored.digest)
        return JSONResponse(view.model_dump(), 201, {"location": f"/api/v1/policies/{stored.revision}"})


def add_building(router: APIRouter, builder: Builder) -> None:
    """The route of building."""
    router.add_api_route(
        "/policies",
        builder.build,
        methods=["POST"],
        status_code=201,
        operation_id="policy.build",
        summary=(builder.build.__doc__ or "").strip(),
        tags=["policies"],
        response_model=BuiltView,
        openapi_extra={
            "requestBody": {"content": {"application/json": {"schema": Building.model_json_schema()}}}
        },
    )
