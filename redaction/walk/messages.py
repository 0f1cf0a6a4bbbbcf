"""Where text stands in the messages of a request, for every role."""

from collections.abc import Mapping
from typing import Final

from redaction.walk.json_text import free_object, json_text
from redaction.walk.table import (
    Rule,
    array,
    dropped,
    either,
    integer,
    record,
    text,
    unscannable,
    variants,
    word,
)

# Where clients say that a provider may cache up to; here caches follow the department.
_CACHE: Final = {"cache_control": dropped(free_object), "prompt_cache_breakpoint": dropped(free_object)}
_TEXT_PART: Final = record({"type": word("text"), "text": text, **_CACHE}, required=("text",))
_REFUSAL_PART: Final = record({"type": word("refusal"), "refusal": text, **_CACHE}, required=("refusal",))
_UNREADABLE: Final = {
    "image_url": unscannable("an image"),
    "image": unscannable("an image"),
    "input_audio": unscannable("audio"),
    "audio_url": unscannable("audio"),
    "video_url": unscannable("video"),
    "file": unscannable("a file"),
}

TEXT_PARTS: Final = variants("type", {"text": _TEXT_PART})


def _content(parts: Mapping[str, Rule]) -> Rule:
    part = variants("type", parts)
    return either("a string or a list of content parts", string=text, items=array(part))


CONTENT: Final = _content({"text": _TEXT_PART, **_UNREADABLE})
_ASSISTANT_CONTENT: Final = _content({"text": _TEXT_PART, "refusal": _REFUSAL_PART, **_UNREADABLE})

_CALLED: Final = record({"name": text, "arguments": json_text}, required=("name", "arguments"))
_CUSTOM_CALLED: Final = record({"name": text, "input": text}, required=("name", "input"))
# ``index`` is left over in histories that clients put together from streams.
_CALL: Final = {"id": text, "index": dropped(integer)}
_TOOL_CALL: Final = variants(
    "type",
    {
        "function": record(
            {**_CALL, "type": word("function"), "function": _CALLED}, required=("id", "function")
        ),
        "custom": record(
            {**_CALL, "type": word("custom"), "custom": _CUSTOM_CALLED}, required=("id", "custom")
        ),
    },
)

_SPOKEN: Final[dict[str, Rule]] = {"content": CONTENT, "name": text}
_ASSISTANT: Final[dict[str, Rule]] = {
    "content": _ASSISTANT_CONTENT,
    "name": text,
    "refusal": text,
    "reasoning": text,
    "reasoning_content": text,
    "tool_calls": array(_TOOL_CALL),
    "function_call": _CALLED,
    # Clients send back what a reply held: a citation list is nothing to a model, audio is a reference.
    "annotations": dropped(array(record({}, open_ended=True))),
    "audio": unscannable("audio"),
}


def _role(name: str, fields: Mapping[str, Rule], *required: str) -> Rule:
    return record({"role": word(name), **fields}, required=required)


MESSAGE: Final = variants(
    "role",
    {
        "system": _role("system", _SPOKEN, "content"),
        "developer": _role("developer", _SPOKEN, "content"),
        "user": _role("user", _SPOKEN, "content"),
        "assistant": _role("assistant", _ASSISTANT),
        "tool": _role("tool", {**_SPOKEN, "tool_call_id": text}, "content", "tool_call_id"),
        "function": _role("function", _SPOKEN, "name"),
    },
)
