"""What decides at one replica at one moment, and how it tells others."""

from dataclasses import dataclass

from gateway.domain import JsonObject
from gateway.pdp.embedded import EmbeddedEngine
from gateway.pdp.lifecycle.canary import Failures
from gateway.pdp.lifecycle.shadowing import Shadowing
from gateway.pdp.lifecycle.store import Canary, PolicyState


@dataclass(frozen=True, slots=True)
class RunningCanary:
    """A canary with its engine and what it has failed in."""

    trial: Canary
    engine: EmbeddedEngine
    failures: Failures


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides at one moment; replaced as a whole, so a call sees all of one or all of the next."""

    state: PolicyState
    active: EmbeddedEngine
    canary: RunningCanary | None
    shadow: Shadowing | None


def told(standing: Standing) -> JsonObject:
    """The same as other replicas and operators read it."""
    said: JsonObject = {
        "revision": standing.active.revision,
        "form": standing.active.form,
        "control_revision": standing.state.control_revision,
    }
    if standing.canary is not None:
        counted = standing.canary.failures.here
        said["canary"] = {
            "trial": standing.canary.trial.number,
            "revision": standing.canary.trial.revision,
            "decided": counted.decided,
            "failed": counted.failed,
        }
    if standing.shadow is not None:
        tally = standing.shadow.tally
        said["shadow"] = {
            "revision": standing.shadow.trial.revision,
            "asked": tally.asked,
            "differences": tally.asked - tally.same - tally.failed,
            "skipped": tally.skipped,
        }
    return said
