"""Decisions on record, explained by the policy that made them."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Path
from fastapi.responses import Response
from starlette.requests import Request

from gateway.errors import NotFound
from gateway.front_office import FrontOffice
from gateway.pdp.explain.sources import stored_source
from gateway.policy_bench import PolicyBench
from gateway.routes.api.door import caller_of
from gateway.routes.api.etags import tag
from gateway.routes.api.naming import NAME
from gateway.routes.api.reading import IfNoneMatch, entity
from gateway.views.trials import DecisionView, ExplanationView

Decision = Annotated[
    str, Path(pattern=NAME, description="x-custody-decision-id; or an entry id, request id or index.")
]


class Explainer:
    """Explains to whoever may read the record."""

    def __init__(self, office: FrontOffice, bench: PolicyBench) -> None:
        self._office = office
        self._bench = bench

    async def explain(
        self, request: Request, decision: Decision, if_none_match: IfNoneMatch = ""
    ) -> Response:
        """Which rules decided a call, with their source lines, the facts, and what would have to change."""
        caller, nothing = (
            caller_of(request),
            f"There is no decision {decision!r}, or it is not for you to see.",
        )
        try:
            recorded = await self._bench.recorded(decision)
        except NotFound:
            raise NotFound(nothing) from None
        if not await self._office.sees(caller, DecisionView.of(recorded)):
            raise NotFound(nothing)
        await self._office.read_log(caller, "policy explain", {"decision": decision})
        kept = await self._office.read(lambda connection, _: stored_source(connection, recorded.revision))
        content = orjson.dumps(await self._bench.explained(recorded, kept))
        return entity(content, tag(content), if_none_match)


def add_explanations(router: APIRouter, explainer: Explainer) -> None:
    """The one route."""
    router.add_api_route(
        "/decisions/{decision}/explanation",
        explainer.explain,
        methods=["GET"],
        operation_id="decision.explain",
        summary=(explainer.explain.__doc__ or "").strip(),
        tags=["decisions"],
        response_model=ExplanationView,
    )
