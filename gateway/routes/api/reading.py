"""Reading governance: one thing, or a page of things, each with a strong entity tag."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field, create_model
from starlette.requests import Request

from gateway.front_office import Caller, FrontOffice
from gateway.routes.api.cursors import Cursors
from gateway.routes.api.door import caller_of
from gateway.routes.api.etags import tag, unchanged
from gateway.routes.api.naming import NAME
from gateway.views.base import AnyShelf, Told, View
from gateway.views.base import Query as Asked

IfNoneMatch = Annotated[
    str, Header(alias="if-none-match", description="Entity tags that the caller has; 304 if one is current.")
]


class Reader:
    """Answers with what the front office shows."""

    def __init__(self, office: FrontOffice, cursors: Cursors) -> None:
        self._office = office
        self._cursors = cursors

    async def one(self, request: Request, shelf: AnyShelf, key: str, if_none_match: str) -> Response:
        """The thing of this key."""
        view = await self._office.find(caller_of(request), shelf, key)
        return await self.told(request, view, if_none_match)

    async def page(self, request: Request, shelf: AnyShelf, query: Asked, if_none_match: str) -> Response:
        """A page of things, and the cursor of the next."""
        caller = caller_of(request)
        listing = _listing(caller, shelf, query)
        page = await self._office.page(caller, shelf, query, self._cursors.open(listing, query.cursor))
        items = [view.model_dump(mode="json") for view in page.views]
        # A cursor is sealed anew each time, so the tag is made of what it stands for.
        body = {"items": items, "next": self._cursors.seal(listing, page.after)}
        return await self._answer(
            request, orjson.dumps(body), tag(orjson.dumps([items, bool(page.after)])), if_none_match
        )

    async def told(self, request: Request, told: Told, if_none_match: str) -> Response:
        """Something that was found."""
        content = told.model_dump_json().encode()
        return await self._answer(request, content, tag(content), if_none_match)

    async def _answer(self, request: Request, content: bytes, current: str, if_none_match: str) -> Response:
        await self._office.shown(caller_of(request), f"GET {request.url.path}")
        return entity(content, current, if_none_match)


def entity(content: bytes, current: str, if_none_match: str) -> Response:
    """What is shown under this tag, or that the caller has it."""
    # A shared cache would show one department what another may see.
    headers = {"etag": current, "cache-control": "private, no-cache"}
    if unchanged(if_none_match, current):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/json")


def add_shelf(router: APIRouter, reader: Reader, shelf: AnyShelf) -> None:
    """The two reading routes of a kind of thing."""

    async def listing(
        request: Request,
        query: Annotated[shelf.query, Query()],  # type: ignore[name-defined]  # each shelf has its own
        if_none_match: IfNoneMatch = "",
    ) -> Response:
        return await reader.page(request, shelf, query, if_none_match)

    async def one(
        request: Request,
        key: Annotated[str, Path(pattern=NAME, alias=shelf.noun, description=f"Id of the {shelf.noun}.")],
        if_none_match: IfNoneMatch = "",
    ) -> Response:
        return await reader.one(request, shelf, key, if_none_match)

    router.add_api_route(
        f"/{shelf.plural}",
        listing,
        methods=["GET"],
        operation_id=f"{shelf.noun}.list",
        summary=f"List {shelf.plural} that you may see.",
        tags=[shelf.plural],
        response_model=_page_model(shelf.view),
    )
    router.add_api_route(
        f"/{shelf.plural}/{{{shelf.noun}}}",
        one,
        methods=["GET"],
        operation_id=f"{shelf.noun}.show",
        summary=f"Show one {shelf.noun}.",
        tags=[shelf.plural],
        response_model=shelf.view,
    )


def _page_model(view: type[View]) -> type[BaseModel]:
    return create_model(
        view.__name__.replace("View", "Page"),
        __doc__="Some of the things, in the order of their ids.",
        items=(list[view], ...),  # type: ignore[valid-type]  # made for each kind
        next=(str, Field(description="Give it as `cursor` for the next page; empty: there is none.")),
    )


def _listing(caller: Caller, shelf: AnyShelf, query: Asked) -> str:
    filters = query.model_dump_json(exclude={"cursor", "limit"})
    return f"{caller.viewer.identity.subject.id} {shelf.plural} {filters}"
