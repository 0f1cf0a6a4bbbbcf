"""Tries a policy in a process of its own, which can be ended, before it is let into this one.

A child, without our environment, does everything first: parse, check, compile, run the entry points on the
input of every test and on recombinations of them.
"""

from dataclasses import dataclass

import orjson

from gateway.pdp.checks import CheckedPolicy, check
from gateway.pdp.child import Program, ask, encoded, texts
from gateway.pdp.source import PolicySource

_MODULE = "gateway.pdp.probed"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the child may use. ``memory_mib`` counts address space; ``inputs`` are recombined ones to try."""

    seconds: float = 30.0
    memory_mib: int = 2048
    inputs: int = 200


@dataclass(frozen=True, slots=True)
class Examined:
    """A policy that may be let in, and what was tried: entry points, inputs, and the form that decides."""

    policy: CheckedPolicy
    entry_points: tuple[str, ...]
    inputs: int
    form: str
    differences: tuple[str, ...]


def examine(source: PolicySource, limits: Limits | None = None) -> Examined:
    """Check and try a policy; raises ``PolicyRefused``, also for one that runs away, grows or dies.

    Blocks for the time that a new process needs, up to a few seconds: call it in a thread.
    """
    limits = limits or Limits()
    program = Program(_MODULE, limits.seconds, limits.memory_mib, (str(limits.inputs),))
    files = {**source.files, **{module.path: module.text.encode() for module in source.tests}}
    done = ask(program, [orjson.dumps(encoded(files))])
    # What a child has parsed and compiled alive is safe to check here.
    return Examined(
        check(source),
        tuple(texts(done["entry_points"])),
        int(str(done["inputs"])),
        str(done["form"]),
        tuple(texts(done["differences"])),
    )
