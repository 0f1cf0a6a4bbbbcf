"""What disputes take from outside the registry: exhibits from the log, the policy's recommendation."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.requests import Request

from gateway.attempts import idempotency_key
from gateway.control.governance import Terms
from gateway.front_office import FrontOffice
from gateway.ownership.disputes.asked import microseconds
from gateway.ownership.disputes.desk import Desk
from gateway.ownership.disputes.exhibits import Name, Query, QueryWords
from gateway.routes.api.bodies import validated
from gateway.routes.api.door import body_of, caller_of
from gateway.routes.api.hearings import Dispute
from gateway.routes.api.operating import IdempotencyKey, IfMatch, Operator, PerformedView, answer
from gateway.views import disputes


class ExhibitAsked(QueryWords):
    """A question to the log, to be frozen with its answer."""

    name: Name
    since: AwareDatetime | None = Field(None, description="From this moment on.")
    until: AwareDatetime | None = Field(None, description="Before this moment.")

    def query(self) -> Query:
        """The question."""
        words = self.model_dump(exclude={"name", "since", "until"})
        return Query(**words, since_us=microseconds(self.since) or 0, until_us=microseconds(self.until) or 0)


class RecommendationAsked(BaseModel):
    """What a member of the panel finds shown."""

    model_config = ConfigDict(extra="forbid")

    shown: Annotated[
        tuple[int, ...], Field(max_length=100, description="Numbers of the claims whose ground is shown.")
    ] = ()


class DeskRoutes:
    """Takes to the desk what callers ask for in disputes that they may see."""

    def __init__(self, office: FrontOffice, desk: Desk, operator: Operator) -> None:
        self._office = office
        self._desk = desk
        self._operator = operator

    async def exhibit(
        self, request: Request, dispute: Dispute, key: IdempotencyKey = "", if_match: IfMatch = ""
    ) -> JSONResponse:
        """File an exhibit: a query to the log, frozen by the gateway with its answer and proofs."""
        del key  # read below as the data plane reads it
        caller, asked = caller_of(request), validated(ExhibitAsked, body_of(request))
        await self._office.find(caller, disputes.SHELF, dispute)
        terms = self._terms(request, dispute, if_match, f"exhibit {asked.model_dump_json()}")
        done = await self._desk.exhibit(caller.acting, dispute, asked.name, asked.query(), terms)
        return answer(done, created=True)

    async def recommend(
        self, request: Request, dispute: Dispute, key: IdempotencyKey = "", if_match: IfMatch = ""
    ) -> JSONResponse:
        """Have the policy recommend a ruling, as a member of the panel; it binds nobody."""
        del key
        caller, asked = caller_of(request), validated(RecommendationAsked, body_of(request))
        await self._office.find(caller, disputes.SHELF, dispute)
        terms = self._terms(request, dispute, if_match, f"recommend {asked.model_dump_json()}")
        return answer(await self._desk.recommend(caller.acting, dispute, asked.shown, terms), created=True)

    def _terms(self, request: Request, dispute: str, if_match: str, asked: str) -> Terms:
        # What the gateway finds differs from one time to the next; what was asked for does not.
        matching = self._operator.matching("dispute", dispute, if_match)
        return Terms(idempotency_key(request.headers), f"{dispute} {asked}", matching)


def add_desk(router: APIRouter, routes: DeskRoutes) -> None:
    """Both routes."""
    for noun, endpoint, body in (
        ("exhibit", routes.exhibit, ExhibitAsked),
        ("recommendation", routes.recommend, RecommendationAsked),
    ):
        router.add_api_route(
            f"/disputes/{{dispute}}/{noun}s",
            endpoint,
            methods=["POST"],
            operation_id=f"dispute.{noun}",
            summary=(endpoint.__doc__ or "").strip(),
            tags=["disputes"],
            status_code=201,
            response_model=PerformedView,
            openapi_extra={
                "requestBody": {"content": {"application/json": {"schema": body.model_json_schema()}}}
            },
        )
