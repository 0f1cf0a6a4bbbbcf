"""What the log shows, counted for auditors; and dossiers, which are made while the caller does else."""

from dataclasses import asdict
from typing import Annotated, cast

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.requests import Request

from audit.entry import Facts
from gateway.domain import JsonObject
from gateway.errors import InvalidBody, NotFound, NotPermitted
from gateway.evidence_desk import Dossier, EvidenceDesk
from gateway.front_office import Caller, FrontOffice
from gateway.ownership.disputes.asked import microseconds
from gateway.ownership.dossier.order import Order
from gateway.ownership.evidence.prices import Prices
from gateway.ownership.evidence.span import Span
from gateway.routes.api.bodies import validated
from gateway.routes.api.cursors import Cursors
from gateway.routes.api.door import body_of, caller_of
from gateway.routes.api.etags import tag
from gateway.routes.api.hearings import Dispute
from gateway.routes.api.naming import NAME, REFERENCE
from gateway.routes.api.reading import IfNoneMatch, entity
from gateway.views import disputes
from gateway.views.base import Narrow
from gateway.views.evidence import DossierView, ScorecardsView, UsagePage

_AUDITOR = "auditor"
# Offices that hear every dispute; besides, its parties' owners.
_OFFICES = (_AUDITOR, "clerk", "adjudicator")
_ALL = -1

DossierId = Annotated[str, Path(pattern=NAME, description="Id of the dossier.")]


class CountAsked(BaseModel):
    """Which entries to count."""

    model_config = ConfigDict(extra="forbid")

    first: int = Field(0, ge=0, description="Index of the first entry.")
    end: int | None = Field(None, gt=0, description="Index behind the last entry; by default all.")
    since: AwareDatetime | None = Field(None, alias="from", description="Entries from this moment on.")
    until: AwareDatetime | None = Field(None, alias="to", description="Entries before this moment.")

    def span(self) -> Span:
        """The span as it is asked for."""
        bounds = microseconds(self.since) or 0, microseconds(self.until) or 0
        return Span(self.first, _ALL if self.end is None else self.end, *bounds)


class UsageAsked(CountAsked):
    """Which entries to count, for whom to tell of it, and at what prices."""

    prices: Prices | None = Field(None, description="Prices by contract; without them no cost is told.")
    asset: Narrow = Field("", description="Only use of this asset.")
    department: Narrow = Field("", description="Only use by this department.")
    limit: int = Field(100, ge=1, le=1000, description="How many uses a page holds.")
    cursor: str = Field("", max_length=500, description="Where the page before ended.")


class DossierAsked(BaseModel):
    """What a dossier is to be made of."""

    model_config = ConfigDict(extra="forbid")

    first: int = Field(0, ge=0, description="Index of the first entry to count.")
    prices: Prices | None = Field(None, description="Prices by contract.")


BODIES: tuple[type[BaseModel], ...] = (CountAsked, UsageAsked, DossierAsked)
"""What the routes' bodies are, for the API's description."""


