import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction import walk
from redaction.errors import InvalidField
from redaction.jsontypes import JsonObject
from redaction.walk.chat_chunk import FUNCTION_CALL

MARKER = "marker7f"
PLACES = ("content", "refusal", "reasoning", "reasoning_content", "name", "arguments", "logprobs", "extra")


def message(place: str, text: str, **index: int) -> JsonObject:
    """A message, or a delta, with the text in one place."""
    if place in ("name", "arguments"):
        function: Any = {"name": "f", "arguments": "{}"} | {place: text}
        return {"tool_calls": [{**index, "id": "c", "type": "function", "function": function}]}
    return {place: text}


def reply(*messages: JsonObject) -> JsonObject:
    """A whole reply."""
    choices: Any = [{"index": i, "message": m, "finish_reason": "stop"} for i, m in enumerate(messages)]
    return {
        "id": "i",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": choices,
        "system_fingerprint": "f",
    }


def chunk(delta: JsonObject, finish: str | None = None, **fields: Any) -> JsonObject:
    """A chunk of one choice."""
    choices: Any = [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": {"content": MARKER}}]
    return {
        "id": "i",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": choices,
        **fields,
    }


@given(
    st.lists(st.sampled_from(PLACES), min_size=1, max_size=3),
    st.sampled_from(["{}", '{{"k": "{}"}}', '{{"{}": 1}}']),
)
def test_no_text_of_a_reply_hides(places: list[str], around: str) -> None:
    """A marker in any choice of a reply is a part or not delivered, and never survives replacement."""
    text = around.replace("{}", MARKER).replace("{{", "{").replace("}}", "}")
    walked = walk.chat_reply(reply(*(message(place, text) for place in places)))
    assert MARKER not in json.dumps(walked.rebuild(["x"] * len(walked.parts)))
    seen = sum(part.text.count(MARKER) for part in walked.parts)
    assert seen == sum(place not in ("logprobs", "extra") for place in places)


@given(st.sampled_from(PLACES))
def test_no_text_of_a_chunk_hides(place: str) -> None:
    """A marker in a chunk is a delta or a name, or it is not delivered; it never survives replacement."""
    walked = walk.chat_chunk(chunk(message(place, MARKER, index=0)))
    delivered = walked.rebuild(["x"] * len(walked.deltas), ["x"] * len(walked.names))
    assert MARKER not in json.dumps(delivered)
    texts = [*(delta.text for delta in walked.deltas), *walked.names]
    assert (MARKER in texts) == (place not in ("logprobs", "extra"))


def test_broken_arguments_are_json_source() -> None:
    """Arguments that are no JSON are one part, marked so that what is put in is escaped; others are not."""
    broken, whole = message("arguments", '{"a": "b'), message("arguments", '{"a": "b"}')
    parts = walk.chat_reply(reply(broken, whole)).parts
    assert [(part.text, part.json) for part in parts if part.json] == [('{"a": "b', True)]
    assert {"a", "b"} <= {part.text for part in parts}


def test_reasoning_has_one_name() -> None:
    """Reasoning that a server sends under both names is delivered once, under the one most clients read."""
    body = chunk({"reasoning": "r", "reasoning_content": "r"})
    walked = walk.chat_chunk(body)
    assert [delta.text for delta in walked.deltas] == ["r"]
    assert walked.rebuild(["x"])["choices"] == [
        {"index": 0, "delta": {"reasoning_content": "x"}, "finish_reason": None}
    ]


def test_held_back_text_leaves_no_empty_choice() -> None:
    """A choice with nothing left is dropped; one that ends, or opens a tool call, stays."""
    assert walk.chat_chunk(chunk({"content": "a"})).rebuild([""])["choices"] == []
    ended = walk.chat_chunk(chunk({"content": "a"}, "stop", usage={"total_tokens": 1}))
    assert (ended.finished, ended.usage) == ((0,), True)
    assert ended.rebuild([""])["choices"] == [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    opened = json.dumps(walk.chat_chunk(chunk(message("arguments", "{", index=0))).rebuild([""]))
    assert '"arguments": ""' in opened


@given(
    st.sampled_from(["content", "reasoning", "refusal", "arguments"]),
    st.integers(0, 9),
    st.sampled_from([0, 3, FUNCTION_CALL]),
    st.text(min_size=1, max_size=9).filter(lambda t: t.isprintable()),
)
def test_flushed_text_comes_in_its_channel(kind: Any, choice: int, tool: int, text: str) -> None:
    """A chunk made for a channel carries the text in that channel and nothing else."""
    channel = walk.Channel(choice, kind, tool if kind == "arguments" else 0)
    envelope: JsonObject = {"id": "i", "model": "m", "system_fingerprint": "f", "usage": {}}
    made = walk.chunk_for(envelope, channel, text)
    assert made.keys() == {"id", "model", "choices"}
    assert [(delta.channel, delta.text) for delta in walk.chat_chunk(made).deltas] == [(channel, text)]


@pytest.mark.parametrize("content", [5, ["a"], {"a": "b"}, True, "\ud800"])
def test_malformed_text_is_refused(content: Any) -> None:
    """Text of another shape than text is never delivered."""
    with pytest.raises(InvalidField, match=r"choices\[0\]\.message\.content"):
        walk.chat_reply(reply({"content": content}))
    with pytest.raises(InvalidField, match=r"choices\[0\]\.delta\.content"):
        walk.chat_chunk(chunk({"content": content}))


@pytest.mark.parametrize(
    "body", [{}, {"choices": None}, {"choices": [1]}, {"choices": [{}]}, [], {"choices": [{"index": -1}]}]
)
def test_what_is_no_answer_is_refused(body: Any) -> None:
    """Neither walk takes a body that is not an answer."""
    with pytest.raises(InvalidField):
        walk.chat_chunk(body)
    if body != {"choices": [{"index": -1}]}:
        with pytest.raises(InvalidField):
            walk.chat_reply(body)


def test_texts_must_match_places() -> None:
    """Too few texts are an error in replies and chunks."""
    with pytest.raises(ValueError, match="belong here"):
        walk.chat_reply(reply({"content": "a"})).rebuild([])
    with pytest.raises(ValueError, match="zip"):
        walk.chat_chunk(chunk({"content": "a"})).rebuild([])
    assert "secret" not in repr(walk.chat_chunk(chunk({"content": "secret"})))
