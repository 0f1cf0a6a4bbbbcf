"""Nothing passes the gateway's scanner unscanned, in bodies made out of the tables themselves."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import JsonObject, Obligations, Operator
from gateway.errors import BadRequest, RedactionUnavailable, UpstreamFailed
from gateway.reply_scanning import ReplyScanner
from gateway.scanning import RedactedCall, Scanner
from redaction.base import Finding
from redaction.memory import ScanMemory
from redaction.redactor import Redactor
from tests.unit.redaction.walk import shapes
from tests.unit.redaction.walk.shapes import MARKER

REPLACE = Obligations(prompt={"*": Operator.REPLACE}, reply={"*": Operator.MASK})
CARD = "4111111111111111"


class MarkerDetector:
    """Finds the marker, and one card number."""

    name = "marker"
    digest = "00"
    heavy = False
    _rule = regex.compile(rf"{MARKER}|{CARD}")

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Each place of it."""
        return [
            [Finding("CODE", *m.span(), 1.0, "marker") for m in self._rule.finditer(text)] for text in texts
        ]


def scanner() -> Scanner:
    """A gateway's scanner that looks for the marker."""
    return Scanner(Redactor([MarkerDetector()], key=b"k" * 32, memory=ScanMemory()))


async def redacted(body: JsonObject, using: Scanner | None = None) -> RedactedCall:
    """What is forwarded of a request."""
    using = using or scanner()
    return using.redact(await using.scan(body, "retail"), REPLACE)


MADE = [body for body in shapes.requests() if "messages" in body]


@given(st.lists(st.sampled_from(MADE), min_size=1, max_size=4), st.data())
async def test_no_marker_is_forwarded(bodies: list[JsonObject], data: st.DataObject) -> None:
    """Of a request put together from any shapes, with or without something strange, no marker is sent."""
    body: JsonObject = {name: value for each in bodies for name, value in each.items()}
    body["messages"] = [message for each in bodies for message in each["messages"]]  # type: ignore[union-attr]
    if data.draw(st.booleans()):
        body = data.draw(st.sampled_from([each for each in shapes.aliens(body) if isinstance(each, dict)]))
    try:
        call = await redacted(body)
    except BadRequest as error:
        told = error.reason_user + error.reason_admin + str(error.param)
    else:
        told = json.dumps(call.prompt.body)
    assert MARKER not in told


async def test_number_in_arguments_is_masked() -> None:
    """A card number given as a number, in arguments or a tool's default, is not forwarded."""
    arguments = f'{{"card": {CARD}, "again": ["{CARD}", {{"{CARD}": null}}]}}'
    called = {"id": "c", "type": "function", "function": {"name": "pay", "arguments": arguments}}
    schema = {"type": "object", "properties": {"card": {"type": "integer", "default": int(CARD)}}}
    body: Any = {
        "messages": [{"role": "assistant", "tool_calls": [called]}],
        "tools": [{"type": "function", "function": {"name": "pay", "parameters": schema}}],
    }
    forwarded: Any = (await redacted(body)).prompt.body
    assert CARD not in json.dumps(forwarded)
    assert "properties" in json.dumps(forwarded)
    inside = json.loads(forwarded["messages"][0]["tool_calls"][0]["function"]["arguments"])
    assert list(inside) == ["card", "again"]
    assert len(set(map(str, (inside["card"], inside["again"][0], *inside["again"][1])))) == 1


ASKED: Any = {"messages": [{"role": "user", "content": "hello"}], "stream_options": {"include_usage": True}}


@pytest.mark.parametrize("strange", [False, True])
async def test_no_marker_of_a_reply_is_delivered(strange: bool) -> None:
    """What a model makes up is masked wherever it stands in a reply, or the reply is refused."""
    using = scanner()
    call = await redacted(ASKED, using)
    delivered = 0
    for body in shapes.replies():
        for each in shapes.aliens(body) if strange else [body]:
            if not isinstance(each, dict):
                continue
            replies = using.replies(call, REPLACE, "support-tone", "r1")
            try:
                told = json.dumps(await replies.reply(each))
            except UpstreamFailed as error:
                told = error.reason_user + error.reason_admin
            else:
                delivered += 1
            assert MARKER not in told, each
    assert delivered > 20


BEGUN: list[JsonObject] = [
    {"choices": [{"index": index, "delta": {kind: "hello "}}]}
    for index in (0, 3)
    for kind in ("content", "reasoning_content", "refusal")
]


@pytest.mark.parametrize("strange", [False, True])
@pytest.mark.parametrize("before", [[], BEGUN], ids=["first", "later"])
async def test_no_marker_of_a_stream_is_delivered(strange: bool, before: list[JsonObject]) -> None:
    """The same for a chunk of a stream, the first or a later one, with what is held back until its end."""
    using = scanner()
    call = await redacted(ASKED, using)
    delivered = 0
    for body in shapes.chunks():
        for each in shapes.aliens(body) if strange else [body]:
            if not isinstance(each, dict):
                continue
            replies = using.replies(call, REPLACE, "support-tone", "r1")
            try:
                chunks = [await streamed(replies, chunk) for chunk in (*before, each)]
                told = json.dumps([*chunks, *await replies.finish()])
            except UpstreamFailed as error:
                told = error.reason_user + error.reason_admin
            else:
                delivered += 1
            assert MARKER not in told, each
    assert delivered > 20


async def streamed(replies: ReplyScanner, chunk: JsonObject) -> str:
    """What goes out for a chunk, by the short way where it can take it."""
    plain = replies.plain_event(chunk)
    return json.dumps(await replies.chunk(chunk)) if plain is None else plain.decode()


class Raising(MarkerDetector):
    """Raises with what it was given."""

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Never answers."""
        raise ValueError(texts[0])


async def test_failing_detector_is_a_typed_refusal_without_words() -> None:
    """A detector that raises ends the call with redaction_unavailable, and nothing of the text is told."""
    using = Scanner(Redactor([Raising()], key=b"k" * 32, memory=ScanMemory()))
    with pytest.raises(RedactionUnavailable) as caught:
        await redacted({"messages": [{"role": "user", "content": MARKER}]}, using)
    assert MARKER not in caught.value.reason_user + caught.value.reason_admin
