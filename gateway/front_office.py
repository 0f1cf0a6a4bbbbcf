"""Calls to governance: who asks, what they may see, what they do, and what the log is told of it.

``pipeline.py`` orders the security steps of a call to a model; this file orders those of all other calls.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from audit.entry import EntryType, Facts, Record
from gateway.control.governance import Governance, Terms
from gateway.control.operations import Acting, Operation
from gateway.control.requests import Performed
from gateway.domain import Action
from gateway.durable import durable
from gateway.errors import Conflict, CustodyError, Impossible, NotFound, NotPermitted
from gateway.identity.base import Authenticator
from gateway.pipeline import Call, Parts
from gateway.records import Recorder, Refusals, Trail
from gateway.sight import Sight, Viewer
from gateway.views import assets, proposals
from gateway.views.base import AnyShelf, Query, View, micros

_T = TypeVar("_T")

# What one page may cost, whoever asks: so many things are looked at, and then the page ends early.
_LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True)
class OfficeParts:
    """What the front office is made of; chosen in ``app.py``, mostly the pipeline's own parts."""

    authenticator: Authenticator
    sight: Sight
    recorder: Recorder
    refusals: Refusals
    governance: Governance
    now: Callable[[], datetime]
    monotonic_ns: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who was let in, with their call and what of it was looked at so far."""

    call: Call
    trail: Trail
    viewer: Viewer

    @property
    def acting(self) -> Acting:
        """The caller as one who does something; the principal's name is nothing to governance."""
        return Acting(self.viewer.identity.subject.id, self.viewer.identity.subject)


@dataclass(frozen=True, slots=True)
class Page:
    """Some things of a kind; ``after`` is where the next page begins, empty where this is the last."""

    views: Sequence[View]
    after: str


@dataclass(frozen=True, slots=True)
class Named:
    """A thing of a kind, by its key."""

    shelf: AnyShelf
    key: str


class FrontOffice:
    """Takes calls to governance from the door to the control database and back."""

    def __init__(self, parts: OfficeParts) -> None:
        self._parts = parts
        self.catalogue = parts.governance.catalogue

    async def refused_at_door(self, request_id: str, refusal: CustodyError, peer: str) -> None:
        """Records a request whose headers alone could not be accepted."""
        await self.refuse(self.trail(request_id, peer), refusal)

    def trail(self, request_id: str, peer: str) -> Trail:
        """What is known of a call that has just come."""
        return Trail(request_id, Action.MANAGE, self._parts.monotonic_ns(), peer=peer)

    async def admit(self, call: Call, trail: Trail) -> Caller:
        """Whoever calls; raises what the authenticator raises, which whoever called this records."""
        identity = await self._parts.authenticator.authenticate(call.headers)
        trail.subject = identity.subject
        return Caller(call, trail, Viewer(identity, call.headers))

    async def refuse(self, trail: Trail, refusal: CustodyError) -> None:
        """Puts a refusal on record; raises ``AuditUnavailable``."""
        record = trail.denied_record(refusal, self._parts.monotonic_ns())
        await durable(self._parts.refusals.refuse(record, trail.peer))

    # What is done.

    async def perform(
        self, caller: Caller, operation: Operation, terms: Terms, thing: Named | None = None
    ) -> Performed:
        """Does the operation, or proposes it; raises a ``CustodyError``.

        ``thing`` is what it is done to. A refusal says nothing of a thing, or an asset, that the caller may
        not see: it reads as if that were not there.
        """
        try:
            return await self._parts.governance.perform(caller.acting, operation, terms)
        except (NotPermitted, NotFound, Conflict, Impossible):
            if thing is not None:
                await self.find(caller, thing.shelf, thing.key)
            if operation.about and not operation.makes_asset:
                await self.find(caller, assets.SHELF, operation.about)
            raise

    async def consent(self, caller: Caller, proposal: str, terms: Terms) -> Performed:
        """Consents to what another person proposed."""
        return await self._parts.governance.consent(caller.acting, proposal, terms)

    async def decline(self, caller: Caller, proposal: str, reason: str, terms: Terms) -> Performed:
        """Ends a proposal."""
        return await self._parts.governance.decline(caller.acting, proposal, reason, terms)

    # What is shown.

    async def read(self, work: Callable[[Connection, int], _T]) -> _T:
        """Does ``work`` over one state of the control database, at this moment."""
        now_us = self.now_us()
        return await self._parts.governance.control.read(lambda connection: work(connection, now_us))

    def now_us(self) -> int:
        """This moment, in microseconds since 1970 UTC."""
        return micros(self._parts.now())

    async def find(self, caller: Caller, shelf: AnyShelf, key: str) -> View:
        """The thing of this key, if it is there and the caller may see it; raises ``NotFound``."""
        try:
            view = await self.read(lambda connection, now_us: shelf.find(connection, key, now_us))
        except NotFound:
            raise _missing(shelf, key) from None
        if not await self._parts.sight.sees(caller.viewer, view) and not await self._asked(caller, view):
            raise _missing(shelf, key)
        return view

    async def _asked(self, caller: Caller, view: View) -> bool:
        """Whether it is a proposal that the caller could answer, and so may read, wherever they belong."""
        if not isinstance(view, proposals.ProposalView):
            return False
        return await self._parts.governance.may_answer(caller.acting, view.id)

    async def page(self, caller: Caller, shelf: AnyShelf, query: Query, after: str) -> Page:
        """Things of a kind that the caller may see, from the one after a key on."""
        seen: list[View] = []
        for _ in range(-(-_LOOKED_AT // query.limit)):
            start = after
            views = await self.read(
                lambda connection, now_us, start=start: shelf.some(  # type: ignore[misc]  # bound in the loop
                    connection, query, start, query.limit, now_us
                )
            )
            for view in views:
                after = view.key
                if await self._parts.sight.sees(caller.viewer, view):
                    seen.append(view)
                if len(seen) == query.limit:
                    return Page(seen, after)
            if len(views) < query.limit:
                return Page(seen, "")
        return Page(seen, after)

    async def shown(self, caller: Caller, what: str) -> None:
        """Puts on record what is about to be shown by right of audit; raises ``AuditUnavailable``."""
        if caller.viewer.audited:
            await self.read_log(caller, what, {"assets": [*dict.fromkeys(caller.viewer.audited)]})

    async def sees(self, caller: Caller, view: View) -> bool:
        """Whether the caller may know of this."""
        return await self._parts.sight.sees(caller.viewer, view)

    async def read_log(self, caller: Caller, what: str, facts: Mapping[str, Facts]) -> None:
        """Puts on record that the log is read for the caller; raises ``AuditUnavailable``."""
        detail: dict[str, Facts] = {"command": what, **facts}
        record = Record(
            type=EntryType.AUDITOR_QUERY,
            request_id=caller.call.request_id,
            actor=caller.acting.actor,
            action=Action.AUDIT.value,
            detail=detail,
        )
        await durable(self._parts.recorder.append(record))


def front_office(parts: Parts, governance: Governance) -> FrontOffice:
    """The front office beside a pipeline: the same authenticator, policy, log and clocks."""
    return FrontOffice(
        OfficeParts(
            authenticator=parts.authenticator,
            sight=Sight(parts.directory, parts.policy, governance.control, parts.now),
            recorder=parts.recorder,
            refusals=parts.refusals,
            governance=governance,
            now=parts.now,
            monotonic_ns=parts.monotonic_ns,
        )
    )


def _missing(shelf: AnyShelf, key: str) -> NotFound:
    return NotFound(f"There is no {shelf.noun} {key!r}, or it is not for you to see.")
