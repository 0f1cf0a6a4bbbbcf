"""What is told of disputes and mandates beside the things themselves."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from starlette.requests import Request

from gateway.front_office import FrontOffice
from gateway.ownership.disputes.desk import Desk
from gateway.routes.api.door import caller_of
from gateway.routes.api.naming import NAME
from gateway.routes.api.reading import IfNoneMatch, Reader
from gateway.views import disputes, mandates

Dispute = Annotated[str, Path(pattern=NAME, description="Id of the dispute.")]
Scorecards = Annotated[bool, Query(description="Count the log for what was measured of each applicant.")]
Mandate = Annotated[str, Path(pattern=NAME, description="Id of the mandate.")]


class Hearings:
    """Answers for those who may see the dispute."""

    def __init__(self, office: FrontOffice, reader: Reader, desk: Desk | None) -> None:
        self._office = office
        self._reader = reader
        self._desk = desk

    async def drafts(self, request: Request, dispute: Dispute, if_none_match: IfNoneMatch = "") -> Response:
        """Drafts of a ruling, for the members of the panel alone."""
        caller = caller_of(request)
        await self._office.find(caller, disputes.SHELF, dispute)
        subject = caller.viewer.identity.subject.id
        told = await self._office.read(lambda connection, _: disputes.drafts(connection, dispute, subject))
        return await self._reader.told(request, told, if_none_match)

    async def comparison(
        self,
        request: Request,
        mandate: Mandate,
        scorecards: Scorecards = False,
        if_none_match: IfNoneMatch = "",
    ) -> Response:
        """The applications for a mandate side by side, with each applicant's scorecard if asked for."""
        await self._office.find(caller_of(request), disputes.SHELF, mandate)
        measured = await self._desk.measured(mandate) if scorecards and self._desk is not None else None
        told = await self._office.read(lambda connection, _: mandates.compare(connection, mandate, measured))
        return await self._reader.told(request, told, if_none_match)


def add_hearings(router: APIRouter, hearings: Hearings) -> None:
    """Both routes."""
    router.add_api_route(
        "/disputes/{dispute}/drafts",
        hearings.drafts,
        methods=["GET"],
        operation_id="dispute.drafts",
        summary=(hearings.drafts.__doc__ or "").strip(),
        tags=["disputes"],
        response_model=disputes.DraftsView,
    )
    router.add_api_route(
        "/mandates/{mandate}/comparison",
        hearings.comparison,
        methods=["GET"],
        operation_id="mandate.compare",
        summary=(hearings.comparison.__doc__ or "").strip(),
        tags=["mandates"],
        response_model=mandates.ComparisonView,
    )
