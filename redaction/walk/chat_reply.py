"""A whole chat reply: every text in it, and what of it is delivered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from redaction.errors import InvalidField
from redaction.jsontypes import JsonObject, JsonValue
from redaction.walk.json_text import json_text
from redaction.walk.table import MAX_TEXTS, Pen, Rule, array, integer, number, putting, record, text, word

FINISH_REASONS: Final = ("stop", "length", "tool_calls", "content_filter", "function_call", "abort")


@dataclass(frozen=True, slots=True, repr=False)
class Part:
    """A text of a reply; ``json`` says that it is JSON source, so what is put into it must be escaped."""

    text: str
    json: bool


@dataclass(frozen=True, slots=True, repr=False)
class ReplyWalk:
    """What a chat reply holds."""

    parts: tuple[Part, ...]
    body: JsonObject

    def rebuild(self, texts: Sequence[str]) -> JsonObject:
        """The reply to deliver, with ``texts`` in the places of ``self.parts``.

        Unknown fields are not in it. Raises ``ValueError`` unless there are as many texts as parts.
        """
        return _delivered(self.body, putting(texts, len(self.parts)))


def chat_reply(body: JsonObject) -> ReplyWalk:
    """The walk of a chat completion, which must not be changed meanwhile; raises ``InvalidField``."""
    parts: list[Part] = []

    def take(text: str, json: bool = False, /) -> str:
        if len(parts) == MAX_TEXTS:
            raise InvalidField("", f"in a body of at most {MAX_TEXTS} texts")
        parts.append(Part(text, json))
        return text

    _delivered(body, take)
    return ReplyWalk(tuple(parts), body)


def identifier(value: JsonValue, pen: Pen) -> JsonValue:
    """What a model server calls the reply or itself: no text of the model, and never long."""
    del pen
    if type(value) is not str or len(value) > _LONGEST_IDENTIFIER or not value.isascii():
        raise InvalidField("", f"an ASCII string of at most {_LONGEST_IDENTIFIER} characters")
    return value


def _delivered(body: JsonObject, pen: Pen) -> JsonObject:
    # The rule of a whole body is a record, so what it gives is an object.
    return cast("JsonObject", _REPLY(body, pen))


def _message(value: JsonValue, pen: Pen) -> JsonValue:
    """A message; vLLM's newer name for reasoning gives way to the one that most clients read."""
    message = cast("JsonObject", _FIELDS(value, pen))
    if "reasoning" in message:
        reasoning = message.pop("reasoning")
        message["reasoning_content"] = message.get("reasoning_content") or reasoning
    return message


def _open(*required: str, **fields: Rule) -> Rule:
    return record(fields, required=required, open_ended=True)


_LONGEST_IDENTIFIER: Final = 256
_CALLED: Final = _open("name", "arguments", name=text, arguments=json_text)
_TOOL_CALL: Final = _open("id", "function", id=text, type=word("function"), function=_CALLED)
_FIELDS: Final = _open(
    role=word("assistant"),
    content=text,
    refusal=text,
    reasoning=text,
    reasoning_content=text,
    tool_calls=array(_TOOL_CALL),
    function_call=_CALLED,
)
_CHOICE: Final = _open(
    "index", "message", index=integer, message=_message, finish_reason=word(*FINISH_REASONS)
)
_COUNTS: Final = (
    "audio_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "accepted_prediction_tokens",
    "rejected_prediction_tokens",
)
_DETAILS: Final = record(dict.fromkeys(_COUNTS, integer), open_ended=True)
USAGE: Final = _open(
    prompt_tokens=integer,
    completion_tokens=integer,
    total_tokens=integer,
    prompt_tokens_details=_DETAILS,
    completion_tokens_details=_DETAILS,
)
_REPLY: Final = _open(
    "choices",
    id=identifier,
    object=word("chat.completion"),
    created=number,
    model=identifier,
    choices=array(_CHOICE),
    usage=USAGE,
)
