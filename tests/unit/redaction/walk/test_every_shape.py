"""Nothing passes unscanned: bodies made out of the tables, a marker in every place, and what comes of it."""

import inspect
import json
from collections.abc import Callable
from typing import Any, Protocol

import pytest

from redaction import walk
from redaction.errors import UnknownField, UnscannableContent, WalkError
from redaction.jsontypes import JsonObject
from redaction.walk.parameters import REQUEST
from redaction.walk.table import Rule
from tests.unit.redaction.walk import shapes
from tests.unit.redaction.walk.shapes import MARKER


class Walked(Protocol):
    """What a walk gives."""

    def rebuild(self, texts: Any, /) -> JsonObject:
        """The body with other texts."""


FIELDS: dict[str, Rule] = inspect.getclosurevars(REQUEST).nonlocals["fields"]
MESSAGES: list[JsonObject] = [{"role": "user", "content": "hello"}]


def request_texts(body: JsonObject) -> tuple[walk.RequestWalk, list[str]]:
    """A request's walk and its texts."""
    walked = walk.chat_request(body)
    return walked, list(walked.texts)


def reply_texts(body: JsonObject) -> tuple[walk.ReplyWalk, list[str]]:
    """A reply's walk and its texts."""
    walked = walk.chat_reply(body)
    return walked, [part.text for part in walked.parts]


def unseen(walks: Callable[[JsonObject], tuple[Walked, list[str]]], body: JsonObject) -> str:
    """What is forwarded of a body when every text that was seen is replaced; the error when it is refused."""
    try:
        walked, texts = walks(body)
    except WalkError as error:
        return str(error)  # which names places, and never what stands there
    return json.dumps(walked.rebuild(["x"] * len(texts)), ensure_ascii=False)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_no_text_of_a_request_hides(name: str) -> None:
    """In every shape of every parameter, a marker in any string or key is scanned, dropped or refused."""
    for body in bodies_with(name):
        assert MARKER not in unseen(request_texts, body), body


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_nothing_strange_passes(name: str) -> None:
    """With a foreign value, key or field anywhere in any shape, nothing unscanned passes either."""
    for body in bodies_with(name):
        for alien in shapes.aliens(body[name]):
            assert MARKER not in unseen(request_texts, {**body, name: alien}), alien


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_shape_is_accepted(name: str) -> None:
    """What the proof goes over is no heap of refused bodies: each field's shapes pass, or each is refused."""
    bodies = bodies_with(name)
    refused = [body for body in bodies if refusal(body) is not None]
    if name not in {"messages", "prediction"}:  # which have content parts that are refused
        assert refused in ([], bodies)
    for body in refused:
        assert isinstance(refusal(body), UnscannableContent), body


def refusal(body: JsonObject) -> WalkError | None:
    """Why a body is refused."""
    try:
        walk.chat_request(body)
    except WalkError as error:
        return error
    return None


def bodies_with(name: str) -> list[JsonObject]:
    """Requests for every shape of one parameter; a refused one has some content."""
    values = shapes.examples(FIELDS[name]) or [{MARKER: MARKER}, [MARKER], MARKER]
    return [{"model": "m", "messages": MESSAGES, name: value} for value in values]


LEVELS = (
    ".messages[].content[]",
    ".messages[].tool_calls[].function",
    ".messages[].tool_calls[].custom",
    ".messages[].function_call",
    ".tools[].function",
    ".tools[].custom.format",
    ".tool_choice.allowed_tools.tools[]",
    ".response_format.json_schema",
    ".structured_outputs.json",
    ".prediction.content[]",
)


@pytest.mark.parametrize("level", LEVELS)
def test_proof_reaches(level: str) -> None:
    """The shapes reach the levels where text hides, and an unknown field there is refused by name."""
    reached = {path for body in shapes.requests() for path in shapes.paths(body)}
    assert level in reached


def test_unknown_field_is_refused_at_every_level() -> None:
    """No object of a request, however deep, takes a field that the table does not have."""
    refused = 0
    for body in shapes.requests():
        for alien in shapes.aliens(body):
            if isinstance(alien, dict) and "unknown_field" in alien:
                assert isinstance(refusal(alien), UnknownField | UnscannableContent)
                refused += isinstance(refusal(alien), UnknownField)
    assert refused > 100


def test_no_text_of_a_reply_hides() -> None:
    """In every shape of a reply, a marker is scanned or not delivered; only its id and model stay."""
    for body in shapes.replies():
        for each in (body, *shapes.aliens(body)):
            if isinstance(each, dict):
                anonymous = {key: value for key, value in each.items() if key not in {"id", "model"}}
                assert MARKER not in unseen(reply_texts, anonymous), each


def test_no_text_of_a_chunk_hides() -> None:
    """In every shape of a chunk, a marker is in a channel, a name, or not delivered."""
    for body in shapes.chunks():
        for each in (body, *shapes.aliens(body)):
            if isinstance(each, dict):
                anonymous = {key: value for key, value in each.items() if key not in {"id", "model"}}
                assert MARKER not in delivered(anonymous), each


def delivered(body: JsonObject) -> str:
    """What is delivered of a chunk when every text that was seen is replaced; the error when refused."""
    try:
        walked = walk.chat_chunk(body)
    except WalkError as error:
        return str(error)
    return json.dumps(walked.rebuild(["x"] * len(walked.deltas), ["x"] * len(walked.names)))


@pytest.mark.parametrize("source", shapes.SOURCES)
def test_arguments_keep_their_structure(source: str) -> None:
    """Arguments that are JSON are JSON of the same structure when every text in them is replaced."""
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": source}}
    walked = walk.chat_request({"messages": [{"role": "assistant", "tool_calls": [call]}]})
    body: Any = walked.rebuild([text.replace(MARKER, '"}] \\') for text in walked.texts])
    forwarded = body["messages"][0]["tool_calls"][0]["function"]["arguments"]
    try:
        parsed = json.loads(source)
    except ValueError:
        return
    assert structure(json.loads(forwarded)) == structure(parsed)


def structure(value: Any) -> Any:
    """A value without its words."""
    if isinstance(value, dict):
        return [structure(each) for each in value.values()]
    if isinstance(value, list):
        return [structure(each) for each in value]
    return type(value)
