"""The second person's answer to a proposal."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from gateway.attempts import idempotency_key
from gateway.control.governance import Terms
from gateway.front_office import FrontOffice
from gateway.routes.api.bodies import validated
from gateway.routes.api.door import body_of, caller_of
from gateway.routes.api.naming import NAME
from gateway.routes.api.operating import IdempotencyKey, IfMatch, Operator, PerformedView, answer

Proposal = Annotated[str, Path(pattern=NAME, description="Id of the proposal.")]


class _Nothing(BaseModel):
    """No member at all."""

    model_config = ConfigDict(extra="forbid")


class Declining(BaseModel):
    """Why a proposal is declined or withdrawn."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field("", max_length=2000, description="Why; kept with the proposal, not in the log.")


class Answerer:
    """Answers proposals for callers."""

    def __init__(self, office: FrontOffice, operator: Operator) -> None:
        self._office = office
        self._operator = operator

    async def consent(
        self, request: Request, proposal: Proposal, key: IdempotencyKey = "", if_match: IfMatch = ""
    ) -> JSONResponse:
        """Consent to what another person proposed; it is done now, if both may do it."""
        del key  # read below as the data plane reads it
        validated(_Nothing, body_of(request))
        terms = self._terms(request, proposal, if_match)
        return answer(await self._office.consent(caller_of(request), proposal, terms))

    async def decline(
        self, request: Request, proposal: Proposal, key: IdempotencyKey = "", if_match: IfMatch = ""
    ) -> JSONResponse:
        """End a proposal: its proposer withdraws it, another person declines it."""
        del key
        why = validated(Declining, body_of(request))
        terms = self._terms(request, proposal, if_match)
        return answer(await self._office.decline(caller_of(request), proposal, why.reason, terms))

    def _terms(self, request: Request, proposal: str, if_match: str) -> Terms:
        key = idempotency_key(request.headers)
        return Terms(key, precondition=self._operator.matching("proposal", proposal, if_match))


def add_answers(router: APIRouter, answerer: Answerer) -> None:
    """The two routes of an answer."""
    for verb, endpoint, body in (
        ("consent", answerer.consent, _Nothing),
        ("decline", answerer.decline, Declining),
    ):
        schema = body.model_json_schema()
        router.add_api_route(
            f"/proposals/{{proposal}}/{verb}",
            endpoint,
            methods=["POST"],
            operation_id=f"proposal.{verb}",
            summary=(endpoint.__doc__ or "").strip(),
            tags=["proposals"],
            response_model=PerformedView,
            openapi_extra={"requestBody": {"content": {"application/json": {"schema": schema}}}},
        )
