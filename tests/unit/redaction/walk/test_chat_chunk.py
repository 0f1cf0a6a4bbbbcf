from typing import Any

import pytest

from redaction import walk
from redaction.errors import InvalidField
from redaction.jsontypes import JsonObject
from redaction.walk.chat_chunk import FUNCTION_CALL


def chunk(delta: Any, *, finish: str | None = None, **more: Any) -> JsonObject:
    """A chunk with one choice."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "choices": [choice], **more}


def test_every_text_is_in_a_channel_of_its_own() -> None:
    """Content, reasoning, refusal, each call's arguments and the legacy call are told apart."""
    calls = [{"index": place, "function": {"arguments": f"a{place}"}} for place in (0, 1)]
    delta = {
        "content": "c",
        "reasoning": "r",
        "refusal": "f",
        "tool_calls": calls,
        "function_call": {"arguments": "l"},
    }
    walked = walk.chat_chunk(chunk(delta))
    assert {(each.channel.kind, each.channel.tool): each.text for each in walked.deltas} == {
        ("reasoning", 0): "r",
        ("content", 0): "c",
        ("refusal", 0): "f",
        ("arguments", 0): "a0",
        ("arguments", 1): "a1",
        ("arguments", FUNCTION_CALL): "l",
    }
    assert [each.json for each in walked.deltas] == [False, False, False, True, True, True]


def test_rebuilt_chunk_holds_what_was_put() -> None:
    """Each text is replaced in its place, an empty one leaves nothing, unknown fields are left behind."""
    delta = {"role": "assistant", "content": "Anna", "refusal": "no", "audio": {"data": "Anna"}}
    walked = walk.chat_chunk(chunk(delta, logprobs=["Anna"]))
    rebuilt = walked.rebuild(["[PERSON]" if each.text == "Anna" else "" for each in walked.deltas])
    assert rebuilt["choices"] == [
        {"index": 0, "delta": {"role": "assistant", "content": "[PERSON]"}, "finish_reason": None}
    ]
    assert "Anna" not in str(rebuilt)


def test_choice_of_which_nothing_is_left_is_left_out() -> None:
    """A choice that adds nothing and ends nothing is not delivered; one that ends is."""
    assert walk.chat_chunk(chunk({"content": "a"})).rebuild([""])["choices"] == []
    ended = walk.chat_chunk(chunk({"content": "a"}, finish="stop"))
    assert (ended.finished, len(ended.rebuild([""])["choices"])) == ((0,), 1)  # type: ignore[arg-type]  # JSON


@pytest.mark.parametrize(
    "body",
    [
        {"choices": "x"},
        {"choices": [{"index": True, "delta": {}}]},
        chunk({"content": 1}),
        chunk({"role": "user"}),
        chunk({"tool_calls": [{"index": 0, "id": "two words"}]}),
        chunk({"content": "\ud800"}),
        chunk({}, finish="Anna"),
    ],
)
def test_what_cannot_be_walked_is_refused(body: Any) -> None:
    """A chunk of another shape raises, and the error holds none of it."""
    with pytest.raises(InvalidField) as caught:
        walk.chat_chunk(body)
    assert "Anna" not in str(caught.value)


@pytest.mark.parametrize(
    ("delta", "said"),
    [
        ({"content": "hi"}, (0, "content", "hi")),
        ({"role": "assistant", "content": "hi", "refusal": None}, (0, "content", "hi")),
        ({"reasoning": "hm"}, (0, "reasoning", "hm")),
        ({"reasoning_content": "hm"}, (0, "reasoning", "hm")),
        ({}, None),
        ({"content": "hi", "refusal": "no"}, None),
        ({"reasoning": "a", "reasoning_content": "b"}, None),
        ({"content": "hi", "tool_calls": []}, None),
        ({"content": 1}, None),
        ({"content": "hi", "audio": "x"}, None),
        ({"role": "user", "content": "hi"}, None),
        ("hi", None),
    ],
)
def test_plain_delta_is_one_text_and_nothing_else(delta: Any, said: Any) -> None:
    """Only a chunk with one text and no other field that says anything goes the short way."""
    assert walk.plain_delta(chunk(delta)) == said


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"choices": []},
        {"choices": ["x"]},
        {"choices": [{"index": "0", "delta": {"content": "x"}}]},
        {"choices": [{"index": 0, "delta": {"content": "x"}}] * 2},
        chunk({"content": "x"}, finish="stop"),
        chunk({"content": "x"}, usage={"total_tokens": 1}),
    ],
)
def test_plain_delta_ends_nothing(body: JsonObject) -> None:
    """A chunk that ends a choice, counts tokens, holds several choices or is malformed goes the long way."""
    assert walk.plain_delta(body) is None
