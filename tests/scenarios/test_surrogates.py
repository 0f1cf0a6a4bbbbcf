"""Stand-ins in place of values: the model works on people who do not exist, the caller on its own."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import regex

from gateway.domain import AccessRequest, Decision, Obligations, Operator
from gateway.scanning import Scanner
from redaction.base import Finding
from redaction.detectors import patterns
from redaction.memory import ScanMemory
from redaction.redactor import Redactor
from tests.scenarios import replies
from tests.scenarios.capture import Capture, Received, Reply
from tests.scenarios.configuration import MODEL
from tests.scenarios.inprocess import built_in
from tests.scenarios.people import ANNA, ROBERT, STRANGER, traces

_STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
_OBLIGATIONS = Obligations(prompt={"*": Operator.SURROGATE}, reply={"*": Operator.MASK})
TURNS = 20


class Lenient:
    """A policy that allows everything, with stand-ins."""

    revision = "lenient"

    async def decide(self, request: AccessRequest) -> Decision:
        """Yes."""
        return Decision(
            allow=True, obligations=_OBLIGATIONS, reasons=(), id="decision", policy_revision=self.revision
        )

    async def aclose(self) -> None:
        """Nothing to give back."""


@dataclass(frozen=True, slots=True)
class People:
    """Finds the invented people by name."""

    name: str = "people"
    digest: str = "0" * 64
    heavy: bool = False

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Where they stand."""
        rule = regex.compile(f"{ANNA.name}|{ROBERT.name}|{STRANGER.name}")
        return [[Finding("PERSON", *m.span(), 0.9, self.name) for m in rule.finditer(text)] for text in texts]


@pytest.fixture
async def client(capture: Capture, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient, None]:
    """A client of a gateway whose policy asks for stand-ins."""
    redactor = Redactor([patterns.build(patterns.Options()), People()], key=b"k" * 32, memory=ScanMemory())
    async with (
        built_in(tmp_path, capture.url) as built,
        built.asking(policy=Lenient(), scanner=Scanner(redactor)) as made,
    ):
        yield made


async def said(client: httpx.AsyncClient, messages: list[Any], *, stream: bool) -> dict[str, str]:
    """Content and arguments of the answer to these messages."""
    body = orjson.dumps({"model": MODEL, "messages": messages, "stream": stream})
    answer = await client.post("/chat/completions", content=body)
    assert answer.status_code == 200, answer.text
    if not stream:
        message = answer.json()["choices"][0]["message"]
        calls = message.get("tool_calls") or [{"function": {"arguments": ""}}]
        return {"content": message.get("content") or "", "arguments": calls[0]["function"]["arguments"]}
    gathered = {"content": "", "arguments": ""}
    for line in answer.text.split("\n"):
        if line.startswith("data: {"):
            for choice in orjson.loads(line.removeprefix("data: "))["choices"]:
                gathered["content"] += choice["delta"].get("content") or ""
                for call in choice["delta"].get("tool_calls") or ():
                    gathered["arguments"] += call.get("function", {}).get("arguments") or ""
    return gathered


def _turn(number: int) -> str:
    if number == 0:
        return ANNA.letter
    return (
        f"Turn {number}: {ROBERT.letter}"
        if number % 5 == 0
        else f"Turn {number}: and {ANNA.name}, at {ANNA.email}?"
    )


def _assert_clean(capture: Capture) -> None:
    assert traces((*ANNA.values, *ROBERT.values), bytes(capture.seen.wire)) == []
    for earlier, later in pairwise(capture.prompts):
        before, after = earlier.json["messages"], later.json["messages"]
        assert after[: len(before)] == before
    assert b"[PERSON_" not in bytes(capture.seen.wire)


@_STREAMED
async def test_long_conversation(client: httpx.AsyncClient, capture: Capture, stream: bool) -> None:
    """Over 20 turns every value comes back, none leaves, and the model's people stay the same."""
    capture.script = replies.echo
    messages: list[Any] = []
    for number in range(TURNS):
        messages.append({"role": "user", "content": _turn(number)})
        answer = (await said(client, messages, stream=stream))["content"]
        assert answer == f"You wrote: {_turn(number)}"
        messages.append({"role": "assistant", "content": answer})
    _assert_clean(capture)


@_STREAMED
async def test_long_conversation_with_tools(
    client: httpx.AsyncClient, capture: Capture, stream: bool
) -> None:
    """Over 20 tool calls the arguments come back whole, and history leaves with stand-ins alone."""
    capture.script = replies.calling
    messages: list[Any] = []
    for number in range(TURNS):
        messages.append({"role": "user", "content": _turn(number)})
        arguments = (await said(client, messages, stream=stream))["arguments"]
        assert orjson.loads(arguments) == {"letter": _turn(number)}
        function = {"name": "save_contact", "arguments": arguments}
        call = {"id": "call_1", "type": "function", "function": function}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": "call_1", "content": f"Saved: {arguments}"})
    _assert_clean(capture)


@_STREAMED
async def test_a_model_that_writes_as_people_do(
    client: httpx.AsyncClient, capture: Capture, stream: bool
) -> None:
    """By surname, possessive, in capitals: the caller's person is meant; the model's own stay masked."""

    def script(request: Received) -> Reply:
        given, family = request.last_text.removeprefix("I am ").removesuffix(".").split()
        text = f"Dear Ms {family}, {given}'s case (MS {family.upper()}) is not that of {STRANGER.name}."
        return replies.spoken(request, text)

    capture.script = script
    answer = await said(client, [{"role": "user", "content": f"I am {ANNA.name}."}], stream=stream)
    assert answer["content"] == "Dear Ms Kowalska, Anna's case (MS KOWALSKA) is not that of [PERSON]."
