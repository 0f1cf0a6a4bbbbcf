"""What each step of a call costs by itself, in this process: microseconds of processor time, caches warm."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TypeVar

import orjson
import uvloop

from gateway.abreast import abreast
from gateway.app import Gateway, build_gateway
from gateway.backends.base import ModelCall
from gateway.domain import Action, JsonObject, RedactedPrompt
from gateway.identity.base import Identity
from gateway.pipeline import Call
from gateway.records import Trail
from gateway.settings import load_settings
from redaction import walk
from tests.benchmarks.custody import LIGHT, settings_text
from tests.benchmarks.effort import Effort
from tests.benchmarks.exchange import MODEL, request_body, whole_reply
from tests.benchmarks.figures import Figure, Row
from tests.benchmarks.prompts import letters
from tests.benchmarks.servers import Launch, free_port, python_module, serving

_TITLE = "steps: one plain call, step by step"
_PARTS = 5
_AT_ONCE = 16
_SEED = 800_000
_KEY = "retail-service"

In = TypeVar("In")
Out = TypeVar("Out")


def run(effort: Effort) -> list[Row]:
    """Every step on letters of its own, with a double of a model server beside it."""
    with tempfile.TemporaryDirectory(prefix="custody-bench-") as name, ExitStack() as stack:
        folder, port = Path(name), free_port()
        double = Launch(
            "direct", python_module("tests.benchmarks.upstream", port), port, folder / "log", "/seen"
        )
        stack.enter_context(serving(double))
        config = folder / "custody.toml"
        config.write_text(settings_text(folder / "state", free_port(), port, LIGHT), "utf-8")
        gateway = build_gateway(load_settings(config))
        key: str = orjson.loads((folder / "state" / "keys.json").read_bytes())[_KEY]
        return uvloop.run(_steps(gateway, key, max(effort.calls // 10, 400)))


class _Table:
    """Rows as they are measured; each step hands on what the next needs."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    async def awaited(
        self, name: str, step: Callable[[In], Awaitable[Out]], inputs: Sequence[In], at_once: int = 1
    ) -> list[Out]:
        """The outputs of a step, and its cost: the median over parts, of all threads."""
        costs, outputs = [], []
        size = len(inputs) // _PARTS
        for first in range(0, size * _PARTS, size):
            part = inputs[first : first + size]
            before = time.process_time()
            for at in range(0, size, at_once):
                outputs += (
                    await asyncio.gather(*map(step, part[at : at + at_once]))
                    if at_once > 1
                    else [await step(part[at])]
                )
            costs.append((time.process_time() - before) / size * 1e6)
        self.rows.append(Row(_TITLE, name, (Figure("CPU", median(costs), "µs"),)))
        return outputs

    async def plain(self, name: str, step: Callable[[In], Out], inputs: Sequence[In]) -> list[Out]:
        """The same for a step that waits for nothing."""

        async def awaitable(value: In) -> Out:
            return step(value)

        return await self.awaited(name, awaitable, inputs)


async def _steps(gateway: Gateway, key: str, calls: int) -> list[Row]:
    await gateway.start()
    table, parts = _Table(), gateway.pipeline._parts
    scanner, redactor = parts.scanner, parts.scanner._redactor
    headers = {"authorization": f"Bearer {key}", "host": "127.0.0.1", "content-type": "application/json"}
    texts = list(islice(letters(_SEED), calls))
    bodies = [request_body(text, stream=False) for text in texts]
    identities = await table.awaited(
        "authenticate", lambda _: parts.authenticator.authenticate(headers), bodies
    )
    objects = await table.plain("parse body", orjson.loads, bodies)
    walks = await table.plain("walk request", walk.chat_request, objects)
    await table.awaited("detect", lambda w: redactor._detection.find(w.texts), walks)
    scans = await table.awaited("walk, detect, spread, count", lambda o: scanner.scan(o, "retail"), objects)
    call, directory = Call("request", headers, _no_body), parts.directory
    resolved = await table.plain("resolve the asset", lambda _: directory.snapshot().resolve(MODEL), bodies)
    asset = resolved[0].asset
    questions = await table.plain(
        "question",
        lambda scan: gateway.pipeline._question(call, identities[0], resolved[0], scan.contents, Action.CHAT),
        scans,
    )
    decisions = await table.awaited("decide", parts.policy.decide, questions)
    obliged = decisions[0].obligations
    redacted = await table.plain("redact, rebuild", lambda scan: scanner.redact(scan, obliged), scans)
    trails = [
        Trail(f"request-{number}", Action.CHAT, 0, question.subject, question.resource, question, decision)
        for number, (question, decision) in enumerate(zip(questions, decisions, strict=True))
    ]
    records = await table.plain("build a record", Trail.intent_record, trails)
    await table.awaited("make a record durable, 16 at once", parts.recorder.append, records, _AT_ONCE)
    prompt = RedactedPrompt(redacted[0].prompt.body)
    backend = parts.backends[asset.backend]
    model_call = ModelCall("bench", prompt, "request", "salt")
    await table.awaited(
        "call the model server, 16 at once", lambda _: backend.complete(model_call), bodies, _AT_ONCE
    )
    reply = orjson.loads(whole_reply())
    await table.awaited(
        "scan, restore, rebuild the reply",
        lambda call: scanner.replies(call, obliged, MODEL, "request").reply(reply),
        redacted,
    )
    await _together(table, gateway, Call("request", headers, _no_body), identities[0], calls)
    await gateway.aclose()
    return table.rows


async def _together(table: _Table, gateway: Gateway, call: Call, identity: Identity, calls: int) -> None:
    """The same steps in the order of a call; above, each step finds its code and tables in the caches."""
    parts, reply = gateway.pipeline._parts, orjson.loads(whole_reply())
    scanner, resolved = parts.scanner, parts.directory.snapshot().resolve(MODEL)

    async def through(body: JsonObject) -> None:
        scan = await scanner.scan(body, "retail")
        await abreast()
        question = gateway.pipeline._question(call, identity, resolved, scan.contents, Action.CHAT)
        decision = await parts.policy.decide(question)
        await abreast()
        redacted = scanner.redact(scan, decision.obligations)
        await abreast()
        await scanner.replies(redacted, decision.obligations, MODEL, "request").reply(reply)

    fresh = letters(_SEED + 1)
    for name, at_once in (("one call after the other", 1), (f"{_AT_ONCE} calls abreast", _AT_ONCE)):
        bodies = [orjson.loads(request_body(text, stream=False)) for text in islice(fresh, calls)]
        await table.awaited(f"scan, decide, redact, reply: {name}", through, bodies, at_once)


async def _no_body() -> bytes:
    return b""
