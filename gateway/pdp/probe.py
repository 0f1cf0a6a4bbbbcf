"""Tries a policy in a process of its own, which can be ended, before it is let into this one.

Python can set regorus no limit of time or memory, and text that overflows its stack ends the process. So a
child, without our environment, does everything first: parse, check, compile, run the entry points on the
input of every test and on recombinations of them.
"""

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.checks import CheckedPolicy, check
from gateway.pdp.rego import Problem
from gateway.pdp.source import PolicyRefused, PolicySource

_PROGRAM = (sys.executable, "-I", "-m", "gateway.pdp.probed")
_MEMORY = "it grows without end: look for rules that pair every member with every other"
_TIME = "it does not come to an end: look for rules that pair every member with every other"


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
    said = _asked(source, limits)
    done = said.get("done")
    if not isinstance(done, dict):
        raise PolicyRefused(tuple(_problems(said)))
    # What a child has parsed and compiled alive is safe to check here.
    return Examined(
        check(source),
        tuple(_texts(done["entry_points"])),
        int(str(done["inputs"])),
        str(done["form"]),
        tuple(_texts(done["differences"])),
    )


def _asked(source: PolicySource, limits: Limits) -> JsonObject:
    """The last thing that the child said, with what became of it."""
    with subprocess.Popen(  # noqa: S603 (our own program; the policy comes as its input)
        [*_PROGRAM, str(int(limits.seconds) + 1), str(limits.memory_mib), str(limits.inputs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"RUST_BACKTRACE": "0", "PATH": os.defpath},
    ) as child:
        try:
            output, _ = child.communicate(_question(source), timeout=limits.seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            output, _ = child.communicate()
            return _ended(_last(output), f"does not end within {limits.seconds:g} s", _TIME)
    said = _last(output)
    if "done" in said or "problems" in said:
        return said
    return _ended(said, *_death(child.returncode, limits))


def _question(source: PolicySource) -> bytes:
    files = {**source.files, **{module.path: module.text.encode() for module in source.tests}}
    return orjson.dumps({name: base64.b64encode(content).decode() for name, content in files.items()})


def _last(output: bytes) -> JsonObject:
    lines = [line for line in output.splitlines() if line.startswith(b"{") and line.endswith(b"}")]
    read: JsonObject = orjson.loads(lines[-1]) if lines else {}
    return read


def _death(code: int, limits: Limits) -> tuple[str, str]:
    if code == -signal.SIGXCPU:
        return f"does not end within {limits.seconds:g} s", _TIME
    if code == -signal.SIGABRT or code > 0:
        return f"needs more than {limits.memory_mib} MiB, or fails the engine", _MEMORY
    return "ends the process that evaluates it", "make it smaller and simpler"


def _ended(said: JsonObject, how: str, fix: str) -> JsonObject:
    step = str(said.get("step", "before its first step"))
    path = str(said.get("path", "main.rego"))
    return {"problems": [[path, 0, 0, f"the policy {how} ({step})", fix]]}


def _problems(said: JsonObject) -> Iterator[Problem]:
    listed = said.get("problems")
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, list):
            path, line, column, message, fix = each
            yield Problem(str(path), int(str(line)), int(str(column)), str(message), str(fix))


def _texts(values: JsonValue) -> Iterator[str]:
    yield from (str(value) for value in values) if isinstance(values, list) else ()
