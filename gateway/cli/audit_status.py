"""Show how far the log is written, signed and witnessed."""

import time
from datetime import UTC, datetime

import orjson
import typer

from audit.database import open_reader
from audit.errors import AuditError
from audit.status import LogStatus, read_status
from audit.witness.store import WitnessState
from gateway.cli.audit_options import Json, reported
from gateway.cli.configuration import ConfigOption, configured, fail
from gateway.places import log_place, witness_policy


def status(config: ConfigOption = None, as_json: Json = False) -> None:
    """Show the log's size and lag, its last checkpoint, who cosigned it, and whether the quorum is met.

    Exit code 1 if the quorum has been missed for longer than the settings' ``warn_after_s``.
    """
    settings = configured(config)
    try:
        policy, place = witness_policy(settings), log_place(settings)
    except AuditError as error:
        fail(f"audit: {error}")
    with reported():
        engine = open_reader(place)
        try:
            found = read_status(engine, policy)
        finally:
            engine.dispose()
    now_us = time.time_ns() // 1000
    lost = bool(policy) and _age_s(found, now_us) > (policy.warn_after_s if policy else 0)
    typer.echo(_json(found, now_us, lost=lost) if as_json else _text(found, now_us, lost=lost))
    if lost:
        raise typer.Exit(1)


def _age_s(found: LogStatus, now_us: int) -> float:
    """How long the oldest entry has waited for a quorum."""
    since_us = found.coverage.since_us if found.coverage else 0
    return max(0.0, (now_us - since_us) / 1e6) if since_us else 0.0


def _text(found: LogStatus, now_us: int, *, lost: bool) -> str:
    signed = found.checkpoint
    lag = f"{found.lag} not yet signed{_waiting(found, now_us)}"
    lines = [
        f"log          {found.origin}",
        f"entries      {found.size}, {found.integrated} in the tree, {lag}",
        f"checkpoint   {f'{signed.size} entries, root {signed.root.hex()}' if signed else 'none yet'}",
        f"cosigned by  {_cosigners(found)}",
        f"quorum       {_quorum(found, now_us, lost=lost)}",
    ]
    for name, state in found.states:
        lines += _witness_lines(name, state)
    return "\n".join(lines)


def _waiting(found: LogStatus, now_us: int) -> str:
    return f", the oldest for {(now_us - found.unsigned_us) / 1e6:.1f} s" if found.unsigned_us else ""


def _cosigners(found: LogStatus) -> str:
    named = [f"{each.witness} at {_time(each.time_s * 1_000_000)}" for each in found.cosignatures]
    return ", ".join(named) or "nobody"


def _quorum(found: LogStatus, now_us: int, *, lost: bool) -> str:
    if found.coverage is None:
        return "none asked for: the settings name no witnesses"
    seen = f"{found.quorum} witnesses have seen {found.coverage.size} of {found.coverage.total} entries"
    if not found.coverage.since_us:
        return f"met: {seen}"
    since = f"entries since {_time(found.coverage.since_us)} wait for it ({_age_s(found, now_us):.0f} s)"
    return f"{'LOST' if lost else 'met'}: {seen}; {since}"


def _witness_lines(name: str, state: WitnessState) -> list[str]:
    seen = f"{state.size} entries at {_time(state.answered_us)}" if state.answered_us else "nothing yet"
    lines = [f"witness      {name}  cosigned {seen}"]
    if state.failed:
        lines.append(f"             no answer since {_time(state.failed_us)}: {state.failed}")
    if state.refused:
        lines.append(
            f"             REFUSED the checkpoint of {state.refused_size} entries at"
            f" {_time(state.refused_us)}: {state.refused}"
        )
    return lines


def _json(found: LogStatus, now_us: int, *, lost: bool) -> str:
    signed, coverage = found.checkpoint, found.coverage
    return orjson.dumps(
        {
            "origin": found.origin,
            "size": found.size,
            "integrated": found.integrated,
            "lag": found.lag,
            "unsigned_since": _time_or_none(found.unsigned_us),
            "checkpoint": {"size": signed.size, "root": signed.root.hex()} if signed else None,
            "cosigned_by": [
                {"witness": each.witness, "time": _time(each.time_s * 1_000_000)}
                for each in found.cosignatures
            ],
            "quorum": {
                "required": found.quorum,
                "met": not lost,
                "size": coverage.size,
                "waiting_since": _time_or_none(coverage.since_us),
                "waiting_s": round(_age_s(found, now_us), 1),
            }
            if coverage
            else None,
            "witnesses": [
                {
                    "name": name,
                    "key": state.key,
                    "size": state.size,
                    "answered": _time_or_none(state.answered_us),
                    "failed": state.failed or None,
                    "failed_at": _time_or_none(state.failed_us),
                    "refused": state.refused or None,
                    "refused_size": state.refused_size,
                    "refused_at": _time_or_none(state.refused_us),
                }
                for name, state in found.states
            ],
        }
    ).decode()


def _time_or_none(wall_us: int) -> str | None:
    return _time(wall_us) if wall_us else None


def _time(wall_us: int) -> str:
    return datetime.fromtimestamp(wall_us // 1_000_000, UTC).isoformat()
