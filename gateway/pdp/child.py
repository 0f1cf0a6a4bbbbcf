"""Asks a program of ours in a process of its own, which is bounded and can be ended.

Python can set regorus no limit of time or memory, and text that overflows its stack ends the process. What a
child says is JSON lines: each ``step`` it comes to, and at last what is ``done``, or the ``problems``.
"""

import base64
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Timer
from typing import IO, cast

import orjson

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.rego import Problem
from gateway.pdp.source import PolicyRefused

_MOST_SAID = 16 << 20
_MEMORY = "it grows without end: look for rules that pair every member with every other"
_TIME = "it does not come to an end: look for rules that pair every member with every other"


@dataclass(frozen=True, slots=True)
class Program:
    """A module to run, with what it may use; ``memory_mib`` counts address space."""

    module: str
    seconds: float
    memory_mib: int
    options: Sequence[str] = ()


def ask(program: Program, question: Iterable[bytes]) -> JsonObject:
    """What the child has done; raises ``PolicyRefused`` with its problems, or with how it ended.

    Blocks for as long as the program may run: call it in a thread. What ``question`` raises goes through.
    """
    with _started(program) as child:
        late = Event()
        timer = Timer(program.seconds, _end, (child, late))
        timer.start()
        try:
            _put(cast("IO[bytes]", child.stdin), question)
            output = cast("IO[bytes]", child.stdout).read(_MOST_SAID + 1)
            if len(output) > _MOST_SAID:
                child.kill()
            code = child.wait()
        except BaseException:
            child.kill()
            raise
        finally:
            timer.cancel()
    said = _understood(output, code, program, late=late.is_set())
    done = said.get("done")
    if not isinstance(done, dict):
        raise PolicyRefused(tuple(_problems(said)))
    return done


def _started(program: Program) -> "subprocess.Popen[bytes]":
    limits = (str(int(program.seconds) + 1), str(program.memory_mib))
    return subprocess.Popen(  # noqa: S603 (our own program; the policy comes as its input)
        [sys.executable, "-I", "-m", program.module, *limits, *program.options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"RUST_BACKTRACE": "0", "PATH": os.defpath},
    )


def _end(child: "subprocess.Popen[bytes]", late: Event) -> None:
    late.set()
    child.kill()


def _put(stream: IO[bytes], question: Iterable[bytes]) -> None:
    # A child that has ended reads no further; what it said last tells why.
    try:
        with suppress(BrokenPipeError):
            stream.writelines(question)
    finally:
        with suppress(BrokenPipeError):
            stream.close()


def _understood(output: bytes, code: int, program: Program, *, late: bool) -> JsonObject:
    """The last thing that the child said, with what became of it."""
    if len(output) > _MOST_SAID:
        return _ended({}, f"has more than {_MOST_SAID >> 20} MiB to tell of it", "make it smaller")
    lines = [line for line in output.splitlines() if line.startswith(b"{") and line.endswith(b"}")]
    said: JsonObject = orjson.loads(lines[-1]) if lines else {}
    if "done" in said or "problems" in said:
        return said
    if late:
        return _ended(said, f"does not end within {program.seconds:g} s", _TIME)
    return _ended(said, *_death(code, program))


def _death(code: int, program: Program) -> tuple[str, str]:
    if code == -signal.SIGXCPU:
        return f"does not end within {program.seconds:g} s", _TIME
    if code == -signal.SIGABRT or code > 0:
        return f"needs more than {program.memory_mib} MiB, or fails the engine", _MEMORY
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


def texts(values: JsonValue) -> Iterator[str]:
    """The members of a list as texts; none of anything else."""
    yield from (str(value) for value in values) if isinstance(values, list) else ()


def encoded(files: Mapping[str, bytes]) -> JsonObject:
    """Files as JSON can hold them."""
    return {name: base64.b64encode(content).decode() for name, content in files.items()}


# What the child itself does.


def confine(seconds: int, memory_mib: int) -> None:
    """Let this process use no more than this."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory_mib << 20, memory_mib << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def decoded(files: Mapping[str, JsonValue]) -> dict[str, bytes]:
    """What ``encoded`` was given."""
    return {name: base64.b64decode(str(text)) for name, text in files.items()}


def tell(said: JsonObject) -> None:
    """Say a line."""
    sys.stdout.buffer.write(orjson.dumps(said) + b"\n")
    sys.stdout.buffer.flush()


def tell_step(step: str, path: str = "main.rego") -> None:
    """Say what comes next, and in which file."""
    tell({"step": step, "path": path})


def tell_work(work: Callable[[], JsonObject]) -> None:
    """Do it, and say what is done or what the problems are."""
    try:
        tell({"done": work()})
    except PolicyRefused as refused:
        tell({"problems": [_plain(problem) for problem in refused.problems]})
    except RecursionError:
        tell({"problems": [["main.rego", 0, 0, "the policy nests too deeply", "divide it into rules"]]})


def _plain(problem: Problem) -> JsonValue:
    return [problem.path, problem.line, problem.column, problem.message, problem.fix]
