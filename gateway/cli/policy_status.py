"""What is in force and on trial, and what every replica says of it."""

import time
from dataclasses import asdict, dataclass

import orjson
import typer
from rich.console import Console
from rich.table import Table

from gateway.cli.configuration import ConfigOption, configured
from gateway.cli.policy_office import Json, Office, moment, run
from gateway.domain import JsonObject, JsonValue
from gateway.pdp.lifecycle import store
from gateway.pdp.lifecycle.replicas import Replica, replicas
from gateway.pdp.lifecycle.store import PolicyState

_SHORT = 12
_LOST_S = 15.0


@dataclass(frozen=True, slots=True)
class _Found:
    state: PolicyState
    replicas: list[Replica]
    now_us: int

    def silent_s(self, replica: Replica) -> float:
        return max(0.0, (self.now_us - replica.seen_us) / 1e6)

    def well(self, replica: Replica) -> bool:
        active = self.state.active
        current = active is not None and replica.state.get("revision") == active.revision
        return current and not replica.state.get("error") and self.silent_s(replica) < _LOST_S


def status(config: ConfigOption = None, as_json: Json = False) -> None:
    """Show what is in force and on trial, and each replica's policy, form, errors and age.

    Exit code 1 if a replica does not run what is in force, or has not been heard of for 15 seconds.
    """

    async def read(office: Office) -> _Found:
        state, known = await office.control.read(lambda c: (store.policy_state(c), replicas(c)))
        return _Found(state, known, time.time_ns() // 1000)

    found = run(configured(config), read)
    if as_json:
        typer.echo(orjson.dumps(_facts(found)))
    else:
        console = Console(soft_wrap=True)
        console.print(_headline(found.state), highlight=False)
        console.print(_table(found))
    if not all(found.well(replica) for replica in found.replicas):
        raise typer.Exit(1)


def _facts(found: _Found) -> JsonObject:
    state = found.state
    told: JsonObject = {
        "active": asdict(state.active) if state.active else None,
        "canary": _trial(state.canary),
        "shadow": _trial(state.shadow),
        "control_revision": state.control_revision,
    }
    told["replicas"] = [
        {"id": each.id, "silent_s": found.silent_s(each), "well": found.well(each), **each.state}
        for each in found.replicas
    ]
    return told


def _trial(trial: store.Canary | store.Shadow | None) -> JsonValue:
    if trial is None:
        return None
    return {
        "revision": trial.revision,
        "by": trial.by,
        "at_us": trial.at_us,
        **trial.terms.model_dump(mode="json"),
    }


def _headline(state: PolicyState) -> str:
    active, canary, shadow = state.active, state.canary, state.shadow
    lines = [
        f"in force  {active.revision} since {moment(active.at_us)} ({active.how})" if active else "no policy"
    ]
    if canary is not None:
        lines.append(f"canary    {canary.revision} for {canary.terms.percent} % of principals")
    if shadow is not None:
        lines.append(f"shadow    {shadow.revision} on {shadow.terms.percent} % of decisions")
    return "\n".join(lines)


def _table(found: _Found) -> Table:
    table = Table("replica", "heard", "policy", "form", "canary", "shadow", "trouble", box=None)
    for replica in found.replicas:
        said = replica.state
        table.add_row(
            f"{said.get('host')} {said.get('pid')}{' (remote)' if said.get('told_by') else ''}",
            f"{found.silent_s(replica):.0f} s ago",
            str(said.get("revision", "none"))[:_SHORT],
            str(said.get("form", "")),
            _share(said.get("canary"), "failed", "decided"),
            _share(said.get("shadow"), "differences", "asked"),
            _trouble(found, replica),
        )
    return table


def _share(said: JsonValue, part: str, whole: str) -> str:
    return f"{said[part]} of {said[whole]} {part}" if isinstance(said, dict) else ""


def _trouble(found: _Found, replica: Replica) -> str:
    if found.silent_s(replica) >= _LOST_S:
        return "not heard of"
    if replica.state.get("error"):
        return str(replica.state["error"])
    return "" if found.well(replica) else "another policy"
