"""Doing: one POST route for each operation, made from the operation itself."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse
from pydantic import Field, JsonValue
from sqlalchemy import Connection
from starlette.requests import Request

from gateway.attempts import HEADER, idempotency_key
from gateway.control.governance import Terms
from gateway.control.operations import Operation
from gateway.control.requests import Performed
from gateway.domain import JsonObject
from gateway.errors import BadRequest, InvalidBody
from gateway.front_office import FrontOffice, Named
from gateway.routes.api.bodies import validated
from gateway.routes.api.door import body_of, caller_of
from gateway.routes.api.etags import require_match, tag_of
from gateway.routes.api.naming import NAME, Address
from gateway.views.base import AnyShelf, Told

_NAMED = re.compile(NAME)
IdempotencyKey = Annotated[
    str,
    Header(alias=HEADER, max_length=255, description="Makes sending this again the same as sending it once."),
]
IfMatch = Annotated[
    str,
    Header(
        alias="if-match",
        description="The entity tag of the thing in the path, else of the asset in the body: 412 if it is"
        " another by now.",
    ),
]


class PerformedView(Told):
    """An operation that was done, or that waits for a second person."""

    state: Literal["done", "proposed"]
    revision: int = Field(description="The change that did it.")
    outcome: dict[str, JsonValue] = Field(description="What it made or reached.")
    proposal: str = Field(description="What waits for a second person; empty if nothing does.")


class Operator:
    """Performs operations for callers."""

    def __init__(self, office: FrontOffice, shelves: Mapping[str, AnyShelf]) -> None:
        self._office = office
        self._shelves = shelves

    async def perform(
        self, request: Request, kind: type[Operation], address: Address, key: str, if_match: str
    ) -> JSONResponse:
        """Does the operation that a request describes."""
        operation = validated(kind, _document(request, address))
        thing = request.path_params.get(address.field, "")
        matching = self._matching(address.field, thing, operation.about, if_match)
        terms = Terms(key, precondition=matching)
        done = await self._office.perform(caller_of(request), operation, terms, self._named(address, thing))
        return answer(done, created=address.creates)

    def _named(self, address: Address, thing: str) -> Named | None:
        shelf = self._shelves.get(address.noun)
        return Named(shelf, thing) if shelf is not None and thing else None

    def matching(self, noun: str, key: str, if_match: str) -> Callable[[Connection], None]:
        """What raises ``PreconditionFailed`` unless the thing still has one of the tags."""
        shelf, now_us = self._shelves[noun], self._office.now_us()

        def require(connection: Connection) -> None:
            if if_match:
                require_match(if_match, tag_of(shelf.find(connection, key, now_us)))

        return require

    def _matching(self, noun: str, thing: str, asset: str, if_match: str) -> Callable[[Connection], None]:
        if thing and noun in self._shelves:
            return self.matching(noun, thing, if_match)
        if if_match and not asset:
            raise BadRequest("There is nothing here that If-Match could be about.", param="if-match")
        return self.matching("asset", asset, if_match)


def answer(done: Performed, *, created: bool = False) -> JSONResponse:
    """What a caller is told of what was done."""
    told = PerformedView(
        state="proposed" if done.proposal else "done",
        revision=done.revision,
        outcome=done.outcome,
        proposal=done.proposal,
    )
    status = 202 if done.proposal else 201 if created else 200
    headers = {"idempotency-replayed": "true"} if done.again else {}
    return JSONResponse(
        told.model_dump(mode="json"), status, headers={"cache-control": "no-store", **headers}
    )


def add_operation(router: APIRouter, operator: Operator, kind: type[Operation]) -> None:
    """The route of one operation."""
    address = Address.of(kind)

    async def perform(request: Request, key: IdempotencyKey = "", if_match: IfMatch = "") -> JSONResponse:
        del key  # read below as the data plane reads it
        return await operator.perform(request, kind, address, idempotency_key(request.headers), if_match)

    router.add_api_route(
        address.path,
        perform,
        methods=["POST"],
        operation_id=kind.kind,
        summary=kind.help_line(),
        tags=[address.plural],
        status_code=201 if address.creates else 200,
        response_model=PerformedView,
        responses={202: {"model": PerformedView, "description": "It waits for a second person."}},
        openapi_extra=address.described(kind),
    )


def _document(request: Request, address: Address) -> JsonObject:
    body = body_of(request)
    if not address.field:
        return body
    if address.field in body:
        raise InvalidBody(f"The {address.field} stands in the path; leave it out of the body.")
    named = request.path_params[address.field]
    if _NAMED.fullmatch(named) is None:
        raise BadRequest(f"This can be no id of a {address.noun}.", param=address.field)
    return {**body, address.field: named}
