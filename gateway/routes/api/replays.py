"""A policy against the decisions on record, as the command does it."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.requests import Request

from audit.entry import Facts
from gateway.control.schema import FOREVER
from gateway.errors import Impossible, InvalidBody, NotPermitted
from gateway.front_office import FrontOffice
from gateway.ownership.disputes.asked import microseconds
from gateway.pdp.explain.sources import stored_source
from gateway.pdp.lifecycle.bundle import policy_files
from gateway.pdp.lifecycle.operations import AUTHOR
from gateway.pdp.lifecycle.store import named_bundle
from gateway.pdp.replay.recorded import Wanted
from gateway.pdp.replay.summary import Scope
from gateway.pdp.workbench.replaying import Replaying
from gateway.policy_bench import PolicyBench
from gateway.routes.api.bodies import validated
from gateway.routes.api.door import body_of, caller_of
from gateway.views.base import Narrow
from gateway.views.trials import ReplayView

_OFFICES = (AUTHOR, "auditor")


class ReplayAsked(BaseModel):
    """Which policy, and which calls; either ``policy`` or ``files``."""

    model_config = ConfigDict(extra="forbid")

    policy: str = Field(
        "", description="Revision of a stored policy, or the beginning of it.", pattern=r"^([0-9a-f]{6,64})?$"
    )
    files: dict[str, str] = Field({}, max_length=5000, description="The text of a policy by path.")
    since: AwareDatetime | None = Field(None, alias="from", description="Calls from this moment on.")
    until: AwareDatetime | None = Field(None, alias="to", description="Calls before this moment.")
    verify: bool = Field(
        False,  # noqa: FBT003 (a default, as pydantic has it)
        description="Decide again only what this very policy decided: are the verdicts on record its own?",
    )
    department: Narrow = Field("", description="Only calls of this department.")
    asset: Narrow = Field("", description="Only calls on this asset.")

    def replaying(self, candidate: str) -> Replaying:
        """What is to be replayed, and the candidate's name in the answer."""
        until_us = microseconds(self.until)
        wanted = Wanted(
            microseconds(self.since) or 0,
            FOREVER if until_us is None else until_us,
            self.department,
            self.asset,
        )
        since, until = (each.isoformat() if each else "" for each in (self.since, self.until))
        return Replaying(wanted, Scope(candidate, since=since, until=until), only_own=self.verify)


class Replayer:
    """Replays for authors of policies and auditors, who go on record before anything is shown."""

    def __init__(self, office: FrontOffice, bench: PolicyBench) -> None:
        self._office = office
        self._bench = bench

    async def replay(self, request: Request) -> JSONResponse:
        """Decide the newest calls on record again by a candidate policy; tell what comes out otherwise."""
        caller = caller_of(request)
        if not any(caller.acting.has(role) for role in _OFFICES):
            raise NotPermitted(f"Replays are for the roles {' and '.join(_OFFICES)}.")
        asked = validated(ReplayAsked, body_of(request))
        if bool(asked.policy) == bool(asked.files):
            raise InvalidBody("Give either a policy or files.", param="policy")
        candidate, files = await self._candidate(asked)
        replaying = asked.replaying(candidate)
        await self._office.read_log(caller, "policy replay", _facts(replaying))
        return JSONResponse(await self._bench.replayed(files, replaying))

    async def _candidate(self, asked: ReplayAsked) -> tuple[str, dict[str, bytes]]:
        if asked.files:
            return "given files", {path: text.encode() for path, text in asked.files.items()}
        source = await self._office.read(
            lambda connection, _: stored_source(connection, named_bundle(connection, asked.policy).revision)
        )
        if source is None:
            raise Impossible("The stored policy cannot be read.")
        return source.revision, policy_files(source)


def _facts(asked: Replaying) -> dict[str, Facts]:
    """What goes on record of the read, as the command has it."""
    facts: dict[str, Facts] = {
        "candidate": asked.scope.candidate,
        "from": asked.scope.since,
        "to": asked.scope.until,
        "verify": asked.only_own,
        "department": asked.wanted.department,
        "asset": asked.wanted.asset,
    }
    return {name: value for name, value in facts.items() if value}


def add_replays(router: APIRouter, replayer: Replayer) -> None:
    """The one route."""
    schema = ReplayAsked.model_json_schema()
    router.add_api_route(
        "/policies/replay",
        replayer.replay,
        methods=["POST"],
        operation_id="policy.replay",
        summary=(replayer.replay.__doc__ or "").strip(),
        tags=["policies"],
        response_model=ReplayView,
        openapi_extra={"requestBody": {"content": {"application/json": {"schema": schema}}}},
    )
