"""Asks, before a log is opened, how much of it has been seen outside."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from audit.checkpoint import Checkpoint
from audit.note import Signer
from audit.tlog import EMPTY_ROOT
from audit.witness.client import Conflict, Cosigned, WitnessClient
from audit.witness.memory import WitnessMemory
from audit.witness.policy import WitnessAddress, WitnessPolicy
from audit.witness.wire import Submission

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What someone outside has seen of a log: a size, and its root if that is known."""

    name: str
    size: int
    root: bytes | None = None


def ask_witnesses(policy: WitnessPolicy, memory: WitnessMemory, signer: Signer) -> Iterator[Witnessed]:
    """What each witness, and the file beside the database, has seen of the log of this key.

    A C2SP witness is asked by a checkpoint of nothing: whoever has seen more answers with its size. One that
    gives no answer is warned of and passed over: it is the quorum that makes up for it.
    """
    kept = memory.recall(signer.verifier, policy.keys)
    if kept is not None:
        checkpoint, name = kept
        yield Witnessed(name, checkpoint.size, checkpoint.root)
    nothing = signer.sign_note(Checkpoint(signer.verifier.name, 0, EMPTY_ROOT).text())
    with ThreadPoolExecutor(len(policy.witnesses), "audit-probe") as pool:
        yield from pool.map(lambda each: _ask(each, policy.timeout_s, nothing), policy.witnesses)


def _ask(address: WitnessAddress, timeout_s: float, nothing: str) -> Witnessed:
    client = WitnessClient(address, timeout_s)
    try:
        outcome = client.submit(Submission(0, (), nothing))
    finally:
        client.close()
    if isinstance(outcome, Conflict):
        return Witnessed(address.name, outcome.size)
    if not isinstance(outcome, Cosigned):
        _log.warning("witness %s does not say how far it has seen the log: %s", address.name, outcome.what)
    return Witnessed(address.name, 0)
