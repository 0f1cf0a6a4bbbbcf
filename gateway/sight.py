"""Who may see what of governance: the parties concerned, and for the rest whom the policy lets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from gateway.circumstances import Contents, call_context
from gateway.control.changes import Control, current_revision
from gateway.domain import AccessRequest, Action, DataClass, Resource, Rights
from gateway.identity.base import Identity
from gateway.ownership.live.base import NO_ASSET, AssetDirectory
from gateway.ownership.live.resolving import grants_on
from gateway.ownership.registry.assets import asset
from gateway.ownership.registry.beliefs import facets_of
from gateway.ownership.registry.parties import require_party
from gateway.pdp.base import PolicyEngine
from gateway.views.base import View, micros

_NOBODY = "-"
_ASKED = (Action.DISCOVER, Action.AUDIT)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, in one call.

    ``rights`` remembers what the policy said of each asset; ``audited`` fills with the ids of what was shown
    by right of audit alone.
    """

    identity: Identity
    headers: Mapping[str, str]
    rights: dict[str, frozenset[Action]] = field(default_factory=dict)
    audited: list[str] = field(default_factory=list)


class Sight:
    """Decides what a viewer sees; the policy has the last word on whatever is not the viewer's own."""

    def __init__(
        self,
        directory: AssetDirectory,
        policy: PolicyEngine,
        control: Control,
        now: Callable[[], datetime],
    ) -> None:
        self._directory = directory
        self._policy = policy
        self._control = control
        self._now = now

    async def sees(self, viewer: Viewer, view: View) -> bool:
        """Whether the viewer may know of this; raises ``PolicyUnavailable`` or ``GovernanceUnavailable``."""
        subject = viewer.identity.subject
        if view.audience == "everybody" or view.concerned & {subject.department, subject.id}:
            return True
        if view.roles & set(subject.roles):
            return True
        rights = await self._rights(viewer, view)
        if view.audience == "discoverers" and Action.DISCOVER in rights:
            return True
        if Action.AUDIT in rights:
            viewer.audited.append(view.about or view.key)
            return True
        return False

    async def _rights(self, viewer: Viewer, view: View) -> frozenset[Action]:
        name = view.about or view.key
        known = viewer.rights.get(name)
        if known is None:
            resource, held = await self._asked(viewer, view)
            allowed = [each for each in _ASKED if await self._allowed(viewer, resource, held, each)]
            known = viewer.rights[name] = frozenset(allowed)
        return known

    async def _allowed(self, viewer: Viewer, resource: Resource, held: Rights, action: Action) -> bool:
        subject, defaults = viewer.identity.subject, viewer.identity.defaults
        context = call_context(viewer.headers, defaults, Contents(), held, self._now())
        return (await self._policy.decide(AccessRequest(subject, action, resource, context))).allow

    async def _asked(self, viewer: Viewer, view: View) -> tuple[Resource, Rights]:
        """What the policy is asked about, and what the viewer's department holds on it.

        That is the asset, or the thing itself where it is about none.
        """
        department = viewer.identity.subject.department
        if not view.about:
            return _unowned(view.key, type(view).__name__), Rights()
        served = self._directory.snapshot().resolve(view.about)
        if served.asset is not NO_ASSET:
            return served.asset.resource, served.rights(department)
        now_us = micros(self._now())
        return await self._control.read(
            lambda connection: _unserved(connection, view.about, department, now_us)
        )


def _unserved(connection: Connection, name: str, department: str, now_us: int) -> tuple[Resource, Rights]:
    """An asset that cannot be called, as far as the registry knows it."""
    found = asset(connection, name)
    if found is None:
        return _unowned(name, "asset"), Rights()
    held = facets_of(connection, name, now_us)
    units = {facet.value: require_party(connection, each.holder).unit for facet, each in held.items()}
    facets = {"accountable_owner": _NOBODY, **units}
    rights = Rights(grants_on(connection, name, department, now_us), revision=current_revision(connection))
    return replace(_unowned(name, found.type.value), facets=facets), rights


def _unowned(name: str, kind: str) -> Resource:
    """Something that nobody is known to own, so that no owner's rule opens it."""
    return Resource(
        id=name,
        type=kind,
        base_model="",
        adapter="",
        facets={"accountable_owner": _NOBODY},
        class_ceiling=DataClass.PUBLIC,
    )
