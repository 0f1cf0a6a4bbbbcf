import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction import walk
from redaction.errors import InvalidField, UnknownField, UnscannableContent, WalkError
from redaction.jsontypes import JsonObject

MARKER = "marker7f"
SPEC = {
    "name": "f",
    "description": "d",
    "parameters": {"type": "object", "properties": {"p": {"default": "v"}}},
}
FULL: JsonObject = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "s", "name": "n"},
        {"role": "developer", "content": [{"type": "text", "text": "t"}]},
        {"role": "user", "content": "u"},
        {
            "role": "assistant",
            "content": [{"type": "refusal", "refusal": "r"}],
            "reasoning": "a",
            "reasoning_content": "b",
            "tool_calls": [
                {
                    "id": "c",
                    "type": "function",
                    "function": {"name": "f", "arguments": '{"k": ["v", {"w": "z"}]}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "c", "content": "result"},
        {"role": "function", "name": "f", "content": "result"},
    ],
    "stop": ["a", "b"],
    "tools": [{"type": "function", "function": SPEC}],  # type: ignore[dict-item]  # a literal is not invariant
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "n", "schema": {"k": {"enum": ["e"]}}},
    },
    "prediction": {"type": "content", "content": "p"},
    "guided_choice": ["g"],
    "user": "dropped",
    "metadata": {"a": "b"},
    "chat_template_kwargs": {"k": "v"},
}


def chat(*messages: Any, **fields: Any) -> JsonObject:
    """A request of these messages."""
    return {"model": "m", "messages": list(messages), **fields}


