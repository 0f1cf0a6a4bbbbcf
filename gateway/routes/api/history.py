"""Ownership over time: who held what when, as known when."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.requests import Request

from gateway.front_office import FrontOffice
from gateway.ownership.registry.facets import Facet
from gateway.routes.api.door import caller_of
from gateway.routes.api.naming import NAME
from gateway.routes.api.reading import IfNoneMatch, Reader
from gateway.views import assets, history
from gateway.views.base import Told, micros

Asset = Annotated[str, Path(pattern=NAME, description="Id of the asset.")]


class _Query(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TimelineQuery(_Query):
    """What of a timeline."""

    facet: Facet | None = Field(None, description="Only this facet.")
    known_at: AwareDatetime | None = Field(None, description="Only what was believed then.")


class OwnersQuery(_Query):
    """Which moment."""

    facet: Facet | None = Field(None, description="Only this facet.")
    valid_at: AwareDatetime | None = Field(None, description="When it held in the world; by default now.")
    known_at: AwareDatetime | None = Field(None, description="As known then; by default as known now.")


class DiffQuery(_Query):
    """Between which moments."""

    earlier: AwareDatetime = Field(description="As known then.")
    later: AwareDatetime | None = Field(None, description="And as known then; by default as known now.")


class Historian:
    """Answers for those who may see the asset."""

    def __init__(self, office: FrontOffice, reader: Reader) -> None:
        self._office = office
        self._reader = reader

    async def owners(
        self,
        request: Request,
        asset: Asset,
        query: Annotated[OwnersQuery, Query()],
        if_none_match: IfNoneMatch = "",
    ) -> Response:
        """Who held what of an asset at one time, as known at one time."""
        as_of = history.AsOf(_us(query.valid_at), _us(query.known_at))
        return await self._told(
            request,
            asset,
            lambda connection, now_us: history.owners(connection, asset, query.facet, now_us, as_of),
            if_none_match,
        )

    async def timeline(
        self,
        request: Request,
        asset: Asset,
        query: Annotated[TimelineQuery, Query()],
        if_none_match: IfNoneMatch = "",
    ) -> Response:
        """Everything that was ever said of an asset's ownership, or what was believed at one time."""
        return await self._told(
            request,
            asset,
            lambda connection, _: history.timeline(connection, asset, query.facet, _us(query.known_at)),
            if_none_match,
        )

    async def diff(
        self,
        request: Request,
        asset: Asset,
        query: Annotated[DiffQuery, Query()],
        if_none_match: IfNoneMatch = "",
    ) -> Response:
        """What of an asset's ownership came to be believed otherwise between two moments."""
        later = _us(query.later)
        return await self._told(
            request,
            asset,
            lambda connection, now_us: history.diff(
                connection, asset, micros(query.earlier), now_us if later is None else later
            ),
            if_none_match,
        )

    async def _told(
        self, request: Request, asset: str, work: Callable[[Connection, int], Told], if_none_match: str
    ) -> Response:
        await self._office.find(caller_of(request), assets.SHELF, asset)
        return await self._reader.told(request, await self._office.read(work), if_none_match)


def add_history(router: APIRouter, historian: Historian) -> None:
    """The routes of ownership over time."""
    for name, endpoint, model in (
        ("owners", historian.owners, history.OwnersView),
        ("timeline", historian.timeline, history.TimelineView),
        ("diff", historian.diff, history.DiffView),
    ):
        router.add_api_route(
            f"/assets/{{asset}}/{name}",
            endpoint,
            methods=["GET"],
            operation_id=f"asset.{name}",
            summary=(endpoint.__doc__ or "").strip(),
            tags=["assets"],
            response_model=model,
        )


def _us(at: datetime | None) -> int | None:
    return None if at is None else micros(at)
