"""How far a log is written, grown into its tree, signed and witnessed, at one moment."""

from dataclasses import dataclass

from sqlalchemy import Engine, select

from audit.checkpoint import Checkpoint, parse_checkpoint
from audit.cosignature import Cosignature, Witness, cosigned_by, parse_witness
from audit.note import split_note
from audit.schema import ENTRY, HEAD
from audit.tree_store import read_tree
from audit.witness.policy import WitnessPolicy
from audit.witness.store import (
    Coverage,
    WitnessState,
    cosigned_note,
    newest_checkpoint,
    read_coverage,
    read_states,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStatus:
    """One state of a log; times in microseconds since 1970 UTC, 0 for never.

    ``unsigned_us``: when the first entry that no checkpoint covers was written. ``cosignatures``: of the last
    checkpoint. ``states``: what each witness last said. ``coverage`` and ``quorum``: of the policy, if
    one was given.
    """

    origin: str
    size: int
    integrated: int
    checkpoint: Checkpoint | None
    unsigned_us: int
    cosignatures: tuple[Cosignature, ...]
    states: tuple[tuple[str, WitnessState], ...]
    quorum: int
    coverage: Coverage | None

    @property
    def lag(self) -> int:
        """Entries that are durable and not yet under a checkpoint."""
        return self.size - (self.checkpoint.size if self.checkpoint else 0)


def read_status(engine: Engine, policy: WitnessPolicy | None) -> LogStatus:
    """The state of a log now; raises InvalidNote at a checkpoint or cosignature that is not good.

    The log's own signatures are for ``verify_log`` to check.
    """
    with engine.connect() as connection:
        origin, size = connection.execute(select(HEAD.c.origin, HEAD.c.size)).one()
        newest = newest_checkpoint(connection)
        signed, note = (newest[0], cosigned_note(connection, *newest)) if newest else (0, "")
        states = read_states(connection)
        witnesses = _witnesses(policy, states)
        return LogStatus(
            origin=origin,
            size=size,
            integrated=read_tree(connection).size,
            checkpoint=parse_checkpoint(split_note(note)[0]) if note else None,
            unsigned_us=connection.scalar(select(ENTRY.c.wall_us).where(ENTRY.c.idx == signed)) or 0,
            cosignatures=cosigned_by(note, witnesses) if note else (),
            states=tuple(
                (each.name, states.get(str(each), WitnessState(key=str(each)))) for each in witnesses
            ),
            quorum=policy.quorum if policy else 0,
            coverage=read_coverage(connection, policy.keys, policy.quorum) if policy else None,
        )


def _witnesses(policy: WitnessPolicy | None, states: dict[str, WitnessState]) -> tuple[Witness, ...]:
    """Those of the policy, or without one all that the log has heard of."""
    return policy.keys if policy else tuple(parse_witness(key) for key in sorted(states))