def strings(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of every string and (with a last ``None``) every key in a body."""
    if isinstance(value, str):
        return [path]
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in [(*path, k, None), *strings(v, (*path, k))]]
    return [p for i, v in enumerate(value) for p in strings(v, (*path, i))] if isinstance(value, list) else []


def planted(value: Any, path: tuple[Any, ...]) -> Any:
    """A copy with the marker at the path; inside a string of JSON it takes the place of one word."""
    if not path:
        return value.replace('"v"', f'"{MARKER}"') if value.startswith("{") else MARKER
    head, rest = path[0], path[1:]
    if rest == (None,):
        return {(MARKER if k == head else k): v for k, v in value.items()}
    if isinstance(value, dict):
        return {k: planted(v, rest) if k == head else v for k, v in value.items()}
    return [planted(v, rest) if i == head else v for i, v in enumerate(value)]


@given(st.sampled_from(strings(FULL)))
def test_no_text_hides(path: tuple[Any, ...]) -> None:
    """A marker in any string or key is scanned, refused or left out, and never survives replacement."""
    body = planted(FULL, path)
    try:
        walked = walk.chat_request(body)
    except WalkError:
        return
    assert MARKER in walked.texts or MARKER not in json.dumps(walked.rebuild(walked.texts))
    assert MARKER not in json.dumps(walked.rebuild(["x"] * len(walked.texts)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_arguments_come_back_unchanged(value: Any) -> None:
    """Tool-call arguments whose texts are not replaced mean the same after the walk."""
    try:
        arguments = json.dumps(value)
        walked = walk.chat_request(called(arguments))
    except InvalidField:
        return  # a lone surrogate
    assert json.loads(arguments_of(walked.rebuild(walked.texts))) == value


def called(arguments: str) -> JsonObject:
    """A history in which a tool was called with these arguments."""
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}
    return chat({"role": "assistant", "content": None, "tool_calls": [call]})


def arguments_of(body: Any) -> str:
    """The arguments of the only tool call."""
    return str(body["messages"][0]["tool_calls"][0]["function"]["arguments"])


def test_card_number_as_integer_is_a_text() -> None:
    """A number in tool arguments is scanned, in plain digits, and replaced by a string of JSON."""
    walked = walk.chat_request(called('{"card": 4111111111111111, "again": 4.111111111111111e15}'))
    assert walked.texts.count("4111111111111111") == 2
    replaced = ['[C "1"]' if text.startswith("4") else text for text in walked.texts]
    assert json.loads(arguments_of(walked.rebuild(replaced))) == {"card": '[C "1"]', "again": '[C "1"]'}


def test_key_that_stands_twice_is_not_forwarded_unseen() -> None:
    """Only what was scanned is forwarded when arguments hold a key twice."""
    walked = walk.chat_request(called(f'{{"a": "{MARKER}", "a": "b"}}'))
    assert MARKER not in arguments_of(walked.rebuild(walked.texts))


def test_arguments_that_are_no_json_are_one_text() -> None:
    """Arguments that cannot be parsed are scanned whole."""
    assert '{"a": NaN' in walk.chat_request(called('{"a": NaN')).texts


def test_equal_replacements_lose_nothing() -> None:
    """Two keys with one replacement stay two."""
    walked = walk.chat_request(called('{"a": true, "b": false}'))
    assert len(json.loads(arguments_of(walked.rebuild(["x"] * len(walked.texts))))) == 2


USER = {"role": "user", "content": "hi"}
NEST: Any = json.loads("[" * 65 + "]" * 65)


@pytest.mark.parametrize(
    ("body", "path", "error"),
    [
        (
            chat({"role": "user", "content": [{"type": "text", "text": "a", "foo": 1}]}),
            "messages[0].content[0].foo",
            UnknownField,
        ),
        (chat(USER, foo=1), "foo", UnknownField),
        (chat(USER, **{"jane@example.com": 1}), "*", UnknownField),
        (chat(), "messages", InvalidField),
        (chat("secret"), "messages[0]", InvalidField),
        (chat({"role": "jane", "content": "a"}), "messages[0].role", InvalidField),
        (chat({"role": "user", "content": "\ud800"}), "messages[0].content", InvalidField),
        (chat(USER, temperature=True), "temperature", InvalidField),
        (chat(USER, stream=1), "stream", InvalidField),
        (chat(USER, user=5), "user", InvalidField),
        (chat(USER, chat_template_kwargs={"a": NEST}), "chat_template_kwargs", InvalidField),
        (chat(USER, stop=["a"] * 20_001), "stop[19999]", InvalidField),
        (
            chat({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "u"}}]}),
            "messages[0].content[0]",
            UnscannableContent,
        ),
        (chat(USER, logprobs=True), "logprobs", UnscannableContent),
        (chat(USER, logit_bias={"1": 1}), "logit_bias", UnscannableContent),
        (chat(USER, prompt_token_ids=[1]), "prompt_token_ids", UnscannableContent),
        (called("[" * 100_000), "messages[0].tool_calls[0].function.arguments", InvalidField),
    ],
)
def test_refusals_name_the_place(body: JsonObject, path: str, error: type[WalkError]) -> None:
    """What cannot be scanned is refused with its path, and without its value."""
    with pytest.raises(error) as refused:
        walk.chat_request(body)
    assert refused.value.path == path
    assert "secret" not in str(refused.value)
    assert "jane" not in str(refused.value)


def test_what_the_gateway_needs_to_know() -> None:
    """The walk tells of streaming, usage, tools, limits and the conversation's opening."""
    body = chat({"role": "system", "content": "s"}, USER, {"role": "user", "content": "later"}, stream=True)
    walked = walk.chat_request(
        body | {"stream_options": {"include_usage": True}, "max_tokens": 3, "tools": []}
    )
    assert (walked.opening, walked.stream, walked.wants_usage) == (("s", "hi"), True, True)
    assert (walked.tools, walked.max_tokens) == (False, 3)
    assert walked.rebuild(walked.texts).keys() == {"messages", "max_tokens", "tools"}
    assert "hi" not in repr(walked)


def test_texts_must_match_places() -> None:
    """A rebuild with too few texts is an error, never a half-redacted body."""
    with pytest.raises(ValueError, match="belong here"):
        walk.chat_request(chat(USER)).rebuild([])


def test_public_names() -> None:
    """The package exports these names."""
    assert set(walk.__all__) == {
        *("Channel", "ChunkWalk", "Delta", "Kind", "Part", "ReplyWalk", "RequestWalk"),
        *("chat_chunk", "chat_reply", "chat_request", "chunk_for", "plain_delta"),
    }
