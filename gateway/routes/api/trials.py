"""Policies tried as the commands do it: nothing is stored, and nothing comes into force."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.requests import Request

from gateway.pdp.lifecycle.operations import AUTHOR
from gateway.pdp.workbench.bench import Work
from gateway.policy_bench import PolicyBench
from gateway.routes.api.bodies import validated
from gateway.routes.api.door import body_of, caller_of
from gateway.routes.api.policies import Building
from gateway.views import trials
from gateway.views.base import Told


class Testing(Building):
    """The text of a policy whose tests are to run."""

    coverage: bool = Field(default=False, description="Tell what the tests reach.")


class Trier:
    """Tries policies for their authors."""

    def __init__(self, bench: PolicyBench) -> None:
        self._bench = bench

    async def check(self, request: Request) -> JSONResponse:
        """Parse, check and compile a policy, and try it in a process of its own."""
        return await self._tried(request, "check", Building)

    async def lint(self, request: Request) -> JSONResponse:
        """Hold a policy against the house rules."""
        return await self._tried(request, "lint", Building)

    async def test(self, request: Request) -> JSONResponse:
        """Run a policy's own tests."""
        return await self._tried(request, "test", Testing)

    async def fmt(self, request: Request) -> JSONResponse:
        """Lay a policy out."""
        return await self._tried(request, "fmt", Building)

    async def _tried(self, request: Request, work: Work, body: type[Building]) -> JSONResponse:
        caller_of(request).acting.require(AUTHOR)
        asked = validated(body, body_of(request))
        coverage = isinstance(asked, Testing) and asked.coverage
        return JSONResponse(await self._bench.tried(work, asked.content(), coverage=coverage))


def add_trials(router: APIRouter, trier: Trier) -> None:
    """The four routes."""
    views: dict[str, type[Told]] = {
        "check": trials.CheckView,
        "lint": trials.LintView,
        "test": trials.OutcomesView,
        "fmt": trials.LayoutView,
    }
    for work, view in views.items():
        endpoint = getattr(trier, work)
        body = Testing if work == "test" else Building
        router.add_api_route(
            f"/policies/{work}",
            endpoint,
            methods=["POST"],
            operation_id=f"policy.{work}",
            summary=(endpoint.__doc__ or "").strip(),
            tags=["policies"],
            response_model=view,
            openapi_extra={
                "requestBody": {"content": {"application/json": {"schema": body.model_json_schema()}}}
            },
        )
