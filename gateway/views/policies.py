from collections.abc import Sequence

from pydantic import Field, JsonValue
from sqlalchemy import Connection

from gateway.errors import NotFound
from gateway.pdp.lifecycle import replicas as replicated
from gateway.pdp.lifecycle import store
from gateway.pdp.lifecycle.operations import APPROVER, AUTHOR
from gateway.pdp.lifecycle.replicas import Replica
from gateway.pdp.lifecycle.store import Activation, How, Origin, PolicyState, StoredBundle
from gateway.views.base import Moment, Query, Shelf, View, moment

_OFFICES = frozenset({AUTHOR, APPROVER, "auditor"})


class _OfPolicies(View):
    @property
    def roles(self) -> frozenset[str]:
        """Whose office policies are."""
        return _OFFICES


class PolicyView(_OfPolicies):
    """A policy that passed its checks and is stored as a signed bundle."""

    revision: str
    bundle: str = Field(description="SHA-256 of the bundle.")
    environment: str
    name: str
    key_id: str = Field(description="Whose signature it bears.")
    origin: Origin
    reference: str = Field(description="The commit of a git source, else empty.")
    modules: int
    tests: int
    built_by: str = Field(description="Opaque id of who built it.")
    department: str
    built: Moment
    in_force: bool
    canary: dict[str, JsonValue] | None = Field(description="Its terms, while it decides for some.")
    shadow: dict[str, JsonValue] | None = Field(description="Its terms, while it only is asked.")

    @property
    def key(self) -> str:
        """Its revision."""
        return self.revision


class ActivationView(_OfPolicies):
    """That a policy was put into force."""

    activation: int
    policy: str
    how: How
    by: str = Field(description="Opaque id of who did it.")
    approved_by: str = Field(description="Opaque id of who consented; empty where it took one person.")
    at: Moment

    @property
    def key(self) -> str:
        """Its number, in the order of time."""
        return f"{self.activation:012d}"


class ReplicaView(_OfPolicies):
    """A replica as it last said of itself."""

    replica: str
    heard: Moment
    state: dict[str, JsonValue]

    @property
    def key(self) -> str:
        """Its id, which is by when it started."""
        return self.replica


def _find_policy(connection: Connection, name: str, now_us: int) -> PolicyView:
    del now_us
    return _policy(store.named_bundle(connection, name), store.policy_state(connection))


def _policies(
    connection: Connection, query: Query, after: str, limit: int, now_us: int
) -> Sequence[PolicyView]:
    del query, now_us
    state = store.policy_state(connection)
    return [_policy(bundle, state) for bundle in store.bundles(connection, after=after, limit=limit)]


def _find_activation(connection: Connection, name: str, now_us: int) -> ActivationView:
    del now_us
    number = int(name) if name.isdecimal() else 0
    found = store.activations_after(connection, number - 1, 1) if number else []
    if not found or found[0].number != number:
        raise NotFound("There is no such activation.")
    return _activation(found[0])


def _activations(
    connection: Connection, query: Query, after: str, limit: int, now_us: int
) -> Sequence[ActivationView]:
    del query, now_us
    number = int(after) if after else 0
    return [_activation(each) for each in store.activations_after(connection, number, limit)]


def _find_replica(connection: Connection, name: str, now_us: int) -> ReplicaView:
    found = [each for each in _replicas(connection, Query(), "", 0, now_us) if each.replica == name]
    if not found:
        raise NotFound("There is no such replica.")
    return found[0]


def _replicas(
    connection: Connection, query: Query, after: str, limit: int, now_us: int
) -> Sequence[ReplicaView]:
    del query, now_us
    found = [_replica(each) for each in replicated.replicas(connection) if each.id > after]
    return found[:limit] if limit else found


POLICIES = Shelf("policy", "policies", PolicyView, Query, _find_policy, _policies)
ACTIVATIONS = Shelf("activation", "activations", ActivationView, Query, _find_activation, _activations)
REPLICAS = Shelf("replica", "replicas", ReplicaView, Query, _find_replica, _replicas)


def _policy(bundle: StoredBundle, state: PolicyState) -> PolicyView:
    canary, shadow = state.canary, state.shadow
    return PolicyView(
        revision=bundle.revision,
        bundle=bundle.digest,
        environment=bundle.environment,
        name=bundle.name,
        key_id=bundle.key_id,
        origin=bundle.origin,
        reference=bundle.reference,
        modules=bundle.modules,
        tests=bundle.tests,
        built_by=bundle.built_by,
        department=bundle.department,
        built=moment(bundle.built_us),
        in_force=state.active is not None and state.active.revision == bundle.revision,
        canary=canary.terms.model_dump() if canary and canary.revision == bundle.revision else None,
        shadow=shadow.terms.model_dump() if shadow and shadow.revision == bundle.revision else None,
    )


def _activation(activation: Activation) -> ActivationView:
    return ActivationView(
        activation=activation.number,
        policy=activation.revision,
        how=activation.how,
        by=activation.by,
        approved_by=activation.approved_by,
        at=moment(activation.at_us),
    )


def _replica(replica: Replica) -> ReplicaView:
    return ReplicaView(replica=replica.id, heard=moment(replica.seen_us), state=replica.state)
