"""The control API as one application: every route, behind one door."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from gateway.evidence_desk import EvidenceDesk
from gateway.front_office import FrontOffice
from gateway.ownership.disputes.desk import Desk
from gateway.policy_bench import PolicyBench
from gateway.policy_desk import PolicyDesk
from gateway.routes import bundles
from gateway.routes.api.answering import Answerer, add_answers
from gateway.routes.api.cursors import Cursors
from gateway.routes.api.desk import DeskRoutes, add_desk
from gateway.routes.api.door import ApiDoor
from gateway.routes.api.evidence import BODIES, Evidence, add_evidence
from gateway.routes.api.explanations import Explainer, add_explanations
from gateway.routes.api.failures import FAILURES, ErrorView
from gateway.routes.api.hearings import Hearings, add_hearings
from gateway.routes.api.history import Historian, add_history
from gateway.routes.api.naming import components
from gateway.routes.api.operating import Operator, add_operation
from gateway.routes.api.policies import Builder, add_building
from gateway.routes.api.reading import Reader, add_shelf
from gateway.routes.api.replays import Replayer, add_replays
from gateway.routes.api.trials import Trier, add_trials
from gateway.routes.bundles import BundleService
from gateway.settings import ServerSettings
from gateway.views.base import AnyShelf

PREFIX = "/api/v1"

_ABOUT = """\
Who owns what, who may do what, what is disputed. Send an API key as `Authorization: Bearer cus_...`.

Every POST takes an `Idempotency-Key`. Every GET gives a strong `ETag`, which `If-None-Match` and `If-Match`
take. Listings are paged by opaque cursors. What you may not see is not there for you. Where an operation
needs two people, its answer is 202 with a proposal, to which another person consents. Times are RFC 3339.
"""


class _Api(FastAPI):
    """FastAPI without its layers: the door in front of it turns failures into answers, all of them."""

    def build_middleware_stack(self) -> ASGIApp:
        """Just the routes."""
        return AsyncExitStackMiddleware(self.router)

    def openapi(self) -> dict[str, Any]:
        """The description, with what the bodies of operations refer to."""
        if self.openapi_schema is None:
            described = super().openapi()
            schemas = described.setdefault("components", {}).setdefault("schemas", {})
            for name, schema in self.state.components.items():
                schemas.setdefault(name, schema)
        return super().openapi()


@dataclass(frozen=True, slots=True)
class Stock:
    """What is shown, and the desks: for policies where they have a history, disputes, trials, evidence."""

    shelves: Sequence[AnyShelf]
    desk: PolicyDesk | None = None
    disputes: Desk | None = None
    bench: PolicyBench | None = None
    evidence: EvidenceDesk | None = None


def routes(
    office: FrontOffice,
    limits: ServerSettings,
    new_id: Callable[[], str],
    secret: bytes,
    stock: Stock,
) -> list[BaseRoute]:
    """The control API; ``secret`` seals cursors, and is the same on every replica."""
    api = _Api(
        title="Custody control API",
        version="1",
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        servers=[{"url": PREFIX}],
        responses=FAILURES,
    )
    api.state.components = components([*office.catalogue, ErrorView, *BODIES])
    _add_routes(api.router, office, Cursors(secret), stock)

    async def openapi(request: Request) -> JSONResponse:
        del request
        return JSONResponse(api.openapi())

    api.add_route("/openapi.json", openapi, methods=["GET"])
    mounts: list[BaseRoute] = [Mount(PREFIX, ApiDoor(office, limits, new_id, api))]
    if stock.desk is not None:
        service = BundleService(stock.desk)
        mounts.append(Mount(bundles.PREFIX, ApiDoor(office, limits, new_id, service)))
    return mounts


def _add_routes(router: APIRouter, office: FrontOffice, cursors: Cursors, stock: Stock) -> None:
    reader = Reader(office, cursors)
    operator = Operator(office, {shelf.noun: shelf for shelf in stock.shelves})
    for shelf in stock.shelves:
        add_shelf(router, reader, shelf)
    add_history(router, Historian(office, reader))
    add_hearings(router, Hearings(office, reader, stock.disputes))
    add_answers(router, Answerer(office, operator))
    if stock.disputes is not None:
        add_desk(router, DeskRoutes(office, stock.disputes, operator))
    if stock.desk is not None:
        add_building(router, Builder(stock.desk))
    if stock.bench is not None:
        add_replays(router, Replayer(office, stock.bench))
        add_trials(router, Trier(stock.bench))
        add_explanations(router, Explainer(office, stock.bench))
    if stock.evidence is not None:
        add_evidence(router, Evidence(office, stock.evidence, cursors))
    for operation in office.catalogue:
        add_operation(router, operator, operation)
