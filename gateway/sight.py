"""Who may see what of governance: the parties concerned, and for the rest whom the policy lets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.circumstances import Contents, call_context
from gateway.control.changes import Control
from gateway.domain import AccessRequest, Action, DataClass, Resource
from gateway.errors import NotFound
from gateway.identity.base import Identity
from gateway.ownership.base import AssetDirectory
from gateway.pdp.base import PolicyEngine
from gateway.views import assets
from gateway.views.assets import AssetView
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
            resource = await self._resource(view)
            known = frozenset([each for each in _ASKED if await self._allowed(viewer, resource, each)])
            viewer.rights[name] = known
        return known

    async def _allowed(self, viewer: Viewer, resource: Resource, action: Action) -> bool:
        subject, defaults = viewer.identity.subject, viewer.identity.defaults
        rights = self._directory.snapshot().resolve(resource.id).rights(subject.department)
        context = call_context(viewer.headers, defaults, Contents(), rights, self._now())
        return (await self._policy.decide(AccessRequest(subject, action, resource, context))).allow

    async def _resource(self, view: View) -> Resource:
        """What the policy is asked about: the asset, or the thing itself where it is about no asset."""
        if isinstance(view, AssetView):
            return self._asset(view)
        if not view.about:
            return _unowned(view.key, type(view).__name__)
        now_us = micros(self._now())
        try:
            found = await self._control.read(lambda connection: assets.find(connection, view.about, now_us))
        except NotFound:
            return _unowned(view.about, "asset")
        return self._asset(found)

    def _asset(self, view: AssetView) -> Resource:
        held = {facet.value: each.holder for facet, each in view.facets.items()}
        served = self._directory.snapshot().assets.get(view.id)
        if served is not None:
            return replace(served.resource, facets={**served.resource.facets, **held})
        return replace(_unowned(view.id, view.type.value), facets={"accountable_owner": _NOBODY, **held})


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