class Evidence:
    """Reads the log for whoever may, who goes on record before anything is shown."""

    def __init__(self, office: FrontOffice, desk: EvidenceDesk, cursors: Cursors) -> None:
        self._office = office
        self._desk = desk
        self._cursors = cursors

    async def scorecards(self, request: Request) -> JSONResponse:
        """Count how each department handles data: figures with their bounds, never a ranking without them."""
        caller, asked = caller_of(request), validated(CountAsked, body_of(request))
        caller.acting.require(_AUDITOR)
        await self._office.read_log(caller, "scorecard", _facts(asked))
        return JSONResponse(await self._desk.scorecards(asked.span()))

    async def usage(self, request: Request) -> JSONResponse:
        """Count calls, tokens, model time and cost by asset and department; a page of them."""
        caller, asked = caller_of(request), validated(UsageAsked, body_of(request))
        caller.acting.require(_AUDITOR)
        listing = f"{caller.acting.subject.id} usage {asked.model_dump_json(exclude={'cursor', 'limit'})}"
        span, start = _from(asked.span(), self._cursors.open(listing, asked.cursor))
        await self._office.read_log(caller, "usage", _facts(asked))
        found = await self._desk.usage(span, asked.prices)
        told, end = _page(found, asked, start)
        return JSONResponse({**told, "next": self._cursors.seal(listing, end)})

    async def order(self, request: Request, dispute: Dispute) -> JSONResponse:
        """Have a dossier made: claims, timelines, exhibits, figures, replay and ruling in a zip to verify."""
        caller, asked = caller_of(request), validated(DossierAsked, body_of(request))
        steps = await self._heard(caller, dispute)
        order = Order(dispute, asked.first, asked.prices)
        dossier = self._desk.order(order, steps, caller.acting.actor)
        place = f"{request.url.path}/{dossier.id}"
        return JSONResponse(asdict(dossier), status_code=202, headers={"location": place})

    async def dossier(
        self, request: Request, dispute: Dispute, dossier: DossierId, if_none_match: IfNoneMatch = ""
    ) -> Response:
        """How far a dossier is."""
        found = await self._found(caller_of(request), dispute, dossier)
        content = DossierView(**asdict(found)).model_dump_json().encode()
        return entity(content, tag(content), if_none_match)

    async def file(self, request: Request, dispute: Dispute, dossier: DossierId) -> Response:
        """A dossier that is made, as a zip that anybody can verify."""
        caller = caller_of(request)
        found = await self._found(caller, dispute, dossier)
        content = await self._desk.content(found)
        if content is None:
            raise NotFound("This dossier is not made, or not kept any longer; ask for it again.")
        await self._office.read_log(caller, "dossier", {"dispute": dispute, "sha256": found.sha256})
        headers = {
            "etag": f'"{found.sha256}"',
            "cache-control": "private, no-cache",
            "content-disposition": f'attachment; filename="dossier-{dispute}.zip"',
        }
        return Response(content, headers=headers, media_type="application/zip")

    async def _found(self, caller: Caller, dispute: str, dossier: str) -> Dossier:
        await self._heard(caller, dispute)
        return self._desk.dossier(dispute, dossier)

    async def _heard(self, caller: Caller, dispute: str) -> int:
        """How far the dispute is; raises for whoever may not have its dossier."""
        view = await self._office.find(caller, disputes.SHELF, dispute)
        subject = caller.acting.subject
        party = caller.acting.has("owner") and subject.department in view.concerned
        if not party and not any(caller.acting.has(role) for role in _OFFICES):
            raise NotPermitted(
                f"Dossiers are for the parties' role owner and the roles {', '.join(_OFFICES)}."
            )
        return cast("disputes.DisputeView", view).steps


def _from(span: Span, after: str) -> tuple[Span, int]:
    """The span and where in its count to begin: the next page is of the same entries as the one before."""
    if not after:
        return span, 0
    first, end, start = map(int, after.split(":"))
    return Span(first, end, span.since_us, span.until_us), start


def _page(found: JsonObject, asked: UsageAsked, start: int) -> tuple[JsonObject, str]:
    wanted = {"asset": asked.asset, "department": asked.department}
    uses = [
        use
        for use in cast("list[JsonObject]", found["uses"])
        if all(value in {"", use[name]} for name, value in wanted.items())
    ]
    stop = start + asked.limit
    span = cast("dict[str, int]", found["span"])
    after = f"{span['first']}:{span['end']}:{stop}" if stop < len(uses) else ""
    told = {name: value for name, value in found.items() if name != "uses"}
    return {**told, "items": [*uses[start:stop]]}, after


def _facts(asked: CountAsked) -> dict[str, Facts]:
    """What goes on record of the read, as the command has it."""
    if asked.end is not None and asked.end <= asked.first:
        raise InvalidBody("The end must be behind the first entry.", param="end")
    facts: dict[str, Facts] = {
        "first": asked.first,
        "end": _ALL if asked.end is None else asked.end,
        "since": asked.since.isoformat() if asked.since else "",
        "until": asked.until.isoformat() if asked.until else "",
    }
    return facts


def add_evidence(router: APIRouter, evidence: Evidence) -> None:
    """The routes of counts and dossiers."""
    for path, endpoint, body, view, name, status in (
        ("/scorecards", evidence.scorecards, CountAsked, ScorecardsView, "scorecard.count", 200),
        ("/usage", evidence.usage, UsageAsked, UsagePage, "usage.count", 200),
        ("/disputes/{dispute}/dossiers", evidence.order, DossierAsked, DossierView, "dossier.order", 202),
    ):
        schema = {"$ref": REFERENCE.format(model=body.__name__)}
        router.add_api_route(
            path,
            endpoint,
            methods=["POST"],
            operation_id=name,
            summary=(endpoint.__doc__ or "").strip(),
            tags=["evidence"],
            status_code=status,
            response_model=view,
            openapi_extra={"requestBody": {"content": {"application/json": {"schema": schema}}}},
        )
    thing = "/disputes/{dispute}/dossiers/{dossier}"
    router.add_api_route(
        thing,
        evidence.dossier,
        methods=["GET"],
        operation_id="dossier.show",
        summary=(evidence.dossier.__doc__ or "").strip(),
        tags=["evidence"],
        response_model=DossierView,
    )
    router.add_api_route(
        f"{thing}/file",
        evidence.file,
        methods=["GET"],
        operation_id="dossier.file",
        summary=(evidence.file.__doc__ or "").strip(),
        tags=["evidence"],
        response_class=Response,
        responses={200: {"content": {"application/zip": {}}}},
    )
